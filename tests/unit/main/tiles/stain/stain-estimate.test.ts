/** Stain estimates against numpy (tests/golden/stain.py), and against stains that were mixed by hand. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { estimateStains } from '#main/tiles/stain/stain-estimate.ts';
import { sampleTissue } from '#main/tiles/stain/sample-tissue.ts';
import { defaultTissueSettings } from '#common/domain/tile.ts';
import { openSlide } from '#main/slides/open-slide.ts';
import { readScaledRegion } from '#main/slides/read-scaled-region.ts';

interface Golden {
  readonly count: number;
  readonly checksum: number;
  readonly macenko: { stainedPixels: number; haematoxylin: number[]; eosin: number[]; strengths: number[] };
  readonly reinhard: { mean: number[]; deviation: number[] };
}
const golden = JSON.parse(readFileSync(new URL('../../../../golden/stain.json', import.meta.url), 'utf8')) as Golden;

const unit = (vector: readonly number[]): number[] => vector.map((value) => value / Math.hypot(...vector));
const stains = [unit([0.65, 0.7, 0.29]), unit([0.07, 0.99, 0.11])] as const;

/** As pixels() of stain.py. */
function pixels(): Uint8Array {
  return Uint8Array.from({ length: golden.count * 3 }, (_, at) => {
    const [i, c] = [Math.floor(at / 3), at % 3];
    const h = (((i * 7919) % 101) / 100) * 1.4 * (i % 5 === 0 ? 0.05 : 1);
    const e = (((i * 104729) % 103) / 102) * 1.1 * (i % 7 === 0 ? 0.05 : 1);
    const noise = (((i * 31 + [0, 17, 41][c]! * 13) % 7) - 3) * 0.4;
    const value = 245 * Math.exp(-(h * stains[0][c]! + e * stains[1][c]!)) + noise;
    return Math.min(255, Math.max(0, Math.floor(value + 0.5)));
  });
}

const close = (actual: readonly number[], expected: readonly number[], digits: number): void => {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, digits));
};
const degreesBetween = (a: readonly number[], b: readonly number[]): number =>
  (Math.acos(
    Math.min(
      1,
      a.reduce((sum, value, i) => sum + value * b[i]!, 0),
    ),
  ) *
    180) /
  Math.PI;

describe('stain estimates', () => {
  const rgb = pixels();
  const estimate = estimateStains(rgb);

  it("are numpy's of the same pixels, Macenko's and Reinhard's", () => {
    expect(rgb.reduce((sum, value) => sum + value, 0)).toBe(golden.checksum);
    expect(estimate.stainedPixels).toBe(golden.macenko.stainedPixels);
    close(estimate.macenko!.haematoxylin.vector, golden.macenko.haematoxylin, 9);
    close(estimate.macenko!.eosin.vector, golden.macenko.eosin, 9);
    close([estimate.macenko!.haematoxylin.strength, estimate.macenko!.eosin.strength], golden.macenko.strengths, 8);
    close(estimate.reinhard!.mean, golden.reinhard.mean, 10);
    close(estimate.reinhard!.deviation, golden.reinhard.deviation, 8);
  });

  it('find the stains that were mixed, and show them as violet and pink', () => {
    const { haematoxylin, eosin } = estimate.macenko!;
    expect(degreesBetween(haematoxylin.vector, stains[0])).toBeLessThan(4);
    // Pixels of eosin alone let the red through and are left out as too faint, which turns the estimate.
    expect(degreesBetween(eosin.vector, stains[1])).toBeLessThan(9);
    const [red, green, blue] = haematoxylin.colour;
    expect(blue).toBeGreaterThan(red);
    expect(red).toBeGreaterThan(green - 10);
    expect(eosin.colour[0]).toBeGreaterThan(180);
    expect(eosin.colour[1]).toBeLessThan(120);
  });

  it('are not made of glass, of too few pixels or of one colour', () => {
    expect(estimateStains(new Uint8Array(3000).fill(240))).toMatchObject({ stainedPixels: 0, macenko: null });
    expect(estimateStains(rgb.subarray(0, 300))).toMatchObject({ macenko: null, reinhard: null });
    const one = Uint8Array.from({ length: 6000 }, (_, at) => [150, 90, 170][at % 3]!);
    expect(estimateStains(one).macenko).toBeNull();
    // The printed matrices are inverse to each other to three digits only.
    estimateStains(one).reinhard!.colour.forEach((value, c) => {
      expect(Math.abs(value - [150, 90, 170][c]!)).toBeLessThanOrEqual(1);
    });
  });

  it('of a real slide are the same twice and plausible', async () => {
    const file = new URL('../../../../../resources/demo/CMU-1-Small-Region.svs', import.meta.url).pathname;
    await using reader = await openSlide(file);
    const options = { reader, info: reader.info, readScaledRegion, regions: [], tissue: defaultTissueSettings };
    const sample = await sampleTissue(options);
    expect(sample.length / 3).toBeGreaterThan(20_000);
    expect(Buffer.compare(sample, await sampleTissue(options))).toBe(0);
    const { haematoxylin, eosin } = estimateStains(sample).macenko!;
    expect(degreesBetween(haematoxylin.vector, stains[0])).toBeLessThan(15);
    expect(haematoxylin.vector[0]).toBeGreaterThan(eosin.vector[0]);
  });
});
