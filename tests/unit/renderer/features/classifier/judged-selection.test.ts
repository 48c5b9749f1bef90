/** Which tiles stand behind what was clicked. */
import { describe, expect, it } from 'vitest';
import {
  canFilterWrong,
  isSameSelection,
  questionOf,
  type JudgedSelection,
} from '../../../../../renderer/features/classifier/judged-selection.ts';

describe('the tiles behind', () => {
  const cases: readonly [string, JudgedSelection, boolean, unknown][] = [
    ['a cell', { kind: 'cell', truth: 1, predicted: 0 }, true, { truth: 1, predicted: 0, onlyWrong: false }],
    ['a row', { kind: 'truth', truth: 2 }, true, { truth: 2, onlyWrong: true }],
    ['a column', { kind: 'predicted', predicted: 2 }, false, { predicted: 2, onlyWrong: false }],
    ['a fold', { kind: 'fold', fold: 3, slide: null }, false, { fold: 3, onlyWrong: false }],
    ['a slide of a fold', { kind: 'fold', fold: 3, slide: 's' }, true, { fold: 3, slide: 's', onlyWrong: true }],
    ['all mistakes', { kind: 'wrong' }, false, { onlyWrong: true }],
    ['likely wrong labels', { kind: 'suspects' }, true, null],
  ];
  it.each(cases)('%s are asked for with what is needed and no more', (_, selection, onlyWrong, question) => {
    expect(questionOf(selection, onlyWrong)).toEqual(question);
  });
});

it('a cell on the diagonal shows its right tiles even when only mistakes were wanted before', () => {
  expect(questionOf({ kind: 'cell', truth: 1, predicted: 1 }, true)).toMatchObject({ onlyWrong: false });
});

it('only rows, columns and folds can be narrowed to mistakes', () => {
  expect(canFilterWrong({ kind: 'truth', truth: 0 })).toBe(true);
  expect(canFilterWrong({ kind: 'fold', fold: 0, slide: null })).toBe(true);
  expect(canFilterWrong({ kind: 'cell', truth: 0, predicted: 1 })).toBe(false);
  expect(canFilterWrong({ kind: 'suspects' })).toBe(false);
});

it('selections are the same by what they say', () => {
  expect(isSameSelection({ kind: 'truth', truth: 0 }, { kind: 'truth', truth: 0 })).toBe(true);
  expect(isSameSelection({ kind: 'truth', truth: 0 }, { kind: 'truth', truth: 1 })).toBe(false);
  expect(isSameSelection(null, { kind: 'wrong' })).toBe(false);
});
