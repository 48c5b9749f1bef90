/**
 * Whether more labels are worth a person's time, from the label-efficiency curve. Balanced accuracy is taken to grow with the
 * logarithm of the number of labels over the last doublings; an estimate in words, never a promise.
 */
import { counted } from '#common/counted.ts';

export interface EfficiencyPoint {
  readonly labels: number;
  readonly balancedAccuracy: number;
}

export interface StopSign {
  readonly reached: boolean;
  /** Expected gain in balanced accuracy from `moreLabels` more. */
  readonly expectedGain: number;
  readonly moreLabels: number;
  readonly sentence: string;
}

/** Below this gain from half as many labels again, stopping is suggested. */
const smallGain = 0.01;

/** null with fewer than three points: no slope worth naming. Points in ascending order of labels. */
export function stopSign(points: readonly EfficiencyPoint[]): StopSign | null {
  const last = points.at(-1);
  if (points.length < 3 || last === undefined) return null;
  const recent = points.slice(-3);
  const x = recent.map((point) => Math.log2(point.labels));
  const y = recent.map((point) => point.balancedAccuracy);
  const meanX = x.reduce((sum, value) => sum + value, 0) / x.length;
  const meanY = y.reduce((sum, value) => sum + value, 0) / y.length;
  const spread = x.reduce((sum, value) => sum + (value - meanX) ** 2, 0);
  if (spread === 0) return null;
  const slope = x.reduce((sum, value, i) => sum + (value - meanX) * ((y[i] as number) - meanY), 0) / spread;
  const moreLabels = Math.max(10, Math.round(last.labels / 2 / 10) * 10);
  const gain = slope * Math.log2((last.labels + moreLabels) / last.labels);
  const expectedGain = Math.min(1 - last.balancedAccuracy, Math.max(0, gain));
  const reached = expectedGain < smallGain;
  const figure = expectedGain.toFixed(2).replace(/^0/, '');
  const sentence = reached
    ? `${counted(moreLabels, 'more label is', 'more labels are')} expected to add less than .01: you could stop here.`
    : `${counted(moreLabels, 'more label is', 'more labels are')} expected to add about ${figure} to the balanced accuracy: worth going on.`;
  return { reached, expectedGain, moreLabels, sentence };
}
