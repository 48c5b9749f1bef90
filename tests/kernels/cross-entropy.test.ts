/** The cross-entropy of a network that learns classes and its gradient, against scipy. */
import { describe, expect, test } from 'vitest';
import { crossEntropy } from '#main/engine/webgpu/kernels/cross-entropy/kernel.ts';
import { crossEntropyGolden as golden } from '#tests/support/cross-entropy-golden.ts';
import { expectSameBits, expectWithin, precisionsOf, singleError, storageError } from './sample-values.ts';
import { openTestDevice, runPrograms } from './test-device.ts';

const device = await openTestDevice();

describe.skipIf(device === null)(`cross-entropy on ${device?.description ?? 'no GPU driver'}`, () => {
  if (device === null) return;
  for (const precision of precisionsOf(device)) {
    test.each([8, 24])(`%i columns wide, equals the reference: ${precision}`, async (width) => {
      const { classes, rows: batch, targets } = golden;
      const scale = 1024;
      const buffers = [
        { data: golden.logits(width), precision },
        { data: Float32Array.from(targets.flatMap((target) => [target.class, target.weight])) },
        { data: new Float32Array(8).fill(scale) },
        { data: new Float32Array(batch * width).fill(9), precision },
        { data: new Float32Array(batch) },
      ];
      const steps = [{ program: crossEntropy({ batch, width, classes, precision }), uses: [0, 1, 2, 3, 4] }];
      const result = await runPrograms(device, buffers, steps);
      const loss = Array.from(result[4]!).reduce((sum, value) => sum + value, 0) / batch;
      // WGSL allows exp 3 + 2 |x| units in the last place, of logits up to 14 apart.
      expect(Math.abs(loss - golden.loss)).toBeLessThanOrEqual(64 * singleError * golden.loss);
      const expected = golden.gradient(width).map((value) => value * scale);
      const absolute = 64 * singleError * scale + scale * 1e-9;
      expectWithin(result[3]!, expected, (index) => absolute + storageError(expected[index]!, precision));
      expectSameBits(await runPrograms(device, buffers, steps), result);
    });
  }
});
