// @vitest-environment happy-dom
/** What each tile of a map looks like. */
import { describe, expect, it } from 'vitest';
import type { SlidePredictions } from '#common/prediction-bytes.ts';
import {
  chosenLayers,
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
  distance: null,
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

describe('layers about the map itself', () => {
  const doubtful: SlidePredictions = {
    ...predictions,
    disagreement: Uint8Array.of(0, 51, 255),
    distance: Uint8Array.of(0, 127, 255),
  };

  it('are drawn dark where there is no doubt and bright where it is largest', () => {
    expect([...mapFills(doubtful, look({ layer: 'uncertainty' }))]).toEqual(
      [0, 248 / 255, 254 / 255].map((share) => packColour(confidenceColour(share))),
    );
    expect(mapFills(doubtful, look({ layer: 'disagreement' }))[2]).toBe(packColour('#ffea46'));
    expect(mapFills(doubtful, look({ layer: 'unlike' }))[0]).toBe(packColour('#00204d'));
  });
  it('are blank where the map was made without them, and where a tile is hidden', () => {
    expect([...mapFills(predictions, look({ layer: 'disagreement' }))]).toEqual([0, 0, 0]);
    expect([...mapFills(doubtful, look({ layer: 'uncertainty', threshold: 0.7 }))].slice(1)).toEqual([0, 0]);
  });
  it('are read with their units: shares, and a distance in limits of the training slides', () => {
    expect(readTile(doubtful, 1)).toMatchObject({ disagreement: 0.2, distance: 127 / 127.5 });
    expect(readTile(doubtful, 2)?.distance).toBe(2);
    expect(readTile(predictions, 0)).toMatchObject({ uncertainty: 0, disagreement: null, distance: null });
  });
  it('stand before the single classes, and only those that the map has are offered', () => {
    const named = ['class', 'confidence', 'p0', 'p1', 'uncertainty', 'unlike', 'of another time'];
    expect(chosenLayers(named.map((layer) => ({ layer })))).toEqual([
      'class',
      'confidence',
      'uncertainty',
      'unlike',
      'p0',
      'p1',
    ]);
  });
});
