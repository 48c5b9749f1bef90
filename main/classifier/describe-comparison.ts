/** What a comparison means, in plain sentences, honest in both directions. Not a significance test. */
import type { EvaluatedFeatures } from './evaluate.ts';

const signed = (value: number): string => (value < 0 ? '-' : '') + Math.abs(value).toFixed(2).replace(/^0/, '');

export interface ComparisonContext {
  /** Evaluated slides whose tiles (not labels) were used for pretraining. */
  readonly heldOutSlidesWerePretrained: boolean;
}

/** One sentence per baseline, then the caution about pretraining where it applies. */
export function describeComparison(
  rows: readonly Pick<EvaluatedFeatures, 'name' | 'differenceFromFirst'>[],
  context: ComparisonContext,
): string[] {
  const [first, ...others] = rows;
  if (first === undefined) return [];
  const sentences = others.map(({ name, differenceFromFirst: { value, low, high, note } }) => {
    if (low === null || high === null) {
      return `${first.name} against ${inSentence(name)}: difference ${signed(value)}, ${note ?? 'no interval'}; nothing can be claimed.`;
    }
    const verdict = low > 0 ? 'is better than' : high < 0 ? 'is worse than' : 'is not shown to be better than';
    const caution = note === null ? '' : ` (${note})`;
    return `${first.name} ${verdict} ${inSentence(name)} here: difference ${signed(value)} in balanced accuracy, 95 % interval ${signed(low)} to ${signed(high)}${caution}.`;
  });
  if (others.length === 0) sentences.push(`${first.name} has no baseline beside it: no gain can be claimed.`);
  if (context.heldOutSlidesWerePretrained) {
    sentences.push(
      'The held-out slides were in the pretraining set (without their labels), so figures on wholly new slides may be lower.',
    );
  }
  return sentences;
}

/** "Random weights" -> "random weights"; a name with capitals inside, like SimSiam, stays as it is. */
function inSentence(name: string): string {
  return /[A-Z]/.test(name.slice(1)) ? name : name.toLowerCase();
}
