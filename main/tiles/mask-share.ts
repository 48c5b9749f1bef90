/**
 * Share of a rectangle that a mask covers, in constant time: a summed-area table (Crow, 1984) read at fractional positions,
 * so a tile whose edges fall between mask pixels is measured exactly and not rounded.
 */
import type { Mask } from './connected-components.ts';

export class MaskShare {
  private readonly width: number;
  private readonly height: number;
  /** [height + 1, width + 1]: set pixels above and to the left. */
  private readonly sums: Uint32Array;

  constructor(mask: Mask) {
    this.width = mask.width;
    this.height = mask.height;
    const stride = mask.width + 1;
    this.sums = new Uint32Array(stride * (mask.height + 1));
    for (let row = 0; row < mask.height; row += 1) {
      let inRow = 0;
      for (let column = 0; column < mask.width; column += 1) {
        inRow += mask.data[row * mask.width + column] as number;
        this.sums[(row + 1) * stride + column + 1] = (this.sums[row * stride + column + 1] as number) + inRow;
      }
    }
  }

  /** Rectangle as shares (0..1) of the whole mask; 0 for an empty one. */
  share(left: number, top: number, right: number, bottom: number): number {
    const x0 = clamp(left) * this.width;
    const x1 = clamp(right) * this.width;
    const y0 = clamp(top) * this.height;
    const y1 = clamp(bottom) * this.height;
    const area = (x1 - x0) * (y1 - y0);
    if (area <= 0) return 0;
    const covered = this.sumAt(x1, y1) - this.sumAt(x0, y1) - this.sumAt(x1, y0) + this.sumAt(x0, y0);
    return Math.min(1, Math.max(0, covered / area));
  }

  private sumAt(x: number, y: number): number {
    const column = Math.min(Math.floor(x), this.width - 1);
    const row = Math.min(Math.floor(y), this.height - 1);
    const stride = this.width + 1;
    const at = row * stride + column;
    const right = x - column;
    const down = y - row;
    const upper = (this.sums[at] as number) * (1 - right) + (this.sums[at + 1] as number) * right;
    const lower = (this.sums[at + stride] as number) * (1 - right) + (this.sums[at + stride + 1] as number) * right;
    return upper * (1 - down) + lower * down;
  }
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}
