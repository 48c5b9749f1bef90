/**
 * Writes text that comes in pieces, with bounded memory: pieces are gathered to blocks, each block is on its way to the disk
 * before the next is asked for. Optionally gzipped (RFC 1952; no name and no time inside, so the same text gives the same bytes).
 */
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { throwIfCancelled } from '#common/errors.ts';
import { writeAtomically } from './atomic-file.ts';

export interface TextStreamOptions {
  readonly gzip?: boolean;
  readonly signal?: AbortSignal | undefined;
}

const blockCharacters = 256 * 1024;

/** Answers the bytes written. The target is untouched when this throws: `cancelled`, `disk-full`. */
export async function writeTextStream(
  path: string,
  pieces: Iterable<string>,
  { gzip = false, signal }: TextStreamOptions = {},
): Promise<number> {
  await writeAtomically(path, async (file) => {
    const put = async (bytes: Uint8Array): Promise<void> => {
      await file.writeFile(bytes);
    };
    const blocks = blocksOf(pieces, signal);
    if (!gzip) for (const block of blocks) await put(block);
    else {
      await pipeline(Readable.from(blocks), createGzip(), async (zipped: AsyncIterable<Buffer>) => {
        for await (const bytes of zipped) await put(bytes);
      });
    }
  });
  return (await stat(path)).size;
}

function* blocksOf(pieces: Iterable<string>, signal: AbortSignal | undefined): Generator<Buffer> {
  let gathered: string[] = [];
  let length = 0;
  for (const piece of pieces) {
    gathered.push(piece);
    length += piece.length;
    if (length < blockCharacters) continue;
    throwIfCancelled(signal);
    yield Buffer.from(gathered.join(''));
    gathered = [];
    length = 0;
  }
  throwIfCancelled(signal);
  yield Buffer.from(gathered.join(''));
}
