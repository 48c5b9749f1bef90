/** Overflow test, SGD and loss scaler against float64. */
import { overflowTest, scalerUpdate, sgdUpdate } from '#main/engine/webgpu/kernels/optimiser/kernel.ts';
import { referenceScaler, referenceSgd } from '#main/engine/webgpu/kernels/optimiser/reference.ts';
import { describe, expect, test } from 'vitest';
import { expectWithin, normalValues, precisionsOf, rounded, singleError } from './sample-values.ts';
import { openTestDevice, runPrograms } from './test-device.ts';

const device = await openTestDevice();

describe.skipIf(device === null)(`optimiser on ${device?.description ?? 'no GPU driver'}`, () => {
  if (device === null) return;

  async function overflows(gradient: Float32Array, before = 0): Promise<number> {
    const result = await runPrograms(
      device!,
      [{ data: gradient }, { data: new Uint32Array([before]) }],
      [{ program: overflowTest({ elements: gradient.length }), uses: [0, 1] }],
    );
    return result[1]![0]!;
  }

  test.each([1, 7, 8, 1028, 4099])('the overflow test finds infinity and NaN anywhere among %i', async (elements) => {
    const largest = new Float32Array(elements).fill(3.4e38);
    expect(await overflows(largest)).toBe(0);
    expect(await overflows(largest, 1)).toBe(1);
    for (const [bad, at] of [
      [Infinity, elements - 1],
      [-Infinity, 0],
      [Number.NaN, elements >> 1],
    ] as const) {
      expect(await overflows(Float32Array.from(largest, (value, index) => (index === at ? bad : value)))).toBe(1);
    }
  });

  test('the overflow test reaches past 65,535 workgroups', async () => {
    const gradient = new Float32Array(65_535 * 256 + 259);
    gradient[gradient.length - 1] = Number.NaN;
    expect(await overflows(gradient)).toBe(1);
  });

  for (const precision of precisionsOf(device)) {
    for (const group of ['base', 'predictor'] as const) {
      test.each([1, 7, 1000, 4099])(`SGD of %i ${group} elements equals float64's: ${precision}`, async (elements) => {
        const gradient = normalValues('gradient', elements, 'f32', 300);
        const master = normalValues('master', elements);
        const momentum = normalValues('momentum', elements);
        const settings = Float32Array.from([0.05, 0.1, 0.9, 1e-4, 0, 0, 0, 0]);
        const run = async (overflow: number) =>
          runPrograms(
            device,
            [
              { data: gradient },
              { data: master },
              { data: momentum },
              { data: settings },
              { data: new Float32Array(8).fill(1024) },
              { data: new Uint32Array([overflow]) },
              { data: new Float32Array(elements), precision },
            ],
            [
              {
                program: sgdUpdate({ elements, precision, group }),
                uses: precision === 'f16' ? [0, 1, 2, 3, 4, 5, 6] : [0, 1, 2, 3, 4, 5],
              },
            ],
          );
        const result = await run(0);
        const expected = referenceSgd(gradient, master, momentum, {
          rate: settings[group === 'base' ? 0 : 1]!,
          momentum: settings[2]!,
          weightDecay: settings[3]!,
          scale: 1024,
        });
        // Division (2.5 ulp), two products, two sums; terms below 5.
        expectWithin(result[2]!, expected.velocity, () => 10 * singleError * 5);
        expectWithin(result[1]!, expected.master, () => 12 * singleError * 5);
        const skipped = await run(1);
        expect(skipped[1]).toEqual(master);
        expect(skipped[2]).toEqual(momentum);
        if (precision === 'f16') {
          expect(result[6]).toEqual(rounded(result[1]!, 'f16'));
          expect(skipped[6]).toEqual(rounded(master, 'f16'));
        }
      });
    }
  }

  test.each([
    [[1024, 5, 0, 2], false, 2000, 65_536],
    [[1024, 1999, 0, 2], false, 2000, 65_536],
    [[65_536, 1999, 0, 2], false, 2000, 65_536],
    [[1024, 5, 1, 2], true, 2000, 65_536],
    [[1, 5, 1, 2], true, 2000, 65_536],
    [[1, 1999, 3, 4], false, 2000, 1],
  ] as const)('the scaler goes on from %j, overflow %s', async (before, overflowed, growthInterval, maximumScale) => {
    const result = await runPrograms(
      device,
      [{ data: Float32Array.from([...before, 0, 0, 0, 0]) }, { data: new Uint32Array([overflowed ? 1 : 0]) }],
      [{ program: scalerUpdate({ growthInterval, maximumScale }), uses: [0, 1] }],
    );
    expect([...result[0]!.subarray(0, 4)]).toEqual(referenceScaler(before, overflowed, growthInterval, maximumScale));
    expect(result[1]![0]).toBe(0);
  });
});
