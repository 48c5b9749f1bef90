/** A run's metrics lines as columns for charts, from a cursor on. Pure. */
import type { z } from 'zod';
import type { runsCalls } from '#common/contract/runs.ts';
import type { MetricsLine } from '../engine/metrics-log.ts';

type Metrics = Omit<z.output<typeof runsCalls.metrics.output>, 'state'>;

/** A cursor names the line it stands behind by what it holds, so that a rewritten log is noticed. */
export function metricsSince(lines: readonly MetricsLine[], after: string | null, limit: number): Metrics {
  const position = after === null ? 0 : Number(after.split(':')[0]);
  const isKnown = after !== null && cursorAt(lines, position) === after;
  const start = isKnown ? position : 0;
  const shown = lines.slice(start, start + limit);
  const steps = shown.filter((line) => line.type === 'step');
  const epochs = shown.filter((line) => line.type === 'epoch');
  const verdict = shown.findLast((line) => line.type === 'verdict');
  return {
    cursor: cursorAt(lines, start + shown.length),
    isFromStart: !isKnown,
    hasMore: start + shown.length < lines.length,
    steps: {
      step: steps.map((line) => line.step),
      epoch: steps.map((line) => line.epoch),
      loss: steps.map((line) => line.loss),
      zStd: steps.map((line) => line.zStd),
      learningRate: steps.map((line) => line.learningRate),
      tripletsPerSecond: steps.map((line) => line.tripletsPerSecond),
    },
    epochs: {
      step: epochs.map((line) => line.step),
      epoch: epochs.map((line) => line.epoch),
      loss: epochs.map((line) => line.loss),
      zStd: epochs.map((line) => line.zStd),
      effectiveRank: epochs.map((line) => line.effectiveRank),
      embeddingStd: epochs.map((line) => line.embeddingStd),
      knnAccuracy: epochs.map((line) => line.knnAccuracy),
      knnBalancedAccuracy: epochs.map((line) => line.knnBalancedAccuracy),
      skippedSteps: epochs.map((line) => line.skippedSteps),
      tripletsPerSecond: epochs.map((line) => line.tripletsPerSecond),
    },
    resumedAt: shown.filter((line) => line.type === 'resumed').map((line) => line.step),
    verdict:
      verdict === undefined
        ? null
        : {
            step: verdict.step,
            level: verdict.verdict.level,
            sentence: verdict.verdict.sentence,
            advice: verdict.verdict.advice,
          },
  };
}

/** Behind line `count`. Lines written after a resume are preceded by a 'resumed' line, so the number of those tells logs apart. */
function cursorAt(lines: readonly MetricsLine[], count: number): string {
  const last = lines[count - 1];
  let resumed = 0;
  for (let index = 0; index < Math.min(count, lines.length); index += 1) {
    if (lines[index]?.type === 'resumed') resumed += 1;
  }
  return last === undefined ? `${count}:start` : `${count}:${last.type}:${last.step}:${resumed}`;
}
