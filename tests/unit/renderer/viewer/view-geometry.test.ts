import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  lengthText,
  magnificationAt,
  niceScaleLength,
  scaleAtMagnification,
  toLevel0,
  toScreen,
  visibleRect,
  type ViewState,
} from '../../../../renderer/viewer/view-geometry.ts';

const state = fc.record<ViewState>({
  centreX: fc.double({ min: -1e5, max: 1e5, noNaN: true }),
  centreY: fc.double({ min: -1e5, max: 1e5, noNaN: true }),
  scale: fc.double({ min: 1e-3, max: 16, noNaN: true }),
  rotation: fc.double({ min: 0, max: 360, noNaN: true }),
  width: fc.integer({ min: 1, max: 4000 }),
  height: fc.integer({ min: 1, max: 4000 }),
});
const point = fc.record({
  x: fc.double({ min: 0, max: 4000, noNaN: true }),
  y: fc.double({ min: 0, max: 4000, noNaN: true }),
});

describe('a point', () => {
  test('goes to the slide and back to the same place on the screen, however it is zoomed and turned', () => {
    fc.assert(
      fc.property(state, point, (view, at) => {
        const back = toScreen(view, toLevel0(view, at));
        expect(Math.hypot(back.x - at.x, back.y - at.y)).toBeLessThan(1e-6);
      }),
      { seed: 1 },
    );
  });

  test('of the centre is in the middle of the viewer', () => {
    const view = { centreX: 500, centreY: 300, scale: 0.25, rotation: 90, width: 800, height: 600 };
    expect(toScreen(view, { x: 500, y: 300 })).toEqual({ x: 400, y: 300 });
    // A quarter turn clockwise: what was right of the centre is now below it.
    const right = toScreen(view, { x: 900, y: 300 });
    expect(right.x).toBeCloseTo(400);
    expect(right.y).toBeCloseTo(400);
  });
});

test('all that is seen lies in the visible rectangle', () => {
  fc.assert(
    fc.property(state, point, (view, at) => {
      const inside = toLevel0(view, { x: (at.x / 4000) * view.width, y: (at.y / 4000) * view.height });
      const seen = visibleRect(view);
      const slack = 1e-6 * (1 + Math.abs(view.centreX) + seen.width);
      expect(inside.x).toBeGreaterThanOrEqual(seen.x - slack);
      expect(inside.x).toBeLessThanOrEqual(seen.x + seen.width + slack);
    }),
  );
});

test.each([
  [0.5, 140, 50],
  [1, 140, 100],
  [0.25, 100, 20],
  [7.3, 140, 1000],
])('at %f µm a screen pixel the bar of at most %i px is %i µm', (unit, most, expected) => {
  const { length, px } = niceScaleLength(unit, most);
  expect(length).toBeCloseTo(expected);
  expect(px).toBeLessThanOrEqual(most);
  expect(px).toBeGreaterThan(most / 2.6);
});

test('lengths are written in the unit a person expects', () => {
  expect([0.5, 20, 500, 2000].map(lengthText)).toEqual(['500 nm', '20 µm', '500 µm', '2 mm']);
});

test('a slide of 0.25 µm a pixel shown pixel by pixel is 40x', () => {
  expect(magnificationAt(0.25, 1)).toBe(40);
  expect(magnificationAt(0.5, scaleAtMagnification(0.5, 10))).toBe(10);
});
