/** What a vendor's rules make of the pages of a TIFF; each file in this folder is one vendor. */
import type { MppClaim } from '#common/domain/slide.ts';
import type { TrefoilError } from '#common/errors.ts';
import type { SlideFile } from '../../slide-file.ts';
import { damaged } from '../tiff-directory.ts';
import type { IndexedPage, OddPage, TiffPages } from '../read-pages.ts';
import type { TiffLevel } from '../tile-grid.ts';
import type { TiffPage } from '../tiff-page.ts';

export interface TiffSlide {
  readonly vendor: string;
  /** Largest first, at least one. */
  readonly levels: readonly TiffLevel[];
  readonly associated: readonly { readonly name: string; readonly level: TiffLevel }[];
  /** Compression and ICC profile of level 0 are this page's. */
  readonly base: TiffPage;
  readonly claims: readonly MppClaim[];
  readonly objectivePower: number | null;
  /** What a person should know: images that were left out, planes that are not shown. */
  readonly notes: readonly string[];
}

export interface TiffVendor {
  /** The file is this vendor's. Looks at what was read, decides nothing else. */
  readonly matches: (pages: TiffPages) => boolean;
  /** Throws `file-invalid`, `file-unsupported`, `limit-exceeded`. */
  readonly describe: (file: SlideFile, pages: TiffPages) => Promise<TiffSlide>;
}

export function firstPage(pages: TiffPages): IndexedPage | null {
  return pages.pages.find(({ index }) => index === 0) ?? null;
}

/** The first page, or its own error when it cannot be understood. */
export function requireFirstPage(file: SlideFile, pages: TiffPages): IndexedPage {
  const first = firstPage(pages);
  if (first) return first;
  throw pages.odd[0]?.error ?? damaged(file, 'it has no image');
}

/** Odd pages as notes. Throws the error of one that is larger than level 0: then the slide itself is missing. */
export function notesOfOddPages(odd: readonly OddPage[], base: { width: number; height: number }): string[] {
  return odd.map(({ index, pixels, error }) => {
    if (pixels !== null && pixels > base.width * base.height) throw error;
    return leftOut(`page ${index + 1}`, error);
  });
}

export function leftOut(what: string, error: TrefoilError): string {
  return `Left out: ${what}. ${error.message}`;
}
