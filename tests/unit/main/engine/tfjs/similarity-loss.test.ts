import { describe, expect, test } from 'vitest';
import { similarityLoss, spreadOfNormalised } from '#main/engine/tfjs/similarity-loss.ts';
import { perfectLoss, viewsOf, type Objective } from '#common/domain/objective.ts';
import { fill } from '#main/engine/reference-tensors.ts';

const batch = 3;
const width = 5;

/** The formula of the papers, as directly as possible, in float64. */
function reference({ method, neighbourWeight = 1 }: Objective, p: ArrayLike<number>, z: ArrayLike<number>): number {
  const distance = (first: number, second: number): number => {
    let sum = 0;
    for (let row = 0; row < batch; row += 1) {
      const a = Array.from({ length: width }, (_value, column) => p[(first * batch + row) * width + column]!);
      const b = Array.from({ length: width }, (_value, column) => z[(second * batch + row) * width + column]!);
      const dot = a.reduce((total, value, index) => total + value * b[index]!, 0);
      sum -= dot / (Math.max(Math.hypot(...a), 1e-8) * Math.max(Math.hypot(...b), 1e-8));
    }
    return sum / batch;
  };
  return method === 'simsiam'
    ? distance(0, 1) / 2 + distance(1, 0) / 2
    : (neighbourWeight * (distance(0, 1) + distance(1, 0))) / 2 + distance(0, 2) / 2 + distance(2, 0) / 2;
}

const objectives = [
  { method: 'simtriplet' },
  { method: 'simtriplet', neighbourWeight: 0.3 },
  { method: 'simsiam' },
] as const;

describe.each(objectives)('%o', (objective) => {
  const count = viewsOf(objective).length * batch * width;
  const p = Float32Array.from(fill('loss/p', count));
  const z = Float32Array.from(fill('loss/z', count));

  test('the loss is the formula of the paper', () => {
    expect(similarityLoss(objective, p, z, batch, width).loss).toBeCloseTo(reference(objective, p, z), 12);
  });

  test('the gradient is that of the predictions with the projections held fixed', () => {
    const { gradient } = similarityLoss(objective, p, z, batch, width);
    const moved = Float64Array.from(p);
    const delta = 1e-5;
    for (let index = 0; index < count; index += 1) {
      moved[index] = p[index]! + delta;
      const above = reference(objective, moved, z);
      moved[index] = p[index]! - delta;
      const below = reference(objective, moved, z);
      moved[index] = p[index]!;
      expect(gradient[index]).toBeCloseTo((above - below) / (2 * delta), 6);
    }
  });

  test('equal views are perfect', () => {
    const row = fill('loss/row', width);
    const same = Float32Array.from({ length: count }, (_value, index) => row[index % width]!);
    expect(similarityLoss(objective, same, same, batch, width).loss).toBeCloseTo(perfectLoss(objective), 10);
  });

  test('a prediction of zeros gives a finite loss and gradient', () => {
    const { loss, gradient } = similarityLoss(objective, new Float32Array(count), z, batch, width);
    expect(loss).toBeCloseTo(0, 12);
    expect([...gradient].every(Number.isFinite)).toBe(true);
  });
});

test('the spread is zero when all projections point one way and 1/sqrt(width) when they are spread evenly', () => {
  const collapsed = Float32Array.from(
    { length: 8 * 4 },
    (_value, index) => (1 + Math.floor(index / 4)) * (1 + (index % 4)),
  );
  expect(spreadOfNormalised(collapsed, 8, 4)).toBeLessThan(1e-6);
  const signs = Float32Array.from({ length: 8 * 4 }, (_value, index) =>
    (Math.floor(index / 4) >> (index % 4)) & 1 ? 1 : -1,
  );
  const even = signs.map((value, index) => (index % 4 === 3 ? (Math.floor(index / 4) % 2 ? 1 : -1) : value));
  expect(spreadOfNormalised(even, 8, 4)).toBeCloseTo(1 / 2, 6);
});
