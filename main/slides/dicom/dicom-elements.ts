/**
 * Walks DICOM data elements (PS3.5 clause 7) in memory without building a tree: nothing is kept but the position of the
 * element that is looked at, so a header of a hundred thousand frames costs no more than its bytes. Little endian only.
 * A general parser makes an object for every element, which lets a hostile header of 64 MB take gigabytes.
 */

/** Group and element as one number: 0x00280010 is Rows. */
export type DicomTag = number;

export interface DicomElement {
  readonly tag: DicomTag;
  /** First byte of the value, and the one after it, in the buffer that was walked. */
  readonly start: number;
  readonly end: number;
  /** True where the value's own elements have no type names: implicit encoding, or inside of an unknown sequence. */
  readonly implicit: boolean;
}

/** The buffer does not hold what it claims; the reader puts the file's name around it. */
export class BrokenElements extends Error {}

export interface ElementHeader {
  readonly tag: DicomTag;
  readonly vr: string;
  /** Bytes of tag, type and length. */
  readonly headerBytes: number;
  /** null: undefined length, ended by a delimiter. */
  readonly byteLength: number | null;
}

/** Tags of the items of a sequence; they never have a type name. */
export const itemTag = 0xfffe_e000;
export const itemEndTag = 0xfffe_e00d;
export const sequenceEndTag = 0xfffe_e0dd;

/** Types with two reserved bytes and a length of four (PS3.5 table 7.1-1). */
const longTypes = /^(OB|OD|OF|OL|OV|OW|SQ|SV|UC|UN|UR|UT|UV)$/;
const maximumDepth = 12;

/** The longest header is 12 bytes. Null when `buffer` ends before it is complete. */
export function readElementHeader(buffer: Buffer, at: number, implicit: boolean): ElementHeader | null {
  if (at + 8 > buffer.length) return null;
  const tag = buffer.readUInt16LE(at) * 0x1_0000 + buffer.readUInt16LE(at + 2);
  const known = (length: number): number | null => (length === 0xffff_ffff ? null : length);
  if (implicit || tag === itemTag || tag === itemEndTag || tag === sequenceEndTag) {
    return { tag, vr: '', headerBytes: 8, byteLength: known(buffer.readUInt32LE(at + 4)) };
  }
  const vr = buffer.toString('latin1', at + 4, at + 6);
  if (!/^[A-Z]{2}$/.test(vr)) throw new BrokenElements('has an element without a type');
  if (!longTypes.test(vr)) return { tag, vr, headerBytes: 8, byteLength: buffer.readUInt16LE(at + 6) };
  if (at + 12 > buffer.length) return null;
  return { tag, vr, headerBytes: 12, byteLength: known(buffer.readUInt32LE(at + 8)) };
}

/** The elements in [start, end). Throws BrokenElements. */
export function* elementsIn(
  buffer: Buffer,
  { start, end, implicit }: Omit<DicomElement, 'tag'>,
  depth = 0,
): Generator<DicomElement> {
  for (let at = start; at < end;) {
    const header = readElementHeader(buffer, at, implicit);
    if (!header) throw new BrokenElements('ends inside an element');
    const { tag, vr, headerBytes, byteLength } = header;
    if (tag === itemEndTag || tag === sequenceEndTag) return;
    const valueStart = at + headerBytes;
    // A sequence of unknown type is written without type names (PS3.5 clause 6.2.2).
    const inner = implicit || vr === 'UN';
    const valueEnd =
      byteLength === null ? sequenceEnd(buffer, valueStart, end, inner, depth + 1) : valueStart + byteLength;
    if (valueEnd > end) throw new BrokenElements('has an element that is longer than what holds it');
    yield { tag, start: valueStart, end: valueEnd, implicit: inner };
    // A sequence of undefined length is followed by its delimiter.
    at = byteLength === null ? valueEnd + 8 : valueEnd;
  }
}

/** The items of a sequence, each a range of elements. Throws BrokenElements. */
export function* itemsOf(buffer: Buffer, sequence: DicomElement, depth = 0): Generator<DicomElement> {
  const { implicit } = sequence;
  for (let at = sequence.start; at + 8 <= sequence.end;) {
    const header = readElementHeader(buffer, at, true);
    if (!header || header.tag === sequenceEndTag) return;
    if (header.tag !== itemTag) throw new BrokenElements('has a sequence without items');
    const start = at + 8;
    const { byteLength } = header;
    const end = byteLength === null ? itemEnd(buffer, start, sequence.end, implicit, depth + 1) : start + byteLength;
    if (end > sequence.end) throw new BrokenElements('has an item that is longer than its sequence');
    yield { tag: itemTag, start, end, implicit };
    at = byteLength === null ? end + 8 : end;
  }
}

/** The first item of the sequence `tag` inside `item`; null when there is none. */
export function firstItem(buffer: Buffer, item: Omit<DicomElement, 'tag'>, tag: DicomTag): DicomElement | null {
  for (const element of elementsIn(buffer, item)) {
    if (element.tag !== tag) continue;
    for (const found of itemsOf(buffer, element)) return found;
  }
  return null;
}

/** Position of the sequence's delimiter. */
function sequenceEnd(buffer: Buffer, start: number, limit: number, implicit: boolean, depth: number): number {
  checkDepth(depth);
  for (let at = start; ;) {
    const header = at + 8 <= limit ? readElementHeader(buffer, at, true) : null;
    if (!header) throw new BrokenElements('has a sequence without an end');
    if (header.tag === sequenceEndTag) return at;
    if (header.tag !== itemTag) throw new BrokenElements('has a sequence without items');
    at =
      header.byteLength === null ? itemEnd(buffer, at + 8, limit, implicit, depth + 1) + 8 : at + 8 + header.byteLength;
  }
}

/** Position of the item's delimiter. */
function itemEnd(buffer: Buffer, start: number, limit: number, implicit: boolean, depth: number): number {
  checkDepth(depth);
  for (let at = start; ;) {
    const header = at + 8 <= limit ? readElementHeader(buffer, at, implicit) : null;
    if (!header) throw new BrokenElements('has an item without an end');
    if (header.tag === itemEndTag) return at;
    const { headerBytes, byteLength, vr } = header;
    at =
      byteLength === null
        ? sequenceEnd(buffer, at + headerBytes, limit, implicit || vr === 'UN', depth + 1) + 8
        : at + headerBytes + byteLength;
  }
}

function checkDepth(depth: number): void {
  if (depth > maximumDepth) throw new BrokenElements('has sequences inside each other without end');
}
