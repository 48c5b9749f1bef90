/** Bundles the desktop shell for specs that run in Electron itself; a packed app brings its own. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from '@playwright/test';
import { electron } from './playwright.config.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

test('the desktop shell is bundled', () => {
  test.skip(typeof electron === 'string', typeof electron === 'string' ? electron : '');
  test.skip(typeof electron !== 'string' && electron.isPackaged, 'the packed app brings its own');
  const { NODE_OPTIONS: _, ...env } = process.env;
  for (const mode of ['production', 'preload']) {
    const vite = [
      'node_modules/vite/bin/vite.js',
      'build',
      '--config',
      'build/vite.electron.config.ts',
      '--mode',
      mode,
    ];
    execFileSync(process.execPath, vite, { cwd: root, env });
  }
});
