import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockProject } from '#main/store/project-lock.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'trefoil-lock-'));

describe('the project lock', () => {
  it('holds this process id until it is given back', () => {
    const directory = folder();
    const unlock = lockProject(directory);
    expect(readFileSync(join(directory, 'project.lock'), 'utf8')).toBe(String(process.pid));
    unlock();
    expect(existsSync(join(directory, 'project.lock'))).toBe(false);
  });

  it('of a living process is respected', () => {
    const directory = folder();
    const other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { stdio: 'ignore' });
    try {
      writeFileSync(join(directory, 'project.lock'), String(other.pid));
      expect(() => lockProject(directory)).toThrow(expect.objectContaining({ code: 'project-busy' }));
    } finally {
      other.kill('SIGKILL');
    }
  });

  it('of a killed process is taken over', async () => {
    const directory = folder();
    const other = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' });
    await new Promise((resolve) => other.on('exit', resolve));
    writeFileSync(join(directory, 'project.lock'), String(other.pid));
    lockProject(directory)();
  });

  it('that holds no process id is taken over', () => {
    const directory = folder();
    writeFileSync(join(directory, 'project.lock'), '');
    lockProject(directory)();
  });

  it('in a folder that is missing says so', () => {
    expect(() => lockProject('/nonexistent/project')).toThrow(expect.objectContaining({ code: 'file-unreadable' }));
  });
});
