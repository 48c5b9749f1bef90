// @vitest-environment happy-dom
/** Tiles on the slide: what a stroke, a rectangle and "next" take, and how they are coloured. */
import { describe, expect, it } from 'vitest';
import { untouched, type TileState } from '../../../../../renderer/features/label/label-acts.ts';
import {
  nextUnlabelled,
  slideTiles,
  tileColours,
  tilesIn,
  tilesNear,
} from '../../../../../renderer/features/label/slide/slide-tiles.ts';

/** 3 x 2 without its middle tile of the first row; tiles of 100 level-0 pixels. */
const tiles = slideTiles(
  {
    tiles: Int32Array.from([50, 51, 52, 53, 54]),
    columns: Int32Array.from([0, 2, 0, 1, 2]),
    rows: Int32Array.from([0, 0, 1, 1, 1]),
  },
  { sizePx: 50, stridePx: 50, mpp: 1 },
  0.5,
);
const labelled: TileState = { class: 'a', source: 'person', mark: null };

describe('tiles on the slide', () => {
  it('are found under a point, in a rectangle and under a brush', () => {
    expect(tiles.index.at(250, 50)).toBe(1);
    expect(tiles.index.at(150, 50)).toBe(-1);
    expect(tilesIn(tiles, { x: 90, y: 90, width: 20, height: 20 })).toEqual([0, 2, 3]);
    expect(tilesNear(tiles, 40, 50, 5)).toEqual([0]);
    expect(tilesNear(tiles, 50, 100, 60).sort()).toEqual([0, 2]);
  });

  it('are gone through to the next without a label, round the end', () => {
    const state = (tile: number): TileState => (tile === 51 ? untouched : labelled);
    expect(nextUnlabelled(tiles, -1, state)).toBe(1);
    expect(nextUnlabelled(tiles, 3, state)).toBe(1);
    expect(nextUnlabelled(tiles, 0, () => labelled)).toBe(-1);
    expect(tiles.positionOf(53)).toBe(3);
    expect(tiles.positionOf(99)).toBe(-1);
  });

  it('are filled in their class, strongest by a person; nothing is drawn where nothing is known', () => {
    const { fills } = tileColours(
      tiles,
      (tile) => (tile === 50 ? labelled : untouched),
      () => '#ff0000',
      (tile) => (tile === 51 ? { colour: '#00ff00', probability: 1 } : null),
    );
    const alpha = [...fills].map((packed) => packed >>> 24);
    expect(alpha[0]).toBeGreaterThan(alpha[1] ?? 0);
    expect(alpha[1]).toBeGreaterThan(0);
    expect(alpha[2]).toBe(0);
  });
});
