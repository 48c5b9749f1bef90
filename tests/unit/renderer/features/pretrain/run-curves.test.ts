/** Curves of a run as they grow, and what they say about learning. */
import { describe, expect, it } from 'vitest';
import {
  appendMetrics,
  knnTrend,
  lastMeasured,
  noCurves,
  type MetricsAnswer,
} from '../../../../../renderer/features/pretrain/run/run-curves.ts';
import { shortNumber, toneOf } from '../../../../../renderer/features/pretrain/run/run-wording.ts';

function answer(steps: readonly number[], more: Partial<MetricsAnswer> = {}): MetricsAnswer {
  const values = steps.map((step) => -step / 10);
  return {
    cursor: `${steps.at(-1) ?? 0}`,
    isFromStart: false,
    hasMore: false,
    state: 'running',
    steps: {
      step: [...steps],
      epoch: steps.map(() => 1),
      loss: values,
      zStd: values,
      learningRate: values,
      tripletsPerSecond: values,
    },
    epochs: {
      step: [],
      epoch: [],
      loss: [],
      zStd: [],
      effectiveRank: [],
      embeddingStd: [],
      knnAccuracy: [],
      knnBalancedAccuracy: [],
      skippedSteps: [],
      tripletsPerSecond: [],
    },
    resumedAt: [],
    verdict: null,
    ...more,
  };
}
const verdict = { step: 2, level: 'watch', sentence: 'Worth watching.', advice: [] };

describe('growing curves', () => {
  it('put answers behind each other and leave what was there untouched', () => {
    const first = appendMetrics(noCurves, answer([1, 2], { isFromStart: true }));
    const second = appendMetrics(first, answer([3], { resumedAt: [2] }));
    expect(first.steps.step).toEqual([1, 2]);
    expect(second.steps.step).toEqual([1, 2, 3]);
    expect(second.resumedAt).toEqual([2]);
    expect(second.cursor).toBe('3');
  });

  it('start anew when the log was cut back to a checkpoint', () => {
    const before = appendMetrics(noCurves, answer([1, 2, 3], { verdict }));
    const after = appendMetrics(before, answer([1, 2], { isFromStart: true }));
    expect(after.steps.step).toEqual([1, 2]);
    expect(after.verdict).toBeNull();
  });

  it('keep the last verdict until another comes', () => {
    const before = appendMetrics(noCurves, answer([1], { verdict }));
    expect(appendMetrics(before, answer([2])).verdict?.level).toBe('watch');
  });
});

describe('what the neighbours say', () => {
  const withKnn = (values: (number | null)[]) => ({
    ...noCurves,
    epochs: { ...noCurves.epochs, knnBalancedAccuracy: values },
  });
  it('is the untrained network against the last epoch', () => {
    expect(knnTrend(withKnn([0.5, 0.6, 0.7]))).toEqual({ before: 0.5, now: 0.7 });
  });
  it('is nothing before the first epoch and without labels', () => {
    expect(knnTrend(withKnn([0.5]))).toBeNull();
    expect(knnTrend(withKnn([null, null]))).toBeNull();
    expect(lastMeasured([null, 3, null])).toBe(3);
  });
});

describe('figures and signs', () => {
  it.each([
    [0.735, 'en', '.735'],
    [-1.7123, 'en', '-1.71'],
    [0.0189, 'en', '.0189'],
    [0, 'en', '0'],
    [1234.5, 'en', '1,230'],
    [0.735, 'de', '0,735'],
  ])('%f in %s is %s', (value, language, text) => {
    expect(shortNumber(value, language)).toBe(text);
  });
  it('of the guard have three tones, and none before it spoke', () => {
    expect(['healthy', 'watch', 'collapsing', 'collapsed', 'diverged', null].map(toneOf)).toEqual([
      'good',
      'watch',
      'bad',
      'bad',
      'bad',
      'none',
    ]);
  });
});
