/** What charts draw: thinning keeps every peak, readings find the nearest value, labels keep their distance. */
import { describe, expect, it } from 'vitest';
import {
  nearestMeasured,
  spreadLabels,
  tableRows,
  thinCurve,
  valueRange,
} from '../../../../../renderer/ui/chart/chart-data.ts';

const count = 100_000;
const steps = Array.from({ length: count }, (_, index) => index);

describe('thinning a curve', () => {
  it('leaves a short curve as it is, without what was not measured', () => {
    expect(thinCurve({ x: [1, 2, 3, 4], y: [5, null, 7, null] }, 100)).toEqual({ x: [1, 3], y: [5, 7] });
  });

  it('keeps at most four points a column of a hundred thousand steps', () => {
    const thin = thinCurve({ x: steps, y: steps.map((step) => Math.sin(step)) }, 400);
    expect(thin.x.length).toBeLessThanOrEqual(1600);
    expect(thin.x[0]).toBe(0);
    expect(thin.x.at(-1)).toBe(count - 1);
  });

  it('keeps every single peak and dip', () => {
    const y = steps.map(() => 0);
    y[12_345] = 9;
    y[12_346] = -9;
    const thin = thinCurve({ x: steps, y }, 300);
    expect(thin.y).toContain(9);
    expect(thin.y).toContain(-9);
  });

  it('stays ascending in x', () => {
    const { x } = thinCurve({ x: steps, y: steps.map((step) => Math.cos(step * 7)) }, 250);
    expect(x.every((value, index) => index === 0 || value > (x[index - 1] ?? 0))).toBe(true);
  });

  it('answers nothing for an empty curve and for one that was never measured', () => {
    expect(thinCurve({ x: [], y: [] }, 100)).toEqual({ x: [], y: [] });
    expect(thinCurve({ x: [1, 2], y: [null, null] }, 100)).toEqual({ x: [], y: [] });
  });
});

describe('reading a curve', () => {
  it.each([
    [0, 0],
    [2.4, 0],
    [2.6, 2],
    [99, 3],
  ])('at %f finds index %i', (at, index) => {
    expect(nearestMeasured({ x: [1, 3, 4, 8], y: [1, null, 2, 3] }, at)).toBe(index);
  });

  it('finds nothing where nothing was measured', () => {
    expect(nearestMeasured({ x: [1, 2], y: [null, null] }, 1)).toBe(-1);
  });
});

describe('the value axis', () => {
  it('holds values, intervals and references with air, and not more than the limits', () => {
    const series = [{ name: 'a', x: [1, 2], y: [0.4, 0.6], low: [0.3, 0.5], high: [0.5, 0.98] }];
    const [low, high] = valueRange(series, [{ y: 0.25, label: 'chance' }], 0, 1);
    expect(low).toBeLessThan(0.25);
    expect(high).toBe(1);
  });

  it('has a range before anything was measured and around a single value', () => {
    expect(valueRange([], [], null, null)).toEqual([0, 1]);
    const [low, high] = valueRange([{ name: 'a', x: [1], y: [2] }], [], null, null);
    expect(low).toBeLessThan(2);
    expect(high).toBeGreaterThan(2);
  });
});

describe('the table beside the chart', () => {
  it('shows at most the rows asked for, the first and the last among them', () => {
    const rows = tableRows([{ name: 'loss', x: steps, y: steps.map((step) => -step) }], 40);
    expect(rows).toHaveLength(40);
    expect(rows[0]).toEqual({ x: 0, values: [-0] });
    expect(rows.at(-1)).toEqual({ x: count - 1, values: [1 - count] });
  });

  it('leaves a cell empty where a shorter series has ended', () => {
    const rows = tableRows([
      { name: 'short', x: [1, 2], y: [5, 6] },
      { name: 'long', x: [1, 2, 3], y: [7, 8, 9] },
    ]);
    expect(rows.at(-1)?.values).toEqual([null, 9]);
  });
});

describe('names at line ends', () => {
  it('stand apart and stay within the plot', () => {
    const placed = spreadLabels([50, 50, 52, 99], 13, 0, 100).sort((a, b) => a - b);
    for (let index = 1; index < placed.length; index += 1) {
      expect((placed[index] ?? 0) - (placed[index - 1] ?? 0)).toBeGreaterThanOrEqual(13);
    }
    expect(placed.at(-1)).toBeLessThanOrEqual(100);
  });
});
