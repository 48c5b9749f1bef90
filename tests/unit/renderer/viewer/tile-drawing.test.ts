/** Cells of tiles on the screen: whole pixels, without gaps, in every quarter turn. */
import { describe, expect, it } from 'vitest';
import { screenPlacer } from '../../../../renderer/viewer/tile-drawing.ts';

function placer(a: number, b: number, c: number, d: number, e: number, f: number) {
  return screenPlacer({ getTransform: () => ({ a, b, c, d, e, f }) as DOMMatrix });
}

describe('cells on the screen', () => {
  it.each([
    ['as scanned', [0.37, 0, 0, 0.37, 11.4, -3.2]],
    ['turned right', [0, 0.37, -0.37, 0, 900.6, 0.5]],
    ['turned round', [-0.37, 0, 0, -0.37, 1000.1, 700.9]],
    ['turned left', [0, -0.37, 0.37, 0, 0.2, 800.3]],
  ] as const)('share their edges: %s', (_, matrix) => {
    const place = placer(...matrix)!;
    const [left, top, width, height] = place(0, 0, 64 * 9, 64);
    let sum = 0;
    for (let column = 0; column < 9; column += 1) {
      const cell = place(column * 64, 0, 64, 64);
      expect(cell.every(Number.isInteger)).toBe(true);
      sum += cell[2] * cell[3];
    }
    expect(sum).toBe(width * height);
    expect([left, top].every(Number.isInteger)).toBe(true);
  });

  it('have no whole pixels when the slide is turned otherwise', () => {
    expect(placer(0.3, 0.1, -0.1, 0.3, 0, 0)).toBeNull();
  });
});
