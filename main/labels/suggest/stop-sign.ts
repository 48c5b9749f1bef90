/**
 * Whether more labels are worth a person's time, from the label-efficiency curve. The rule watches the gradient of the
 * learning curve (Laws and Schuetze 2008, "Stopping criteria for active learning of named entity recognition"), made careful
 * for few slides: stopping is suggested only when each of the last two doublings of the labels gained less than .01 AND its
 * interval includes 0. An interval that includes 0 because it is wide is no reason to stop, and is said so.
 */
import { counted } from '#common/counted.ts';

export interface EfficiencyPoint {
  readonly labels: number;
  readonly balancedAccuracy: number;
  /** Over the point before; 95 % limits, null without. */
  readonly gain: { readonly value: number; readonly low: number | null; readonly high: number | null } | null;
}

export interface StopSign {
  readonly reached: boolean;
  /** Expected gain in balanced accuracy from `moreLabels` more, if the last doublings go on as they went. */
  readonly expectedGain: number;
  readonly moreLabels: number;
  readonly sentence: string;
}

/** A gain below this from doubling the labels is called none. */
const smallGain = 0.01;

/** null with fewer than three points: no course worth naming. Points in ascending order of labels, each half of the next. */
export function stopSign(points: readonly EfficiencyPoint[]): StopSign | null {
  const [third, second, last] = points.slice(-3);
  if (third === undefined || second === undefined || last === undefined) return null;
  const [before, now] = [second.gain, last.gain];
  const moreLabels = Math.max(10, Math.round(last.labels / 2 / 10) * 10);
  const doublings = Math.log2(last.labels / third.labels);
  const slope = (last.balancedAccuracy - third.balancedAccuracy) / doublings;
  const gain = slope * Math.log2((last.labels + moreLabels) / last.labels);
  const expectedGain = Math.min(1 - last.balancedAccuracy, Math.max(0, gain));
  if (before === null || now === null) return null;
  const isFlat = (step: NonNullable<EfficiencyPoint['gain']>): boolean =>
    step.value < smallGain && (step.low ?? -1) <= 0;
  const reached = isFlat(before) && isFlat(now);
  const fact = `From ${second.labels} to ${counted(last.labels, 'label')} the balanced accuracy changed by ${signed(now.value)} (${limits(now)})`;
  const expected = `${counted(moreLabels, 'more label', 'more labels')} may add about ${short(expectedGain)}`;
  return { reached, expectedGain, moreLabels, sentence: `${fact}${conclusion()}` };

  function conclusion(): string {
    if (now === null || before === null) return '.';
    if (reached)
      return `, and by ${signed(before.value)} in the step before: more labels no longer pay, you could stop here.`;
    if (now.low !== null && now.low > 0) return `: labels still pay. ${expected}.`;
    if (isFlat(now)) return `: no gain in this step, but one in the step before; go on for another step.`;
    return `: not certain, for the slides differ too much. ${expected}; more slides would tell.`;
  }
}

function limits({ low, high }: NonNullable<EfficiencyPoint['gain']>): string {
  return low === null || high === null ? 'no interval' : `95 % ${signed(low)} to ${signed(high)}`;
}

function signed(value: number): string {
  const text = short(Math.abs(value), 3);
  if (text === '.000') return text;
  return `${value < 0 ? '-' : '+'}${text}`;
}

function short(value: number, digits = 2): string {
  return value.toFixed(digits).replace(/^0/, '');
}
