/** Small TIFFs as bytes in memory, little-endian, with sub-images: the seeds of the fuzz run. Readers are elsewhere. */

/** Tag, type, values. Types: 1 BYTE, 2 ASCII, 3 SHORT, 4 LONG, 5 RATIONAL (pairs), 7 UNDEFINED, 11 FLOAT, 16 LONG8. */
export type Field = readonly [tag: number, type: number, values: readonly number[]];

export interface Page {
  readonly fields: readonly Field[];
  /** Stored tiles or strips, in order. */
  readonly data: readonly Uint8Array[];
  readonly stripped?: boolean;
  readonly subPages?: readonly Page[];
}

const valueBytes: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 7: 1, 11: 4, 16: 8 };

export function ascii(text: string): number[] {
  return [...Buffer.from(`${text}\0`)];
}

export function tiffBytes(pages: readonly Page[], big = false): Buffer {
  const parts: Buffer[] = [];
  let length = 0;
  const word = big ? 8 : 4;
  const append = (bytes: Uint8Array): number => {
    const at = length;
    const padded = Buffer.concat([bytes, Buffer.alloc(bytes.length % 2)]);
    parts.push(padded);
    length += padded.length;
    return at;
  };
  append(Buffer.concat([Buffer.from('II'), big ? Buffer.of(43, 0, 8, 0, 0, 0) : Buffer.of(42, 0), number(0, word)]));
  const links: { at: number; target: number }[] = [];
  let link = big ? 8 : 4;
  const writeDirectory = ({ fields, data, stripped, subPages = [] }: Page): { offset: number; linkAt: number } => {
    const subs = subPages.map((sub) => writeDirectory(sub).offset);
    const offsets = data.map(append);
    const all: Field[] = [
      ...fields,
      [stripped ? 273 : 324, big ? 16 : 4, offsets],
      [stripped ? 279 : 325, 4, data.map((bytes) => bytes.length)],
      ...(subs.length > 0 ? ([[330, big ? 16 : 4, subs]] as Field[]) : []),
    ];
    const entries = all
      .sort((a, b) => a[0] - b[0])
      .map(([tag, type, values]) => {
        const bytes = Buffer.concat(values.map((value) => valueOf(value, type)));
        const value = bytes.length <= word ? Buffer.concat([bytes, Buffer.alloc(word)]).subarray(0, word) : null;
        const count = type === 5 ? values.length / 2 : values.length;
        return Buffer.concat([
          number(tag, 2),
          number(type, 2),
          number(count, word),
          value ?? number(append(bytes), word),
        ]);
      });
    const offset = append(Buffer.concat([number(all.length, big ? 8 : 2), ...entries, number(0, word)]));
    return { offset, linkAt: offset + (big ? 8 : 2) + all.length * (big ? 20 : 12) };
  };
  for (const page of pages) {
    const { offset, linkAt } = writeDirectory(page);
    links.push({ at: link, target: offset });
    link = linkAt;
  }
  const bytes = Buffer.concat(parts);
  for (const { at, target } of links) number(target, word).copy(bytes, at);
  return bytes;
}

function valueOf(value: number, type: number): Buffer {
  if (type !== 11) return number(value, valueBytes[type] ?? 1);
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function number(value: number, byteLength: number): Buffer {
  const bytes = Buffer.alloc(byteLength);
  for (let index = 0; index < byteLength; index++) bytes[index] = Math.floor(value / 2 ** (8 * index)) % 256;
  return bytes;
}
