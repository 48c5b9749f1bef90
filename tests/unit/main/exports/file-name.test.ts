/** File names made of slide names. */
import { expect, it } from 'vitest';
import { safeFileName, uniqueFileName } from '#main/exports/file-name.ts';

it.each([
  ['HE "1/2" <x>|?*', 'HE _1_2_ _x____'],
  ['..', '_'],
  ['.hidden', 'hidden'],
  ['two\nlines\u001b[31m', 'two_lines_[31m'],
  ['Ende. ', 'Ende'],
  ['con', '_con'],
  ['LPT1', '_LPT1'],
  ['Pra\u0308parat', 'Pr\u00e4parat'],
  ['broken \ud83d sign', 'broken \ufffd sign'],
])('%j becomes %j', (name, safe) => {
  expect(safeFileName(name)).toBe(safe);
});

it.each(['切', '🧫', 'ä', 'a'])('a very long name of %s is cut between signs and leaves room for endings', (sign) => {
  const safe = safeFileName(sign.repeat(300));
  expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(180);
  expect(Buffer.byteLength(safe)).toBeGreaterThan(170);
  expect(safe.replaceAll(sign, '')).toBe('');
});

it('no two are alike, neither by capitals nor by the way an umlaut is written', () => {
  const taken = new Set<string>();
  const names = ['Fall.svs', 'FALL.svs', 'fall.tif', 'Ä.svs', 'A\u0308.svs', 'fall-s2.svs'];
  const files = names.map((name, index) => uniqueFileName(name, `s${index}`, taken));
  expect(new Set(files.map((file) => file.normalize('NFC').toLowerCase())).size).toBe(names.length);
  expect(files.slice(0, 2)).toEqual(['Fall', 'FALL-s1']);
});
