/** Features out of vectors, tokens and maps, against numbers worked out by hand. */
import { expect, it } from 'vitest';
import { poolFeatures } from '#main/engine/onnx/pool-features.ts';

const values = Float32Array.from({ length: 24 }, (_, at) => at);
const pool = (
  pooling: 'none' | 'class-token' | 'patch-mean' | 'class-and-patch-mean' | 'map-mean',
  dims: number[],
  prefixTokens = 1,
) => [...poolFeatures(values, dims, { pooling, prefixTokens, features: undefined }, 'm.onnx')];

it.each([
  // Two images of four tokens with three numbers: tokens 0-2, 3-5, 6-8, 9-11.
  { pooling: 'class-token', dims: [2, 4, 3], expected: [0, 1, 2, 12, 13, 14] },
  { pooling: 'patch-mean', dims: [2, 4, 3], expected: [6, 7, 8, 18, 19, 20] },
  { pooling: 'class-and-patch-mean', dims: [2, 4, 3], expected: [0, 1, 2, 6, 7, 8, 12, 13, 14, 18, 19, 20] },
  { pooling: 'none', dims: [2, 12], expected: [...values] },
  // Two images of two features on a map of 2 x 3: 0-5, 6-11.
  { pooling: 'map-mean', dims: [2, 2, 2, 3], expected: [2.5, 8.5, 14.5, 20.5] },
] as const)('$pooling of $dims', ({ pooling, dims, expected }) => {
  expect(pool(pooling, [...dims])).toEqual(expected);
});

it('leaves registers out of the mean of the patches', () => {
  expect(pool('patch-mean', [2, 4, 3], 3)).toEqual([9, 10, 11, 21, 22, 23]);
});

it('refuses an output of other axes with the poolings that fit, and tokens without patches', () => {
  expect(() => pool('none', [2, 4, 3])).toThrowError(
    expect.objectContaining({ hint: expect.stringContaining('class-token, patch-mean') as string }) as Error,
  );
  expect(() => pool('patch-mean', [2, 4, 3], 4)).toThrowError(/4 tokens/);
});
