/**
 * Any other TIFF or BigTIFF: the largest page and its reduced copies, in the chain of pages or as sub-images of it. Tiles
 * that overlap (Trestle) are refused rather than shown at wrong places.
 */
import type { SlideFile } from '../../slide-file.ts';
import { unsupportedFormat } from '../tiff-compression.ts';
import { damaged } from '../tiff-directory.ts';
import type { TiffPage } from '../tiff-page.ts';
import { pageLevels, pyramidOf } from './pyramid.ts';
import { resolutionClaims } from './resolution-claim.ts';
import { notesOfOddPages, type TiffVendor } from './tiff-slide.ts';

export const genericTiff: TiffVendor = {
  matches: () => true,
  describe: async (file, { pages, odd }) => {
    const readable = pages.filter(({ page }) => (page.subfileType & 4) === 0);
    const [first, ...others] = readable.length > 0 ? readable : pages;
    // A first page that cannot be understood is most likely the slide itself.
    if (!first || odd.some(({ index }) => index === 0)) throw odd[0]?.error ?? damaged(file, 'it has no image');
    refuseOverlaps(file, first.page);
    const area = ({ page }: typeof first): number => page.width * page.height;
    const base = others.reduce((largest, each) => (area(each) > area(largest) ? each : largest), first);
    const candidates = pages.flatMap(({ page, subPages }) => [page, ...subPages]);
    const same = candidates.filter((page) => page.tiled === base.page.tiled);
    return {
      vendor: 'generic-tiff',
      levels: pageLevels(file, pyramidOf(base.page, same), 'generic-tiff'),
      associated: [],
      base: base.page,
      claims: resolutionClaims(base.page),
      objectivePower: null,
      notes: notesOfOddPages(odd, base.page),
    };
  },
};

/** Trestle's scanners store tiles that overlap: "OverlapsXY= 64 64 32 32 ...", two numbers a level. */
function refuseOverlaps(file: SlideFile, page: TiffPage): void {
  const overlaps = /OverlapsXY\s*=\s*([\d ]+)/.exec(page.description)?.[1];
  if (page.software.startsWith('MedScan') && overlaps && /[1-9]/.test(overlaps)) {
    throw unsupportedFormat(file.name, 'trestle', 'overlapping tiles');
  }
}
