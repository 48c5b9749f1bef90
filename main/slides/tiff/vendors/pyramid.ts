/** Which pages are reduced copies of another, by their sizes. Pure. */
import { TrefoilError } from '#common/errors.ts';
import type { SlideFile } from '../../slide-file.ts';
import { pageLevel, type TiffLevel } from '../tile-grid.ts';
import type { TiffPage } from '../tiff-page.ts';

/** A smaller copy: the same shape up to the rounding of each side to whole pixels. */
export function isReduced(page: { width: number; height: number }, base: { width: number; height: number }): boolean {
  if (page.width >= base.width || page.height > base.height) return false;
  const scale = base.width / page.width;
  return Math.abs(page.height * scale - base.height) <= 2 * scale;
}

/** `base` and, of the candidates, one page of each smaller size, largest first. Masks (bit 2 of the subfile type) are none. */
export function pyramidOf(base: TiffPage, candidates: readonly TiffPage[]): TiffPage[] {
  const levels = [base];
  for (const page of candidates) {
    const mask = (page.subfileType & 4) !== 0;
    const repeated = levels.some((level) => level.width === page.width);
    if (!mask && !repeated && isReduced(page, base)) levels.push(page);
  }
  return levels.sort((a, b) => b.width - a.width);
}

/**
 * Pages as levels. The first must be decodable; a reduced one that is not is left out, as the slide can be read without
 * it. Throws `file-unsupported`.
 */
export function pageLevels(file: SlideFile, pages: readonly TiffPage[], vendor: string): TiffLevel[] {
  return pages.flatMap((page, index) => {
    try {
      return [pageLevel(file, page, vendor)];
    } catch (error) {
      if (index === 0 || !(error instanceof TrefoilError)) throw error;
      return [];
    }
  });
}

/**
 * Level-0 pixels per pixel of a reduced page. Sides were rounded to whole pixels, so when a whole number explains both
 * it is the true factor (2967 / 741 means 4); else the mean of both axes.
 */
export function downsampleOf(page: { width: number; height: number }, base: { width: number; height: number }): number {
  const mean = (base.width / page.width + base.height / page.height) / 2;
  for (const whole of [Math.round(mean), Math.floor(mean), Math.ceil(mean)]) {
    if (explains(whole, base.width, page.width) && explains(whole, base.height, page.height)) return whole;
  }
  return mean;
}

function explains(factor: number, full: number, reduced: number): boolean {
  return factor >= 1 && (Math.floor(full / factor) === reduced || Math.ceil(full / factor) === reduced);
}
