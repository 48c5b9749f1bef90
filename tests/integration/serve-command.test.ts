/** `trefoil serve` as a process: one line when ready, and everything put away when it is told to stop. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { startTrefoil, trefoilJson } from './command-line.ts';

describe('trefoil serve', () => {
  const folder = mkdtempSync(join(tmpdir(), 'trefoil-serve-command-'));
  const project = join(folder, 'project');
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('prints exactly one line, holds the project, and gives it back on a signal', async () => {
    await trefoilJson('project', 'create', project);
    const running = startTrefoil('serve', project, '--allow', folder);
    let text = '';
    running.child.stdout?.on('data', (part) => (text += String(part)));
    while (!text.includes('\n')) await new Promise((done) => setTimeout(done, 50));
    const url = /^Trefoil is ready: (http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{40,})\n$/.exec(text)?.[1];
    expect(url).toBeDefined();
    const { headers, status } = await fetch(url!);
    expect([status, headers.get('set-cookie')]).toEqual([200, expect.stringContaining('HttpOnly')]);
    expect(existsSync(join(project, 'project.lock'))).toBe(true);
    running.child.kill('SIGTERM');
    const { exitCode, stdout } = await running.finished;
    expect(exitCode).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(existsSync(join(project, 'project.lock'))).toBe(false);
  });

  it('says why it cannot start', async () => {
    const { exitCode, stderr } = await startTrefoil('serve', join(folder, 'none')).finished;
    expect(exitCode).toBe(1);
    expect(stderr).toContain('is not a Trefoil project');
  });
});
