/**
 * What a JPEG 2000 codestream says about itself before anything is decoded (ISO/IEC 15444-1 annex A, marker SIZ), and the
 * codestream inside a JP2 file (annex I). Memory of a decoder follows from these numbers, so they are read here first.
 */
export interface Jpeg2000Header {
  /** The codestream without the JP2 boxes around it. */
  readonly codestream: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** The image starts here on the reference grid; 0, 0 in slides. */
  readonly offsetX: number;
  readonly offsetY: number;
  /** Tiles of the codestream itself. */
  readonly tiles: number;
  readonly components: readonly {
    readonly bits: number;
    readonly signed: boolean;
    readonly stepX: number;
    readonly stepY: number;
  }[];
  /** The first comment, which names the encoder. */
  readonly comment: string;
  /** Enumerated colour space of a JP2 file (16 sRGB, 17 grey, 18 YCbCr); null for a bare codestream. */
  readonly colourSpace: number | null;
  /** A JP2 file whose samples are indices into a palette. */
  readonly hasPalette: boolean;
}

/** null when the bytes are no JPEG 2000. */
export function readJpeg2000Header(bytes: Uint8Array): Jpeg2000Header | null {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < 12) return null;
  if (buffer.readUInt32BE(0) === 0xff4fff51) return readCodestream(buffer, null, false);
  if (buffer.toString('latin1', 4, 8) !== 'jP  ') return null;
  let colourSpace: number | null = null;
  let hasPalette = false;
  for (const box of boxes(buffer, 0, buffer.length)) {
    if (box.type === 'jp2c') return readCodestream(buffer.subarray(box.start, box.end), colourSpace, hasPalette);
    if (box.type !== 'jp2h') continue;
    for (const inner of boxes(buffer, box.start, box.end)) {
      if (inner.type === 'pclr') hasPalette = true;
      if (inner.type === 'colr' && buffer[inner.start] === 1 && inner.end - inner.start >= 7) {
        colourSpace ??= buffer.readUInt32BE(inner.start + 3);
      }
    }
  }
  return null;
}

function* boxes(buffer: Buffer, from: number, to: number): Generator<{ type: string; start: number; end: number }> {
  let at = from;
  while (at + 8 <= to) {
    let length = buffer.readUInt32BE(at);
    let start = at + 8;
    if (length === 1) {
      if (at + 16 > to) return;
      length = Number(buffer.readBigUInt64BE(at + 8));
      start = at + 16;
    } else if (length === 0) {
      length = to - at;
    }
    if (length < start - at || at + length > to) return;
    yield { type: buffer.toString('latin1', at + 4, at + 8), start, end: at + length };
    at += length;
  }
}

function readCodestream(buffer: Buffer, colourSpace: number | null, hasPalette: boolean): Jpeg2000Header | null {
  // SOC, then SIZ: length, capabilities, eight numbers of four bytes, the count of components, three bytes for each.
  if (buffer.length < 44 || buffer.readUInt32BE(0) !== 0xff4fff51) return null;
  const [right, bottom, offsetX, offsetY, tileWidth, tileHeight, tileX, tileY] = Array.from({ length: 8 }, (_, index) =>
    buffer.readUInt32BE(8 + index * 4),
  ) as [number, number, number, number, number, number, number, number];
  const count = buffer.readUInt16BE(40);
  if (buffer.readUInt16BE(4) !== 38 + 3 * count || buffer.length < 42 + 3 * count || tileWidth < 1 || tileHeight < 1) {
    return null;
  }
  const components = Array.from({ length: count }, (_, index) => {
    const precision = buffer.readUInt8(42 + index * 3);
    return {
      bits: (precision & 127) + 1,
      signed: precision > 127,
      stepX: buffer.readUInt8(43 + index * 3),
      stepY: buffer.readUInt8(44 + index * 3),
    };
  });
  return {
    codestream: buffer,
    width: right - offsetX,
    height: bottom - offsetY,
    offsetX,
    offsetY,
    tiles: Math.ceil((right - tileX) / tileWidth) * Math.ceil((bottom - tileY) / tileHeight),
    components,
    comment: firstComment(buffer, 42 + 3 * count),
    colourSpace,
    hasPalette,
  };
}

/** Walks the marker segments of the main header from `from` to a comment (COM), at most to the first tile (SOT). */
function firstComment(buffer: Buffer, from: number): string {
  for (let at = from; at + 6 <= buffer.length && buffer[at] === 0xff; at += 2 + buffer.readUInt16BE(at + 2)) {
    const marker = buffer[at + 1];
    if (marker === 0x64) return buffer.toString('latin1', at + 6, at + 2 + buffer.readUInt16BE(at + 2));
    if (marker === 0x90) return '';
  }
  return '';
}
