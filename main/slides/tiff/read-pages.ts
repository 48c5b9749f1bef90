/**
 * All pages of a TIFF with their sub-images (tag SubIFDs). A page that cannot be understood is kept as "odd" with its
 * error: whether that matters, the vendor's rules decide. A file that ends too early is always an error.
 */
import { TrefoilError } from '#common/errors.ts';
import type { SlideFile } from '../slide-file.ts';
import {
  damaged,
  readDirectories,
  readDirectory,
  tiffLimits,
  type DirectoryLayout,
  type TiffDirectory,
  type TiffHeader,
} from './tiff-directory.ts';
import { newPageBudget, readPage, type PageBudget, type TiffPage } from './tiff-page.ts';

export interface IndexedPage {
  /** Position in the chain of pages, as files refer to it. */
  readonly index: number;
  readonly page: TiffPage;
  /** Reduced copies that the page points to, odd ones left out. */
  readonly subPages: readonly TiffPage[];
}

export interface OddPage {
  readonly index: number;
  /** Null when not even the size can be read. */
  readonly pixels: number | null;
  readonly error: TrefoilError;
}

export interface TiffPages {
  readonly pages: readonly IndexedPage[];
  readonly odd: readonly OddPage[];
  readonly ndpi: boolean;
}

const maximumSubPages = 64;

/** Throws `file-invalid`, `file-truncated`, `limit-exceeded` for a broken chain; `pages` may be empty. */
export async function readPages(file: SlideFile, header: TiffHeader): Promise<TiffPages> {
  const { directories: chain, layout } = await readDirectories(file, header);
  const seen = new Set(chain.map(({ offset }) => offset));
  const pages: IndexedPage[] = [];
  const odd: OddPage[] = [];
  const budget = newPageBudget();
  for (const [index, { directory }] of chain.entries()) {
    const read = await pageOrError(file, directory, budget);
    if (read instanceof TrefoilError) odd.push({ index, pixels: await pixelsOf(directory), error: read });
    else pages.push({ index, page: read, subPages: await readSubPages(file, layout, directory, seen, budget) });
  }
  return { pages, odd, ndpi: layout.ndpi };
}

async function readSubPages(
  file: SlideFile,
  layout: DirectoryLayout,
  directory: TiffDirectory,
  seen: Set<number>,
  budget: PageBudget,
): Promise<TiffPage[]> {
  const offsets = await directory.integers(330, maximumSubPages);
  const pages: TiffPage[] = [];
  for (const offset of offsets ?? []) {
    if (offset === 0) continue;
    if (seen.has(offset)) throw damaged(file, `its directory at byte ${offset} is linked twice`);
    if (seen.size >= tiffLimits.directories) throw damaged(file, `it has more than ${tiffLimits.directories} pages`);
    seen.add(offset);
    const { directory: sub } = await readDirectory(file, layout, offset);
    const read = await pageOrError(file, sub, budget);
    if (!(read instanceof TrefoilError)) pages.push(read);
  }
  return pages;
}

async function pageOrError(
  file: SlideFile,
  directory: TiffDirectory,
  budget: PageBudget,
): Promise<TiffPage | TrefoilError> {
  try {
    return await readPage(file, directory, budget);
  } catch (error) {
    const odd = error instanceof TrefoilError && (error.code === 'file-invalid' || error.code === 'limit-exceeded');
    if (odd) return error;
    throw error;
  }
}

async function pixelsOf(directory: TiffDirectory): Promise<number | null> {
  try {
    const width = await directory.integer(256);
    const height = await directory.integer(257);
    return width === null || height === null ? null : width * height;
  } catch {
    // The size is only asked for to judge a page that is already known to be odd.
    return null;
  }
}
