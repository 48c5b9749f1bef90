/**
 * Hamamatsu NDPI (openslide.org/formats/hamamatsu): each page is one JPEG, however large. The tag SourceLens says what it
 * is: a magnification above 0 is a level, -1 the macro, -2 a map of the tissue. Pages of other focal planes are left out.
 */
import { TrefoilError } from '#common/errors.ts';
import type { SlideFile } from '../../slide-file.ts';
import { ndpiJpegGrid } from '../ndpi-jpeg-grid.ts';
import type { TiffPages } from '../read-pages.ts';
import { damaged } from '../tiff-directory.ts';
import { pageLevel, wholeGrid, type TiffLevel } from '../tile-grid.ts';
import type { TiffPage } from '../tiff-page.ts';
import { NamedImages } from './named-images.ts';
import { pyramidOf } from './pyramid.ts';
import { resolutionClaims } from './resolution-claim.ts';
import { notesOfOddPages, type TiffSlide, type TiffVendor } from './tiff-slide.ts';

const vendor = 'hamamatsu';
const sourceLensTag = 65_421;
const focalPlaneTag = 65_424;

export const hamamatsu: TiffVendor = {
  matches: (pages) => pages.ndpi,
  describe: (file, pages) => describe(file, pages),
};

async function describe(file: SlideFile, pages: TiffPages): Promise<TiffSlide> {
  const images = new NamedImages();
  const leveled: { page: TiffPage; lens: number }[] = [];
  let planes = 0;
  for (const { page } of pages.pages) {
    const lens = (await page.directory.number(sourceLensTag)) ?? 0;
    if (lens === -1) images.addPage('macro', file, page, vendor);
    else if (lens === -2) images.addPage('map', file, page, vendor);
    else if (lens > 0 && ((await page.directory.number(focalPlaneTag)) ?? 0) !== 0) planes++;
    else if (lens > 0) leveled.push({ page, lens });
  }
  const [base] = leveled.sort((a, b) => b.page.width - a.page.width);
  if (!base) throw pages.odd[0]?.error ?? damaged(file, 'it has no level');
  const levels: TiffLevel[] = [];
  const pyramid = pyramidOf(
    base.page,
    leveled.map((level) => level.page),
  );
  for (const page of pyramid) {
    try {
      levels.push(await levelOf(file, page));
    } catch (error) {
      // The slide can be read without a reduced copy of it, but not from a file that was cut.
      const dispensable = error instanceof TrefoilError && error.code !== 'file-truncated';
      if (page === base.page || !dispensable) throw error;
    }
  }
  return {
    vendor,
    levels,
    associated: images.images,
    base: base.page,
    claims: resolutionClaims(base.page),
    objectivePower: base.lens,
    notes: [
      ...notesOfOddPages(pages.odd, base.page),
      ...images.notes,
      ...(planes > 0 ? [`Only the middle focal plane is shown; ${planes} pages belong to others.`] : []),
    ],
  };
}

async function levelOf(file: SlideFile, page: TiffPage): Promise<TiffLevel> {
  if (page.compression !== 7) return pageLevel(file, page, vendor);
  const { width, height } = page;
  return { width, height, downsample: null, parts: [wholeGrid(await ndpiJpegGrid(file, page, vendor))] };
}
