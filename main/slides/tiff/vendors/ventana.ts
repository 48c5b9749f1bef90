/**
 * Ventana BIF (openslide.org/formats/ventana): iScan XML in the first page, tile joints in the XML of level 0. Tiles
 * overlap by what the joints say; like OpenSlide, one mean overlap for each direction, weighted by confidence, places all
 * tiles. Files without joints are plain pyramids. Reduced levels hold tiles of 2^n x 2^n reduced level-0 tiles that overlap just the same.
 */
import type { SlideFile } from '../../slide-file.ts';
import type { TiffPages } from '../read-pages.ts';
import { unsupportedFormat } from '../tiff-compression.ts';
import { damaged } from '../tiff-directory.ts';
import { pageGrid, type LevelPart, type TiffLevel } from '../tile-grid.ts';
import type { TiffPage } from '../tiff-page.ts';
import { childAt, numberOf, parseXml } from '../xml.ts';
import { NamedImages } from './named-images.ts';
import { pageLevels } from './pyramid.ts';
import { resolutionClaims } from './resolution-claim.ts';
import { firstPage, notesOfOddPages, type TiffSlide, type TiffVendor } from './tiff-slide.ts';
import { readStitching, type Stitching } from './ventana-stitching.ts';

const vendor = 'ventana';

interface LeveledPage {
  readonly page: TiffPage;
  readonly level: number;
  readonly magnification: number;
}

export const ventana: TiffVendor = {
  matches: (pages) => /<iScan[\s>]/.test(firstPage(pages)?.page.xmlPacket ?? ''),
  describe: async (file, pages) => describe(file, pages),
};

function describe(file: SlideFile, pages: TiffPages): TiffSlide {
  const root = parseXml(firstPage(pages)?.page.xmlPacket ?? '');
  // Newer scanners put it into an element called Metadata.
  const iScan = root?.name === 'iScan' ? root : root && childAt(root, 'iScan');
  if (!iScan) throw damaged(file, 'its iScan XML cannot be read');
  if ((numberOf(iScan, 'Z-layers') ?? 1) !== 1) throw unsupportedFormat(file.name, vendor, 'several focal planes');
  const images = new NamedImages();
  const leveled: LeveledPage[] = [];
  for (const { page } of pages.pages) {
    const level = /\blevel=(\d+)\b/.exec(page.description)?.[1];
    const magnification = Number(/\bmag=([\d.]+)/.exec(page.description)?.[1] ?? Number.NaN);
    if (level !== undefined && magnification > 0) leveled.push({ page, level: Number(level), magnification });
    else if (/^Label[ _]Image$/.test(page.description)) images.addPage('macro', file, page, vendor);
    else if (page.description === 'Thumbnail') images.addPage('thumbnail', file, page, vendor);
  }
  leveled.sort((a, b) => a.level - b.level);
  const [base] = leveled;
  if (base?.level !== 0) throw pages.odd[0]?.error ?? damaged(file, 'it has no level 0');
  const levels = base.page.xmlPacket.includes('<EncodeInfo')
    ? stitchedLevels(file, leveled, base)
    : pageLevels(
        file,
        leveled.map(({ page }) => page),
        vendor,
      );
  const mpp = numberOf(iScan, 'ScanRes');
  const power = numberOf(iScan, 'Magnification');
  return {
    vendor,
    levels,
    associated: images.images,
    base: base.page,
    claims: [...(mpp ? [{ field: 'ventana.ScanRes', x: mpp, y: mpp }] : []), ...resolutionClaims(base.page)],
    objectivePower: power !== null && power > 0 ? power : null,
    notes: [...notesOfOddPages(pages.odd, base.page), ...images.notes],
  };
}

function stitchedLevels(file: SlideFile, leveled: readonly LeveledPage[], base: LeveledPage): TiffLevel[] {
  const stitching = readStitching(base.page.xmlPacket, base.page);
  if ('unreadable' in stitching) {
    throw unsupportedFormat(file.name, vendor, `tiles that cannot be put together: ${stitching.unreadable}`);
  }
  return leveled.flatMap(({ page, magnification }) => {
    const downsample = base.magnification / magnification;
    const sameTiles = page.tileWidth === base.page.tileWidth && page.tileHeight === base.page.tileHeight;
    return Number.isInteger(downsample) && sameTiles && page.tiled ? [levelOf(file, page, downsample, stitching)] : [];
  });
}

/** A cell is one level-0 tile; a tile of this level holds downsample x downsample of them. */
function levelOf(file: SlideFile, page: TiffPage, downsample: number, stitching: Stitching): TiffLevel {
  const grid = pageGrid(file, page, vendor);
  const advanceX = stitching.advanceX / downsample;
  const advanceY = stitching.advanceY / downsample;
  let width = 1;
  let height = 1;
  const parts = stitching.areas.map(({ x, y, startColumn, startRow, columns, rows }): LevelPart => {
    if (startColumn + columns > page.tilesAcross * downsample || startRow + rows > page.tilesDown * downsample) {
      throw damaged(file, `an area of ${columns} x ${rows} tiles reaches beyond the image`);
    }
    width = Math.max(width, Math.ceil(x / downsample + (columns - 1) * advanceX + page.tileWidth / downsample));
    height = Math.max(height, Math.ceil(y / downsample + (rows - 1) * advanceY + page.tileHeight / downsample));
    const axis = (start: number, advance: number, firstCell: number, cellCount: number): LevelPart['columns'] => ({
      origin: start / downsample - firstCell * advance,
      advance,
      firstCell,
      cellCount,
      cellsPerTile: downsample,
    });
    return { grid, columns: axis(x, advanceX, startColumn, columns), rows: axis(y, advanceY, startRow, rows) };
  });
  return { width, height, downsample, parts };
}
