import { expect, test } from 'vitest';
import { chooseRange, isShown, taken } from '../../../../renderer/shell/file-choice.ts';

const entries = [
  { id: 'f', kind: 'folder' as const },
  { id: 'a', kind: 'slide' as const },
  { id: 'b', kind: 'slide' as const },
  { id: 'c', kind: 'image' as const },
];
const click = { anchor: 1, isMultiple: true, shift: false, ctrl: false };
const choose = (chosen: string[], change: object): string[] => [
  ...chooseRange(entries, new Set(chosen), { index: 2, ...click, ...change }),
];

test('a click chooses one, with Ctrl one more or one less, with Shift all from the anchor', () => {
  expect(choose(['a'], {})).toEqual(['b']);
  expect(choose(['a'], { ctrl: true })).toEqual(['a', 'b']);
  expect(choose(['a', 'b'], { ctrl: true })).toEqual(['a']);
  expect(choose([], { index: 3, shift: true })).toEqual(['a', 'b', 'c']);
});

test('a range upwards over a folder leaves the folder out', () => {
  expect(choose([], { index: 0, anchor: 2, shift: true })).toEqual(['a', 'b']);
});

test('where only one may be chosen, Shift and Ctrl choose one', () => {
  expect(choose(['a'], { isMultiple: false, ctrl: true })).toEqual(['b']);
});

test('files of other kinds are not listed, folders always are', () => {
  expect(isShown({ kind: 'csv' }, 'files', ['slide'])).toBe(false);
  expect(isShown({ kind: 'slide' }, 'files', ['slide'])).toBe(true);
  expect(isShown({ kind: 'slide' }, 'folder', [])).toBe(false);
  expect(isShown({ kind: 'folder' }, 'project', [])).toBe(true);
});

test.each([
  ['nothing', [], ['a']],
  ['only another one', ['b'], ['a']],
  ['it and others', ['a', 'b'], ['a', 'b']],
  ['several others', ['b', 'c'], ['b', 'c']],
  ['one that the filter hides now', ['hidden'], ['hidden', 'a']],
  ['several of which the filter hides one', ['b', 'hidden'], ['b', 'hidden', 'a']],
])('Enter on a file while %s is chosen takes what the person means', (_, chosen, expected) => {
  expect([...taken({ id: 'a' }, new Set(chosen), entries)]).toEqual(expected);
});
