/**
 * What `npm test` runs: vitest (types, lint, format, units, golden values, contract, integration), then Playwright (the page in
 * Chromium against `serve`). The last line is the sum, "N passed, N failed[, N skipped]"; the exit code is 0 only without failures.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  addCounts,
  countsFileVariable,
  countsLine,
  skippedLines,
  type TestCounts,
} from '../tests/support/test-counts.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const runs = [
  { name: 'vitest', script: 'vitest/vitest.mjs', arguments: ['run'] },
  {
    name: 'playwright',
    script: '@playwright/test/cli.js',
    arguments: ['test', '--config', 'tests/e2e/playwright.config.ts'],
  },
] as const;

const folder = mkdtempSync(join(tmpdir(), 'trefoil-test-counts-'));
const counts: TestCounts[] = [];
for (const run of runs) {
  const countsFile = join(folder, `${run.name}.json`);
  const exitCode = await new Promise<number | null>((done, failed) => {
    const script = join(root, 'node_modules', run.script);
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, ...run.arguments], {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, [countsFileVariable]: countsFile },
    });
    child.on('error', failed);
    child.on('exit', done);
  });
  counts.push(countsOf(countsFile, exitCode));
}
rmSync(folder, { recursive: true, force: true });

const sum = addCounts(counts);
process.stdout.write(`\n${skippedLines(sum)}${countsLine(sum)}\n`);
process.exitCode = sum.failed === 0 ? 0 : 1;

/** A run that ended badly has at least one failure, also when it fell over before it could count. */
function countsOf(file: string, exitCode: number | null): TestCounts {
  let read: TestCounts = { passed: 0, failed: 0, skipped: [] };
  try {
    read = JSON.parse(readFileSync(file, 'utf8')) as TestCounts;
  } catch {
    return { ...read, failed: 1 };
  }
  return exitCode === 0 ? read : { ...read, failed: Math.max(1, read.failed) };
}
