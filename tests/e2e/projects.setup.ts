/** Makes the projects specs start from, once for all of them: projects/make-projects.ts and make-planted.ts. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from '@playwright/test';
import { browser, noBrowser } from './playwright.config.ts';
import { stagesFolder } from './projects/stages.ts';

const programs = fileURLToPath(new URL('./projects/', import.meta.url));

test('projects to start from are made by the real services', () => {
  test.skip(browser === null, noBrowser);
  test.setTimeout(300_000);
  const folder = stagesFolder();
  if (existsSync(folder)) return;
  mkdirSync(dirname(folder), { recursive: true });
  const unfinished = mkdtempSync(`${folder}-`);
  for (const planted of ['alignment', 'scale']) {
    mkdirSync(join(unfinished, planted));
    make('make-planted.ts', planted, join(unfinished, planted));
  }
  make('make-projects.ts', unfinished);
  // Of two runs at the same time the first wins.
  if (existsSync(folder)) rmSync(unfinished, { recursive: true });
  else renameSync(unfinished, folder);
});

function make(program: string, ...given: string[]): void {
  // The test runner's own loader must not get into it.
  const { NODE_OPTIONS: _, ...env } = process.env;
  execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', join(programs, program), ...given], { env });
}
