/** Where slides lie, as a project keeps it; Windows' rules on any system. */
import { posix, win32 } from 'node:path';
import { expect, it } from 'vitest';
import { slideLocation, storedSlidePath } from '#main/services/slide-path.ts';

it.each([
  ['beside the project', win32, 'C:\\Projekte\\P', 'C:\\Projekte\\Bilder\\a.svs', '../Bilder/a.svs'],
  ['on another drive', win32, 'C:\\Projekte\\P', 'Z:\\Archiv\\a.svs', 'Z:/Archiv/a.svs'],
  ['on a share', win32, 'C:\\Projekte\\P', '\\\\server\\Bilder\\a.svs', '//server/Bilder/a.svs'],
  ['with a backslash in its name', posix, '/p/P', '/b/a\\b.svs', '../../b/a\\b.svs'],
  ['with a line break in its name', posix, '/p/P', '/p/x\ny.svs', '../x\ny.svs'],
])('a slide %s is found again from what is stored', (_, rules, directory, file, stored) => {
  expect(storedSlidePath(directory, file, rules)).toBe(stored);
  expect(slideLocation(directory, stored, rules)).toBe(file);
});
