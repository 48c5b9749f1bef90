/**
 * 95 % percentile bootstrap over groups (slides), not over tiles: tiles of one slide are not independent. Works on one
 * confusion matrix per group. Fewer than two groups give no interval, and the reason instead of a number.
 */
import { RandomStream } from '#common/random.ts';
import { metricsOf, type Confusion, type Metrics } from './metrics.ts';

export interface Interval {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  /** Why there is no interval, or a caution about it. */
  readonly note: string | null;
}

export type MetricName = 'balancedAccuracy' | 'macroF1AllLabels' | 'macroF1PresentClasses' | 'accuracy' | 'kappa';

export interface BootstrapSettings {
  readonly resamples: number;
  readonly seed: number;
}

export function sumConfusions(matrices: readonly Confusion[]): number[][] {
  const size = matrices[0]?.length ?? 0;
  const sum = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  for (const matrix of matrices) {
    matrix.forEach((row, i) =>
      row.forEach((count, j) => {
        const target = sum[i];
        if (target !== undefined) target[j] = (target[j] ?? 0) + count;
      }),
    );
  }
  return sum;
}

/** Linear interpolation between order statistics, as numpy's default. `sorted` is ascending and not empty. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] as number;
  const high = sorted[Math.min(sorted.length - 1, below + 1)] as number;
  return low + (high - low) * (position - below);
}

/**
 * Interval of one metric for each table of per-group matrices, and of the differences first - other, all from the SAME
 * resamples of groups (paired). Every table lists the same groups in the same order.
 */
export function bootstrap(
  tables: readonly (readonly Confusion[])[],
  metric: MetricName,
  settings: BootstrapSettings,
): { readonly intervals: readonly Interval[]; readonly differencesFromFirst: readonly Interval[] } {
  const figure = (metrics: Metrics): number => metrics[metric];
  const groupCount = tables[0]?.length ?? 0;
  const values = tables.map((groups) => figure(metricsOf(sumConfusions(groups))));
  const differences = values.map((value) => (values[0] ?? 0) - value);
  if (groupCount < 2) {
    const note = `no interval: ${groupCount} group evaluated, at least 2 are needed`;
    const bare = (value: number): Interval => ({ value, low: null, high: null, note });
    return { intervals: values.map(bare), differencesFromFirst: differences.map(bare) };
  }
  const random = RandomStream.of('bootstrap', settings.seed);
  const samples = tables.map(() => new Float64Array(settings.resamples));
  for (let sample = 0; sample < settings.resamples; sample += 1) {
    const drawn = Array.from({ length: groupCount }, () => random.nextInteger(groupCount));
    tables.forEach((groups, table) => {
      const chosen = drawn.map((group) => groups[group] as Confusion);
      (samples[table] as Float64Array)[sample] = figure(metricsOf(sumConfusions(chosen)));
    });
  }
  const note = groupCount < 5 ? `interval from only ${groupCount} groups: read it as a rough guide` : null;
  const interval = (value: number, drawn: Float64Array): Interval => {
    const sorted = drawn.slice().sort();
    return { value, low: percentile(sorted, 0.025), high: percentile(sorted, 0.975), note };
  };
  const first = samples[0] as Float64Array;
  return {
    intervals: samples.map((drawn, table) => interval(values[table] as number, drawn)),
    differencesFromFirst: samples.map((drawn, table) =>
      interval(
        differences[table] as number,
        first.map((value, i) => value - (drawn[i] as number)),
      ),
    ),
  };
}
