/**
 * How far two readers agree beyond chance: Cohen's kappa (Cohen 1960) with a 95 % percentile bootstrap over groups, and the
 * specific agreement of each class, 2 x both / (first + second) (Cicchetti and Feinstein 1990). Rows are the first reader,
 * columns the second. Neither of the two is taken to be right.
 */
import { bootstrap, sumConfusions, type Interval } from './intervals.ts';
import { confusionMatrix, metricsOf } from './metrics.ts';

export interface AgreementInput {
  readonly first: readonly number[];
  readonly second: readonly number[];
  readonly classCount: number;
  /** Slide, specimen or patient per tile: tiles of one group are not independent. */
  readonly groups: readonly string[];
  readonly seed: number;
}

export interface Agreement {
  readonly confusion: readonly (readonly number[])[];
  readonly agreed: number;
  readonly kappa: Interval;
  readonly groups: number;
  readonly perClass: readonly {
    readonly first: number;
    readonly second: number;
    readonly both: number;
    /** null when neither reader named the class. */
    readonly agreement: number | null;
  }[];
}

const resamples = 2000;

export function readerAgreement({ first, second, classCount, groups, seed }: AgreementInput): Agreement {
  const members = new Map<string, number[]>();
  groups.forEach((group, row) => {
    const own = members.get(group);
    if (own === undefined) members.set(group, [row]);
    else own.push(row);
  });
  const matrices = [...members]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, rows]) =>
      confusionMatrix(
        rows.map((row) => first[row] as number),
        rows.map((row) => second[row] as number),
        classCount,
      ),
    );
  const confusion = matrices.length === 0 ? confusionMatrix([], [], classCount) : sumConfusions(matrices);
  const { intervals } = bootstrap([matrices], 'kappa', { resamples, seed });
  const used = confusion.filter(
    (row, k) => row.some((count) => count > 0) || confusion.some((other) => other[k] !== 0),
  );
  const kappa = intervals[0] ?? { value: 0, low: null, high: null, note: null };
  const perClass = metricsOf(confusion).perClass.map((figures, k) => {
    const named = confusion.reduce((sum, row) => sum + (row[k] ?? 0), 0);
    const both = confusion[k]?.[k] ?? 0;
    return {
      first: figures.support,
      second: named,
      both,
      agreement: figures.support + named === 0 ? null : figures.f1,
    };
  });
  return {
    confusion,
    agreed: perClass.reduce((sum, item) => sum + item.both, 0),
    // With one class in use agreement by chance is complete, and kappa is 0 divided by 0.
    kappa:
      used.length < 2
        ? { value: 0, low: null, high: null, note: 'no kappa: both readers named one and the same class only' }
        : kappa,
    groups: members.size,
    perClass,
  };
}
