import { expect, test } from 'vitest';
import { linkOf, moved } from '../../../../renderer/viewer/useLinkedViews.ts';

const a = { centreX: 1000, centreY: 500, scale: 1, rotation: 0, width: 800, height: 600 };
const b = { centreX: 400, centreY: 300, scale: 2, rotation: 0, width: 800, height: 600 };

test('linked slides keep their offset in micrometres and show the same size, whatever their resolution', () => {
  const link = linkOf(a, 0.25, b, 0.5);
  expect(moved(link, a, 0.25, 0.5, true)).toEqual({ centreX: 400, centreY: 300, scale: 2, rotation: 0 });
  // 400 px of 0.25 µm are 200 px of 0.5 µm; half the scale stays half.
  expect(moved(link, { ...a, centreX: 1400, scale: 0.5 }, 0.25, 0.5, true)).toEqual({
    centreX: 600,
    centreY: 300,
    scale: 1,
    rotation: 0,
  });
});

test('following back and forth ends where it began', () => {
  const link = linkOf(a, 0.25, b, 0.5);
  const there = moved(link, a, 0.25, 0.5, true);
  expect(moved(link, { ...b, ...there }, 0.5, 0.25, false)).toEqual({
    centreX: 1000,
    centreY: 500,
    scale: 1,
    rotation: 0,
  });
});

test('an angle between the slides stays', () => {
  const link = linkOf(a, 0.25, { ...b, rotation: 90 }, 0.5);
  expect(moved(link, { ...a, rotation: 300 }, 0.25, 0.5, true).rotation).toBe(30);
  expect(moved(link, { ...b, rotation: 30 }, 0.5, 0.25, false).rotation).toBe(300);
});
