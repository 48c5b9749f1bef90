/** The shell's real bundle in plain Node.js with a stand-in for Electron: it loads, starts the real core, answers app://, and ends it. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'vite';
import { afterAll, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'trefoil-shell-'));
// Two folders below the project, as electron/dist: that is where an unpacked shell looks for the core.
const bundle = join(root, '.cache', `shell-${process.pid}`);
afterAll(() => {
  for (const made of [folder, bundle]) rmSync(made, { recursive: true, force: true });
});

test('starts the core, answers the page and its bytes, and leaves no process behind', { timeout: 60_000 }, async () => {
  const configFile = join(root, 'build/vite.electron.config.ts');
  await build({ configFile, logLevel: 'error', build: { outDir: bundle, emptyOutDir: true } });
  const standIn = join(root, 'tests/support/stand-in-main.ts');
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--import', standIn, join(bundle, 'main.cjs')],
    {
      encoding: 'utf8',
      timeout: 50_000,
      env: {
        ...process.env,
        STAND_IN_FOLDER: folder,
        XDG_CONFIG_HOME: join(folder, 'config'),
        TREFOIL_NODE: process.execPath,
      },
    },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const { core, answers } = JSON.parse(stdout) as { core: number; answers: Record<string, [number, string, string]> };
  const isBuilt = existsSync(join(root, 'renderer/dist/index.html'));
  expect(answers).toEqual({
    '/': isBuilt
      ? [200, 'text/html; charset=utf-8', '<!doctype html>']
      : [404, 'application/json', expect.stringContaining('{') as string],
    '/slides/no/slide/0/0_0.jpeg': [404, 'application/json', expect.stringContaining('{"code":') as string],
    '/crash': [200, 'text/html; charset=utf-8', '<!doctype html>'],
  });
  expect(() => process.kill(core, 0)).toThrow();
});
