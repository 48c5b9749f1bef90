/** Resampling against a direct floating-point integration of the source over each output pixel. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { axisWeights, resampleBlock, sourceSpan } from '#main/slides/area-resample.ts';

const size = 24;
const image = Uint8Array.from({ length: size * size * 3 }, (_, at) => (at * 73 + (at >> 3) * 31) & 255);

function resample(
  x: number,
  y: number,
  width: number,
  height: number,
  outWidth: number,
  outHeight: number,
): Uint8Array {
  const columns = axisWeights(x, width, outWidth);
  const rows = axisWeights(y, height, outHeight);
  const across = sourceSpan(columns, 0, outWidth);
  const down = sourceSpan(rows, 0, outHeight);
  const sourceWidth = across.end - across.first;
  const data = new Uint8Array(sourceWidth * (down.end - down.first) * 3).fill(255);
  for (let row = Math.max(0, down.first); row < Math.min(size, down.end); row++) {
    for (let column = Math.max(0, across.first); column < Math.min(size, across.end); column++) {
      const from = (row * size + column) * 3;
      data.set(image.subarray(from, from + 3), ((row - down.first) * sourceWidth + column - across.first) * 3);
    }
  }
  const out = new Uint8Array(outWidth * outHeight * 3);
  const block = { columnFrom: 0, columnTo: outWidth, rowFrom: 0, rowTo: outHeight };
  resampleBlock({ width: sourceWidth, data }, across.first, down.first, columns, rows, block, out, outWidth);
  return out;
}

const at = (x: number, y: number, c: number): number =>
  x < 0 || y < 0 || x >= size || y >= size ? 255 : (image[(y * size + x) * 3 + c] as number);
const overlap = (pixel: number, from: number, to: number): number =>
  Math.max(0, Math.min(pixel + 1, to) - Math.max(pixel, from));

describe('area resampling', () => {
  it('equals the exact area mean to rounding when reducing', () => {
    const side = fc.double({ min: 4, max: 20, noNaN: true });
    const origin = fc.double({ min: -3, max: 8, noNaN: true });
    fc.assert(
      fc.property(
        origin,
        origin,
        side,
        side,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
        (x, y, w, h, ow, oh) => {
          const out = resample(x, y, w, h, ow, oh);
          for (let index = 0; index < out.length; index++) {
            const column = Math.floor(index / 3) % ow;
            const row = Math.floor(index / 3 / ow);
            const [left, right] = [x + (column * w) / ow, x + ((column + 1) * w) / ow];
            const [top, bottom] = [y + (row * h) / oh, y + ((row + 1) * h) / oh];
            let sum = 0;
            for (let v = Math.floor(top); v < bottom; v++) {
              for (let u = Math.floor(left); u < right; u++) {
                sum += at(u, v, index % 3) * overlap(u, left, right) * overlap(v, top, bottom);
              }
            }
            const mean = sum / ((right - left) * (bottom - top));
            expect(Math.abs((out[index] as number) - mean)).toBeLessThanOrEqual(0.5 + 1e-5);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('copies pixels at scale one', () => {
    expect(resample(0, 0, size, size, size, size)).toEqual(image);
  });

  it('is bilinear between pixel centres when enlarging', () => {
    const out = resample(4, 4, 4, 4, 16, 16);
    for (let row = 0; row < 16; row++) {
      for (let column = 0; column < 16; column++) {
        const [u, v] = [4 + (column + 0.5) / 4 - 0.5, 4 + (row + 0.5) / 4 - 0.5];
        const [left, top] = [Math.floor(u), Math.floor(v)];
        const upper = at(left, top, 0) * (1 - u + left) + at(left + 1, top, 0) * (u - left);
        const lower = at(left, top + 1, 0) * (1 - u + left) + at(left + 1, top + 1, 0) * (u - left);
        const wanted = upper * (1 - v + top) + lower * (v - top);
        expect(Math.abs((out[(row * 16 + column) * 3] as number) - wanted)).toBeLessThanOrEqual(0.5 + 1e-9);
      }
    }
  });
});
