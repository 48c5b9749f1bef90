import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findElectron, type ElectronQuestion } from '../../e2e/driver/find-electron.ts';

const folder = mkdtempSync(join(tmpdir(), 'trefoil-find-electron-'));
const binary = join(folder, 'trefoil');
writeFileSync(binary, '');
const question: ElectronQuestion = {
  environment: { ELECTRON_PATH: binary, DISPLAY: ':0' },
  platform: 'linux',
  isRoot: false,
  packageFolder: join(folder, 'package'),
};

test.each([
  ['nothing is here', { environment: {} }, /no Electron is here/],
  ['the path leads nowhere', { environment: { ELECTRON_PATH: join(folder, 'none') } }, /names no file/],
  ['there is no screen', { environment: { ELECTRON_PATH: binary } }, /no screen/],
  ['it is root', { isRoot: true }, /root/],
  ['it is Windows', { platform: 'win32' }, /docs\/release/],
] as const)('says why Electron cannot run when %s', (_case, given, reason) => {
  expect(findElectron({ ...question, ...given })).toMatch(reason);
});

test('takes the one that is named, and sees whether it is our packed app', () => {
  expect(findElectron(question)).toEqual({ executable: binary, isPackaged: false });
  mkdirSync(join(folder, 'resources'));
  writeFileSync(join(folder, 'resources', 'app.asar'), '');
  expect(findElectron(question)).toEqual({ executable: binary, isPackaged: true });
});

test("takes the package's own when npm has fetched it", () => {
  const own = { ...question, environment: { DISPLAY: ':0' } };
  mkdirSync(join(question.packageFolder, 'dist'), { recursive: true });
  writeFileSync(join(question.packageFolder, 'path.txt'), 'electron');
  expect(findElectron(own)).toMatch(/no Electron/);
  writeFileSync(join(question.packageFolder, 'dist', 'electron'), '');
  expect(findElectron(own)).toEqual({
    executable: join(question.packageFolder, 'dist', 'electron'),
    isPackaged: false,
  });
});
