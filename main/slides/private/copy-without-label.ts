/**
 * A copy of a slide file without its label image, for handing on: the label's directory is taken out of the chain and its
 * bytes, pixels included, are overwritten with zeros; on request the macro image and private text too. The original is
 * opened for reading only. The copy is then compared with it byte for byte: nothing else may differ.
 */
import { constants, copyFile, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { throwIfCancelled, TrefoilError } from '#common/errors.ts';
import type { StageContext } from '#common/stage.ts';
import { asDiskFull } from '../../files/atomic-file.ts';
import { openSlide } from '../open-slide.ts';
import { blankPrivateValues, privateTags } from './private-text.ts';
import { pixelRanges, readAt, readTiffLayout, textOf, type ByteRange, type TiffLayout } from './tiff-layout.ts';

export interface CopyOptions {
  /** Also takes out the macro image, which often shows the label. */
  readonly macro: boolean;
  /** Also blanks names, dates and numbers in the file's texts. */
  readonly text: boolean;
}

export interface CopyResult {
  /** Images taken out, by name. */
  readonly removed: readonly string[];
  /** Texts in which something was blanked. */
  readonly blankedTexts: number;
  readonly byteLength: number;
}

interface Change {
  readonly offset: number;
  /** What is written there; null for that many zeros. */
  readonly bytes: Buffer | null;
  readonly byteLength: number;
}

const blockBytes = 4 * 1024 * 1024;
const reducedImage = 1;
const aperioMacro = 9;
/** Hamamatsu: what the lens saw, -1 the macro camera, -2 a map. */
const ndpiSourceLens = 65421;
const largestOldNdpi = 2 ** 32;

/** Throws `file-unsupported` where it is not safe, `not-found` when there is nothing to take out, `already-exists`. */
export async function copyWithoutLabel(
  source: string,
  target: string,
  options: CopyOptions,
  context: StageContext = {},
): Promise<CopyResult> {
  const name = basename(source);
  // Says in its own words what is wrong with a file that cannot be read at all.
  await using before = await openSlide(source);
  const original = await open(source, 'r');
  const partial = `${target}.partial`;
  try {
    const layout = await readTiffLayout(original, name);
    if (layout === null) throw notForThisFormat(name, before.info.vendor);
    const plan = await planChanges(original, layout, name, before.info.vendor, options);
    if (plan.changes.length === 0) {
      throw new TrefoilError('not-found', `${name} has no label image to take out.`, 'Copy the file as it is.');
    }
    await refuseExisting(target);
    await copyFile(source, partial, constants.COPYFILE_EXCL);
    const copy = await open(partial, 'r+');
    try {
      for (const change of plan.changes) await writeChange(copy, change);
      await copy.sync();
      await compare(original, copy, plan.changes, context);
      const { size } = await copy.stat();
      await reopened(partial, before.info.levels.length, plan.removed, name);
      await refuseExisting(target);
      await rename(partial, target);
      return { removed: plan.removed, blankedTexts: plan.blankedTexts, byteLength: size };
    } finally {
      await copy.close();
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) await rm(partial, { force: true });
    throw asDiskFull(target, error);
  } finally {
    await original.close();
  }
}

async function planChanges(
  file: FileHandle,
  layout: TiffLayout,
  name: string,
  vendor: string,
  options: CopyOptions,
): Promise<{ changes: Change[]; removed: string[]; blankedTexts: number }> {
  const { size } = await file.stat();
  const isNdpi = layout.directories.some(({ entries }) => entries.some(({ tag }) => tag === ndpiSourceLens));
  // Above 4 GB Hamamatsu keeps upper halves of offsets where TIFF knows nothing of them.
  if (isNdpi && size >= largestOldNdpi) throw notForThisFormat(name, vendor);
  const kept: TiffLayout['directories'][number][] = [];
  const removed: { readonly name: string; readonly directory: TiffLayout['directories'][number] }[] = [];
  for (const [index, directory] of layout.directories.entries()) {
    const image = index === 0 ? null : await associatedName(file, directory);
    if (image === 'label' || (image === 'macro' && options.macro)) removed.push({ name: image, directory });
    else kept.push(directory);
  }
  if (removed.length > 0 && vendor !== 'aperio' && vendor !== 'hamamatsu' && vendor !== 'generic-tiff') {
    // Other vendors name their images in XML that lists them by number.
    throw notForThisFormat(name, vendor);
  }
  const changes: Change[] = [];
  const zeros: ByteRange[] = [];
  for (const { directory } of removed) {
    if (directory.entries.some(({ tag }) => tag === 330)) throw notForThisFormat(name, vendor);
    zeros.push(directory.range, ...(await pixelRanges(file, layout, directory)));
    zeros.push(...directory.entries.filter(({ isElsewhere }) => isElsewhere).map(({ value }) => value));
  }
  await refuseShared(file, layout, kept, zeros, name, vendor);
  changes.push(...zeros.map(({ offset, byteLength }) => ({ offset, byteLength, bytes: null })));
  // Each kept directory is linked to the next kept one; removed ones before the first cannot be (index 0 is kept).
  kept.forEach((directory, index) => {
    const next = kept[index + 1]?.range.offset ?? 0;
    if (next === directory.next) return;
    const width = layout.isBig ? 8 : 4;
    const offset = directory.range.offset + directory.range.byteLength - width;
    changes.push({ offset, byteLength: width, bytes: encode(next, width, layout.isLittleEndian) });
  });
  let blankedTexts = 0;
  if (options.text) {
    for (const directory of kept) {
      for (const entry of directory.entries) {
        if (entry.type !== 2) continue;
        const text = await textOf(file, entry);
        if (entry.tag === 270 && /^\s*(?:\uFEFF|ï»¿)?<(?:\?xml|OME|DataObject)/.test(text)) throw notForXml(name);
        const blanked = privateTags.has(entry.tag)
          ? ' '.repeat(text.length)
          : entry.tag === 270
            ? blankPrivateValues(text)
            : null;
        if (blanked === null || blanked === text) continue;
        const bytes = Buffer.from(blanked, 'latin1');
        changes.push({ offset: entry.value.offset, byteLength: bytes.length, bytes });
        blankedTexts += 1;
      }
    }
  }
  return { changes, removed: removed.map((image) => image.name), blankedTexts };
}

/** 'label', 'macro' or null. Aperio: second line of the description, or the subfile type; Hamamatsu: the lens. */
async function associatedName(
  file: FileHandle,
  { entries }: TiffLayout['directories'][number],
): Promise<'label' | 'macro' | null> {
  const entryOf = (tag: number): TiffLayout['directories'][number]['entries'][number] | undefined =>
    entries.find((entry) => entry.tag === tag);
  const lens = entryOf(ndpiSourceLens);
  if (lens !== undefined) {
    const value = (await readAt(file, lens.value.offset, 4)).readFloatLE(0);
    return value === -1 ? 'macro' : null;
  }
  const isTiled = entryOf(324) !== undefined;
  if (isTiled) return null;
  const description = await textOf(file, entryOf(270));
  const word = /(?:^|[\r\n])\s*(label|macro)\b/i.exec(description)?.[1]?.toLowerCase();
  if (word === 'label' || word === 'macro') return word;
  const subfile = entryOf(254);
  if (subfile === undefined || !description.startsWith('Aperio')) return null;
  const value = (await readAt(file, subfile.value.offset, 4)).readUInt32LE(0);
  return value === aperioMacro ? 'macro' : value === reducedImage ? 'label' : null;
}

/** Bytes that a kept image uses too must not be wiped. */
async function refuseShared(
  file: FileHandle,
  layout: TiffLayout,
  kept: TiffLayout['directories'],
  zeros: readonly ByteRange[],
  name: string,
  vendor: string,
): Promise<void> {
  if (zeros.length === 0) return;
  const used: ByteRange[] = [{ offset: 0, byteLength: layout.isBig ? 16 : 8 }];
  for (const directory of kept) {
    used.push(directory.range, ...(await pixelRanges(file, layout, directory)));
    used.push(...directory.entries.filter(({ isElsewhere }) => isElsewhere).map(({ value }) => value));
  }
  const sorted = [
    ...used.map((range) => ({ ...range, wipe: false })),
    ...zeros.map((range) => ({ ...range, wipe: true })),
  ]
    .filter(({ byteLength }) => byteLength > 0)
    .sort((a, b) => a.offset - b.offset);
  let usedEnd = 0;
  let wipedEnd = 0;
  for (const { offset, byteLength, wipe } of sorted) {
    if (offset < (wipe ? usedEnd : wipedEnd)) throw notForThisFormat(name, vendor);
    if (wipe) wipedEnd = Math.max(wipedEnd, offset + byteLength);
    else usedEnd = Math.max(usedEnd, offset + byteLength);
  }
}

async function writeChange(copy: FileHandle, { offset, bytes, byteLength }: Change): Promise<void> {
  if (bytes !== null) {
    await copy.write(bytes, 0, bytes.length, offset);
    return;
  }
  const zeros = Buffer.alloc(Math.min(byteLength, blockBytes));
  for (let done = 0; done < byteLength; done += zeros.length) {
    await copy.write(zeros, 0, Math.min(zeros.length, byteLength - done), offset + done);
  }
}

/** Both files block by block: they differ only where they were meant to. */
async function compare(
  original: FileHandle,
  copy: FileHandle,
  changes: readonly Change[],
  { signal, onProgress }: StageContext,
): Promise<void> {
  const { size } = await original.stat();
  for (let offset = 0; offset < size; offset += blockBytes) {
    throwIfCancelled(signal);
    const [a, b] = await Promise.all([readAt(original, offset, blockBytes), readAt(copy, offset, blockBytes)]);
    for (const change of changes) {
      const from = Math.max(0, change.offset - offset);
      const to = Math.min(a.length, change.offset + change.byteLength - offset);
      if (to <= from) continue;
      a.fill(0, from, to);
      b.fill(0, from, to);
    }
    if (!a.equals(b)) throw new Error(`the copy differs where nothing was changed, in the block at ${offset}`);
    onProgress?.({ stage: 'Checking the copy', done: Math.min(size, offset + blockBytes), total: size });
  }
}

/** Opened anew the copy has the same levels and none of the images. */
async function reopened(path: string, levels: number, removed: readonly string[], name: string): Promise<void> {
  await using reader = await openSlide(path);
  const left = reader.info.associatedImages.filter((image) => removed.includes(image.name));
  if (reader.info.levels.length === levels && left.length === 0) return;
  throw new Error(`the copy of ${name} does not read back as it should`);
}

async function refuseExisting(target: string): Promise<void> {
  try {
    await (await open(target, 'r')).close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  throw new TrefoilError(
    'already-exists',
    `${basename(target)} is there already.`,
    'Choose another name for the copy.',
  );
}

function encode(value: number, width: 4 | 8, isLittleEndian: boolean): Buffer {
  const bytes = Buffer.alloc(width);
  if (width === 8) {
    if (isLittleEndian) bytes.writeBigUInt64LE(BigInt(value));
    else bytes.writeBigUInt64BE(BigInt(value));
  } else if (isLittleEndian) bytes.writeUInt32LE(value);
  else bytes.writeUInt32BE(value);
  return bytes;
}

function notForThisFormat(name: string, vendor: string): TrefoilError {
  return new TrefoilError(
    'file-unsupported',
    `The label cannot be taken out of ${name} safely (${vendor}, ${extname(name) || 'no extension'}).`,
    "Use the scanner vendor's own tool; for DICOM leave out the files whose image type is LABEL.",
    { vendor },
  );
}

function notForXml(name: string): TrefoilError {
  return new TrefoilError(
    'file-unsupported',
    `The texts of ${name} are XML that readers depend on, so names in it are not blanked.`,
    "Make the copy without blanking texts, or use the scanner vendor's own tool.",
  );
}
