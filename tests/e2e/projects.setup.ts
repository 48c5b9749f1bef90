/** Makes the projects specs start from, once for all of them; see projects/make-projects.ts. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from '@playwright/test';
import { browser } from './playwright.config.ts';
import { stagesFolder } from './projects/stages.ts';

const maker = fileURLToPath(new URL('./projects/make-projects.ts', import.meta.url));

test('projects to start from are made by the real services', () => {
  test.skip(browser === null, 'no Chromium is installed, and no spec runs without it');
  test.setTimeout(300_000);
  const folder = stagesFolder();
  if (existsSync(folder)) return;
  mkdirSync(dirname(folder), { recursive: true });
  const unfinished = mkdtempSync(`${folder}-`);
  const { NODE_OPTIONS: _, ...env } = process.env;
  execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', maker, unfinished], { env });
  // Of two runs at the same time the first wins.
  if (existsSync(folder)) rmSync(unfinished, { recursive: true });
  else renameSync(unfinished, folder);
});
