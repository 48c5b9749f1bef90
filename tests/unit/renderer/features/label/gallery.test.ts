/** The gallery's list and its selection. */
import { describe, expect, it } from 'vitest';
import {
  countOutdated,
  galleryList,
  type GalleryFacts,
  type GalleryTiles,
} from '../../../../../renderer/features/label/gallery/gallery-list.ts';
import {
  click,
  inRectangle,
  moveFocus,
  noSelection,
} from '../../../../../renderer/features/label/gallery/selection.ts';
import { openFilter, type GalleryFilter } from '../../../../../renderer/features/label/gallery/useGalleryFilter.ts';
import { untouched, type TileState } from '../../../../../renderer/features/label/label-acts.ts';

const all: GalleryTiles = {
  tiles: Int32Array.from([10, 11, 12, 20, 21]),
  slideOf: Uint16Array.from([0, 0, 0, 1, 1]),
  columns: new Int32Array(5),
  rows: new Int32Array(5),
  slides: ['one', 'two'],
};
const states = new Map<number, TileState>([
  [10, { class: 'a', source: 'person', mark: null }],
  [11, { class: 'b', source: 'import', mark: null }],
  [20, { class: null, source: null, mark: 'unsure' }],
]);
const said = new Map([
  [10, { index: 1, probability: 0.9 }],
  [11, { index: 1, probability: 0.6 }],
  [12, { index: 0, probability: 0.7 }],
  [21, { index: 1, probability: 0.95 }],
]);
const facts: GalleryFacts = {
  stateOf: (tile) => states.get(tile) ?? untouched,
  predictionOf: (_, tile) => said.get(tile) ?? null,
  classOfIndex: (index) => ['a', 'b'][index] ?? null,
};

describe('the gallery', () => {
  it.each<[string, Partial<GalleryFilter>, number[]]>([
    ['everything', {}, [0, 1, 2, 3, 4]],
    ['what has no label and no mark', { state: 'unlabelled' }, [2, 4]],
    ['what has a label', { state: 'labelled' }, [0, 1]],
    ['one class', { state: 'class:b' }, [1]],
    ['what was put off', { state: 'unsure' }, [3]],
    ['imported labels', { source: 'import' }, [1]],
    ['one slide', { slide: 'two' }, [3, 4]],
    ['no slide that is gone', { slide: 'three' }, []],
    ['what the classifier calls b, surest first', { predicted: '1', sort: 'certain' }, [4, 0, 1]],
    ['labels the classifier contradicts', { sort: 'disagrees' }, [0]],
    ['the least sure first, unknown ones before', { sort: 'uncertain' }, [3, 1, 2, 0, 4]],
  ])('shows %s', (_, filter, expected) => {
    expect([...galleryList(all, { ...openFilter, ...filter }, facts)]).toEqual(expected);
  });

  it('mixes in the same order every time', () => {
    const mixed = [...galleryList(all, { ...openFilter, sort: 'mixed' }, facts)];
    expect(mixed).toEqual([...galleryList(all, { ...openFilter, sort: 'mixed' }, facts)]);
    expect(mixed.toSorted()).toEqual([0, 1, 2, 3, 4]);
  });

  it('counts what fits no more after labels, and leaves the list as it is', () => {
    const shown = Int32Array.from([0, 2, 4]);
    expect(countOutdated(all, shown, { state: 'unlabelled', source: '' }, facts.stateOf)).toBe(1);
    expect(countOutdated(all, shown, { state: '', source: '' }, facts.stateOf)).toBe(0);
  });
});

describe('selecting', () => {
  const plain = { shift: false, ctrl: false };
  it('takes one, adds one, takes a range from the anchor', () => {
    const one = click(noSelection, 3, plain);
    expect([...one.selected]).toEqual([3]);
    expect([...click(one, 5, { ...plain, ctrl: true }).selected]).toEqual([3, 5]);
    expect([...click(click(one, 5, { ...plain, ctrl: true }), 5, { ...plain, ctrl: true }).selected]).toEqual([3]);
    expect([...click(one, 1, { ...plain, shift: true }).selected]).toEqual([1, 2, 3]);
  });
  it('grows with Shift and arrows, and ends with an arrow alone', () => {
    const grown = moveFocus(click(noSelection, 2, plain), 4, true);
    expect([...grown.selected]).toEqual([2, 3, 4]);
    expect(moveFocus(grown, 5, false)).toEqual({ selected: new Set(), focus: 5, anchor: 5 });
  });
  it('takes what a rectangle touches and no more than there is', () => {
    const layout = { columns: 3, step: 100, count: 5 };
    expect(inRectangle(layout, { left: 90, top: 10, right: 110, bottom: 20 })).toEqual([0, 1]);
    expect(inRectangle(layout, { left: 150, top: 50, right: 900, bottom: 900 })).toEqual([1, 2, 4]);
  });
});
