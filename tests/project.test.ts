/** The project as a whole: types, lint and format are part of the test command, so one command is exactly what CI runs. */
import { spawnSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
// Templates are checked beside pipelines that compile on both cores.
vi.setConfig({ testTimeout: 600_000 });

function run(script: string, ...args: string[]): { status: number | null; output: string } {
  const result = spawnSync(process.execPath, [join(root, 'node_modules', script), ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  return { status: result.status, output: result.stdout + result.stderr };
}

describe('the project', () => {
  it('type-checks', () => {
    expect(run('typescript/bin/tsc', '-p', '.')).toEqual({ status: 0, output: '' });
  });

  it('type-checks the end-to-end tests', () => {
    expect(run('typescript/bin/tsc', '-p', 'tests/e2e')).toEqual({ status: 0, output: '' });
  });

  it("type-checks the desktop shell against Electron's own types", () => {
    expect(run('typescript/bin/tsc', '-p', 'electron')).toEqual({ status: 0, output: '' });
  });

  it('type-checks the page with its templates', () => {
    expect(run('vue-tsc/bin/vue-tsc.js', '--noEmit', '-p', 'renderer')).toEqual({ status: 0, output: '' });
  });

  it('has no lint findings', () => {
    expect(run('eslint/bin/eslint.js', '.')).toEqual({ status: 0, output: '' });
  });

  it('is formatted', () => {
    const result = run('prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.');
    expect(result).toEqual({ status: 0, output: '' });
  });
});
