/**
 * Writes a portable model (model-bundle.ts) as a ZIP file of stored and deflated entries. The same content gives the same bytes:
 * no clock, no owner, one order.
 */
import { createHash } from 'node:crypto';
import { ZipFile } from 'yazl';
import { writeAtomically } from '../files/atomic-file.ts';
import { bundleEntries, type BundleEntry, type BundleManifest } from './model-bundle.ts';

/** The earliest date a ZIP file can hold. */
const noDate = new Date(1980, 0, 1);

export type BundleFiles = Readonly<Record<BundleEntry, Uint8Array>>;

/** SHA-256 of the written file. Throws `disk-full`. */
export async function writeBundle(
  path: string,
  about: Omit<BundleManifest, 'files'>,
  files: BundleFiles,
): Promise<{ readonly sha256: string; readonly byteLength: number }> {
  const names = Object.keys(files).sort() as BundleEntry[];
  const manifest: BundleManifest = {
    ...about,
    files: names.map((name) => ({ name, byteLength: files[name].byteLength, sha256: sha256(files[name]) })),
  };
  const zip = new ZipFile();
  const add = (name: string, bytes: Uint8Array): void => {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // Weights are noise to a compressor.
    const compress = !/\.(onnx|safetensors)$/.test(name);
    zip.addBuffer(buffer, name, { mtime: noDate, mode: 0o100_644, compress, forceDosTimestamp: true });
  };
  add(bundleEntries.manifest, Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
  for (const name of names) add(name, files[name]);
  zip.end();
  const hash = createHash('sha256');
  let byteLength = 0;
  await writeAtomically(path, async (file) => {
    for await (const chunk of zip.outputStream as AsyncIterable<Buffer>) {
      hash.update(chunk);
      byteLength += chunk.byteLength;
      await file.writeFile(chunk);
    }
  });
  return { sha256: hash.digest('hex'), byteLength };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
