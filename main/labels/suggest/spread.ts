/**
 * Picks rows far from what is already chosen: k-means++ seeding (Arthur and Vassilvitskii 2007), each pick drawn with a chance
 * proportional to its squared distance to the nearest chosen row. Unlike farthest-first it does not chase the odd outlier.
 */
import type { RandomStream } from '#common/random.ts';
import { squaredDistance, type CompactFeatures } from './compact-features.ts';

export class Spread {
  /** Squared distance of every row to the nearest chosen one; Infinity before the first. */
  readonly nearest: Float64Array;
  private readonly features: CompactFeatures;

  constructor(features: CompactFeatures, rows: number, chosen: readonly number[]) {
    this.features = features;
    this.nearest = new Float64Array(rows).fill(Infinity);
    for (const row of chosen) this.choose(row);
  }

  choose(row: number): void {
    for (let i = 0; i < this.nearest.length; i += 1) {
      const distance = squaredDistance(this.features, i, row);
      if (distance < (this.nearest[i] as number)) this.nearest[i] = distance;
    }
  }

  /** One of `rows`, drawn by squared distance; any of them when all are at distance 0 or nothing is chosen yet. */
  draw(rows: readonly number[], random: RandomStream): number {
    const first = this.nearest[rows[0] ?? 0] as number;
    if (first === Infinity) return rows[random.nextInteger(rows.length)] as number;
    let total = 0;
    for (const row of rows) total += this.nearest[row] as number;
    if (total <= 0) return rows[random.nextInteger(rows.length)] as number;
    let left = random.nextUnit() * total;
    for (const row of rows) {
      left -= this.nearest[row] as number;
      if (left < 0) return row;
    }
    return rows[rows.length - 1] as number;
  }

  /** Up to `size` of the rows, one after the other, each away from the ones before. */
  take(rows: readonly number[], size: number, random: RandomStream): number[] {
    const waiting = new Set(rows);
    const taken: number[] = [];
    while (taken.length < size && waiting.size > 0) {
      const row = this.draw([...waiting], random);
      waiting.delete(row);
      taken.push(row);
      this.choose(row);
    }
    return taken;
  }
}
