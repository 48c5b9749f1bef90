import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RandomStream, fnv1a } from '#common/random.ts';

describe('random streams', () => {
  it('are a pure function of their key', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.nat())), (key) => {
        const first = RandomStream.of(...key);
        const second = RandomStream.of(...key);
        for (let draw = 0; draw < 5; draw += 1) expect(first.nextUint32()).toBe(second.nextUint32());
      }),
    );
  });

  it('of neighbouring keys are not correlated', () => {
    const draws = Array.from({ length: 4000 }, (_, index) => RandomStream.of('tile', 1, index).nextUnit());
    const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length;
    const lag =
      draws.slice(1).reduce((sum, value, index) => sum + (value - 0.5) * ((draws[index] ?? 0) - 0.5), 0) / draws.length;
    // Standard errors: 0.29 / sqrt(4000) = 0.0046 for the mean, (1/12) / sqrt(4000) = 0.0013 for the covariance; five of each.
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.023);
    expect(Math.abs(lag)).toBeLessThan(0.0066);
  });

  it('shuffle to a permutation', () => {
    const shuffled = RandomStream.of('order', 7).shuffled([...Array(100).keys()]);
    expect(shuffled).not.toEqual([...Array(100).keys()]);
    expect(shuffled.toSorted((a, b) => a - b)).toEqual([...Array(100).keys()]);
  });

  it('draw normals with mean 0 and variance 1', () => {
    const stream = RandomStream.of('normal');
    const draws = Array.from({ length: 10_000 }, () => stream.nextNormal());
    const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length;
    const variance = draws.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws.length;
    expect(Math.abs(mean)).toBeLessThan(0.05);
    expect(Math.abs(variance - 1)).toBeLessThan(0.07);
  });

  it('hash names as 32-bit FNV-1a does', () => {
    // Published test vectors of the FNV reference code.
    expect(fnv1a('')).toBe(0x811c9dc5);
    expect(fnv1a('a')).toBe(0xe40c292c);
    expect(fnv1a('foobar')).toBe(0xbf9cf968);
  });
});
