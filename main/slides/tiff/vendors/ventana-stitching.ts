/**
 * How the tiles of a Ventana slide overlap, from the XML of its level 0: scanned areas on the grid of tiles, and joints of
 * neighbouring tiles with overlap and confidence. Tiles of an area are numbered from 1 at its bottom left, upwards in
 * rows that run to and fro.
 */
import { maximumSidePx, type TiffPage } from '../tiff-page.ts';
import { childAt, childrenOf, numberOf, parseXml, type XmlElement } from '../xml.ts';

export interface StitchedArea {
  /** Where its top left corner lies on the slide, in level-0 pixels. */
  readonly x: number;
  readonly y: number;
  /** Its first tile on the grid of tiles of the page. */
  readonly startColumn: number;
  readonly startRow: number;
  readonly columns: number;
  readonly rows: number;
}

export interface Stitching {
  readonly areas: readonly StitchedArea[];
  /** Level-0 pixels from one tile to the next: the tile's side less the mean overlap. */
  readonly advanceX: number;
  readonly advanceY: number;
}

const maximumAreas = 256;

interface Mean {
  sum: number;
  weight: number;
}

export function readStitching(xml: string, page: TiffPage): Stitching | { readonly unreadable: string } {
  const root = parseXml(xml);
  const infos = root ? childrenOf(childAt(root, 'SlideStitchInfo') ?? root, 'ImageInfo') : [];
  const origins = (root && childAt(root, 'AoiOrigin')?.children) ?? [];
  if (infos.length === 0 || infos.length !== origins.length || infos.length > maximumAreas) {
    return { unreadable: 'its scanned areas are not described' };
  }
  const areas: StitchedArea[] = [];
  const across: Mean = { sum: 0, weight: 0 };
  const down: Mean = { sum: 0, weight: 0 };
  for (const [index, info] of infos.entries()) {
    if (numberOf(info, 'AOIScanned') === 0) continue;
    const area = readArea(info, origins[index] as XmlElement, page);
    if (!area) return { unreadable: 'an area does not lie on the grid of tiles' };
    areas.push(area);
    for (const joint of childrenOf(info, 'TileJointInfo')) {
      if (!addJoint(joint, area, across, down)) return { unreadable: 'a joint is not between neighbours' };
    }
  }
  if (areas.length === 0) return { unreadable: 'no area was scanned' };
  const mean = ({ sum, weight }: Mean): number => (weight > 0 ? sum / weight : 0);
  const advanceX = page.tileWidth - mean(across);
  const advanceY = page.tileHeight - mean(down);
  // More than half a tile of overlap, or gaps, are no stitching.
  const sound = (advance: number, side: number): boolean => advance > side / 2 && advance < side * 1.5;
  if (!sound(advanceX, page.tileWidth) || !sound(advanceY, page.tileHeight)) {
    return { unreadable: 'its overlaps are not possible' };
  }
  return { areas: turnedUpright(areas, advanceY, page.tileHeight), advanceX, advanceY };
}

/** The file gives an area's height above a line below all areas; slides count downwards from the highest one. */
function turnedUpright(areas: readonly StitchedArea[], advanceY: number, tileHeight: number): StitchedArea[] {
  const height = (area: StitchedArea): number => Math.trunc((area.rows - 1) * advanceY + tileHeight);
  const top = Math.max(...areas.map((area) => area.y + height(area)));
  return areas.map((area) => ({ ...area, y: top - area.y - height(area) }));
}

function readArea(info: XmlElement, origin: XmlElement, page: TiffPage): StitchedArea | null {
  const startColumn = (numberOf(origin, 'OriginX') ?? Number.NaN) / page.tileWidth;
  const startRow = (numberOf(origin, 'OriginY') ?? Number.NaN) / page.tileHeight;
  const x = Math.trunc(numberOf(info, 'Pos-X') ?? Number.NaN);
  const y = Math.trunc(numberOf(info, 'Pos-Y') ?? Number.NaN);
  const columns = numberOf(info, 'NumCols') ?? 0;
  const rows = numberOf(info, 'NumRows') ?? 0;
  const sameTiles = numberOf(info, 'Width') === page.tileWidth && numberOf(info, 'Height') === page.tileHeight;
  const whole = [startColumn, startRow, columns, rows].every((value) => Number.isSafeInteger(value) && value >= 0);
  const placed = [x, y].every((value) => value >= 0 && value <= maximumSidePx);
  return sameTiles && whole && placed && columns >= 1 && rows >= 1
    ? { x, y, startColumn, startRow, columns, rows }
    : null;
}

/** False when the two tiles are no neighbours in the direction it names. */
function addJoint(joint: XmlElement, area: StitchedArea, across: Mean, down: Mean): boolean {
  const one = tilePosition(numberOf(joint, 'Tile1'), area);
  const two = tilePosition(numberOf(joint, 'Tile2'), area);
  const confidence = numberOf(joint, 'Confidence') ?? 0;
  const overlapX = numberOf(joint, 'OverlapX') ?? 0;
  const overlapY = numberOf(joint, 'OverlapY') ?? 0;
  if (!one || !two || confidence < 0) return false;
  const direction = joint.attributes.get('Direction');
  const stepX = two.column - one.column;
  const stepY = two.row - one.row;
  // "LEFT" also names the neighbour on the right, in rows that were scanned from right to left.
  if ((direction === 'RIGHT' || direction === 'LEFT') && stepX === 1 && stepY === 0) {
    across.sum += confidence * overlapX;
    across.weight += confidence;
    return true;
  }
  if (direction === 'UP' && stepX === 0 && stepY === -1) {
    down.sum += confidence * overlapY;
    down.weight += confidence;
    return true;
  }
  return false;
}

function tilePosition(number: number | null, { columns, rows }: StitchedArea): { column: number; row: number } | null {
  if (number === null || !Number.isSafeInteger(number) || number < 1 || number > columns * rows) return null;
  const fromBottom = Math.floor((number - 1) / columns);
  const along = (number - 1) % columns;
  return { column: fromBottom % 2 === 0 ? along : columns - 1 - along, row: rows - 1 - fromBottom };
}
