/** TIFF compression numbers in words. */
import { TrefoilError } from '#common/errors.ts';

const names: Readonly<Record<number, string>> = {
  1: 'none',
  2: 'CCITT RLE',
  3: 'CCITT Group 3',
  4: 'CCITT Group 4',
  5: 'LZW',
  6: 'old-style JPEG',
  7: 'JPEG',
  8: 'Deflate',
  32773: 'PackBits',
  32946: 'Deflate',
  33003: 'JPEG 2000 (YCbCr)',
  33004: 'JPEG 2000',
  33005: 'JPEG 2000 (RGB)',
  34661: 'JBIG',
  34712: 'JPEG 2000',
  34887: 'LERC',
  34892: 'lossy JPEG (DNG)',
  34925: 'LZMA',
  50000: 'ZSTD',
  50001: 'WebP',
  50002: 'JPEG XL',
  22610: 'JPEG XR',
  34934: 'JPEG XR',
};

export function compressionName(compression: number): string {
  return names[compression] ?? `number ${compression}`;
}

export function unsupportedFormat(fileName: string, vendor: string, what: string): TrefoilError {
  return new TrefoilError(
    'file-unsupported',
    `${fileName} (${vendor}) uses ${what}, which Trefoil cannot read.`,
    'Convert it once to a pyramidal TIFF with JPEG tiles, e.g. in QuPath: File > Export images > OME TIFF, compression JPEG.',
    { vendor, reason: what },
  );
}
