/** A comparison of methods as a table: one row a method and number of labels, for a spreadsheet or a statistics program. */
import type { MethodComparison } from '#common/contract/classifier.ts';
import { toCsv } from './csv.ts';

const head = [
  'share_of_tiles',
  'labels',
  'features',
  'run',
  'is_baseline',
  'balanced_accuracy',
  'low',
  'high',
  'lowest_draw',
  'highest_draw',
  'best_baseline',
  'gain',
  'gain_low',
  'gain_high',
];

export function comparisonCsv({ at }: Pick<MethodComparison, 'at'>): string {
  return toCsv(
    head,
    at.flatMap(({ fraction, labels, bestBaseline, methods }) =>
      methods.map(({ name, run, isBaseline, balancedAccuracy, lowest, highest, gain }) => [
        fraction,
        labels,
        name,
        run,
        isBaseline ? 'yes' : 'no',
        balancedAccuracy.value,
        balancedAccuracy.low ?? '',
        balancedAccuracy.high ?? '',
        lowest,
        highest,
        bestBaseline ?? '',
        gain?.value ?? '',
        gain?.low ?? '',
        gain?.high ?? '',
      ]),
    ),
  );
}
