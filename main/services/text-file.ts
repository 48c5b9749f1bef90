/** Reads a text file a person named, gzipped or not, with the failures a person can cause. */
import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { TrefoilError } from '#common/errors.ts';

/** 256 MB: far above any labels or regions file, far below what would endanger the process. */
const maximumBytes = 256 * 1024 * 1024;

export async function readTextFile(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > maximumBytes) {
      throw new TrefoilError(
        'limit-exceeded',
        `${path} has ${size} bytes.`,
        `Split it: at most ${maximumBytes} bytes are read at once.`,
      );
    }
    const bytes = await readFile(path);
    return bytes[0] === 0x1f && bytes[1] === 0x8b ? await unzipped(bytes, path) : bytes.toString('utf8');
  } catch (error) {
    if (error instanceof TrefoilError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') {
      throw new TrefoilError('file-not-found', `${path} does not exist.`, 'Check the name and the folder.', {}, error);
    }
    throw new TrefoilError(
      'file-unreadable',
      `${path} cannot be read (${code ?? 'unknown'}).`,
      'Check that it is a file you may read.',
      {},
      error,
    );
  }
}

const unzip = promisify(gunzip);

/** A small file can hold gigabytes of zeros: no more is unpacked than would be read. */
async function unzipped(bytes: Buffer, path: string): Promise<string> {
  try {
    return (await unzip(bytes, { maxOutputLength: maximumBytes })).toString('utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new TrefoilError(
        'limit-exceeded',
        `${path} has more than ${maximumBytes} bytes when unpacked.`,
        'Split it, or export fewer objects.',
        {},
        error,
      );
    }
    throw new TrefoilError('file-invalid', `${path} is damaged: it cannot be unpacked.`, 'Export it again.', {}, error);
  }
}
