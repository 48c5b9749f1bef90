/**
 * Which tiles of a grid are kept, and why the others are not. Pure: masks and regions in, one verdict a tile out, in rows.
 * The first reason that applies counts, in the order outside-region, little-tissue, pen, fold, dark. Blur needs the tile's own pixels
 * and is decided at extraction.
 *
 * Region rule: a tile belongs to a region when its centre lies in it. Kept tiles are in an include region (the whole slide
 * when there is none) and in no exclude region.
 */
import { insideCrossings, rowCrossings } from '#common/geometry.ts';
import type { Polygon, RegionShape } from '#common/domain/region.ts';
import type { DropReason, GridTile, TileGrid } from '#common/domain/tile.ts';
import type { Mask } from './connected-components.ts';
import { MaskShare } from './mask-share.ts';
import { tileRect } from './tile-grid.ts';

export interface SelectionOptions {
  readonly grid: TileGrid;
  /** Level-0 size of the slide, which the masks cover wholly. */
  readonly slideWidth: number;
  readonly slideHeight: number;
  readonly tissue: Mask;
  readonly pen: Mask;
  readonly fold: Mask;
  readonly dark: Mask;
  readonly regions: readonly RegionShape[];
  /** 0..1 */
  readonly minTissue: number;
  readonly maxPen: number;
  readonly maxFold: number;
  readonly maxDark: number;
}

export function selectTiles(options: SelectionOptions): GridTile[] {
  const { grid, slideWidth, slideHeight, regions, minTissue, maxPen, maxFold, maxDark } = options;
  const tissueShare = new MaskShare(options.tissue);
  const penShare = new MaskShare(options.pen);
  const foldShare = new MaskShare(options.fold);
  const darkShare = new MaskShare(options.dark);
  const polygonsOf = (kind: RegionShape['kind']): Polygon[] =>
    regions.filter((region) => region.kind === kind).flatMap((region) => [...region.polygons]);
  const include = polygonsOf('include');
  const exclude = polygonsOf('exclude');
  const everywhere = !regions.some((region) => region.kind === 'include');
  const tiles: GridTile[] = [];
  for (let row = 0; row < grid.rows; row += 1) {
    const { y, height } = tileRect(grid, 0, row);
    const centreY = y + height / 2;
    // One crossing list a polygon and row serves all columns: cost grows with rows x vertices, not tiles x vertices.
    const includeRow = include.map((polygon) => rowCrossings(polygon, centreY)).filter((list) => list.length > 0);
    const excludeRow = exclude.map((polygon) => rowCrossings(polygon, centreY)).filter((list) => list.length > 0);
    for (let column = 0; column < grid.columns; column += 1) {
      const rect = tileRect(grid, column, row);
      const centreX = rect.x + rect.width / 2;
      const left = rect.x / slideWidth;
      const top = rect.y / slideHeight;
      const right = (rect.x + rect.width) / slideWidth;
      const bottom = (rect.y + rect.height) / slideHeight;
      const tissue = tissueShare.share(left, top, right, bottom);
      const inRegion =
        (everywhere || includeRow.some((list) => insideCrossings(list, centreX))) &&
        !excludeRow.some((list) => insideCrossings(list, centreX));
      let dropped: DropReason | null = null;
      if (!inRegion) dropped = 'outside-region';
      // A tile without any tissue is dropped even when the smallest share is set to 0.
      else if (tissue <= 0 || tissue < minTissue) dropped = 'little-tissue';
      else if (penShare.share(left, top, right, bottom) > maxPen) dropped = 'pen';
      else if (foldShare.share(left, top, right, bottom) > maxFold) dropped = 'fold';
      else if (darkShare.share(left, top, right, bottom) > maxDark) dropped = 'dark';
      tiles.push({ column, row, dropped, tissue });
    }
  }
  return tiles;
}
