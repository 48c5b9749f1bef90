/**
 * Reads the header of a DICOM file up to its pixel data and keeps the values of the wanted elements only: names, dates and
 * every other patient's data are skipped over and never in memory longer than the block they lie in. Pixel data, which can
 * be gigabytes, are not touched. File format: PS3.10 clause 7.
 */
import { TrefoilError } from '#common/errors.ts';
import type { SlideFile } from '../slide-file.ts';
import {
  BrokenElements,
  itemEndTag,
  itemTag,
  readElementHeader,
  sequenceEndTag,
  type DicomElement,
  type DicomTag,
  type ElementHeader,
} from './dicom-elements.ts';

export interface DicomHeader {
  readonly transferSyntax: string;
  readonly implicit: boolean;
  /** Wanted values; each buffer holds exactly one value. */
  readonly values: ReadonlyMap<DicomTag, Buffer>;
  /** null: no pixel data. `byteLength` is null for encapsulated (compressed) frames. */
  readonly pixelData: { readonly offset: number; readonly byteLength: number | null } | null;
}

export const pixelDataTag = 0x7fe0_0010;
const blockBytes = 64 * 1024;
/** A wanted value; 60 MiB of functional groups are some 200,000 frames. */
const maximumValueBytes = 64 * 1024 * 1024;
/** Elements looked at in one header, items of sequences of undefined length included. */
const maximumElements = 4_000_000;
const maximumDepth = 12;

const explicitLittleEndian = '1.2.840.10008.1.2.1';
export const implicitLittleEndian = '1.2.840.10008.1.2';
const unreadable: Readonly<Record<string, string>> = {
  '1.2.840.10008.1.2.2': 'the big-endian form of DICOM',
  '1.2.840.10008.1.2.1.99': 'the deflated form of DICOM',
};

export interface HeaderWish {
  readonly tags: ReadonlySet<DicomTag>;
  /** Asked after each wanted value: false ends the reading, the file is another slide's. */
  readonly goOn?: (tag: DicomTag, value: Buffer) => boolean;
}

export function isDicom(head: Buffer): boolean {
  return head.length >= 132 && head.toString('latin1', 128, 132) === 'DICM';
}

/** Null when `goOn` ended it. Throws `file-invalid`, `file-truncated`, `file-unsupported`, `limit-exceeded`. */
export async function readDicomHeader(
  file: SlideFile,
  wish: HeaderWish,
  signal?: AbortSignal,
): Promise<DicomHeader | null> {
  try {
    const cursor = new HeaderCursor(file, signal);
    const transferSyntax = await readTransferSyntax(cursor);
    const reason = unreadable[transferSyntax];
    if (reason) throw unsupportedDicom(file, reason);
    const implicit = transferSyntax === implicitLittleEndian;
    const values = new Map<DicomTag, Buffer>();
    for (let last = -1; cursor.at < file.byteLength;) {
      const header = await cursor.header(implicit);
      const { tag, byteLength, headerBytes, vr } = header;
      // Elements ascend (PS3.5 clause 7.1); what does not is no data set, and would never end.
      if (tag <= last) throw new BrokenElements('has elements out of order');
      last = tag;
      const start = cursor.at + headerBytes;
      if (tag === pixelDataTag) {
        return { transferSyntax, implicit, values, pixelData: { offset: start, byteLength } };
      }
      const inner = implicit || vr === 'UN';
      const end = byteLength === null ? await cursor.sequenceEnd(start, inner) : start + byteLength;
      if (end > file.byteLength) throw file.truncated(end, 'the header');
      if (wish.tags.has(tag)) {
        if (end - start > maximumValueBytes) throw new BrokenElements(`has a header of ${end - start} bytes`);
        const value = await file.read(start, end - start, 'the header', signal);
        values.set(tag, value);
        if (wish.goOn?.(tag, value) === false) return null;
      }
      cursor.at = byteLength === null ? end + 8 : end;
    }
    return { transferSyntax, implicit, values, pixelData: null };
  } catch (error) {
    throw error instanceof BrokenElements ? damagedDicom(file, error.message) : error;
  }
}

/** A wanted sequence's value as a range of elements to walk. */
export function asSequence(header: DicomHeader, tag: DicomTag): { buffer: Buffer; sequence: DicomElement } | null {
  const buffer = header.values.get(tag);
  return buffer ? { buffer, sequence: { tag, start: 0, end: buffer.length, implicit: header.implicit } } : null;
}

async function readTransferSyntax(cursor: HeaderCursor): Promise<string> {
  let transferSyntax = explicitLittleEndian;
  // The file's own group is always explicit and little endian.
  for (cursor.at = 132; cursor.at < cursor.file.byteLength;) {
    const { tag, byteLength, headerBytes } = await cursor.header(false, true);
    if (tag >= 0x0003_0000 || byteLength === null) break;
    const start = cursor.at + headerBytes;
    if (tag === 0x0002_0010 && byteLength <= 64) {
      const value = await cursor.file.read(start, byteLength, 'the header');
      transferSyntax = value.toString('latin1').replace(/[\0 ]+$/, '');
    }
    cursor.at = start + byteLength;
  }
  return transferSyntax;
}

class HeaderCursor {
  readonly file: SlideFile;
  at = 0;
  readonly #signal: AbortSignal | undefined;
  #block: Buffer = Buffer.alloc(0);
  #blockAt = 0;
  #elements = 0;

  constructor(file: SlideFile, signal: AbortSignal | undefined) {
    this.file = file;
    this.#signal = signal;
  }

  /** Of the element at `at`. `onlyGroup2`: what follows may be implicit and is not looked into. */
  async header(implicit: boolean, onlyGroup2 = false, at = this.at): Promise<ElementHeader> {
    if (++this.#elements > maximumElements) throw new BrokenElements('has millions of elements');
    if (at < this.#blockAt || at + 12 > this.#blockAt + this.#block.length) {
      const length = Math.min(blockBytes, this.file.byteLength - at);
      if (length < 8) throw this.file.truncated(at + 8, 'the header');
      this.#block = await this.file.read(at, length, 'the header', this.#signal);
      this.#blockAt = at;
    }
    const inBlock = at - this.#blockAt;
    const beyond = onlyGroup2 && this.#block.readUInt16LE(inBlock) !== 2;
    const header = readElementHeader(this.#block, inBlock, implicit || beyond);
    if (!header) throw this.file.truncated(at + 12, 'the header');
    return header;
  }

  /** Position of the delimiter of a sequence of undefined length. */
  async sequenceEnd(start: number, implicit: boolean, depth = 0): Promise<number> {
    if (depth > maximumDepth) throw new BrokenElements('has sequences inside each other without end');
    for (let at = start; ;) {
      const { tag, byteLength } = await this.header(true, false, at);
      if (tag === sequenceEndTag) return at;
      if (tag !== itemTag) throw new BrokenElements('has a sequence without items');
      at = byteLength === null ? await this.#itemEnd(at + 8, implicit, depth) : at + 8 + byteLength;
    }
  }

  async #itemEnd(start: number, implicit: boolean, depth: number): Promise<number> {
    for (let at = start; ;) {
      const { tag, byteLength, headerBytes, vr } = await this.header(implicit, false, at);
      if (tag === itemEndTag) return at + 8;
      at += headerBytes;
      at = byteLength === null ? (await this.sequenceEnd(at, implicit || vr === 'UN', depth + 1)) + 8 : at + byteLength;
    }
  }
}

export function damagedDicom(file: SlideFile, what: string): TrefoilError {
  return new TrefoilError(
    'file-invalid',
    `${file.name} is damaged: it ${what}.`,
    'Copy the DICOM files again from their source.',
  );
}

export function unsupportedDicom(file: SlideFile, what: string): TrefoilError {
  return new TrefoilError(
    'file-unsupported',
    `${file.name} (dicom) uses ${what}, which Trefoil cannot read.`,
    'Export the slide again as DICOM whole-slide images with JPEG or JPEG 2000 frames.',
    { vendor: 'dicom', reason: what },
  );
}
