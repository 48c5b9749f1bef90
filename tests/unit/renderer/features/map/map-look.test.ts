// @vitest-environment happy-dom
/** What each tile of a map looks like. */
import { describe, expect, it } from 'vitest';
import type { SlidePredictions } from '#common/prediction-bytes.ts';
import {
  classOfLayer,
  confidenceColour,
  mapFills,
  readTile,
  shownTiles,
  type MapLook,
} from '../../../../../renderer/features/map/map-look.ts';
import { gridOfMap } from '../../../../../renderer/features/map/useShownMap.ts';
import { packColour } from '../../../../../renderer/viewer/index.ts';

/** Three tiles of two classes: sure of the first, barely the second, barely the first. */
const predictions: SlidePredictions = {
  firstTile: 10,
  classCount: 2,
  columns: Int32Array.of(0, 1, 5),
  rows: Int32Array.of(0, 0, 2),
  classes: Uint8Array.of(0, 1, 0),
  probabilities: Uint8Array.of(255, 0, 102, 153, 140, 115),
  uncertainty: Uint8Array.of(0, 248, 254),
  disagreement: null,
  // Half the limit, the limit, and the end of the scale.
  distance: Uint8Array.of(64, 128, 255),
};
const look = (change: Partial<MapLook> = {}): MapLook => ({
  layer: 'class',
  colours: ['#0072b2', '#e69f00'],
  threshold: 0,
  hidden: new Set(),
  ...change,
});

describe('the class layer', () => {
  it('gives each tile the colour of its class', () => {
    expect([...mapFills(predictions, look())]).toEqual([
      packColour('#0072b2'),
      packColour('#e69f00'),
      packColour('#0072b2'),
    ]);
  });
  it('leaves hidden classes and unsure tiles blank', () => {
    expect([...shownTiles(predictions, look({ hidden: new Set([0]) }))]).toEqual([0, 1, 0]);
    expect([...shownTiles(predictions, look({ threshold: 0.7 }))]).toEqual([1, 0, 0]);
  });
  it('keeps a tile that is exactly as sure as wanted, though probabilities come in 255 steps', () => {
    expect([...shownTiles(predictions, look({ threshold: 0.6 }))]).toEqual([1, 1, 0]);
    expect([...shownTiles(predictions, look({ threshold: 0.55 }))]).toEqual([1, 1, 1]);
  });
});

describe('a layer of doubt', () => {
  it('is dark where there is none and bright at the end of its scale', () => {
    const fills = mapFills(predictions, look({ layer: 'uncertainty' }));
    expect([fills[0], fills[2]]).toEqual([packColour(confidenceColour(0)), packColour(confidenceColour(254 / 255))]);
    const distances = mapFills(predictions, look({ layer: 'unlike' }));
    expect(distances[2]).toBe(packColour(confidenceColour(1)));
    expect(new Set(distances).size).toBe(3);
  });
  it('leaves hidden classes and unsure tiles blank, as the class layer does', () => {
    const shown = look({ layer: 'uncertainty', hidden: new Set([1]), threshold: 0.6 });
    expect([...mapFills(predictions, shown)].map((fill) => fill !== 0)).toEqual([true, false, false]);
  });
  it('draws nothing where the map has no such numbers', () => {
    expect([...mapFills(predictions, look({ layer: 'disagreement' }))]).toEqual([0, 0, 0]);
  });
  it('reads out its numbers with the probabilities', () => {
    expect(readTile(predictions, 1)).toMatchObject({ uncertainty: 248 / 255, disagreement: null });
    expect(readTile(predictions, 1)?.distance).toBeCloseTo(1, 2);
    expect(readTile(predictions, 2)?.distance).toBe(2);
  });
});

describe('a probability layer', () => {
  it('shows its own class only, clear at 0 and full at 1, whatever classes are hidden', () => {
    const fills = mapFills(predictions, look({ layer: 'p0', hidden: new Set([0]) }));
    expect([...fills].map((fill) => fill >>> 24)).toEqual([255, 102, 140]);
  });
  it('has the threshold of its own class', () => {
    expect([...shownTiles(predictions, look({ layer: 'p1', threshold: 0.5 }))]).toEqual([0, 1, 0]);
  });
  it('is told from the others by its name', () => {
    expect(classOfLayer('p12')).toBe(12);
    expect(classOfLayer('class')).toBeNull();
  });
});

it('the confidence layer goes from dark blue to yellow', () => {
  expect([0, 0.5, 1].map(confidenceColour)).toEqual(['#00204d', '#7c7b78', '#ffea46']);
});

it('a tile is read with its most likely class first', () => {
  expect(readTile(predictions, 1)).toMatchObject({
    predicted: 1,
    ranked: [
      { index: 1, value: 0.6 },
      { index: 0, value: 0.4 },
    ],
  });
  expect(readTile(predictions, 3)).toBeNull();
});

it('the grid holds every tile and has the scale the tiles were cut at', () => {
  expect(gridOfMap(predictions, { sizePx: 128, stridePx: 64, mpp: 1 }, 0.25)).toMatchObject({
    columns: 6,
    rows: 3,
    downsample: 4,
    sizePx: 128,
    stridePx: 64,
  });
});
