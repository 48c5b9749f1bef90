/** What of a tile an encoder sees, with sizes worked out by hand, and what is refused. */
import { describe, expect, it } from 'vitest';
import { encoderView } from '#common/domain/encoder-view.ts';

const wide = { inputPx: 224, mpp: 0.5, fit: 'whole-tile' } as const;

describe('the whole tile', () => {
  it.each([
    { what: 'fits exactly', tiles: { sizePx: 224, mpp: 0.5 }, mpp: 0.5, warnings: 0 },
    { what: 'fits nearly: 128 um at 224 px', tiles: { sizePx: 256, mpp: 0.5 }, mpp: 128 / 224, warnings: 0 },
    { what: 'is farther away than known', tiles: { sizePx: 336, mpp: 0.5 }, mpp: 0.75, warnings: 1 },
    { what: 'is enlarged: 112 um from 70 px', tiles: { sizePx: 70, mpp: 1.6 }, mpp: 0.5, warnings: 1 },
  ])('$what', ({ tiles, mpp, warnings }) => {
    const view = encoderView(wide, tiles);
    expect(view).toMatchObject({ cropPx: tiles.sizePx, offsetPx: 0 });
    expect(view.mpp).toBeCloseTo(mpp, 10);
    expect(view.warnings).toHaveLength(warnings);
  });

  it.each([
    { what: 'more than twice as far away', tiles: { sizePx: 512, mpp: 0.5 } },
    { what: 'more than twice as near', tiles: { sizePx: 100, mpp: 0.5 } },
    { what: 'enlarged more than four times', tiles: { sizePx: 50, mpp: 2.24 } },
  ])('is refused when it is $what, with the tiles that fit', ({ tiles }) => {
    expect(() => encoderView(wide, tiles)).toThrowError(
      expect.objectContaining({
        code: 'invalid-input',
        hint: expect.stringContaining('224 px at 0.5 micrometres') as string,
      }) as Error,
    );
  });
});

describe('the middle of a tile', () => {
  it('is as wide as the encoder knows: 112 of 256 micrometres', () => {
    const view = encoderView({ ...wide, fit: 'centre' }, { sizePx: 512, mpp: 0.5 });
    expect(view).toMatchObject({ cropPx: 224, offsetPx: 144, mpp: 0.5, warnings: [] });
  });

  it('is refused where the tile is smaller', () => {
    expect(() => encoderView({ ...wide, fit: 'centre' }, { sizePx: 200, mpp: 0.5 })).toThrowError(/112 micrometres/);
  });
});
