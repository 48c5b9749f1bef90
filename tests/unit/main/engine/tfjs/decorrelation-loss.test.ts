import { describe, expect, test } from 'vitest';
import { decorrelationLoss } from '#main/engine/tfjs/decorrelation-loss.ts';
import { decorrelationCases } from '#tests/support/decorrelation-cases.ts';

describe.each(decorrelationCases)('$method, $batch x $width, neighbour weight $neighbourWeight', (item) => {
  const { batch, width, projections } = item;
  const { loss, gradient } = decorrelationLoss(item, projections, batch, width);

  test("the loss is PyTorch's", () => {
    expect(Math.abs(loss / item.loss - 1)).toBeLessThan(1e-9);
  });

  test("the gradient is PyTorch's", () => {
    item.gradientNorms.forEach((norm, view) => {
      const own = gradient.subarray(view * batch * width, (view + 1) * batch * width);
      expect(Math.abs(Math.hypot(...own) / norm - 1)).toBeLessThan(1e-6);
      item.gradientFirst[view]!.forEach((expected, at) => {
        expect(Math.abs(own[at]! - expected)).toBeLessThan(1e-6 * norm);
      });
    });
  });
});

test.each(['vicreg', 'barlow-twins'] as const)(
  '%s: features that are all equal cost more than features apart',
  (method) => {
    const [batch, width] = [8, 16];
    const objective = { method, neighbourWeight: 0 };
    const apart = decorrelationCases.find((item) => item.batch === 16)!.projections.slice(0, batch * width);
    const both = (values: Float32Array): Float32Array => Float32Array.from([...values, ...values]);
    const collapsed = Float32Array.from(apart, (_, index) => (index % width) / width);
    expect(decorrelationLoss(objective, both(collapsed), batch, width).loss).toBeGreaterThan(
      decorrelationLoss(objective, both(apart), batch, width).loss,
    );
  },
);

test('a broken projection shows as a broken loss', () => {
  const values = new Float32Array(2 * 4 * 8).fill(1);
  values[3] = Number.NaN;
  expect(decorrelationLoss({ method: 'vicreg', neighbourWeight: 0 }, values, 4, 8).loss).toBeNaN();
});
