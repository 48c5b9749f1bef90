// Everything that scikit-learn computes too must equal it: counts and ratios to 1e-9, fitted models to 1e-6.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fill } from '#main/engine/reference-tensors.ts';
import { combineLogits } from '#main/classifier/ensemble.ts';
import { fitLogisticRegression, largestPerRow, logitsOf, softmaxRows } from '#main/classifier/logistic-regression.ts';
import { aurocOneVsRest, confusionMatrix, logLoss, metricsOf } from '#main/classifier/metrics.ts';

interface FitReference {
  accuracy: number;
  probabilityFirst: number[][];
  coefficientNorm: number;
  intercept: number[];
}
const golden = JSON.parse(readFileSync(new URL('../../../golden/evaluation.json', import.meta.url), 'utf8')) as {
  truth: number[];
  prediction: number[];
  labels: number[];
  confusion: number[][];
  accuracy: number;
  balancedAccuracyPresentClasses: number;
  macroF1AllLabels: number;
  macroF1PresentClasses: number;
  kappa: number;
  perClass: Record<string, { precision: number; recall: number; 'f1-score': number; support: number }>;
  aurocOneVsRest: number[];
  logLoss: number;
  'logisticRegressionC1.0': FitReference;
  'logisticRegressionC0.01': FitReference;
  ensemble: { l2NormalisedLogitSum: number[]; softmaxMean: number[] };
};

test('counts and ratios equal scikit-learn', () => {
  const metrics = metricsOf(confusionMatrix(golden.truth, golden.prediction, 6));
  expect(metrics.confusion).toEqual(golden.confusion);
  expect(metrics.accuracy).toBeCloseTo(golden.accuracy, 9);
  expect(metrics.balancedAccuracy).toBeCloseTo(golden.balancedAccuracyPresentClasses, 9);
  expect(metrics.macroF1AllLabels).toBeCloseTo(golden.macroF1AllLabels, 9);
  expect(metrics.macroF1PresentClasses).toBeCloseTo(golden.macroF1PresentClasses, 9);
  expect(metrics.kappa).toBeCloseTo(golden.kappa, 9);
  metrics.perClass.forEach((figures, k) => {
    const reference = golden.perClass[String(k)]!;
    expect(figures.precision).toBeCloseTo(reference.precision, 9);
    expect(figures.recall).toBeCloseTo(reference.recall, 9);
    expect(figures.f1).toBeCloseTo(reference['f1-score'], 9);
    expect(figures.support).toBe(reference.support);
  });
});

test('AUROC and log loss equal scikit-learn', () => {
  const score = fill('evaluation/score', 2400);
  golden.truth.forEach((truth, row) => (score[row * 6 + truth]! += 0.9));
  const probability = softmaxRows(score, 6);
  golden.aurocOneVsRest.forEach((value, k) =>
    expect(aurocOneVsRest(golden.truth, probability, 6, k)).toBeCloseTo(value, 9),
  );
  expect(aurocOneVsRest(golden.truth, probability, 6, 5)).toBeNull();
  expect(logLoss(golden.truth, probability, 6)).toBeCloseTo(golden.logLoss, 9);
});

test.each([
  [1, 'logisticRegressionC1.0'],
  [0.01, 'logisticRegressionC0.01'],
] as const)('logistic regression with C = %d equals scikit-learn', (c, key) => {
  const features = fill('evaluation/features', 400 * 32);
  const model = fitLogisticRegression({
    features: features.slice(0, 300 * 32),
    dim: 32,
    labels: golden.labels.slice(0, 300),
    classCount: 5,
    c,
    classWeights: 'none',
  });
  const probability = softmaxRows(logitsOf(model, features.slice(300 * 32)), 5);
  const reference = golden[key];
  expect(model.converged).toBe(true);
  reference.probabilityFirst.flat().forEach((value, i) => expect(probability[i]).toBeCloseTo(value, 5));
  expect(Math.hypot(...model.weights)).toBeCloseTo(reference.coefficientNorm, 5);
  reference.intercept.forEach((value, k) => expect(model.intercept[k]).toBeCloseTo(value, 5));
  const hits = largestPerRow(probability, 5).filter((label, i) => label === golden.labels[300 + i]).length;
  expect(hits / 100).toBeCloseTo(reference.accuracy, 9);
});

test('both fold ensembles equal the reference', () => {
  const logits = [0, 1, 2, 3, 4].map((i) => fill(`evaluation/logits${i}`, 300).map((value) => value * (1 + 20 * i)));
  expect([...combineLogits(logits, 6, 'l2-normalised-logits').prediction]).toEqual(
    golden.ensemble.l2NormalisedLogitSum,
  );
  expect([...combineLogits(logits, 6, 'softmax-mean').prediction]).toEqual(golden.ensemble.softmaxMean);
});
