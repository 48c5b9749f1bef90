/**
 * Aperio SVS (openslide.org/formats/aperio): tiled pages are levels. Of the others the second page is the thumbnail, the
 * rest are named by the first word of the second line of their description ("label 387x463") or by their subfile type. Pixel size and power are in
 * the first page's description: "Aperio ... |AppMag = 20|MPP = 0.4990|...".
 */
import type { SlideFile } from '../../slide-file.ts';
import { NamedImages } from './named-images.ts';
import { isReduced, pageLevels } from './pyramid.ts';
import { resolutionClaims } from './resolution-claim.ts';
import { firstPage, notesOfOddPages, requireFirstPage, type TiffSlide, type TiffVendor } from './tiff-slide.ts';
import type { TiffPages } from '../read-pages.ts';
import type { TiffPage } from '../tiff-page.ts';

const vendor = 'aperio';

export const aperio: TiffVendor = {
  matches: (pages) => {
    const first = firstPage(pages)?.page;
    return first !== undefined && first.tiled && first.description.startsWith('Aperio');
  },
  describe: async (file, pages) => describe(file, pages),
};

function describe(file: SlideFile, { pages, odd, ndpi }: TiffPages): TiffSlide {
  const base = requireFirstPage(file, { pages, odd, ndpi }).page;
  const levels = pages.map(({ page }) => page).filter((page) => page === base || (page.tiled && isReduced(page, base)));
  const images = new NamedImages();
  for (const { index, page } of pages) {
    if (page.tiled) continue;
    const name = index === 1 ? 'thumbnail' : nameOf(page);
    if (name !== '') images.addPage(name, file, page, vendor);
  }
  const properties = aperioProperties(base.description);
  const power = Number(properties.get('AppMag') ?? Number.NaN);
  const mpp = Number(properties.get('MPP') ?? Number.NaN);
  return {
    vendor,
    levels: pageLevels(
      file,
      levels.sort((a, b) => b.width - a.width),
      vendor,
    ),
    associated: images.images,
    base,
    claims: [...(Number.isFinite(mpp) ? [{ field: 'aperio.MPP', x: mpp, y: mpp }] : []), ...resolutionClaims(base)],
    objectivePower: Number.isFinite(power) && power > 0 ? power : null,
    notes: [...notesOfOddPages(odd, base), ...images.notes],
  };
}

/** Newer scanners leave the description out and mark the label with subfile type 1, the macro with 9. */
function nameOf({ description, subfileType }: TiffPage): string {
  const word = description.split(/\r\n|\r|\n/)[1]?.split(' ')[0] ?? '';
  if (word !== '') return word;
  return subfileType === 1 ? 'label' : subfileType === 9 ? 'macro' : '';
}

function aperioProperties(description: string): Map<string, string> {
  const properties = new Map<string, string>();
  for (const part of description.split('|').slice(1)) {
    const at = part.indexOf('=');
    if (at > 0) properties.set(part.slice(0, at).trim(), part.slice(at + 1).trim());
  }
  return properties;
}
