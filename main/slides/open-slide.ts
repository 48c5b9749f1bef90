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
import { OpenSlideReader } from './openslide/openslide-slide-reader.ts';
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
  /** The OpenSlide library: for what the readers here cannot read (as when not given), not at all, or for every file. */
  readonly library?: 'when-needed' | 'never' | 'always';
}

const defaultTileCacheBytes = 64 * 1024 * 1024;

/**
 * The caller closes the reader. Throws `file-not-found`, `file-unreadable`, `file-truncated`, `file-invalid`,
 * `file-unsupported` or `limit-exceeded`, each naming the file.
 */
export async function openSlide(path: string, options: OpenSlideOptions = {}): Promise<SlideReader> {
  const file = await SlideFile.open(path, options.memory ?? new MemoryGuard(), { drives: options.drives });
  try {
    if (options.library === 'always') return await OpenSlideReader.open(file);
    return await openKnown(file, path, options).catch((error: unknown) => {
      const isUnread = error instanceof TrefoilError && error.code === 'file-unsupported';
      if (!isUnread || options.library === 'never') throw error;
      return openWithLibrary(file, error);
    });
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openKnown(file: SlideFile, path: string, options: OpenSlideOptions): Promise<SlideReader> {
  const head = await file.read(0, Math.min(256, file.byteLength), 'the header');
  const cache = new TileCache(options.tileCache ?? defaultTileCacheBytes);
  const parts = { cache, decode: options.decode ?? decodeCodedTile };
  const tiff = parseTiffHeader(head);
  if (tiff) return TiffSlideReader.open(file, tiff, parts);
  if (isDicom(head)) return DicomSlideReader.open(file, parts, { drives: options.drives });
  const other = unreadFormat(head, path);
  if (other) throw unsupportedFormat(file.name, other.vendor, other.format);
  if (isPng(head) || isJpeg(head)) return ImageSlideReader.open(file, cache);
  throw new TrefoilError(
    'file-invalid',
    `${file.name} is no slide or image that Trefoil knows.`,
    'Choose a whole-slide TIFF (SVS, NDPI, SCN, BIF ...), a DICOM slide, a PNG or a JPEG file.',
  );
}

/** Vendors whose slides only the OpenSlide library reads. */
const libraryVendors: ReadonlySet<unknown> = new Set(['mirax', 'zeiss', 'sakura', 'hamamatsu-vms']);

/**
 * Throws what the own readers said when the library cannot read the file either. What it takes for plain TIFF stays refused:
 * it knows no more of such a file than the reader here, which had a reason (pixels in other files, a codec nobody has).
 */
async function openWithLibrary(file: SlideFile, own: TrefoilError): Promise<SlideReader> {
  let reader: OpenSlideReader;
  try {
    reader = await OpenSlideReader.open(file);
  } catch (error) {
    // For formats that only the library reads, what helps is how to get it.
    throw libraryVendors.has(own.details['vendor']) ? error : own;
  }
  if (reader.info.vendor !== 'openslide-generic-tiff') return reader;
  await reader.close();
  throw own;
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
  if (extname(path).toLowerCase() === '.svslide') return { vendor: 'sakura', format: 'the Sakura format' };
  if (/^\.vm[su]$/i.test(extname(path))) return { vendor: 'hamamatsu-vms', format: 'the VMS format' };
  if (head.toString('latin1', 4, 8) === 'jP  ') return { vendor: 'image', format: 'the JPEG 2000 format' };
  if (head.toString('latin1', 0, 4) === 'RIFF') return { vendor: 'image', format: 'the WebP format' };
  if (head.toString('latin1', 0, 4) === 'GIF8') return { vendor: 'image', format: 'the GIF format' };
  return null;
}
