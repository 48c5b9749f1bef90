/** Opens any supported slide by what its first bytes say; the extension is only used to name formats that are not read. */
import { extname } from 'node:path';
import { TrefoilError } from '#common/errors.ts';
import type { DecodeTile } from './codecs/coded-tile.ts';
import { decodeCodedTile } from './codecs/decode-coded-tile.ts';
import { DicomSlideReader } from './dicom/dicom-slide-reader.ts';
import { isDicom } from './dicom/read-header.ts';
import { ImageSlideReader } from './image/image-slide-reader.ts';
import { MemoryGuard } from './memory-guard.ts';
import type { SlideDrives } from './slide-drives.ts';
import { SlideFile } from './slide-file.ts';
import type { SlideReader } from './slide-reader.ts';
import { TileCache, type TileCacheBudget } from './tile-cache.ts';
import { unsupportedFormat } from './tiff/tiff-compression.ts';
import { parseTiffHeader } from './tiff/tiff-directory.ts';
import { TiffSlideReader } from './tiff/tiff-slide-reader.ts';

export interface OpenSlideOptions {
  /** Decoded tiles kept: a budget shared with other readers, or bytes of its own; 64 MiB of its own when not given. */
  readonly tileCache?: TileCacheBudget | number;
  /** Bound on any single buffer whose size the file decides; 256 MiB when not given. */
  readonly memory?: MemoryGuard;
  /** Shared by all files of a process, so that one hanging drive is known to all of them. */
  readonly drives?: SlideDrives;
  /** What decodes tiles; this thread's own decoder when not given. */
  readonly decode?: DecodeTile;
}

const defaultTileCacheBytes = 64 * 1024 * 1024;

/**
 * The caller closes the reader. Throws `file-not-found`, `file-unreadable`, `file-truncated`, `file-invalid`,
 * `file-unsupported` or `limit-exceeded`, each naming the file.
 */
export async function openSlide(path: string, options: OpenSlideOptions = {}): Promise<SlideReader> {
  const file = await SlideFile.open(path, options.memory ?? new MemoryGuard(), { drives: options.drives });
  try {
    const head = await file.read(0, Math.min(256, file.byteLength), 'the header');
    const tiff = parseTiffHeader(head);
    const cache = new TileCache(options.tileCache ?? defaultTileCacheBytes);
    if (tiff) {
      return await TiffSlideReader.open(file, tiff, { cache, decode: options.decode ?? decodeCodedTile });
    }
    if (isDicom(head)) {
      return await DicomSlideReader.open(
        file,
        { cache, decode: options.decode ?? decodeCodedTile },
        { drives: options.drives },
      );
    }
    const other = unreadFormat(head, path);
    if (other) throw unsupportedFormat(file.name, other.vendor, other.format);
    if (isPng(head) || isJpeg(head)) return await ImageSlideReader.open(file, cache);
    throw new TrefoilError(
      'file-invalid',
      `${file.name} is no slide or image that Trefoil knows.`,
      'Choose a whole-slide TIFF (SVS, NDPI, SCN, BIF ...), a DICOM slide, a PNG or a JPEG file.',
    );
  } catch (error) {
    await file.close();
    throw error;
  }
}

function isPng(head: Buffer): boolean {
  return head.subarray(0, 8).equals(Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a));
}

function isJpeg(head: Buffer): boolean {
  return head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff;
}

function unreadFormat(head: Buffer, path: string): { vendor: string; format: string } | null {
  // A MIRAX slide's .mrxs file is a small JPEG; the pixels lie in the folder beside it.
  if (extname(path).toLowerCase() === '.mrxs') return { vendor: 'mirax', format: 'the MIRAX format' };
  if (head.toString('latin1', 0, 10) === 'ZISRAWFILE') return { vendor: 'zeiss', format: 'the CZI format' };
  if (head.toString('latin1', 4, 8) === 'jP  ') return { vendor: 'image', format: 'the JPEG 2000 format' };
  if (head.toString('latin1', 0, 4) === 'RIFF') return { vendor: 'image', format: 'the WebP format' };
  if (head.toString('latin1', 0, 4) === 'GIF8') return { vendor: 'image', format: 'the GIF format' };
  return null;
}
