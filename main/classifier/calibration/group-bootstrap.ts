/**
 * Percentile bootstrap of any figures over groups: the same groups are drawn as in ../intervals.ts for the same seed, so that
 * all intervals of a result tell of the same resamples.
 */
import { RandomStream } from '#common/random.ts';
import { percentile, type BootstrapSettings, type Interval } from '../intervals.ts';

/** `figuresOf` gets indices of groups, some more than once; NaN stands for "none in this draw" and is left out. */
export function bootstrapGroups(
  groupCount: number,
  settings: BootstrapSettings,
  figuresOf: (groups: readonly number[]) => readonly number[],
): Interval[] {
  const values = figuresOf(Array.from({ length: groupCount }, (_, group) => group));
  if (groupCount < 2) {
    const note = `no interval: ${groupCount} group evaluated, at least 2 are needed`;
    return values.map((value) => ({ value, low: null, high: null, note }));
  }
  const random = RandomStream.of('bootstrap', settings.seed);
  const samples = values.map(() => new Float64Array(settings.resamples));
  for (let sample = 0; sample < settings.resamples; sample += 1) {
    const drawn = Array.from({ length: groupCount }, () => random.nextInteger(groupCount));
    figuresOf(drawn).forEach((value, figure) => {
      (samples[figure] as Float64Array)[sample] = value;
    });
  }
  const note = groupCount < 5 ? `interval from only ${groupCount} groups: read it as a rough guide` : null;
  return samples.map((drawn, figure): Interval => {
    const sorted = drawn.filter((value) => !Number.isNaN(value)).sort();
    const value = values[figure] as number;
    if (sorted.length === 0) return { value, low: null, high: null, note: 'no interval: no tile in any draw' };
    return { value, low: percentile(sorted, 0.025), high: percentile(sorted, 0.975), note };
  });
}
