/**
 * OME-TIFF (ome-model.readthedocs.io, "OME-TIFF specification"): XML in the first page's description says which page is
 * which plane; reduced copies are sub-images. The largest image is the slide, the others are associated images. Of stacks
 * and time series the first plane is shown; three separate channels are shown as red, green and blue.
 */
import type { MppClaim } from '#common/domain/slide.ts';
import type { SlideFile } from '../../slide-file.ts';
import type { IndexedPage, TiffPages } from '../read-pages.ts';
import { unsupportedFormat } from '../tiff-compression.ts';
import { damaged } from '../tiff-directory.ts';
import { pageLevel } from '../tile-grid.ts';
import type { TiffPage } from '../tiff-page.ts';
import { childAt, childrenOf, numberOf, parseXml, type XmlElement } from '../xml.ts';
import { NamedImages } from './named-images.ts';
import { firstPlanes } from './ome-planes.ts';
import { isReduced, pageLevels, pyramidOf } from './pyramid.ts';
import { resolutionClaims } from './resolution-claim.ts';
import { firstPage, notesOfOddPages, type TiffSlide, type TiffVendor } from './tiff-slide.ts';

const vendor = 'ome-tiff';

/** Micrometres of the units that OME allows for lengths; others ("pixel") state no size. */
const unitUm: Readonly<Record<string, number>> = {
  pm: 1e-6,
  Å: 1e-4,
  nm: 1e-3,
  µm: 1,
  μm: 1,
  um: 1,
  mm: 1000,
  cm: 10_000,
  m: 1e6,
  in: 25_400,
};

interface OmeImage {
  readonly name: string;
  readonly pixels: XmlElement;
  readonly element: XmlElement;
  readonly page: TiffPage;
  readonly subPages: readonly TiffPage[];
  readonly notes: readonly string[];
}

export const omeTiff: TiffVendor = {
  matches: (pages) => {
    const description = firstPage(pages)?.page.description ?? '';
    return description.trimStart().startsWith('<') && /<(\w+:)?OME[\s>]/.test(description.slice(0, 4096));
  },
  describe: async (file, pages) => describe(file, pages),
};

function describe(file: SlideFile, tiffPages: TiffPages): TiffSlide {
  const root = parseXml(firstPage(tiffPages)?.page.description ?? '');
  if (root?.name !== 'OME') throw damaged(file, 'its OME-XML cannot be read');
  const images = childrenOf(root, 'Image').flatMap((image) => omeImage(root, image, tiffPages.pages) ?? []);
  const area = ({ page }: OmeImage): number => page.width * page.height;
  const [first] = images;
  if (!first) {
    const elsewhere = childrenOf(root, 'BinaryOnly').length > 0 || childrenOf(root, 'Image').length > 0;
    if (!elsewhere) throw damaged(file, 'its OME-XML names no image');
    throw tiffPages.odd[0]?.error ?? unsupportedFormat(file.name, vendor, 'pixels in other files beside it');
  }
  const main = images.reduce((largest, image) => (area(image) > area(largest) ? image : largest), first);
  // Older writers list the reduced copies as images of the same name.
  const copies = images.filter(
    (image) => image !== main && image.name === main.name && isReduced(image.page, main.page),
  );
  const named = new NamedImages();
  for (const image of images) {
    if (image === main || copies.includes(image)) continue;
    const known = knownName(image.name);
    const name = known ?? `series ${images.indexOf(image) + 1}`;
    named.add(name, () => pageLevel(file, image.page, vendor), true);
  }
  const candidates = [...main.subPages, ...copies.map(({ page }) => page)];
  return {
    vendor,
    levels: pageLevels(file, pyramidOf(main.page, candidates), vendor),
    associated: named.images,
    base: main.page,
    claims: [...physicalSize(main.pixels), ...resolutionClaims(main.page)],
    objectivePower: objectivePower(root, main.element),
    notes: [...main.notes, ...notesOfOddPages(tiffPages.odd, main.page), ...named.notes],
  };
}

/** Null when the image's planes are not in this file. */
function omeImage(root: XmlElement, element: XmlElement, pages: readonly IndexedPage[]): OmeImage | null {
  const pixels = childAt(element, 'Pixels');
  if (!pixels) return null;
  const { ifds, notes } = firstPlanes(root, pixels);
  const planes = ifds.map((ifd) => pages.find(({ index }) => index === ifd));
  const [first] = planes;
  if (!first) return null;
  const name = element.attributes.get('Name') ?? '';
  const alone = { name, pixels, element, page: first.page, subPages: first.subPages };
  if (first.page.samples >= 3 || planes.length === 1) return { ...alone, notes };
  const whole = planes.filter((plane) => plane !== undefined);
  const page = whole.length === 3 ? mergedPlanes(whole.map((plane) => plane.page)) : null;
  if (!page) {
    const channel = childAt(pixels, 'Channel')?.attributes.get('Name');
    const which = channel ? `the first ("${channel}")` : 'the first';
    return { ...alone, notes: [...notes, `Of ${planes.length} channels ${which} is shown.`] };
  }
  const subPages = first.subPages.flatMap((_, index) => {
    const subPlanes = whole.flatMap((plane) => plane.subPages[index] ?? []);
    return (subPlanes.length === 3 && mergedPlanes(subPlanes)) || [];
  });
  return { ...alone, page, subPages, notes: [...notes, 'Its three channels are shown as red, green and blue.'] };
}

/** Pages of one sample each as one page with a plane for each; null when they differ in layout. */
function mergedPlanes(pages: readonly TiffPage[]): TiffPage | null {
  const [first] = pages;
  if (!first) return null;
  const layout = (page: TiffPage): string =>
    [
      page.width,
      page.height,
      page.tileWidth,
      page.tileHeight,
      page.compression,
      page.predictor,
      page.bits.join(),
    ].join();
  const same = pages.every(
    (page) =>
      page.samples === 1 && layout(page) === layout(first) && page.jpegTables === null && page.photometric === 1,
  );
  if (!same) return null;
  return {
    ...first,
    samples: pages.length,
    bits: pages.map((page) => page.bits[0] ?? 8),
    planar: true,
    photometric: 2,
    extraSamples: [],
    offsets: Float64Array.from(pages.flatMap((page) => [...page.offsets])),
    byteCounts: Float64Array.from(pages.flatMap((page) => [...page.byteCounts])),
  };
}

function knownName(name: string): string | null {
  const lower = name.toLowerCase();
  return ['label', 'macro', 'thumbnail', 'overview'].find((known) => lower.includes(known)) ?? null;
}

function physicalSize(pixels: XmlElement): MppClaim[] {
  const length = (axis: 'X' | 'Y'): number | null => {
    const value = numberOf(pixels, `PhysicalSize${axis}`);
    const unit = unitUm[pixels.attributes.get(`PhysicalSize${axis}Unit`) ?? 'µm'];
    return value === null || unit === undefined ? null : value * unit;
  };
  const x = length('X');
  const y = length('Y') ?? x;
  return x === null || y === null ? [] : [{ field: 'ome.PhysicalSizeX', x, y }];
}

function objectivePower(root: XmlElement, image: XmlElement): number | null {
  const wanted = childAt(image, 'ObjectiveSettings')?.attributes.get('ID');
  const all = childrenOf(root, 'Instrument').flatMap((instrument) => childrenOf(instrument, 'Objective'));
  const objective = all.find((each) => each.attributes.get('ID') === wanted) ?? (all.length === 1 ? all[0] : undefined);
  const power = numberOf(objective ?? null, 'NominalMagnification');
  return power !== null && power > 0 ? power : null;
}
