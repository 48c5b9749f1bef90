/**
 * Embeddings on disk: one feature vector a tile. Layout: 8 bytes "TREFEMB1", unsigned 32-bit header length, JSON header padded
 * with spaces, then float32 little-endian [count, dimension] row-major. The header holds the SHA-256 of the numbers.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { endianness } from 'node:os';
import { z } from 'zod';
import { TrefoilError } from '#common/errors.ts';
import { writeAtomically } from '../files/atomic-file.ts';

const magic = 'TREFEMB1';
/** A multiple of 4 with the 12 bytes before it, so that the numbers are aligned; room for any sensible provenance. */
const headerByteLength = 4096 - 12;

const headerSchema = z.object({
  count: z.number().int().min(0),
  dimension: z.number().int().min(1),
  sha256: z.string().length(64),
  /** Where they come from, e.g. network, checkpoint, engine; short texts for a person and a cache. */
  provenance: z.record(z.string(), z.string()),
});
export type EmbeddingsHeader = z.output<typeof headerSchema>;

export interface Embeddings {
  readonly header: EmbeddingsHeader;
  /** [count, dimension] row-major. */
  readonly data: Float32Array;
}

/**
 * Writes blocks of whole rows in order; the file appears only when all `count` rows are there. Throws disk-full, and RangeError
 * when the rows do not add up.
 */
export async function writeEmbeddings(
  path: string,
  { count, dimension, provenance }: Omit<EmbeddingsHeader, 'sha256'>,
  blocks: AsyncIterable<Float32Array> | Iterable<Float32Array>,
): Promise<void> {
  await writeAtomically(path, async (file) => {
    const hash = createHash('sha256');
    let position = 12 + headerByteLength;
    for await (const block of blocks) {
      const bytes = littleEndianBytes(block);
      hash.update(bytes);
      for (let done = 0; done < bytes.length;) {
        done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
      }
      position += bytes.length;
    }
    const expected = count * dimension * 4;
    if (position - 12 - headerByteLength !== expected) {
      throw new RangeError(`${position - 12 - headerByteLength} bytes of embeddings, expected ${expected}`);
    }
    const header = JSON.stringify({ count, dimension, sha256: hash.digest('hex'), provenance });
    if (Buffer.byteLength(header) > headerByteLength) throw new RangeError('the provenance is too long');
    const start = Buffer.alloc(12 + headerByteLength, ' ');
    start.write(magic, 0, 'latin1');
    start.writeUInt32LE(headerByteLength, 8);
    start.write(header, 12, 'utf8');
    await file.write(start, 0, start.length, 0);
  });
}

/** Throws file-not-found, file-invalid (not such a file), file-truncated or file-changed (checksum). */
export async function readEmbeddings(path: string): Promise<Embeddings> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    throw new TrefoilError('file-not-found', `There are no embeddings at ${path}.`, again, { path }, error);
  }
  if (bytes.length < 12 || bytes.toString('latin1', 0, 8) !== magic) {
    throw new TrefoilError('file-invalid', `${path} is not an embeddings file.`, again, { path });
  }
  const start = 12 + bytes.readUInt32LE(8);
  if (start > bytes.length)
    throw new TrefoilError('file-truncated', `The embeddings ${path} are cut off.`, again, { path });
  const header = parseHeader(bytes.toString('utf8', 12, start), path);
  const numbers = bytes.subarray(start);
  if (numbers.length !== header.count * header.dimension * 4) {
    throw new TrefoilError('file-truncated', `The embeddings ${path} are cut off.`, again, { path });
  }
  if (createHash('sha256').update(numbers).digest('hex') !== header.sha256) {
    throw new TrefoilError('file-changed', `The embeddings ${path} are damaged: the checksum differs.`, again, {
      path,
    });
  }
  return { header, data: fromLittleEndian(numbers) };
}

const again = "Compute the embeddings again from the run's checkpoint.";

function parseHeader(text: string, path: string): EmbeddingsHeader {
  try {
    return headerSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new TrefoilError(
      'file-invalid',
      `The embeddings ${path} have a header that cannot be read.`,
      again,
      { path },
      error,
    );
  }
}

function littleEndianBytes(values: Float32Array): Buffer {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return endianness() === 'LE' ? bytes : Buffer.from(bytes).swap32();
}

function fromLittleEndian(bytes: Buffer): Float32Array {
  // A copy: the read buffer may start at any offset, float32 views must be aligned.
  const copy = Buffer.from(endianness() === 'LE' ? bytes : Buffer.from(bytes).swap32());
  return new Float32Array(copy.buffer.slice(copy.byteOffset, copy.byteOffset + copy.byteLength));
}
