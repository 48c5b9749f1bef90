/**
 * Writes little-endian TIFF (TIFF 6.0) or BigTIFF (bigtiff.org) front to back: tiles first, as they come, directories at the
 * end. Knows directories with sub-directories (tag 330, TIFF Tech Note 1) and nothing of what the images mean.
 */
import type { FileHandle } from 'node:fs/promises';

/** Field types of the specification. */
export type TiffField =
  | { readonly tag: number; readonly type: 'ascii'; readonly value: string }
  | { readonly tag: number; readonly type: 'short' | 'long' | 'offset'; readonly value: readonly number[] }
  /** Numerator and denominator. */
  | { readonly tag: number; readonly type: 'rational'; readonly value: readonly [number, number] };

export interface TiffDirectory {
  readonly fields: readonly TiffField[];
  readonly subDirectories: readonly (readonly TiffField[])[];
}

const subDirectoriesTag = 330;

export class TiffWriter {
  private readonly file: FileHandle;
  private readonly isBig: boolean;
  /** Bytes of an offset: 4, in BigTIFF 8. */
  private readonly wordBytes: number;
  private position: number;

  constructor(file: FileHandle, isBig: boolean) {
    this.file = file;
    this.isBig = isBig;
    this.wordBytes = isBig ? 8 : 4;
    this.position = isBig ? 16 : 8;
  }

  /** Answers where the bytes begin: always even, as the specification wants it. */
  async append(bytes: Uint8Array): Promise<number> {
    const offset = this.position;
    await this.writeAt(bytes, offset);
    this.position += bytes.byteLength + (bytes.byteLength % 2);
    return offset;
  }

  /** Directories as one chain, then the header that points at the first. */
  async finish(directories: readonly TiffDirectory[]): Promise<void> {
    let link: { readonly at: number } | null = null;
    let first = 0;
    for (const { fields, subDirectories } of directories) {
      const offsets: number[] = [];
      for (const sub of subDirectories) offsets.push((await this.directory(sub)).offset);
      const subField: TiffField[] =
        offsets.length === 0 ? [] : [{ tag: subDirectoriesTag, type: 'offset', value: offsets }];
      const { offset, linkAt } = await this.directory([...fields, ...subField]);
      if (link === null) first = offset;
      else await this.writeAt(this.word(offset), link.at);
      link = { at: linkAt };
    }
    const version = this.isBig ? [short(43), short(8), short(0)] : [short(42)];
    await this.writeAt(Buffer.concat([Buffer.from('II'), ...version, this.word(first)]), 0);
  }

  private async directory(unsorted: readonly TiffField[]): Promise<{ offset: number; linkAt: number }> {
    const fields = unsorted.toSorted((a, b) => a.tag - b.tag);
    const parts: Buffer[] = [this.isBig ? long8(fields.length) : short(fields.length)];
    for (const field of fields) {
      const { type, count, bytes } = this.encode(field);
      const inPlace = Buffer.alloc(this.wordBytes);
      if (bytes.byteLength <= this.wordBytes) bytes.copy(inPlace);
      else this.word(await this.append(bytes)).copy(inPlace);
      parts.push(short(field.tag), short(type), this.word(count), inPlace);
    }
    const head = Buffer.concat(parts);
    const offset = await this.append(Buffer.concat([head, Buffer.alloc(this.wordBytes)]));
    return { offset, linkAt: offset + head.byteLength };
  }

  private encode(field: TiffField): { type: number; count: number; bytes: Buffer } {
    if (field.type === 'ascii') {
      const bytes = Buffer.from(`${field.value}\0`, 'utf8');
      return { type: 2, count: bytes.byteLength, bytes };
    }
    const count = field.type === 'rational' ? 1 : field.value.length;
    if (field.type === 'short') return { type: 3, count, bytes: Buffer.concat(field.value.map(short)) };
    if (field.type === 'rational') return { type: 5, count, bytes: Buffer.concat(field.value.map(long)) };
    const isWide = field.type === 'offset' && this.isBig;
    return { type: isWide ? 16 : 4, count, bytes: Buffer.concat(field.value.map(isWide ? long8 : long)) };
  }

  private word(value: number): Buffer {
    return this.isBig ? long8(value) : long(value);
  }

  private async writeAt(bytes: Uint8Array, position: number): Promise<void> {
    let done = 0;
    while (done < bytes.byteLength) {
      done += (await this.file.write(bytes, done, bytes.byteLength - done, position + done)).bytesWritten;
    }
  }
}

function short(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function long(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function long8(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
