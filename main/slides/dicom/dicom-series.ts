/**
 * Finds the files that make up a DICOM slide: instances of the same series in the same folder, and the label, overview and
 * thumbnail of the same study that say they show the same slide. Looks at a bounded number of files, and reads of a foreign
 * one no more than its first block.
 */
import { opendir } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import { TrefoilError } from '#common/errors.ts';
import { SlideFile, type SlideFileOptions } from '../slide-file.ts';
import { MemoryGuard } from '../memory-guard.ts';
import { readInstance, type DicomInstance } from './dicom-instance.ts';
import { isDicom, unsupportedDicom } from './read-header.ts';

/** Names looked at in the folder, and DICOM headers read of them. */
const maximumNames = 20_000;
const maximumHeaders = 1000;
/** Open at the end: a pyramid of ten levels with a few focal planes, each cut in parts. */
const maximumInstances = 256;

/** The given file's first. The caller closes the files of all of them but the given one. Throws as the readers do. */
export async function findSeries(
  file: SlideFile,
  memory: MemoryGuard,
  options: SlideFileOptions = {},
): Promise<[DicomInstance, ...DicomInstance[]]> {
  const { signal } = options;
  const opened = await readInstance(file, null, signal);
  if (!opened) {
    throw unsupportedDicom(file, 'an image that is no microscope slide (VL Whole Slide Microscopy)');
  }
  const found: [DicomInstance, ...DicomInstance[]] = [opened];
  const own = resolve(file.path);
  try {
    for (const path of await candidates(own)) {
      if (found.length >= maximumInstances) break;
      const other = await openInstance(path, opened, memory, options);
      if (!other) continue;
      const known = found.some(({ sopInstance }) => sopInstance !== '' && sopInstance === other.sopInstance);
      if (!known && belongsTogether(opened, other)) found.push(other);
      else await other.file.close();
    }
    return found;
  } catch (error) {
    await closeInstances(found.slice(1));
    throw error;
  }
}

/** Paths of all files of the slide that `path` belongs to, sorted; null when it is no DICOM slide. Throws as the readers do. */
export async function dicomSlideFiles(path: string, options: SlideFileOptions = {}): Promise<readonly string[] | null> {
  const memory = new MemoryGuard();
  const file = await SlideFile.open(path, memory, options);
  let instances: readonly DicomInstance[] = [];
  try {
    const head = await file.read(0, Math.min(132, file.byteLength), 'the header', options.signal);
    if (!isDicom(head)) return null;
    instances = await findSeries(file, memory, options);
    return instances.map((instance) => instance.file.path).sort();
  } catch (error) {
    // What cannot be opened as a slide can still be recognised as a file.
    if (error instanceof TrefoilError && error.code === 'file-unsupported') return null;
    throw error;
  } finally {
    await Promise.all([file.close(), closeInstances(instances.slice(1))]);
  }
}

export async function closeInstances(instances: readonly DicomInstance[]): Promise<void> {
  await Promise.all(instances.map(({ file }) => file.close()));
}

function belongsTogether(one: DicomInstance, other: DicomInstance): boolean {
  if (one.study !== other.study) return false;
  if (one.series !== '' && one.series === other.series) return true;
  // Some scanners give label and overview a series of their own; a pyramid is always one series.
  if (one.flavour === 'VOLUME' && other.flavour === 'VOLUME') return false;
  const sameGlass = (value: keyof Pick<DicomInstance, 'frameOfReference' | 'container'>): boolean =>
    one[value] !== '' && one[value] !== 'Unknown' && one[value] === other[value];
  return sameGlass('frameOfReference') || sameGlass('container');
}

/** Files beside this one that can be DICOM by their names, in the same order every time. */
async function candidates(path: string): Promise<string[]> {
  const folder = dirname(path);
  const paths: string[] = [];
  let seen = 0;
  try {
    for await (const entry of await opendir(folder)) {
      if (++seen > maximumNames) break;
      // UIDs as names look like an extension of digits.
      const isNamed = /^(\.(dcm|dicom|ima)|\.\d+|)$/i.test(extname(entry.name));
      const other = join(folder, entry.name);
      if (isNamed && !entry.isDirectory() && !entry.name.startsWith('.') && other !== path) paths.push(other);
    }
  } catch (error) {
    // A folder that may not be listed: the file that was given can still be read alone.
    if ((error as NodeJS.ErrnoException).code === 'EACCES') return [];
    throw error;
  }
  return paths.sort().slice(0, maximumHeaders);
}

/** Null for what is no slide of this study, or cannot be read: a broken neighbour is not this slide's failure. */
async function openInstance(
  path: string,
  wanted: DicomInstance,
  memory: MemoryGuard,
  options: SlideFileOptions,
): Promise<DicomInstance | null> {
  let file: SlideFile;
  try {
    file = await SlideFile.open(path, memory, options);
  } catch (error) {
    if (error instanceof TrefoilError && error.code !== 'cancelled') return null;
    throw error;
  }
  try {
    const head = await file.read(0, Math.min(132, file.byteLength), 'the header', options.signal);
    const instance = isDicom(head) ? await readInstance(file, wanted, options.signal) : null;
    if (!instance) await file.close();
    return instance;
  } catch (error) {
    await file.close();
    if (error instanceof TrefoilError && error.code !== 'cancelled') return null;
    throw error;
  }
}
