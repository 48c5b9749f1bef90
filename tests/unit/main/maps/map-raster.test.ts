/** Map pictures against the slide they lie on: exact at every zoom, by comparing every pixel with its level-0 point. */
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodePredictions, encodePredictions } from '#common/prediction-bytes.ts';
import { maximumLevel, pyramidTile } from '#common/slide-pyramid.ts';
import type { TileGrid } from '#common/domain/tile.ts';
import { drawMapTile, mapRaster, paintLayer, tileAtPoint, type MapRaster } from '#main/maps/map-raster.ts';
import { palettePng } from '#main/maps/palette-png.ts';
import { tileRect } from '#main/tiles/tile-grid.ts';

const colours = ['#0072b2', '#e69f00'];
const open = { threshold: 0, hidden: new Set<number>() };

function gridOf(change: Partial<TileGrid>): TileGrid {
  return { level: 0, columns: 7, rows: 5, downsample: 2.003, sizePx: 32, stridePx: 32, ...change };
}

/** A checkerboard with a hole at (3, 2). */
function checkerboard(grid: TileGrid): { raster: MapRaster; predicted: number[]; cells: [number, number][] } {
  const cells: [number, number][] = [];
  for (let row = 0; row < grid.rows; row += 1) {
    for (let column = 0; column < grid.columns; column += 1) if (column !== 3 || row !== 2) cells.push([column, row]);
  }
  const raster = mapRaster(
    grid,
    cells.map(([column]) => column),
    cells.map(([, row]) => row),
  );
  return { raster, cells, predicted: cells.map(([column, row]) => (column + row) % 2) };
}

const certain = (predicted: readonly number[]): number[] =>
  predicted.flatMap((k) => (k === 0 ? [0.9, 0.1] : [0.2, 0.8]));

describe('a map picture', () => {
  const slide = { width: 449, height: 321 };

  it.each([
    ['gapless', {}],
    ['with gaps', { stridePx: 40, columns: 5, rows: 4 }],
    ['overlapping', { stridePx: 24, columns: 8, rows: 6 }],
    ['enlarged', { downsample: 0.83 }],
  ])('shows at every pixel of every zoom the tile under its centre: %s', (_, change) => {
    const grid = gridOf(change);
    const { raster, predicted, cells } = checkerboard(grid);
    const rects = cells.map(([column, row]) => tileRect(grid, column, row));
    // Where tiles overlap, a point lies in several of them; elsewhere the tile grid itself is the reference.
    const tileUnder = (x: number, y: number): number =>
      grid.stridePx < grid.sizePx
        ? tileAtPoint(raster, x, y)
        : rects.findIndex((rect) => x >= rect.x && y >= rect.y && x < rect.x + rect.width && y < rect.y + rect.height);
    const layer = paintLayer('class', { predicted, probabilities: certain(predicted), colours }, open);
    let compared = 0;
    let painted = 0;
    for (let level = 0; level <= maximumLevel(slide); level += 1) {
      for (let row = 0; row < 2; row += 1) {
        for (let column = 0; column < 2; column += 1) {
          const tile = pyramidTile(slide, level, column, row);
          if (tile === null) continue;
          const pixels = drawMapTile(raster, layer, tile);
          for (let at = 0; at < pixels.length; at += 1) {
            const [i, j] = [at % tile.widthPx, Math.floor(at / tile.widthPx)];
            const x = tile.rect.x + ((i + 0.5) * tile.rect.width) / tile.widthPx;
            const y = tile.rect.y + ((j + 0.5) * tile.rect.height) / tile.heightPx;
            const found = tileUnder(x, y);
            if (pixels[at] !== (found < 0 ? 0 : 1 + predicted[found]!)) throw new Error(`level ${level}, pixel ${at}`);
            compared += 1;
            painted += found < 0 ? 0 : 1;
          }
        }
      }
    }
    expect(compared).toBeGreaterThan(100_000);
    expect(painted).toBeGreaterThan(compared / 8);
  });

  it('puts a gapless cell exactly on the rectangle of its tile, and nothing on the hole', () => {
    const grid = gridOf({});
    const { raster, cells } = checkerboard(grid);
    cells.forEach(([column, row], tile) => {
      const { x, y, width, height } = tileRect(grid, column, row);
      const last = [x + width - 0.001, y + height - 0.001] as const;
      expect([tileAtPoint(raster, x, y), tileAtPoint(raster, ...last)]).toEqual([tile, tile]);
      expect(tileAtPoint(raster, x - 0.001, y)).not.toBe(tile);
    });
    const hole = tileRect(grid, 3, 2);
    expect(tileAtPoint(raster, hole.x + 5, hole.y + 5)).toBe(-1);
    expect([tileAtPoint(raster, -1, 5), tileAtPoint(raster, 5, 1e6)]).toEqual([-1, -1]);
  });
});

describe('a layer', () => {
  const input = { predicted: [0, 1, 1], probabilities: [0.9, 0.1, 0.2, 0.8, 0.45, 0.55], colours };

  it('leaves out what is hidden or below the threshold', () => {
    expect([...paintLayer('class', input, open).indices]).toEqual([1, 2, 2]);
    expect([...paintLayer('class', input, { threshold: 0.6, hidden: new Set() }).indices]).toEqual([1, 2, 0]);
    expect([...paintLayer('class', input, { threshold: 0, hidden: new Set([1]) }).indices]).toEqual([1, 0, 0]);
    expect([...paintLayer(1, input, { threshold: 0.5, hidden: new Set([0, 1]) }).indices]).toEqual([0, 204, 141]);
  });

  it('of one class is the more opaque the more probable', () => {
    const { palette, indices } = paintLayer(0, input, open);
    const alpha = [...indices].map((index) => palette[index]![3]);
    expect(alpha).toEqual([229, 51, 114]);
    expect(palette[0]).toEqual([0, 0, 0, 0]);
    expect(palette[indices[0]!]!.slice(0, 3)).toEqual([0, 0x72, 0xb2]);
  });
});

describe('a palette PNG', () => {
  it('comes back pixel by pixel as it was written', async () => {
    const palette = [
      [0, 0, 0, 0],
      [1, 2, 3, 255],
      [250, 128, 7, 77],
    ] as const;
    const pixels = Uint8Array.from({ length: 5 * 3 }, (_, i) => i % 3);
    const { data, info } = await sharp(palettePng(pixels, 5, 3, palette))
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([5, 3]);
    expect([...data]).toEqual([...pixels].flatMap((index) => [...palette[index]!]));
  });

  it('refuses pixels that do not fill it', () => {
    expect(() => palettePng(new Uint8Array(3), 2, 2, [[0, 0, 0, 0]])).toThrow(RangeError);
  });
});

describe('prediction bytes', () => {
  const predictions = {
    firstTile: 70_000,
    classCount: 3,
    columns: Int32Array.of(1, 2, 70_000, 4, 5),
    rows: Int32Array.of(9, 8, 7, 6, 5),
    classes: Uint8Array.of(0, 1, 2, 1, 0),
    probabilities: Uint8Array.from({ length: 15 }, (_, i) => i * 17),
    uncertainty: Uint8Array.of(10, 20, 30, 40, 50),
    disagreement: Uint8Array.of(1, 2, 3, 4, 5),
    distance: Uint8Array.of(255, 127, 0, 9, 8),
  };

  it.each([
    ['whole', {}],
    ['without disagreement', { disagreement: null }],
    ['without distance', { distance: null }],
    ['of an earlier map, without both', { disagreement: null, distance: null }],
  ])('come back as they went: %s', (_, without) => {
    const sent = { ...predictions, ...without };
    expect(decodePredictions(encodePredictions(sent).buffer as ArrayBuffer)).toEqual(sent);
  });

  it('are refused when cut off or of another kind', () => {
    const bytes = encodePredictions(predictions);
    expect(() => decodePredictions(bytes.slice(0, -1).buffer)).toThrow(/length/);
    expect(() => decodePredictions(new ArrayBuffer(100))).toThrow(/not prediction bytes/);
  });
});
