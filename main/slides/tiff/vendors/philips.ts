/**
 * Philips TIFF (openslide.org/formats/philips): XML in the first page's description. Its reduced pages are padded to whole
 * tiles, so their true size follows from the pixel spacings in the XML; label and macro are pages or JPEGs in the XML.
 */
import type { MppClaim } from '#common/domain/slide.ts';
import type { SlideFile } from '../../slide-file.ts';
import { embeddedJpegLevel } from '../embedded-jpeg.ts';
import type { TiffPages } from '../read-pages.ts';
import { damaged } from '../tiff-directory.ts';
import { pageLevel, type TiffLevel } from '../tile-grid.ts';
import type { TiffPage } from '../tiff-page.ts';
import { childrenOf, parseXml, type XmlElement } from '../xml.ts';
import { NamedImages } from './named-images.ts';
import { resolutionClaims } from './resolution-claim.ts';
import { firstPage, notesOfOddPages, requireFirstPage, type TiffSlide, type TiffVendor } from './tiff-slide.ts';

const vendor = 'philips';

export const philips: TiffVendor = {
  matches: (pages) => {
    const page = firstPage(pages)?.page;
    return page !== undefined && page.software.startsWith('Philips') && page.description.includes('DPUfsImport');
  },
  describe: async (file, pages) => describe(file, pages),
};

function describe(file: SlideFile, pages: TiffPages): TiffSlide {
  const base = requireFirstPage(file, pages).page;
  const root = parseXml(base.description);
  if (root?.name !== 'DataObject') throw damaged(file, 'its Philips XML cannot be read');
  const scanned = objectsOf(attribute(root, 'PIM_DP_SCANNED_IMAGES'));
  const ofType = (type: string): XmlElement | undefined =>
    scanned.find((image) => attribute(image, 'PIM_DP_IMAGE_TYPE')?.text === type);
  const slide = ofType('WSI');
  const representations = objectsOf(slide ? attribute(slide, 'PIIM_PIXEL_DATA_REPRESENTATION_SEQUENCE') : null);
  const spacings = representations.map((each) => spacingUm(attribute(each, 'DICOM_PIXEL_SPACING')?.text));
  const tiled = pages.pages.map(({ page }) => page).filter((page) => page.tiled);

  const images = new NamedImages();
  for (const { page } of pages.pages) {
    if (page.tiled) continue;
    if (page.description.startsWith('Label')) images.addPage('label', file, page, vendor);
    else if (page.description.startsWith('Macro')) images.addPage('macro', file, page, vendor);
  }
  for (const [name, type] of [
    ['label', 'LABELIMAGE'],
    ['macro', 'MACROIMAGE'],
  ] as const) {
    const image = ofType(type);
    const data = image ? attribute(image, 'PIM_DP_IMAGE_DATA')?.text : undefined;
    if (data) images.add(name, () => embeddedJpegLevel(file, Buffer.from(data, 'base64'), `the ${name}`));
  }
  const own = spacingUm(slide ? attribute(slide, 'DICOM_PIXEL_SPACING')?.text : undefined) ?? spacings[0] ?? null;
  const claims: MppClaim[] = own ? [{ field: 'philips.DICOM_PIXEL_SPACING', ...own }] : [];
  return {
    vendor,
    levels: tiled.flatMap((page) => levelOf(file, base, page, spacings, tiled.indexOf(page)) ?? []),
    associated: images.images,
    base,
    claims: [...claims, ...resolutionClaims(base)],
    objectivePower: power(slide ? attribute(slide, 'DICOM_DERIVATION_DESCRIPTION')?.text : undefined),
    notes: [...notesOfOddPages(pages.odd, base), ...images.notes],
  };
}

type Spacing = { readonly x: number; readonly y: number } | null;

function levelOf(
  file: SlideFile,
  base: TiffPage,
  page: TiffPage,
  spacings: readonly Spacing[],
  index: number,
): TiffLevel | null {
  if (page === base) return pageLevel(file, page, vendor);
  if (page.width > base.width || page.height > base.height || (page.subfileType & 1) === 0) return null;
  const [full] = spacings;
  const own = spacings[index];
  // Without its spacing a level's padding cannot be told from its pixels.
  if (!full || !own) return null;
  // Whole numbers in every known file; the spacings are rounded decimals.
  const downsample = Math.round((own.x / full.x + own.y / full.y) / 2);
  const width = Math.floor(base.width / downsample);
  const height = Math.floor(base.height / downsample);
  if (!(downsample >= 1) || width < 1 || height < 1 || width > page.width || height > page.height) return null;
  return pageLevel(file, page, vendor, { width, height, downsample });
}

/** <Attribute Name="...">: a value or an array of objects. */
function attribute(object: XmlElement, name: string): XmlElement | null {
  return childrenOf(object, 'Attribute').find((each) => each.attributes.get('Name') === name) ?? null;
}

function objectsOf(element: XmlElement | null): XmlElement[] {
  return element ? childrenOf(element, 'Array').flatMap((array) => childrenOf(array, 'DataObject')) : [];
}

/** "0.000227" "0.000226": millimetres between rows, then between columns. */
function spacingUm(text: string | undefined): Spacing {
  const values = (text ?? '').replaceAll('"', ' ').trim().split(/\s+/).map(Number);
  const [rows, columns] = values;
  if (values.length !== 2 || !rows || !columns || !(rows > 0 && columns > 0)) return null;
  return { x: columns * 1000, y: rows * 1000 };
}

/** "tiff-...-levels=40,10003,...": a first number up to 200 is the power. */
function power(derivation: string | undefined): number | null {
  const before = (derivation ?? '').split('sourceFilename=')[0] ?? '';
  const first = Number(/(?:^|-)levels=(\d+)/.exec(before)?.[1] ?? Number.NaN);
  return first >= 1 && first <= 200 ? first : null;
}
