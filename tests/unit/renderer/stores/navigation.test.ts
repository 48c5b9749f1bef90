// @vitest-environment happy-dom
import { expect, test } from 'vitest';
import { parseAddress, writeAddress } from '../../../../renderer/stores/navigation.ts';

test.each([
  ['', { project: null, place: 'slides', slide: null }],
  ['#/', { project: null, place: 'slides', slide: null }],
  ['#/abc/label', { project: 'abc', place: 'label', slide: null }],
  ['#/abc/map?slide=s%201', { project: 'abc', place: 'map', slide: 's 1' }],
  ['#/abc/nowhere', { project: 'abc', place: 'slides', slide: null }],
  ['#/%E0%A4%A/label', { project: null, place: 'label', slide: null }],
] as const)('the address %s is read as %o', (hash, expected) => {
  expect(parseAddress(hash)).toEqual(expected);
});

test('what is written is read again', () => {
  const address = { project: 'ü/1', place: 'classifier', slide: 'a&b=c' } as const;
  expect(parseAddress(writeAddress(address))).toEqual(address);
  expect(writeAddress({ project: null, place: 'map', slide: 'x' })).toBe('#/');
});
