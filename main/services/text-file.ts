/** Reads a text file a person named, with the failures a person can cause. */
import { readFile, stat } from 'node:fs/promises';
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
    return await readFile(path, 'utf8');
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
