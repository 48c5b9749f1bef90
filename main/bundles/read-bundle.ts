/**
 * Reads a portable model that may come from anywhere: sizes are bounded before memory is taken, names must be those of a bundle,
 * every entry must have the checksum its manifest states. What it holds is not run here.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { TrefoilError } from '#common/errors.ts';
import {
  bundleEntries,
  bundleFormat,
  bundleManifest,
  bundleVersion,
  type BundleEntry,
  type BundleManifest,
} from './model-bundle.ts';

/** ResNet-50 is 94 MB in each of its two forms. */
const maximumBytes = 2 * 1024 ** 3;
/** Texts are deflated, weights are stored as they are. */
const maximumInflatedBytes = 64 * 1024 * 1024;
const maximumManifestBytes = 4 * 1024 * 1024;
const entryCount = Object.keys(bundleEntries).length;

export interface ModelBundle {
  readonly manifest: BundleManifest;
  /** Of the whole file: names the model wherever it lies. */
  readonly sha256: string;
  readonly byteLength: number;
  /** The bytes of an entry, checked against the manifest. Throws `file-invalid`, `file-changed`. */
  read(name: BundleEntry): Promise<Uint8Array>;
}

/** Throws `file-not-found`, `file-invalid`, `file-unsupported` (another version), `limit-exceeded`. */
export async function openBundle(path: string): Promise<ModelBundle> {
  const name = basename(path);
  const byteLength = await lengthOf(path, name);
  return await withEntries(path, name, async (zip, entries) => {
    const stored = entries.get(bundleEntries.manifest);
    if (stored === undefined) throw invalid(name, 'it has no manifest');
    const manifest = parseManifest(await readEntry(zip, stored, maximumManifestBytes, name), name);
    for (const file of manifest.files) {
      const entry = entries.get(file.name);
      if (entry === undefined) throw invalid(name, `${file.name} is missing`);
      if (entry.uncompressedSize !== file.byteLength) throw invalid(name, `${file.name} has another size than stated`);
    }
    return {
      manifest,
      sha256: await hashOf(path),
      byteLength,
      read: (wanted) => readChecked(path, name, manifest, wanted),
    };
  });
}

async function readChecked(
  path: string,
  name: string,
  manifest: BundleManifest,
  wanted: BundleEntry,
): Promise<Uint8Array> {
  const stated = manifest.files.find((file) => file.name === wanted);
  return await withEntries(path, name, async (zip, entries) => {
    const entry = entries.get(wanted);
    if (stated === undefined || entry === undefined) throw invalid(name, `${wanted} is missing`);
    const bytes = await readEntry(zip, entry, stated.byteLength, name);
    if (bytes.byteLength === stated.byteLength && sha256(bytes) === stated.sha256) return bytes;
    throw new TrefoilError(
      'file-changed',
      `${name} is damaged: the checksum of ${wanted} differs.`,
      'Copy the file again from where it was made.',
    );
  });
}

async function lengthOf(path: string, name: string): Promise<number> {
  let status;
  try {
    status = await stat(path);
  } catch (error) {
    throw new TrefoilError(
      'file-not-found',
      `${name} cannot be found.`,
      'Check the path of the model file.',
      {},
      error,
    );
  }
  if (!status.isFile()) throw invalid(name, 'it is no file');
  if (status.size > maximumBytes) throw tooLarge(name);
  return status.size;
}

/** Opens the archive, lists its entries within bounds, and closes it after `use`. */
async function withEntries<T>(
  path: string,
  name: string,
  use: (zip: ZipFile, entries: ReadonlyMap<string, Entry>) => Promise<T>,
): Promise<T> {
  let zip: ZipFile;
  try {
    // Sizes that lie are found while reading; names that leave the folder or hold backslashes are refused by the library.
    zip = await openPromise(path, {
      lazyEntries: true,
      autoClose: false,
      validateEntrySizes: true,
      strictFileNames: true,
    });
  } catch (error) {
    throw invalid(name, 'it is no ZIP file', error);
  }
  try {
    if (zip.entryCount !== entryCount)
      throw invalid(name, `it has ${zip.entryCount} entries, a model has ${entryCount}`);
    const entries = new Map<string, Entry>();
    const known = new Set<string>(Object.values(bundleEntries));
    for await (const entry of zip.eachEntry()) {
      if (!known.has(entry.fileName) || entries.has(entry.fileName)) throw invalid(name, 'it holds files of no model');
      const isStored = entry.compressionMethod === 0;
      if (entry.uncompressedSize > (isStored ? zip.fileSize : maximumInflatedBytes)) throw tooLarge(name);
      entries.set(entry.fileName, entry);
    }
    return await use(zip, entries);
  } catch (error) {
    throw error instanceof TrefoilError ? error : invalid(name, 'it is damaged', error);
  } finally {
    zip.close();
  }
}

async function readEntry(zip: ZipFile, entry: Entry, maximum: number, name: string): Promise<Uint8Array> {
  if (entry.uncompressedSize > maximum) throw tooLarge(name);
  const stream = await zip.openReadStreamPromise(entry);
  // Taken once and filled: the library ends the stream with an error beyond the stated size.
  const bytes = Buffer.alloc(entry.uncompressedSize);
  let at = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunk.copy(bytes, at);
    at += chunk.length;
  }
  if (at !== bytes.length) throw invalid(name, `${entry.fileName} is cut off`);
  return bytes;
}

function parseManifest(bytes: Uint8Array, name: string): BundleManifest {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw invalid(name, 'its manifest is no JSON', error);
  }
  const { format, version } = (value ?? {}) as { format?: unknown; version?: unknown };
  if (format === bundleFormat && typeof version === 'number' && version > bundleVersion) {
    throw new TrefoilError(
      'file-unsupported',
      `${name} was written by a newer Trefoil (format ${version}, this one reads ${bundleVersion}).`,
      'Update Trefoil, or write the model again with this version.',
    );
  }
  const parsed = bundleManifest.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalid(name, `its manifest is wrong at "${parsed.error.issues[0]?.path.join('.') ?? ''}"`);
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex');
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function invalid(name: string, why: string, cause?: unknown): TrefoilError {
  return new TrefoilError(
    'file-invalid',
    `${name} is no portable model: ${why}.`,
    'Copy it again, or export it anew as "Portable model" (trefoil bundle write PROJECT --out FILE).',
    {},
    cause,
  );
}

function tooLarge(name: string): TrefoilError {
  return new TrefoilError(
    'limit-exceeded',
    `${name} says that it holds more than a model can.`,
    'Copy the file again from where it was made.',
  );
}
