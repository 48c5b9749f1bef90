/** Moves along the list of tiles to label. */
import { describe, expect, it } from 'vitest';
import {
  appendTiles,
  bringBack,
  countOpen,
  nextOpen,
} from '../../../../../renderer/features/label/queue/queue-list.ts';

const tiles = (...indices: number[]): { tile: number }[] => indices.map((tile) => ({ tile }));
const done =
  (...indices: number[]) =>
  (tile: number): boolean =>
    indices.includes(tile);

describe('the queue', () => {
  it('goes to the next tile without a label, from the start after the end, and nowhere when all are done', () => {
    const list = { tiles: tiles(1, 2, 3, 4), position: 1 };
    expect(nextOpen(list, done(2, 3))).toBe(3);
    expect(nextOpen(list, done(2, 3, 4))).toBe(0);
    expect(nextOpen(list, done(1, 2, 3, 4))).toBeNull();
    expect(countOpen(list, done(2, 3))).toBe(1);
  });

  it('grows at its end by tiles it does not have, so that nothing moves', () => {
    const list = appendTiles({ tiles: tiles(1, 2), position: 1 }, tiles(2, 3, 4), done(4));
    expect(list).toEqual({ tiles: tiles(1, 2, 3), position: 1 });
  });

  it('brings a refused tile back as the next one and stays at the tile looked at', () => {
    expect(bringBack({ tiles: tiles(1, 2, 3, 4), position: 2 }, { tile: 1 })).toEqual({
      tiles: tiles(2, 3, 1, 4),
      position: 1,
    });
    expect(bringBack({ tiles: tiles(1, 2, 3), position: 0 }, { tile: 3 })).toEqual({
      tiles: tiles(1, 3, 2),
      position: 0,
    });
    const list = { tiles: tiles(1, 2), position: 0 };
    expect(bringBack(list, { tile: 1 })).toBe(list);
  });
});
