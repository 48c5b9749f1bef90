/**
 * Classification metrics by scikit-learn's definitions. Counts come from one confusion matrix (rows truth, columns
 * prediction), so pooled folds are a sum of matrices. Not intervals: see ./intervals.ts.
 */
export type Confusion = readonly (readonly number[])[];

export interface ClassFigures {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly support: number;
}

export interface Metrics {
  readonly confusion: Confusion;
  readonly accuracy: number;
  /** Mean recall over the classes that occur in the truth. */
  readonly balancedAccuracy: number;
  /** Mean F1 over all classes; one that never occurs and is never predicted counts 0. */
  readonly macroF1AllLabels: number;
  /** Mean F1 over the classes that occur in the truth. */
  readonly macroF1PresentClasses: number;
  readonly kappa: number;
  readonly perClass: readonly ClassFigures[];
}

export function confusionMatrix(
  truth: ArrayLike<number>,
  prediction: ArrayLike<number>,
  classCount: number,
): number[][] {
  const matrix = Array.from({ length: classCount }, () => new Array<number>(classCount).fill(0));
  for (let i = 0; i < truth.length; i += 1) {
    const row = matrix[truth[i] as number];
    if (row !== undefined) row[prediction[i] as number] = (row[prediction[i] as number] ?? 0) + 1;
  }
  return matrix;
}

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
const mean = (values: readonly number[]): number =>
  ratio(
    values.reduce((sum, value) => sum + value, 0),
    values.length,
  );

export function metricsOf(confusion: Confusion): Metrics {
  const truthCounts = confusion.map((row) => row.reduce((sum, count) => sum + count, 0));
  const predictedCounts = confusion.map((_, column) => confusion.reduce((sum, row) => sum + (row[column] ?? 0), 0));
  const total = truthCounts.reduce((sum, count) => sum + count, 0);
  const perClass = confusion.map((row, k): ClassFigures => {
    const hits = row[k] ?? 0;
    const support = truthCounts[k] ?? 0;
    const predicted = predictedCounts[k] ?? 0;
    return {
      precision: ratio(hits, predicted),
      recall: ratio(hits, support),
      f1: ratio(2 * hits, support + predicted),
      support,
    };
  });
  const present = perClass.filter((figures) => figures.support > 0);
  const accuracy = ratio(
    confusion.reduce((sum, row, k) => sum + (row[k] ?? 0), 0),
    total,
  );
  const chance = ratio(
    truthCounts.reduce((sum, count, k) => sum + count * (predictedCounts[k] ?? 0), 0),
    total * total,
  );
  return {
    confusion,
    accuracy,
    balancedAccuracy: mean(present.map((figures) => figures.recall)),
    macroF1AllLabels: mean(perClass.map((figures) => figures.f1)),
    macroF1PresentClasses: mean(present.map((figures) => figures.f1)),
    kappa: chance === 1 ? 0 : (accuracy - chance) / (1 - chance),
    perClass,
  };
}

/** Area under the ROC curve of one class against the rest (Mann-Whitney, ties count half); null with one side empty. */
export function aurocOneVsRest(
  truth: ArrayLike<number>,
  probabilities: Float64Array,
  classCount: number,
  positive: number,
): number | null {
  const order = Array.from({ length: truth.length }, (_, row) => ({
    score: probabilities[row * classCount + positive] as number,
    isPositive: truth[row] === positive,
  })).sort((a, b) => a.score - b.score);
  let rankSum = 0;
  let positives = 0;
  for (let start = 0; start < order.length;) {
    let end = start;
    while (end < order.length && order[end]?.score === order[start]?.score) end += 1;
    const tied = order.slice(start, end).filter((entry) => entry.isPositive).length;
    rankSum += tied * ((start + 1 + end) / 2);
    positives += tied;
    start = end;
  }
  const negatives = order.length - positives;
  if (positives === 0 || negatives === 0) return null;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** Mean negative logarithm of the true class's probability, clipped at float64 epsilon as scikit-learn does. */
export function logLoss(truth: ArrayLike<number>, probabilities: Float64Array, classCount: number): number {
  let sum = 0;
  for (let row = 0; row < truth.length; row += 1) {
    const value = probabilities[row * classCount + (truth[row] as number)] as number;
    sum -= Math.log(Math.min(1, Math.max(Number.EPSILON, value)));
  }
  return ratio(sum, truth.length);
}
