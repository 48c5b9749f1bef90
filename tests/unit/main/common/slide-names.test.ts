/** Slides of one name, told apart by their folders. */
import { expect, it } from 'vitest';
import { distinctNames, folderHints } from '#common/slide-names.ts';

const slide = (id: string, path: string) => ({ id, path, name: path.split('/').at(-1) ?? '' });

it.each([
  ['different names need no hint', ['a/1.svs', 'a/2.svs'], [null, null]],
  [
    'the folder tells two of one name apart',
    ['Fall 1/HE.svs', 'Fall 2/HE.svs', 'x/PAS.svs'],
    ['Fall 1', 'Fall 2', null],
  ],
  ['and so many folders as are needed', ['2025/HE/1.svs', '2026/HE/1.svs'], ['2025/HE', '2026/HE']],
  ['a name typed in another way is the same name', ['a/Pr\u00e4parat.svs', 'b/Pra\u0308parat.svs'], ['a', 'b']],
  ['a slide beside the project has no folder to show', ['1.svs', 'b/1.svs'], ['', 'b']],
])('%s', (_, paths, hints) => {
  expect([...folderHints(paths.map((path, index) => slide(String(index), path))).values()]).toEqual(hints);
});

it('names in exports are never alike, also where folders do not help', () => {
  const renamed = [
    { id: 's1', name: 'Leber', path: 'a/1.svs' },
    { id: 's2', name: 'Leber', path: 'a/2.svs' },
    { id: 's3', name: 'Leber (a)', path: 'b/3.svs' },
    { id: 's4', name: 'Niere', path: 'b/4.svs' },
  ];
  const names = [...distinctNames(renamed).values()];
  expect(new Set(names).size).toBe(4);
  expect(names[0]).toBe('Leber (a)');
  expect(names[3]).toBe('Niere');
});
