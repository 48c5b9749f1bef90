/** The core's figures of trust as curves and rows; nothing is worked out here but which of them to show. Pure. */
import type { Abstention, CalibrationSummary } from '#common/contract/trust.ts';
import type { ChartSeries } from '../../ui/chart/chart-data.ts';

export type AbstentionPoint = Abstention['points'][number];
type Bins = CalibrationSummary['binsBefore'];

/** The point of the curve at or just below a threshold, as the command line chooses it. */
export function pointAt({ points }: Abstention, threshold: number): AbstentionPoint | null {
  return points.findLast(({ confidence }) => confidence <= threshold + 1e-9) ?? null;
}

/** Share of right answers by stated probability; bins without tiles have no point. */
export function reliabilityCurve(name: string, bins: Bins, colour: number): ChartSeries {
  const filled = bins.filter((bin) => bin.confidence !== null && bin.accuracy !== null);
  return {
    name,
    x: filled.map(({ confidence }) => confidence ?? 0),
    y: filled.map(({ accuracy }) => accuracy),
    hasPoints: true,
    colour,
  };
}

/** Where a probability is right as often as it says, with a value wherever the others have one. */
export function perfectCurve(name: string, others: readonly ChartSeries[], colour: number): ChartSeries {
  const x = [...new Set([0, ...others.flatMap((each) => each.x), 1])].sort((a, b) => a - b);
  return { name, x, y: x, colour };
}

/** Accuracy of the tiles named, with its interval, by threshold; it ends where no tile is that sure. */
export function accuracyCurve(name: string, { points }: Abstention): ChartSeries {
  const measured = points.filter(({ accuracy }) => accuracy !== null);
  return {
    name,
    x: measured.map(({ confidence }) => confidence),
    y: measured.map(({ accuracy }) => accuracy?.value ?? null),
    low: measured.map(({ accuracy }) => accuracy?.low ?? accuracy?.value ?? null),
    high: measured.map(({ accuracy }) => accuracy?.high ?? accuracy?.value ?? null),
    colour: 1,
  };
}

export function coverageCurve(name: string, { points }: Abstention): ChartSeries {
  return {
    name,
    x: points.map(({ confidence }) => confidence),
    y: points.map(({ coverage }) => coverage),
    colour: 2,
  };
}

export interface ReliabilityRow {
  readonly from: number;
  readonly to: number;
  readonly before: Bins[number];
  /** null where the probabilities are used as they come. */
  readonly after: Bins[number] | null;
}

/** Bins in which there is a tile, before or after. */
export function reliabilityRows({ binsBefore, binsAfter }: CalibrationSummary): readonly ReliabilityRow[] {
  return binsBefore
    .map((before, index) => ({ from: before.from, to: before.to, before, after: binsAfter?.[index] ?? null }))
    .filter(({ before, after }) => before.tiles > 0 || (after?.tiles ?? 0) > 0);
}
