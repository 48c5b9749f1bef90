/**
 * Which sample values are shown as black and white where samples are deeper than 8 bits: the 0.1st and the 99.9th
 * percentile over all colour samples of the smallest level, one window for the whole slide and all channels, so that
 * colours keep their proportions and tiles fit each other.
 */
import type { CodedTile } from '../codecs/coded-tile.ts';
import type { Samples } from '../codecs/predictor.ts';
import type { TiffLevel } from './tile-grid.ts';

export type ValueWindow = NonNullable<CodedTile['window']>;

const blackShare = 0.001;
const whiteShare = 0.999;
/** Tiles looked at, spread evenly; and values kept of them. */
const maximumTiles = 64;
const maximumValues = 1_000_000;

/** Null when no tile of the level is stored. */
export async function chooseWindow(
  level: TiffLevel,
  readSamples: (grid: TiffLevel['parts'][number]['grid'], column: number, row: number) => Promise<Samples | null>,
): Promise<ValueWindow | null> {
  const tiles = level.parts.flatMap(({ grid, columns, rows }) => {
    const across = Math.ceil(columns.cellCount / columns.cellsPerTile);
    const count = across * Math.ceil(rows.cellCount / rows.cellsPerTile);
    const step = Math.max(1, Math.ceil(count / maximumTiles));
    return Array.from({ length: Math.ceil(count / step) }, (_, index) => {
      const at = index * step;
      return { grid, column: at % across, row: Math.floor(at / across) };
    });
  });
  const values: number[] = [];
  const perTile = Math.max(1, Math.floor(maximumValues / tiles.length));
  for (const { grid, column, row } of tiles.slice(0, maximumTiles)) {
    const samples = await readSamples(grid, column, row);
    if (!samples) continue;
    // A step that shares no factor with 2, 3 or 4 samples a pixel meets all of them.
    const step = samples.length <= perTile ? 1 : Math.ceil(samples.length / perTile / 12) * 12 + 1;
    for (let at = 0; at < samples.length; at += step) {
      const value = samples[at] as number;
      if (Number.isFinite(value)) values.push(value);
    }
  }
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
  const black = at(blackShare);
  const white = at(whiteShare);
  return { black, white: white > black ? white : black + 1 };
}
