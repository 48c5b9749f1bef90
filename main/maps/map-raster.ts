/**
 * One slide's predictions as a raster of cells, and its pictures: nearest cell at every pixel centre, no blending, so a map
 * pixel lies exactly on the slide pixels it speaks of at every zoom. Palette index 0 is transparent: no tile there.
 */
import { isDoubtLayer, type DoubtLayer } from '#common/doubt-layers.ts';
import type { TileGrid } from '#common/domain/tile.ts';
import { rgbOfColour } from '#common/domain/classes.ts';
import type { PyramidTile } from '#common/slide-pyramid.ts';
import { cellAt, cellEdges, type CellEdges } from '#common/tile-cells.ts';
import type { Palette } from './palette-png.ts';

export interface MapRaster {
  readonly columns: CellEdges;
  readonly rows: CellEdges;
  /** Per cell, row-major: position of its tile among the slide's tiles, -1 without one. */
  readonly tileOfCell: Int32Array;
}

export interface LayerInput {
  /** Class index per tile. */
  readonly predicted: ArrayLike<number>;
  /** [tiles, classes] */
  readonly probabilities: ArrayLike<number>;
  /** "#rrggbb" per class. */
  readonly colours: readonly string[];
  /** [tiles] of the layers that are about the answer and not about a class, 0 to 1; none for a layer the map does not have. */
  readonly doubt?: ArrayLike<number> | undefined;
}

/** 'class': the predicted class; 'confidence': its probability; a number: the probability of that class. */
export type MapLayer = 'class' | 'confidence' | DoubtLayer | number;

export interface LayerOptions {
  /** Tiles below this probability (of the class shown) stay transparent. */
  readonly threshold: number;
  /** Classes left out of the class layer. */
  readonly hidden: ReadonlySet<number>;
}

export interface PaintedLayer {
  readonly palette: Palette;
  /** Palette index per tile. */
  readonly indices: Uint8Array;
}

export function mapRaster(grid: TileGrid, columns: ArrayLike<number>, rows: ArrayLike<number>): MapRaster {
  const tileOfCell = new Int32Array(grid.columns * grid.rows).fill(-1);
  for (let tile = 0; tile < columns.length; tile += 1) {
    tileOfCell[(rows[tile] as number) * grid.columns + (columns[tile] as number)] = tile;
  }
  return { columns: cellEdges(grid, grid.columns), rows: cellEdges(grid, grid.rows), tileOfCell };
}

/** The tile whose cell holds a level-0 point; -1 without one. */
export function tileAtPoint(raster: MapRaster, x: number, y: number): number {
  const column = cellAt(raster.columns, x);
  const row = cellAt(raster.rows, y);
  if (column < 0 || row < 0) return -1;
  return raster.tileOfCell[row * raster.columns.starts.length + column] as number;
}

export function paintLayer(layer: MapLayer, input: LayerInput, { threshold, hidden }: LayerOptions): PaintedLayer {
  const { predicted, probabilities, colours, doubt } = input;
  const count = predicted.length;
  const indices = new Uint8Array(count);
  const shown = (tile: number): number => (typeof layer === 'number' ? layer : (predicted[tile] as number));
  for (let tile = 0; tile < count; tile += 1) {
    const probability = probabilities[tile * colours.length + shown(tile)] as number;
    if (probability < threshold || (typeof layer !== 'number' && hidden.has(predicted[tile] as number))) continue;
    const value = isDoubtLayer(layer) ? Math.min(1, doubt?.[tile] ?? 0) : probability;
    indices[tile] = layer === 'class' ? 1 + Math.min(254, predicted[tile] as number) : 1 + Math.round(254 * value);
  }
  return { palette: paletteOf(layer, colours), indices };
}

function paletteOf(layer: MapLayer, colours: readonly string[]): Palette {
  const clear = [0, 0, 0, 0] as const;
  if (layer === 'class') {
    return [clear, ...colours.slice(0, 255).map((colour) => [...rgbOfColour(colour), 255] as const)];
  }
  const ramp = Array.from({ length: 255 }, (_, step): readonly [number, number, number, number] => {
    if (typeof layer !== 'number') return cividis(step / 254);
    return [...rgbOfColour(colours[layer] ?? ''), step];
  });
  return [clear, ...ramp];
}

/** Three stops of the cividis map (Nunez, Anderton and Renslow 2018), which reads the same with and without colour vision. */
function cividis(share: number): readonly [number, number, number, number] {
  const stops = [
    [0, 32, 77],
    [124, 123, 120],
    [255, 234, 70],
  ] as const;
  const [from, to] = share < 0.5 ? [stops[0], stops[1]] : [stops[1], stops[2]];
  const t = share < 0.5 ? 2 * share : 2 * share - 1;
  const mix = (k: 0 | 1 | 2): number => Math.round(from[k] + t * (to[k] - from[k]));
  return [mix(0), mix(1), mix(2), 255];
}

/** "#rrggbb" of a share from 0 to 1, dark to bright. */
export function cividisColour(share: number): string {
  const [red, green, blue] = cividis(Math.min(1, Math.max(0, share)));
  return `#${[red, green, blue].map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

/** Palette indices of one tile of the page's pyramid. */
export function drawMapTile(raster: MapRaster, layer: PaintedLayer, tile: PyramidTile): Uint8Array {
  const { rect, widthPx, heightPx } = tile;
  const pixels = new Uint8Array(widthPx * heightPx);
  const stride = raster.columns.starts.length;
  const columns = Int32Array.from({ length: widthPx }, (_, i) =>
    cellAt(raster.columns, rect.x + ((i + 0.5) * rect.width) / widthPx),
  );
  for (let j = 0; j < heightPx; j += 1) {
    const row = cellAt(raster.rows, rect.y + ((j + 0.5) * rect.height) / heightPx);
    if (row < 0) continue;
    for (let i = 0; i < widthPx; i += 1) {
      const column = columns[i] as number;
      const found = column < 0 ? -1 : (raster.tileOfCell[row * stride + column] as number);
      if (found >= 0) pixels[j * widthPx + i] = layer.indices[found] as number;
    }
  }
  return pixels;
}
