/**
 * Makes one self-contained JPEG out of a TIFF tile and its shared tables. Application segments are dropped and one Adobe
 * segment is put in, so that the decoder's colour conversion follows the TIFF's photometric tag and nothing else
 * (Aperio stores RGB without any marker; a JFIF marker would mean YCbCr). Sizes are read before anything is decoded.
 */
export interface JpegFrame {
  readonly stream: Buffer;
  readonly width: number;
  readonly height: number;
  readonly components: number;
  readonly progressive: boolean;
}

const startOfImage = 0xd8;
const endOfImage = 0xd9;
const startOfScan = 0xda;

/** null when the bytes are no baseline, extended or progressive 8-bit JPEG. `tables` is the tag JPEGTables, if any. */
export function assembleJpeg(
  stored: Uint8Array,
  sharedTables: Uint8Array | null,
  colour: 'rgb' | 'ycbcr' | 'untransformed',
): JpegFrame | null {
  const tile = asBuffer(stored);
  const parts: Buffer[] = [Buffer.of(0xff, startOfImage)];
  if (colour !== 'untransformed') parts.push(adobeSegment(colour === 'rgb' ? 0 : 1));
  if (sharedTables) {
    const segments = readSegments(asBuffer(sharedTables));
    if (!segments) return null;
    for (const segment of segments.kept) parts.push(segment.bytes);
  }
  const segments = readSegments(tile);
  if (!segments || segments.scanAt === null) return null;
  let frame: Buffer | null = null;
  for (const segment of segments.kept) {
    if (isFrame(segment.marker)) {
      if (frame || ![0xc0, 0xc1, 0xc2].includes(segment.marker)) return null;
      frame = segment.bytes;
    }
    parts.push(segment.bytes);
  }
  if (!frame || frame.length < 10 || frame.readUInt8(4) !== 8) return null;
  parts.push(tile.subarray(segments.scanAt));
  return {
    stream: Buffer.concat(parts),
    height: frame.readUInt16BE(5),
    width: frame.readUInt16BE(7),
    components: frame.readUInt8(9),
    progressive: frame[1] === 0xc2,
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** What three components of a stand-alone JPEG are: YCbCr unless an Adobe segment says that nothing was converted. */
export function jpegColour(bytes: Uint8Array): 'rgb' | 'ycbcr' {
  const jpeg = asBuffer(bytes);
  let at = 2;
  while (at + 18 <= jpeg.length && jpeg[at] === 0xff && jpeg[at + 1] !== startOfScan) {
    const adobe = jpeg[at + 1] === 0xee && jpeg.toString('latin1', at + 4, at + 9) === 'Adobe';
    if (adobe) return jpeg[at + 15] === 0 ? 'rgb' : 'ycbcr';
    at += 2 + jpeg.readUInt16BE(at + 2);
  }
  return 'ycbcr';
}

interface Segment {
  readonly marker: number;
  readonly bytes: Buffer;
}

/** Segments up to the scan, application and comment segments left out. null when the structure is broken. */
function readSegments(jpeg: Buffer): { kept: Segment[]; scanAt: number | null } | null {
  if (jpeg.length < 4 || jpeg[0] !== 0xff || jpeg[1] !== startOfImage) return null;
  const kept: Segment[] = [];
  let at = 2;
  while (at + 1 < jpeg.length) {
    if (jpeg[at] !== 0xff) return null;
    const marker = jpeg[at + 1] as number;
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === endOfImage) return { kept, scanAt: null };
    if (marker === startOfScan) return { kept, scanAt: at };
    if (at + 4 > jpeg.length) return null;
    const length = jpeg.readUInt16BE(at + 2);
    if (length < 2 || at + 2 + length > jpeg.length) return null;
    const dropped = (marker >= 0xe0 && marker <= 0xef) || marker === 0xfe;
    if (!dropped) kept.push({ marker, bytes: jpeg.subarray(at, at + 2 + length) });
    at += 2 + length;
  }
  return { kept, scanAt: null };
}

function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/** Adobe's APP14: the last byte says 0 = no conversion, 1 = YCbCr. */
function adobeSegment(transform: 0 | 1): Buffer {
  const head = [0xff, 0xee, 0, 14];
  return Buffer.from([...head, ...Buffer.from('Adobe', 'latin1'), 0, 100, 0, 0, 0, 0, transform]);
}
