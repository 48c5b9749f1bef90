/**
 * Applies a lattice of colours (colour-lattice.ts) to 8-bit RGB by tetrahedral interpolation (Sakamoto and Itooka, US patent
 * 4275413 of 1981, long expired; the scheme lcms and every colour engine use): grey stays grey where the profile keeps it.
 */
import { latticeNodes } from './colour-lattice.ts';

/** A part of an image, in its pixels. */
export interface PixelRect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export class ColourTransform {
  private readonly lattice: Uint8Array;
  /** For each 8-bit value the lattice cell it lies in, and how far (0..1). */
  private readonly cells = new Int32Array(256);
  private readonly parts = new Float64Array(256);

  /** `lattice`: [red, green, blue, 3] over `latticeNodes`. */
  constructor(lattice: Uint8Array) {
    this.lattice = lattice;
    let cell = 0;
    for (let value = 0; value < 256; value += 1) {
      while (cell < latticeNodes.length - 2 && value >= (latticeNodes[cell + 1] as number)) cell += 1;
      const low = latticeNodes[cell] as number;
      const high = latticeNodes[cell + 1] as number;
      this.cells[value] = cell;
      this.parts[value] = (value - low) / (high - low);
    }
  }

  /** sRGB of one colour. */
  colourOf(red: number, green: number, blue: number): readonly [number, number, number] {
    const pixel = Uint8Array.of(red, green, blue);
    this.apply(pixel, 1, { x: 0, y: 0, width: 1, height: 1 });
    return [pixel[0] as number, pixel[1] as number, pixel[2] as number];
  }

  /** In place, on the pixels inside `within`; `rgb` is row-major with `width` pixels a row. */
  apply(rgb: Uint8Array, width: number, within: PixelRect): void {
    const { lattice, cells, parts } = this;
    const side = latticeNodes.length;
    const redStep = side * side * 3;
    const greenStep = side * 3;
    let lastKey = -1;
    let [newRed, newGreen, newBlue] = [0, 0, 0];
    for (let row = within.y; row < within.y + within.height; row += 1) {
      let at = (row * width + within.x) * 3;
      for (const end = at + within.width * 3; at < end; at += 3) {
        const red = rgb[at] as number;
        const green = rgb[at + 1] as number;
        const blue = rgb[at + 2] as number;
        const key = (red << 16) | (green << 8) | blue;
        // Glass is one colour over long runs.
        if (key !== lastKey) {
          lastKey = key;
          const r = parts[red] as number;
          const g = parts[green] as number;
          const b = parts[blue] as number;
          const first =
            (cells[red] as number) * redStep + (cells[green] as number) * greenStep + (cells[blue] as number) * 3;
          const last = first + redStep + greenStep + 3;
          // The tetrahedron: along the largest part first, then the middle one, then the smallest.
          let second: number;
          let third: number;
          let [high, middle, low] = [r, g, b];
          if (r >= g) {
            if (g >= b) {
              second = first + redStep;
              third = second + greenStep;
            } else if (r >= b) {
              second = first + redStep;
              third = second + 3;
              [high, middle, low] = [r, b, g];
            } else {
              second = first + 3;
              third = second + redStep;
              [high, middle, low] = [b, r, g];
            }
          } else if (b > g) {
            second = first + 3;
            third = second + greenStep;
            [high, middle, low] = [b, g, r];
          } else if (b > r) {
            second = first + greenStep;
            third = second + 3;
            [high, middle, low] = [g, b, r];
          } else {
            second = first + greenStep;
            third = second + redStep;
            [high, middle, low] = [g, r, b];
          }
          const w0 = 1 - high;
          const w1 = high - middle;
          const w2 = middle - low;
          const mix = (channel: 0 | 1 | 2): number =>
            (w0 * (lattice[first + channel] as number) +
              w1 * (lattice[second + channel] as number) +
              w2 * (lattice[third + channel] as number) +
              low * (lattice[last + channel] as number) +
              0.5) |
            0;
          newRed = mix(0);
          newGreen = mix(1);
          newBlue = mix(2);
        }
        rgb[at] = newRed;
        rgb[at + 1] = newGreen;
        rgb[at + 2] = newBlue;
      }
    }
  }
}
