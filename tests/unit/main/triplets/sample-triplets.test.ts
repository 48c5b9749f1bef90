import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildNeighbourGraph, neighboursOf, neighbourStep } from '#main/triplets/neighbour-graph.ts';
import type { PlacedTile } from '#main/triplets/neighbour-graph.ts';
import { sampleTriplets } from '#main/triplets/sample-triplets.ts';

const keptTiles = fc.uniqueArray(fc.record({ slide: fc.constantFrom('a', 'b'), column: fc.nat(12), row: fc.nat(12) }), {
  maxLength: 120,
  selector: ({ slide, column, row }) => `${slide}/${column}/${row}`,
});

function block(columns: number, rows: number): PlacedTile[] {
  return Array.from({ length: columns * rows }, (_, i) => ({
    slide: 'a',
    column: i % columns,
    row: Math.floor(i / columns),
  }));
}

describe('neighbour graph', () => {
  it('is symmetric, without self-loops, within a slide and complete', () => {
    fc.assert(
      fc.property(keptTiles, fc.integer({ min: 1, max: 3 }), (tiles, step) => {
        const graph = buildNeighbourGraph(tiles, step);
        tiles.forEach((tile, index) => {
          const expected = tiles.flatMap((other, otherIndex) => {
            const right = Math.abs(other.column - tile.column);
            const down = Math.abs(other.row - tile.row);
            const adjacent = (right === step || right === 0) && (down === step || down === 0) && right + down > 0;
            return adjacent && other.slide === tile.slide ? [otherIndex] : [];
          });
          const found = [...neighboursOf(graph, index)];
          expect(found.toSorted((a, b) => a - b)).toEqual(expected);
          for (const neighbour of found) expect([...neighboursOf(graph, neighbour)]).toContain(index);
        });
      }),
      { numRuns: 50 },
    );
  });

  it('counts 8 neighbours inside, 5 at an edge and 3 in a corner', () => {
    const graph = buildNeighbourGraph(block(4, 3), 1);
    expect(neighboursOf(graph, 5)).toHaveLength(8);
    expect(neighboursOf(graph, 1)).toHaveLength(5);
    expect(neighboursOf(graph, 11)).toHaveLength(3);
  });

  it('steps over overlapping tiles, so that neighbours touch and do not overlap', () => {
    expect(neighbourStep(128, 128)).toBe(1);
    expect(neighbourStep(128, 64)).toBe(2);
    expect(neighbourStep(128, 256)).toBe(1);
    expect([...neighboursOf(buildNeighbourGraph(block(3, 1), 2), 0)]).toEqual([2]);
  });
});

describe('triplet sampling', () => {
  const sampled = fc.record({
    tiles: keptTiles,
    seed: fc.integer({ min: 0, max: 2 ** 40 }),
    epoch: fc.nat(400),
    rule: fc.constantFrom('drawn' as const, 'fixed' as const),
  });

  it('is deterministic, visits every tile once and takes existing neighbours only', () => {
    fc.assert(
      fc.property(sampled, ({ tiles, seed, epoch, rule }) => {
        const graph = buildNeighbourGraph(tiles, 1);
        const sample = sampleTriplets({ graph, seed, epoch, rule });
        expect(sampleTriplets({ graph, seed, epoch, rule })).toEqual(sample);
        expect([...sample.order].toSorted((a, b) => a - b)).toEqual(tiles.map((_, index) => index));
        let alone = 0;
        sample.order.forEach((tile, position) => {
          const candidates = [...neighboursOf(graph, tile)];
          if (candidates.length === 0) alone += 1;
          expect(candidates.length === 0 ? [tile] : candidates).toContain(sample.neighbours[position]);
        });
        expect(sample.withoutNeighbour).toBe(alone);
      }),
      { numRuns: 50 },
    );
  });

  it('draws a tile the same neighbour when other tiles are left out', () => {
    const graph = buildNeighbourGraph(block(6, 6), 1);
    const options = { graph, seed: 9, epoch: 4, rule: 'drawn' as const };
    const all = sampleTriplets(options);
    const some = sampleTriplets({ ...options, tiles: [3, 14, 30] });
    expect([...some.order].toSorted((a, b) => a - b)).toEqual([3, 14, 30]);
    some.order.forEach((tile, position) => {
      expect(some.neighbours[position]).toBe(all.neighbours[all.order.indexOf(tile)]);
    });
  });

  it('draws anew each epoch, and over many epochs every neighbour about equally often', () => {
    const graph = buildNeighbourGraph(block(3, 3), 1);
    const counts = new Map<number, number>();
    const epochs = 1600;
    for (let epoch = 0; epoch < epochs; epoch += 1) {
      const sample = sampleTriplets({ graph, seed: 1, epoch, rule: 'drawn' });
      const neighbour = sample.neighbours[sample.order.indexOf(4)]!;
      counts.set(neighbour, (counts.get(neighbour) ?? 0) + 1);
    }
    expect([...counts.keys()].toSorted()).toEqual([0, 1, 2, 3, 5, 6, 7, 8]);
    for (const count of counts.values()) {
      expect(count).toBeGreaterThan(140);
      expect(count).toBeLessThan(260);
    }
    const orders = [0, 1].map((epoch) => [...sampleTriplets({ graph, seed: 1, epoch, rule: 'drawn' }).order]);
    expect(orders[0]).not.toEqual(orders[1]);
  });

  it('keeps the neighbour over all epochs under the fixed rule', () => {
    const graph = buildNeighbourGraph(block(4, 4), 1);
    const neighbourOfFive = (epoch: number): number | undefined => {
      const sample = sampleTriplets({ graph, seed: 1, epoch, rule: 'fixed' });
      return sample.neighbours[sample.order.indexOf(5)];
    };
    expect([0, 1, 2, 3].map(neighbourOfFive)).toEqual([0, 0, 0, 0]);
  });

  it('falls back to the tile itself, and counts it, when it has no neighbour', () => {
    const graph = buildNeighbourGraph([...block(2, 1), { slide: 'a', column: 9, row: 9 }], 1);
    const sample = sampleTriplets({ graph, seed: 1, epoch: 0, rule: 'drawn' });
    expect(sample.withoutNeighbour).toBe(1);
    expect(sample.neighbours[sample.order.indexOf(2)]).toBe(2);
  });
});
