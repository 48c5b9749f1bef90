import { expect, test } from 'vitest';
import { matchEntries, type PaletteEntry } from '../../../../renderer/shell/palette-matches.ts';

const entries = ['Everywhere: Undo', 'Label: Unsure', 'Slide: Krüger-17', 'Go to: Label', 'Slide: unrelated'].map(
  (text): PaletteEntry => ({ id: text, text, note: '', run: () => undefined }),
);
const found = (typed: string): string[] => matchEntries(entries, typed).map(({ text }) => text);

test('nothing typed lists everything as it is', () => {
  expect(found('')).toEqual(entries.map(({ text }) => text));
});

test('the start of a text counts more than the start of a word, and that more than the middle', () => {
  expect(found('label')).toEqual(['Label: Unsure', 'Go to: Label']);
  expect(found('un')).toEqual(['Label: Unsure', 'Everywhere: Undo', 'Slide: unrelated']);
});

test('every word must be there, without regard to capitals and accents', () => {
  expect(found('slide KRUGER')).toEqual(['Slide: Krüger-17']);
  expect(found('undo slide')).toEqual([]);
});
