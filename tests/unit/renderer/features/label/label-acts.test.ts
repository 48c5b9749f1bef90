/** What an act does to a tile, and how it is taken back. */
import { describe, expect, it } from 'vitest';
import {
  changesBackTo,
  labelDelta,
  stateAfter,
  untouched,
  type TileState,
} from '../../../../../renderer/features/label/label-acts.ts';

const labelled = (id: string): TileState => ({ class: id, source: 'person', mark: null });
const unsure: TileState = { class: null, source: null, mark: 'unsure' };

describe('label acts', () => {
  it('replace label and mark by each other, and clear both', () => {
    expect(stateAfter({ kind: 'label', class: 'a', source: 'suggestion' })).toEqual({
      class: 'a',
      source: 'suggestion',
      mark: null,
    });
    expect(stateAfter({ kind: 'mark', mark: 'unsure' })).toEqual(unsure);
    expect(stateAfter({ kind: 'clear' })).toEqual(untouched);
  });

  it('are taken back by saying what was, tiles that were alike together', () => {
    const before = new Map([
      [1, labelled('a')],
      [2, untouched],
      [3, labelled('a')],
      [4, unsure],
    ]);
    expect(changesBackTo(before)).toEqual([
      { change: { kind: 'label', class: 'a', source: 'person' }, tiles: [1, 3] },
      { change: { kind: 'clear' }, tiles: [2] },
      { change: { kind: 'mark', mark: 'unsure' }, tiles: [4] },
    ]);
  });

  it('change the counts of the classes by what they add and take', () => {
    const before = new Map([
      [1, labelled('a')],
      [2, untouched],
      [3, unsure],
    ]);
    expect([...labelDelta(before, () => labelled('b'))]).toEqual([
      ['a', -1],
      ['b', 3],
    ]);
  });
});
