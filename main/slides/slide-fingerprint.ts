/**
 * A fingerprint that recognises a slide after it was moved or renamed, without reading gigabytes: SHA-256 over the file
 * size (8 bytes, little-endian), the first 64 KiB and the last 64 KiB. Not a checksum of every byte: a change of the
 * middle alone keeps it. A slide of several files (DICOM) has one fingerprint, over those of all its files, whichever of
 * them is asked for; the files' names and places do not matter.
 */
import { createHash } from 'node:crypto';
import { dicomSlideFiles } from './dicom/dicom-series.ts';
import { MemoryGuard } from './memory-guard.ts';
import { SlideFile, type SlideFileOptions } from './slide-file.ts';

const edgeBytes = 64 * 1024;

/** 64 hexadecimal digits. Throws as `SlideFile.open` and `SlideFile.read` do. */
export async function slideFingerprint(path: string, options: SlideFileOptions = {}): Promise<string> {
  const files = (await dicomSlideFiles(path, options)) ?? [path];
  if (files.length <= 1) return fileFingerprint(path, options);
  const all: string[] = [];
  for (const file of files) all.push(await fileFingerprint(file, options));
  return createHash('sha256').update(all.sort().join()).digest('hex');
}

async function fileFingerprint(path: string, options: SlideFileOptions): Promise<string> {
  const { signal } = options;
  const file = await SlideFile.open(path, new MemoryGuard(), options);
  try {
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(file.byteLength));
    const length = Math.min(edgeBytes, file.byteLength);
    return createHash('sha256')
      .update(size)
      .update(await file.read(0, length, 'the first bytes', signal))
      .update(await file.read(file.byteLength - length, length, 'the last bytes', signal))
      .digest('hex');
  } finally {
    await file.close();
  }
}
