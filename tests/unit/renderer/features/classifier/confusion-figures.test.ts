/** The matrix as it is drawn and walked through. */
import { describe, expect, it } from 'vitest';
import { heatPercent, moveInMatrix, rowShares } from '../../../../../renderer/features/classifier/confusion-figures.ts';
import { figureText, percentText } from '../../../../../renderer/features/classifier/figure-text.ts';

it('shares are of the row, and a row without tiles has none', () => {
  expect(
    rowShares([
      [3, 1],
      [0, 0],
    ]),
  ).toEqual([
    [0.75, 0.25],
    [0, 0],
  ]);
});

it('heat leaves text readable: nothing for nothing, never more than half the accent', () => {
  expect(heatPercent(0)).toBe(0);
  expect(heatPercent(0.001)).toBeGreaterThan(0);
  expect(heatPercent(1)).toBeLessThan(50);
});

describe('the arrow keys', () => {
  it.each([
    ['ArrowRight', { row: 0, column: 0 }, { row: 0, column: 1 }],
    ['ArrowRight', { row: 0, column: 2 }, { row: 0, column: 2 }],
    ['ArrowUp', { row: 0, column: 1 }, { row: -1, column: 1 }],
    ['ArrowLeft', { row: 1, column: 0 }, { row: 1, column: -1 }],
    ['End', { row: 1, column: -1 }, { row: 1, column: 2 }],
    ['PageDown', { row: -1, column: 2 }, { row: 2, column: 2 }],
  ])('%s goes from %o to %o', (key, from, to) => {
    expect(moveInMatrix(from, key, 3)).toEqual(to);
  });
  it('never reach the corner where both headers meet', () => {
    expect(moveInMatrix({ row: -1, column: 0 }, 'ArrowLeft', 3)).toEqual({ row: -1, column: 0 });
    expect(moveInMatrix({ row: 0, column: -1 }, 'ArrowUp', 3)).toEqual({ row: 0, column: -1 });
  });
  it('other keys are left alone', () => {
    expect(moveInMatrix({ row: 0, column: 0 }, 'Enter', 3)).toBeNull();
  });
});

it.each([
  [0, '0 %'],
  [0.004, '<1 %'],
  [0.996, '>99 %'],
  [1, '100 %'],
  [0.345, '35 %'],
])('a share of %d reads %s', (share, text) => {
  expect(percentText(share, 'en')).toBe(text);
});

it('figures have two digits and no leading nought', () => {
  expect(figureText(0.604)).toBe('.60');
  expect(figureText(-0.05)).toBe('-.05');
  expect(figureText(1)).toBe('1.00');
});
