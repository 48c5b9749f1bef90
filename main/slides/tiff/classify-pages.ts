/**
 * Which pages of a TIFF are pyramid levels and which are label, macro or thumbnail. Aperio's rule is OpenSlide's: tiled
 * pages are levels; of the others the second page is the thumbnail and the rest are named by the first word of the
 * second line of their description. Generic files: the largest page and its reduced copies.
 */
import type { TiffPage } from './tiff-page.ts';

export interface NamedPage {
  readonly name: string;
  readonly page: TiffPage;
}

export interface SlidePages {
  readonly vendor: string;
  /** Largest first. */
  readonly levels: readonly TiffPage[];
  readonly associated: readonly NamedPage[];
}

export function classifyPages(pages: readonly TiffPage[]): SlidePages {
  const first = pages[0];
  if (first?.description.startsWith('Aperio') && first.tiled) return classifyAperio(pages, first);
  return classifyGeneric(pages);
}

function classifyAperio(pages: readonly TiffPage[], base: TiffPage): SlidePages {
  const levels = pages.filter((page) => page.tiled && (page === base || isReduced(page, base)));
  const associated: NamedPage[] = [];
  pages.forEach((page, index) => {
    if (page.tiled) return;
    const name = index === 1 ? 'thumbnail' : (page.description.split(/\r\n|\r|\n/)[1]?.split(' ')[0] ?? '');
    if (name !== '' && !associated.some((other) => other.name === name)) associated.push({ name, page });
  });
  return { vendor: 'aperio', levels: levels.sort((a, b) => b.width - a.width), associated };
}

function classifyGeneric(pages: readonly TiffPage[]): SlidePages {
  const base = pages.reduce((largest, page) =>
    page.width * page.height > largest.width * largest.height ? page : largest,
  );
  const levels = [base];
  for (const page of pages) {
    const mask = (page.subfileType & 4) !== 0;
    const repeated = levels.some((level) => level.width === page.width);
    if (!mask && !repeated && page.tiled === base.tiled && isReduced(page, base)) levels.push(page);
  }
  const vendor = base.ndpi ? 'hamamatsu' : 'generic-tiff';
  return { vendor, levels: levels.sort((a, b) => b.width - a.width), associated: [] };
}

/** A smaller copy: the same shape up to the rounding of each side to whole pixels. */
function isReduced(page: TiffPage, base: TiffPage): boolean {
  if (page.width >= base.width || page.height > base.height) return false;
  const scale = base.width / page.width;
  return Math.abs(page.height * scale - base.height) <= 2 * scale;
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
