/** Paths for libraries that open files themselves. */
import { expect, it } from 'vitest';
import { systemPath } from '#main/files/system-path.ts';

const long = `C:\\Pathologie\\${'Fälle 2026\\'.repeat(40)}Präparat.svs`;

it.each([
  ['a long path', long, `\\\\?\\${long}`],
  ['a share', '\\\\server\\Bilder\\Fall 1\\a.svs', '\\\\?\\UNC\\server\\Bilder\\Fall 1\\a.svs'],
  ['forward slashes and steps back', 'C:/Bilder/x/../a.svs', '\\\\?\\C:\\Bilder\\a.svs'],
  ['the long form itself', '\\\\?\\C:\\Bilder\\a.svs', '\\\\?\\C:\\Bilder\\a.svs'],
])('%s gets the form without the limit of 260 characters on Windows', (_, path, expected) => {
  expect(systemPath(path, 'win32')).toBe(expected);
});

it.each(['linux', 'darwin'] as const)('stays as it is on %s', (platform) => {
  expect(systemPath('/Bilder/../a\\b.svs', platform)).toBe('/Bilder/../a\\b.svs');
});
