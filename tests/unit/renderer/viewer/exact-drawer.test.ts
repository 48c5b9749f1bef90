// @vitest-environment happy-dom
/** Image tiles on the screen: whole pixels, shared edges. */
import { describe, expect, it, vi } from 'vitest';

vi.mock('openseadragon', () => ({ default: { CanvasDrawer: class {}, pixelDensityRatio: 1 } }));
const { onWholePixels } = await import('../../../../renderer/viewer/exact-drawer.ts');

describe('an image tile on the screen', () => {
  it.each([1, 1.5, 2])('ends where the next one begins, on a whole pixel, at %d pixels a point', (density) => {
    const length = 256 * 0.437;
    for (let index = 0; index < 20; index += 1) {
      const start = -31.7 + index * length;
      const [first, own] = onWholePixels(start, length, density);
      const [next] = onWholePixels(start + length, length, density);
      expect(first + own).toBeCloseTo(next, 9);
      expect(Math.abs(first * density - Math.round(first * density))).toBeLessThan(1e-9);
      expect(Math.abs(first - start)).toBeLessThanOrEqual(0.5 / density + 1e-9);
    }
  });

  it('is not stretched where its pixels are those of the screen', () => {
    expect(onWholePixels(12.3, 256, 1)).toEqual([12, 256]);
  });
});
