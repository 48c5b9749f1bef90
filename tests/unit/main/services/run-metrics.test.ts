/** Columns of a run's curves from a cursor on. */
import { describe, expect, it } from 'vitest';
import type { MetricsLine } from '#main/engine/metrics-log.ts';
import { metricsSince } from '#main/services/run-metrics.ts';

const step = (number: number): MetricsLine => ({
  type: 'step',
  step: number,
  epoch: 1,
  loss: -number / 10,
  zStd: null,
  learningRate: 0.1,
  tripletsPerSecond: 5,
  skipped: false,
});
const resumed: MetricsLine = { type: 'resumed', step: 2, epoch: 1, fellBack: false };

describe('the curves of a run', () => {
  it('come in pages that join without gap or repetition', () => {
    const lines = [1, 2, 3, 4, 5].map(step);
    const first = metricsSince(lines, null, 2);
    const second = metricsSince(lines, first.cursor, 2);
    const third = metricsSince(lines, second.cursor, 2);
    expect([first, second, third].map((page) => page.steps.step)).toEqual([[1, 2], [3, 4], [5]]);
    expect([first, second, third].map(({ hasMore, isFromStart }) => [hasMore, isFromStart])).toEqual([
      [true, true],
      [true, false],
      [false, false],
    ]);
    const later = metricsSince([...lines, step(6)], third.cursor, 10);
    expect(later.steps.step).toEqual([6]);
  });

  it('start anew when the log was cut back to a checkpoint, even if it has grown past the cursor since', () => {
    const { cursor } = metricsSince([1, 2, 3].map(step), null, 10);
    expect(metricsSince([1, 2].map(step), cursor, 10)).toMatchObject({ isFromStart: true, steps: { step: [1, 2] } });
    const regrown = [step(1), step(2), resumed, step(3), step(4)];
    expect(metricsSince(regrown, cursor, 10)).toMatchObject({
      isFromStart: true,
      steps: { step: [1, 2, 3, 4] },
      resumedAt: [2],
    });
  });

  it('of a run that has written nothing are empty, and a foreign cursor is taken as none', () => {
    expect(metricsSince([], null, 10)).toMatchObject({ isFromStart: true, hasMore: false, verdict: null });
    expect(metricsSince([step(1)], 'x', 10)).toMatchObject({ isFromStart: true, steps: { step: [1] } });
  });
});
