/** Which pixel size is used, what contradicts it, and what is said about it. */
import { describe, expect, it } from 'vitest';
import { mppOrigin, mppWarnings } from '#common/domain/mpp-provenance.ts';
import { chooseMpp, mppProvenance } from '#main/slides/slide-mpp.ts';

const aperio = { field: 'aperio.MPP', x: 0.499, y: 0.499 };
const tags = { field: 'tiff.XResolution/ResolutionUnit', x: 0.25, y: 0.25 };
const screen = { field: 'tiff.XResolution/ResolutionUnit', x: 352.8, y: 352.8 };

describe('the pixel size in use', () => {
  it.each([
    ['the first claim of several', [aperio, tags], 20, { source: 'file', ...aperio }],
    ['the next where the first is no number', [{ ...aperio, x: NaN }, tags], 20, { source: 'file', ...tags }],
    ['the estimate where only a screen density is stated', [screen], 20, { source: 'objective-power', x: 0.5, y: 0.5 }],
    ['missing without either', [screen], null, { source: 'missing' }],
  ])('is %s', (_, claims, power, mpp) => {
    expect(chooseMpp(claims, power).mpp).toEqual(mpp);
  });
});

describe('provenance', () => {
  it('names the claims that contradict the one in use, and not those within 2 %', () => {
    const near = { field: 'ome.PhysicalSizeX', x: 0.5, y: 0.5 };
    const provenance = mppProvenance({ ...chooseMpp([aperio, near, tags], 20), objectivePower: 20 }, null);
    expect(provenance).toMatchObject({
      source: 'file',
      field: 'aperio.MPP',
      contradictions: [tags],
      objectiveMpp: null,
    });
    expect(provenance.claims).toEqual([aperio, near, tags]);
    expect(mppWarnings(provenance)).toEqual([
      'The file also states 0.25 um/px (tiff.XResolution/ResolutionUnit), which contradicts 0.499.',
    ]);
  });

  it('says when a value was set by hand, and what it replaced', () => {
    const file = { ...chooseMpp([aperio], 20), objectivePower: 20 };
    const provenance = mppProvenance(file, { mpp: 0.25, setAt: '2026-05-04T10:00:00.000Z' });
    expect(mppOrigin(provenance)).toBe('0.25 um/px, set by hand on 2026-05-04 instead of 0.499 (aperio.MPP)');
    expect(mppWarnings(provenance)).toEqual([
      'The file also states 0.499 um/px (aperio.MPP), which contradicts 0.25.',
      'The objective power suggests about 0.5 um/px, far from 0.25.',
    ]);
  });

  it('warns of pixels that are not square and of an estimate', () => {
    const flat = mppProvenance({ ...chooseMpp([{ ...aperio, y: 0.6 }], null), objectivePower: null }, null);
    expect(mppWarnings(flat)).toEqual([
      'Pixels are not square (0.499 x 0.6 um); tiles are cut with the mean of both sides.',
    ]);
    const guessed = mppProvenance({ ...chooseMpp([], 40), objectivePower: 40 }, null);
    expect(mppOrigin(guessed)).toBe('0.25 um/px, an estimate from the objective power');
    expect(mppWarnings(guessed)).toHaveLength(1);
  });

  it('of a slide added before claims were recorded says so and does not invent any', () => {
    const old = { mpp: { source: 'file', ...aperio }, objectivePower: 20 } as const;
    expect(mppProvenance(old, null)).toMatchObject({ claims: null, contradictions: [], field: 'aperio.MPP' });
    // The file's own value is still known, and contradicts one set by hand.
    expect(mppProvenance(old, { mpp: 0.25, setAt: null }).contradictions).toEqual([aperio]);
  });
});
