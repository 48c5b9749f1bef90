/**
 * Finds the bytes of one frame in a DICOM file's pixel data (PS3.5 clause 8 and annex A.4): native frames lie one after the
 * other, encapsulated ones are found by the extended offset table, the basic one, or by walking the fragments once.
 */
import type { SlideFile } from '../slide-file.ts';
import type { DicomInstance } from './dicom-instance.ts';
import { damagedDicom } from './read-header.ts';

const itemBytes = 8;
const itemStart = 0xe000_fffe;
const blockBytes = 64 * 1024;
/** Frames of one file: their positions take 8 bytes each. */
export const maximumFrames = 2_000_000;
/** A compressed frame that is larger than this is no tile. */
const maximumFrameBytes = 64 * 1024 * 1024;

/** Where items begin, and one more: where the last one ends. */
type Positions = Float64Array;

export class FrameSource {
  readonly #file: SlideFile;
  readonly #instance: DicomInstance;
  readonly #frameBytes: number;
  #positions: Promise<Positions> | null = null;

  /** `frameBytes`: of a native frame. */
  constructor(instance: DicomInstance, frameBytes: number) {
    this.#file = instance.file;
    this.#instance = instance;
    this.#frameBytes = frameBytes;
  }

  /** Throws `file-truncated`, `file-invalid`, `limit-exceeded`. */
  async read(frame: number): Promise<Uint8Array> {
    const { offset, byteLength } = this.#instance.pixelData;
    const what = `frame ${frame + 1}`;
    if (byteLength !== null) {
      const start = frame * this.#frameBytes;
      if (start + this.#frameBytes > byteLength) throw damagedDicom(this.#file, `has no bytes of ${what}`);
      return this.#file.read(offset + start, this.#frameBytes, what);
    }
    this.#positions ??= this.#locate();
    const positions = await this.#positions;
    const start = positions[frame];
    const end = positions[frame + 1];
    if (start === undefined || end === undefined || end - start < itemBytes || end - start > maximumFrameBytes) {
      throw damagedDicom(this.#file, `says nothing sensible about where ${what} lies`);
    }
    return this.#withoutItemHeaders(await this.#file.read(start, end - start, what), what);
  }

  /** A frame can be cut into several fragments, each with a header. */
  #withoutItemHeaders(bytes: Buffer, what: string): Uint8Array {
    const parts: Buffer[] = [];
    for (let at = 0; at + itemBytes <= bytes.length;) {
      if (bytes.readUInt32LE(at) !== itemStart) break;
      const length = bytes.readUInt32LE(at + 4);
      if (at + itemBytes + length > bytes.length) throw damagedDicom(this.#file, `cuts ${what} off`);
      parts.push(bytes.subarray(at + itemBytes, at + itemBytes + length));
      at += itemBytes + length;
    }
    const [only] = parts;
    if (only === undefined) throw damagedDicom(this.#file, `has something else where ${what} should be`);
    return parts.length === 1 ? only : Buffer.concat(parts);
  }

  async #locate(): Promise<Positions> {
    const { offset } = this.#instance.pixelData;
    const head = await this.#file.read(offset, itemBytes, 'the table of frames');
    const tableBytes = head.readUInt32LE(4);
    if (head.readUInt32LE(0) !== itemStart || tableBytes > maximumFrames * 4) {
      throw damagedDicom(this.#file, 'has no table of frames');
    }
    const first = offset + itemBytes + tableBytes;
    const { frameCount } = this.#instance;
    return (
      this.#extended(first) ??
      (tableBytes === frameCount * 4
        ? this.#basic(await this.#file.read(offset + itemBytes, tableBytes, 'the table of frames'), first)
        : null) ??
      (await this.#walked(first))
    );
  }

  #extended(first: number): Positions | null {
    const { extendedOffsets, extendedLengths, frameCount } = this.#instance;
    if (extendedOffsets?.length !== frameCount * 8 || extendedLengths?.length !== frameCount * 8) return null;
    const positions = new Float64Array(frameCount + 1);
    for (let frame = 0; frame < frameCount; frame++) {
      positions[frame] = first + Number(extendedOffsets.readBigUInt64LE(frame * 8));
      const length = Number(extendedLengths.readBigUInt64LE(frame * 8));
      // Lengths are without the item's header and without padding to an even number.
      positions[frame + 1] = (positions[frame] as number) + itemBytes + length + (length % 2);
    }
    return this.#ascending(positions);
  }

  #basic(table: Buffer, first: number): Positions | null {
    const { frameCount } = this.#instance;
    const positions = new Float64Array(frameCount + 1);
    for (let frame = 0; frame < frameCount; frame++) positions[frame] = first + table.readUInt32LE(frame * 4);
    positions[frameCount] = Math.min(this.#file.byteLength, (positions[frameCount - 1] as number) + maximumFrameBytes);
    return this.#ascending(positions);
  }

  /** Null for a table that cannot be right, as of basic ones beyond 4 GiB, whose numbers start again at 0. */
  #ascending(positions: Positions): Positions | null {
    for (let frame = 1; frame < positions.length; frame++) {
      if ((positions[frame] as number) <= (positions[frame - 1] as number)) return null;
    }
    return (positions.at(-1) ?? 0) > this.#file.byteLength ? null : positions;
  }

  /** Reads every fragment's header, and two bytes more: a frame's first fragment begins as a JPEG or JPEG 2000 stream does. */
  async #walked(first: number): Promise<Positions> {
    const { frameCount } = this.#instance;
    const items: number[] = [];
    const starts: number[] = [];
    let block: Buffer = Buffer.alloc(0);
    let blockAt = 0;
    let at = first;
    while (at + itemBytes + 2 <= this.#file.byteLength) {
      if (at < blockAt || at + itemBytes + 2 > blockAt + block.length) {
        block = await this.#file.read(at, Math.min(blockBytes, this.#file.byteLength - at), 'the fragments');
        blockAt = at;
      }
      const inBlock = at - blockAt;
      if (block.readUInt32LE(inBlock) !== itemStart) break;
      if (items.length > 4 * maximumFrames) throw damagedDicom(this.#file, 'has millions of fragments');
      items.push(at);
      const marker = block.readUInt16BE(inBlock + itemBytes);
      if (marker === 0xffd8 || marker === 0xff4f) starts.push(at);
      at += itemBytes + block.readUInt32LE(inBlock + 4);
    }
    const frames = items.length === frameCount ? items : frameCount === 1 ? items.slice(0, 1) : starts;
    if (at > this.#file.byteLength) throw this.#file.truncated(at, 'a frame');
    if (frames.length !== frameCount) {
      throw damagedDicom(this.#file, `has ${items.length} fragments for ${frameCount} frames`);
    }
    const positions = new Float64Array(frameCount + 1);
    positions.set(frames);
    positions[frameCount] = at;
    return positions;
  }
}
