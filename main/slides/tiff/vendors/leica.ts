/**
 * Leica SCN (openslide.org/formats/leica): XML in the first page's description lists the images of a slide, each with its
 * place (nanometres) and the page of every resolution. Bright-field images of one objective are laid on the slide at their
 * places; the image that covers the whole slide is the macro. What lies between is white.
 */
import type { SlideFile } from '../../slide-file.ts';
import type { IndexedPage, TiffPages } from '../read-pages.ts';
import { unsupportedFormat } from '../tiff-compression.ts';
import { damaged } from '../tiff-directory.ts';
import { pageGrid, wholeGrid, type TiffLevel } from '../tile-grid.ts';
import { maximumSidePx, type TiffPage } from '../tiff-page.ts';
import { childAt, childrenOf, numberOf, parseXml, type XmlElement } from '../xml.ts';
import { NamedImages } from './named-images.ts';
import { resolutionClaims } from './resolution-claim.ts';
import { firstPage, notesOfOddPages, type TiffSlide, type TiffVendor } from './tiff-slide.ts';

const vendor = 'leica';
const namespace = 'http://www.leica-microsystems.com/scn/2010/10/01';

interface ScnImage {
  readonly isMacro: boolean;
  readonly brightfield: boolean;
  readonly objective: string;
  readonly offsetX: number;
  readonly offsetY: number;
  /** Finest first, only pages of the first focal plane. */
  readonly resolutions: readonly { readonly page: TiffPage; readonly nmPerPixel: number }[];
}

export const leica: TiffVendor = {
  matches: (pages) => firstPage(pages)?.page.description.slice(0, 4096).includes(namespace) ?? false,
  describe: async (file, pages) => describe(file, pages),
};

function describe(file: SlideFile, pages: TiffPages): TiffSlide {
  const root = parseXml(firstPage(pages)?.page.description ?? '');
  const collection = root && childAt(root, 'collection');
  if (!collection) throw damaged(file, 'its Leica XML cannot be read');
  const slideWidth = numberOf(collection, 'sizeX') ?? 0;
  const slideHeight = numberOf(collection, 'sizeY') ?? 0;
  const images = childrenOf(collection, 'image').flatMap(
    (image) => scnImage(image, slideWidth, slideHeight, pages.pages) ?? [],
  );
  const mains = images.filter((image) => !image.isMacro && image.brightfield);
  const [first, ...others] = mains.sort((a, b) => area(b) - area(a));
  if (!first) {
    throw pages.odd[0]?.error ?? unsupportedFormat(file.name, vendor, 'no bright-field image');
  }
  const alike = [first, ...others.filter((image) => canLieBeside(image, first))];
  const levels = first.resolutions.map((_, index) => levelOf(file, alike, index, slideWidth, slideHeight));
  const named = new NamedImages();
  for (const image of images)
    if (image.isMacro) named.addPage('macro', file, (image.resolutions[0] as Resolution).page, vendor);
  for (const extra of childrenOf(collection, 'supplementalImage')) {
    const page = pages.pages.find(({ index }) => index === numberOf(extra, 'ifd'))?.page;
    const type = extra.attributes.get('type')?.toLowerCase();
    if (page && type) named.addPage(type, file, page, vendor);
  }
  const [finest] = first.resolutions as [Resolution];
  const power = Number(first.objective);
  const hidden = images.filter((image) => !image.isMacro).length - alike.length;
  const mpp = finest.nmPerPixel / 1000;
  return {
    vendor,
    levels,
    associated: named.images,
    base: finest.page,
    claims: [...resolutionClaims(finest.page), { field: 'leica.view/dimension', x: mpp, y: mpp }],
    objectivePower: Number.isFinite(power) && power > 0 ? power : null,
    notes: [
      ...notesOfOddPages(pages.odd, finest.page),
      ...named.notes,
      ...(hidden > 0 ? [`Left out: ${hidden} images with another objective, resolution or illumination.`] : []),
    ],
  };
}

type Resolution = ScnImage['resolutions'][number];

/** Null for an image without pages in this file. */
function scnImage(
  element: XmlElement,
  slideWidth: number,
  slideHeight: number,
  pages: readonly IndexedPage[],
): ScnImage | null {
  const view = childAt(element, 'view');
  const width = numberOf(view, 'sizeX') ?? 0;
  const height = numberOf(view, 'sizeY') ?? 0;
  const offsetX = numberOf(view, 'offsetX') ?? 0;
  const offsetY = numberOf(view, 'offsetY') ?? 0;
  const dimensions = childAt(element, 'pixels');
  const resolutions = childrenOf(dimensions ?? element, 'dimension').flatMap((dimension) => {
    const page = pages.find(({ index }) => index === numberOf(dimension, 'ifd'))?.page;
    const firstPlane = (numberOf(dimension, 'z') ?? 0) === 0 && (numberOf(dimension, 'c') ?? 0) === 0;
    const nmPerPixel = width / (page?.width ?? 1);
    return page && firstPlane && nmPerPixel > 0 ? [{ page, nmPerPixel }] : [];
  });
  if (resolutions.length === 0) return null;
  const source = childAt(element, 'scanSettings', 'illuminationSettings', 'illuminationSource')?.text;
  return {
    isMacro: offsetX === 0 && offsetY === 0 && width === slideWidth && height === slideHeight,
    brightfield: source === 'brightfield',
    objective: childAt(element, 'scanSettings', 'objectiveSettings', 'objective')?.text ?? '',
    offsetX,
    offsetY,
    resolutions: resolutions.sort((a, b) => a.nmPerPixel - b.nmPerPixel),
  };
}

function area({ resolutions }: ScnImage): number {
  const page = resolutions[0]?.page;
  return page ? page.width * page.height : 0;
}

/** The same objective and, within two per cent, the same pixel sizes. */
function canLieBeside(image: ScnImage, main: ScnImage): boolean {
  return (
    image.objective === main.objective &&
    image.resolutions.length === main.resolutions.length &&
    image.resolutions.every(({ nmPerPixel }, index) => {
      const wanted = main.resolutions[index]?.nmPerPixel ?? 0;
      return Math.abs(nmPerPixel - wanted) <= 0.02 * wanted;
    })
  );
}

function levelOf(
  file: SlideFile,
  images: readonly ScnImage[],
  index: number,
  slideWidth: number,
  slideHeight: number,
): TiffLevel {
  const sizes = (at: number): number[] => images.map(({ resolutions }) => resolutions[at]?.nmPerPixel ?? 1);
  const nmPerPixel = Math.min(...sizes(index));
  const width = Math.ceil(slideWidth / nmPerPixel);
  const height = Math.ceil(slideHeight / nmPerPixel);
  if (!(width >= 1 && height >= 1 && width <= maximumSidePx && height <= maximumSidePx)) {
    throw damaged(file, `its slide is ${width} x ${height} px`);
  }
  const parts = images.map(({ resolutions, offsetX, offsetY }) => {
    const { page } = resolutions[index] as Resolution;
    const x = Math.floor(offsetX / nmPerPixel);
    const y = Math.floor(offsetY / nmPerPixel);
    return wholeGrid(pageGrid(file, page, vendor), x, y);
  });
  return { width, height, downsample: nmPerPixel / Math.min(...sizes(0)), parts };
}
