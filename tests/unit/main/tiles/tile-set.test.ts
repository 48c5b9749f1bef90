import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildTileSet, indexTiles, locateTile } from '#main/tiles/tile-set.ts';
import type { ShardRecord } from '#main/tiles/shard.ts';

function shardOf(slide: string, shard: number, records: number, sizePx = 8): ShardRecord {
  return {
    version: 1,
    slide,
    shard,
    sizePx,
    records,
    tiles: Array.from({ length: records }, (_, i) => [i, shard]),
    blurred: [],
    sha256: '0'.repeat(64),
    planHash: '0'.repeat(64),
  };
}

describe('tile set', () => {
  it('gives every kept tile one index and finds it again, also past empty shards', () => {
    const lengths = fc.array(fc.array(fc.nat(5), { maxLength: 4 }), { maxLength: 5 });
    fc.assert(
      fc.property(lengths, (slides) => {
        const count = slides.flat().reduce((sum, n) => sum + n, 0);
        if (count === 0) return;
        const manifest = buildTileSet(
          '/d',
          slides.map((list, i) => list.map((n, shard) => shardOf(`s${i}`, shard, n))),
        );
        expect(manifest.count).toBe(count);
        const indexOf = indexTiles(manifest);
        const seen = new Set<string>();
        for (let index = 0; index < count; index += 1) {
          const location = locateTile(manifest, index);
          expect(indexOf(location)).toBe(index);
          seen.add(JSON.stringify(location));
        }
        expect(seen.size).toBe(count);
        expect(indexOf({ slide: 's0', column: 99, row: 0 })).toBeUndefined();
        expect(JSON.parse(JSON.stringify(manifest))).toEqual(manifest);
      }),
    );
  });

  it('refuses an empty set and mixed tile sizes', () => {
    expect(() => buildTileSet('/d', [[shardOf('a', 0, 0)]])).toThrow(expect.objectContaining({ code: 'no-tiles' }));
    expect(() => buildTileSet('/d', [[shardOf('a', 0, 1)], [shardOf('b', 0, 1, 16)]])).toThrow(
      expect.objectContaining({ code: 'invalid-input' }),
    );
  });
});
