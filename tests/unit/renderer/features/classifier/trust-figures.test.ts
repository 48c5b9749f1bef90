/** The core's figures of trust as curves and rows. */
import { describe, expect, it } from 'vitest';
import type { Abstention, CalibrationSummary } from '#common/contract/trust.ts';
import {
  accuracyCurve,
  perfectCurve,
  pointAt,
  reliabilityCurve,
  reliabilityRows,
} from '../../../../../renderer/features/classifier/trust-figures.ts';

const figure = (value: number, low: number | null, high: number | null) => ({ value, low, high, intervalNote: null });
const abstention: Abstention = {
  points: [
    { confidence: 0, tiles: 10, coverage: 1, accuracy: figure(0.6, 0.5, 0.7) },
    { confidence: 0.5, tiles: 4, coverage: 0.4, accuracy: figure(0.75, null, null) },
    { confidence: 0.98, tiles: 0, coverage: 0, accuracy: null },
  ],
  area: figure(0.2, 0.1, 0.3),
  areaWithoutOrder: figure(0.4, 0.3, 0.5),
};
const bin = (from: number, tiles: number) => ({
  from,
  to: from + 0.25,
  tiles,
  confidence: tiles === 0 ? null : from + 0.1,
  accuracy: tiles === 0 ? null : 0.5,
});
const calibration = {
  binsBefore: [bin(0, 0), bin(0.25, 3), bin(0.5, 5), bin(0.75, 0)],
  binsAfter: [bin(0, 0), bin(0.25, 0), bin(0.5, 6), bin(0.75, 2)],
} as unknown as CalibrationSummary;

describe('naming only what it is sure of', () => {
  it('answers with the point at or just below the threshold', () => {
    expect(pointAt(abstention, 0.49)?.tiles).toBe(10);
    expect(pointAt(abstention, 0.5)?.tiles).toBe(4);
    expect(pointAt(abstention, 1)?.accuracy).toBeNull();
  });
  it('ends its curve where nothing is named, and has no band where there is no interval', () => {
    const { x, y, low, high } = accuracyCurve('Named rightly', abstention);
    expect({ x, y, low, high }).toEqual({ x: [0, 0.5], y: [0.6, 0.75], low: [0.5, 0.75], high: [0.7, 0.75] });
  });
});

describe('the reliability diagram', () => {
  it('has a point for each bin with tiles, at what was stated there on average', () => {
    expect(reliabilityCurve('before', calibration.binsBefore, 1)).toMatchObject({ x: [0.35, 0.6], y: [0.5, 0.5] });
  });
  it('has a diagonal with a value wherever another curve has one', () => {
    const { x, y } = perfectCurve('perfect', [reliabilityCurve('before', calibration.binsBefore, 1)], 8);
    expect(x).toEqual([0, 0.35, 0.6, 1]);
    expect(y).toEqual(x);
  });
  it('lists the bins that hold a tile before or after the temperature', () => {
    expect(reliabilityRows(calibration).map(({ from, before, after }) => [from, before.tiles, after?.tiles])).toEqual([
      [0.25, 3, 0],
      [0.5, 5, 6],
      [0.75, 0, 2],
    ]);
    expect(reliabilityRows({ ...calibration, binsAfter: null }).map(({ after }) => after)).toEqual([null, null]);
  });
});
