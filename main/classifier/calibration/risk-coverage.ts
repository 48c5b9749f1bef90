/**
 * What abstaining buys: the classifier names only the tiles it is surest of, and is right more often on those (selective
 * classification; El-Yaniv and Wiener, JMLR 2010). Measured on held-out labels. Coverage is the share of labelled tiles named,
 * not of the tissue. Intervals draw whole groups again.
 */
import type { BootstrapSettings, Interval } from '../intervals.ts';
import { bootstrapGroups } from './group-bootstrap.ts';

export interface RiskCoverageInput extends BootstrapSettings {
  /** Probability of the class named, per held-out tile. */
  readonly confidence: ArrayLike<number>;
  readonly isCorrect: ArrayLike<boolean>;
  readonly groupOf: readonly string[];
}

export interface RiskCoveragePoint {
  /** Tiles below it are not named. */
  readonly confidence: number;
  readonly tiles: number;
  readonly coverage: number;
  /** Share of right answers among the tiles named; null without any. */
  readonly accuracy: Interval | null;
}

export interface RiskCoverage {
  readonly points: readonly RiskCoveragePoint[];
  /** Mean error over all coverages, the surest tiles first; lower is better. */
  readonly area: Interval;
  /** What the area would be if confidence said nothing: the error rate. */
  readonly areaWithoutOrder: Interval;
}

/** Thresholds 0, .02, ... .98: a slider's steps. */
const steps = 50;
/** Confidences are counted in bins this fine, so that a resample costs bins and not tiles. */
const binCount = 1000;

interface Counts {
  readonly tiles: Float64Array;
  readonly wrong: Float64Array;
}

export function riskCoverage(input: RiskCoverageInput): RiskCoverage {
  const names = [...new Set(input.groupOf)].sort();
  const indexOf = new Map(names.map((name, index) => [name, index]));
  const counts = names.map((): Counts => ({ tiles: new Float64Array(binCount), wrong: new Float64Array(binCount) }));
  input.groupOf.forEach((name, row) => {
    const own = counts[indexOf.get(name) as number] as Counts;
    const bin = Math.min(binCount - 1, Math.max(0, Math.floor((input.confidence[row] as number) * binCount + 1e-9)));
    own.tiles[bin] = (own.tiles[bin] as number) + 1;
    if (input.isCorrect[row] !== true) own.wrong[bin] = (own.wrong[bin] as number) + 1;
  });
  const thresholds = Array.from({ length: steps }, (_, step) => step / steps);
  const intervals = bootstrapGroups(names.length, input, (groups) => figuresOf(merged(counts, groups)));
  const all = merged(counts, [...names.keys()]);
  const total = all.tiles.reduce((sum, count) => sum + count, 0);
  return {
    points: thresholds.map((confidence, step) => {
      const tiles = all.tiles.slice((step * binCount) / steps).reduce((sum, count) => sum + count, 0);
      const accuracy = intervals[2 + step] as Interval;
      return {
        confidence,
        tiles,
        coverage: total === 0 ? 0 : tiles / total,
        accuracy: tiles === 0 ? null : accuracy,
      };
    }),
    area: intervals[0] as Interval,
    areaWithoutOrder: intervals[1] as Interval,
  };
}

function merged(counts: readonly Counts[], groups: readonly number[]): Counts {
  const tiles = new Float64Array(binCount);
  const wrong = new Float64Array(binCount);
  for (const group of groups) {
    const own = counts[group] as Counts;
    for (let bin = 0; bin < binCount; bin += 1) {
      tiles[bin] = (tiles[bin] as number) + (own.tiles[bin] as number);
      wrong[bin] = (wrong[bin] as number) + (own.wrong[bin] as number);
    }
  }
  return { tiles, wrong };
}

/** Area, error rate, then the accuracy at each threshold (NaN where no tile is named). */
function figuresOf({ tiles, wrong }: Counts): number[] {
  const total = tiles.reduce((sum, count) => sum + count, 0);
  const accuracy = new Array<number>(steps).fill(Number.NaN);
  let named = 0;
  let mistakes = 0;
  let area = 0;
  for (let bin = binCount - 1; bin >= 0; bin -= 1) {
    const count = tiles[bin] as number;
    const errors = wrong[bin] as number;
    // Tiles of equal confidence come in any order: on average the mistakes are spread evenly among them.
    for (let i = 1; i <= count; i += 1) area += (mistakes + (errors * i) / count) / (named + i);
    named += count;
    mistakes += errors;
    if (bin % (binCount / steps) === 0 && named > 0) accuracy[(bin * steps) / binCount] = 1 - mistakes / named;
  }
  return [total === 0 ? 0 : area / total, total === 0 ? 0 : mistakes / total, ...accuracy];
}
