import { describe, expect, it } from 'vitest';
import type { TileSource, TrainingTiles } from '#main/engine/port.ts';
import { tissueAugmentation } from '#common/domain/pretrain.ts';
import { ViewRenderer } from '#main/triplets/augmentation/view-renderer.ts';
import { createViewSource } from '#main/triplets/view-source.ts';
import type { PrefetchingViewSource } from '#main/triplets/view-source.ts';

const sizePx = 24;
const viewPx = 16;

function tilesOf(count: number): TileSource & { closed: number; reads: number } {
  const bytes = sizePx * sizePx * 3;
  return {
    sizePx,
    count,
    closed: 0,
    reads: 0,
    read(indices) {
      this.reads += 1;
      const pixels = new Uint8Array(indices.length * bytes);
      indices.forEach((tile, slot) => {
        if (tile >= count) throw new RangeError(`no tile ${tile}`);
        for (let i = 0; i < bytes; i += 1) pixels[slot * bytes + i] = (tile * 53 + i * 7 + (i >> 5) * 11) % 256;
      });
      return Promise.resolve(pixels);
    },
    close() {
      this.closed += 1;
      return Promise.resolve();
    },
  };
}

async function using<T>(workers: number, use: (source: PrefetchingViewSource) => Promise<T>): Promise<T> {
  const tiles = tilesOf(20);
  const source = createViewSource({ tiles, viewPx, seed: 5, augmentation: tissueAugmentation, workers });
  try {
    return await use(source);
  } finally {
    await source.close();
    expect(tiles.closed).toBe(1);
  }
}

const triplets = Array.from({ length: 7 }, (_, tile) => ({ tile, neighbour: (tile * 3 + 1) % 20 }));
const valuesPerView = viewPx * viewPx * 3;

describe('view source', () => {
  it('gives the same views with no worker, one, three and read ahead', async () => {
    const [first, second, third] = await using(0, (source) => source.trainingViews(triplets, 2));
    expect(first.length).toBe(triplets.length * valuesPerView);
    expect(first).not.toEqual(third);
    for (const workers of [1, 3]) {
      expect(await using(workers, (source) => source.trainingViews(triplets, 2))).toEqual([first, second, third]);
    }
    const ahead = await using(1, async (source) => {
      await source.trainingViews(triplets, 1);
      source.prefetch(triplets, 2);
      return source.trainingViews(triplets, 2);
    });
    expect(ahead).toEqual([first, second, third]);
    const other = await using(0, async (source) => {
      await source.trainingViews(triplets, 1);
      source.prefetch(triplets.slice(1), 2);
      return source.trainingViews(triplets, 2);
    });
    expect(other).toEqual([first, second, third]);
  });

  it('gives an engine that augments itself each tile once and the same draws', async () => {
    const [views, plain] = await using(0, async (source) => [
      await source.trainingViews(triplets, 2),
      await source.plainViews([3, 1, 3]),
    ]);
    const rendered = ({ tilePx, pixels, views: descriptions }: TrainingTiles): Float32Array => {
      const out = new Float32Array(descriptions.length * valuesPerView);
      const renderer = new ViewRenderer(tilePx, viewPx);
      descriptions.forEach(({ slot, parameters }, index) => {
        const tile = pixels.subarray(slot * tilePx * tilePx * 3, (slot + 1) * tilePx * tilePx * 3);
        if (parameters) renderer.augmentView(tile, parameters, out, index * valuesPerView);
        else renderer.plainView(tile, out, index * valuesPerView);
      });
      return out;
    };
    await using(0, async (source) => {
      const tiles = await source.unrendered.training(triplets, 2);
      const unique = new Set(triplets.flatMap(({ tile, neighbour }) => [tile, neighbour]));
      expect(tiles.pixels.length).toBe(unique.size * sizePx * sizePx * 3);
      expect(rendered(tiles)).toEqual(Float32Array.from(views.flatMap((view) => [...view])));
      const plainTiles = await source.unrendered.plain([3, 1, 3]);
      expect(plainTiles.pixels.length).toBe(2 * sizePx * sizePx * 3);
      expect(rendered(plainTiles)).toEqual(plain);
      expect((await source.unrendered.plain([])).pixels).toHaveLength(0);
    });
  });

  it('reads ahead what the engine asked for last, and each step once', async () => {
    const tiles = tilesOf(20);
    const source = createViewSource({ tiles, viewPx, seed: 5, augmentation: tissueAugmentation, workers: 0 });
    source.prefetch(triplets, 0);
    expect(tiles.reads).toBe(0);
    const later = await source.unrendered.training(triplets, 1);
    expect(tiles.reads).toBe(1);
    source.prefetch(triplets, 1);
    expect(tiles.reads).toBe(2);
    expect(await source.unrendered.training(triplets, 1)).toEqual(later);
    expect(tiles.reads).toBe(2);
    source.prefetch(triplets, 2);
    await source.trainingViews(triplets, 2);
    const before = tiles.reads;
    source.prefetch(triplets, 3);
    await source.trainingViews(triplets, 3);
    expect(tiles.reads).toBe(before + 1);
    await source.close();
  });

  it('makes the views of a tile independent of the batch it stands in', async () => {
    const [all, neighbours] = await using(0, (source) => source.trainingViews(triplets, 1));
    const [one, neighbour] = await using(0, (source) => source.trainingViews([triplets[4]!], 1));
    expect(one).toEqual(all.slice(4 * valuesPerView, 5 * valuesPerView));
    expect(neighbour).toEqual(neighbours.slice(4 * valuesPerView, 5 * valuesPerView));
  });

  it('draws anew every epoch', async () => {
    const [first] = await using(0, (source) => source.trainingViews(triplets, 1));
    const [second] = await using(0, (source) => source.trainingViews(triplets, 2));
    expect(first).not.toEqual(second);
  });

  it('gives plain views in the order asked for, with and without workers', async () => {
    const plain = await using(0, (source) => source.plainViews([3, 1, 3]));
    expect(plain.slice(0, valuesPerView)).toEqual(plain.slice(2 * valuesPerView));
    expect(plain.slice(0, valuesPerView)).not.toEqual(plain.slice(valuesPerView, 2 * valuesPerView));
    expect(await using(2, (source) => source.plainViews([3, 1, 3]))).toEqual(plain);
    expect(await using(0, (source) => source.plainViews([]))).toEqual(new Float32Array(0));
  });

  it('passes on a failed read and stays usable', async () => {
    await using(1, async (source) => {
      await expect(source.plainViews([99])).rejects.toThrow('no tile 99');
      await source.trainingViews(triplets, 0);
      source.prefetch([{ tile: 99, neighbour: 99 }], 0);
      await expect(source.trainingViews([{ tile: 99, neighbour: 99 }], 0)).rejects.toThrow('no tile 99');
      await expect(source.plainViews([1])).resolves.toHaveLength(valuesPerView);
    });
  });

  it('refuses an impossible view size', () => {
    const options = { tiles: tilesOf(1), seed: 0, augmentation: tissueAugmentation, workers: 0 };
    expect(() => createViewSource({ ...options, viewPx: 4 })).toThrow(
      expect.objectContaining({ code: 'invalid-input' }),
    );
  });
});
