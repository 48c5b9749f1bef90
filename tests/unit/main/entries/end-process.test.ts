/** A process whose file call hangs for ever (a pipe nobody writes to) still ends. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'trefoil-end-'));
const pipe = join(folder, 'pipe');
const module = new URL('../../../../main/entries/end-process.ts', import.meta.url).href;
const hang = `import('node:fs/promises').then((fs) => fs.open(${JSON.stringify(pipe)}, 'r'));`;

function run(script: string): Promise<{ code: number | null; signal: string | null; out: string }> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script]);
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  return new Promise((done) => child.on('close', (code, signal) => done({ code, signal, out })));
}

describe.skipIf(process.platform === 'win32')('a process with a hanging file call', () => {
  beforeAll(() => void execFileSync('mkfifo', [pipe]));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    ['in its own thread', hang],
    [
      'in a worker thread',
      `import { Worker } from 'node:worker_threads'; new Worker(${JSON.stringify(hang)}, { eval: true });`,
    ],
  ])('%s ends by force, its output written', async (_, start) => {
    const end = `const { endWhenDone } = await import('${module}'); console.log('result'); endWhenDone(0, 300);`;
    expect(await run(`${start}\n${end}`)).toEqual({ code: null, signal: 'SIGKILL', out: 'result\n' });
  });

  it('ends at once when told to', async () => {
    const end = `const { endProcess } = await import('${module}'); setTimeout(() => endProcess(3), 100);`;
    expect((await run(`${hang}\n${end}`)).signal).toBe('SIGKILL');
  });

  it('keeps its exit code where nothing hangs', async () => {
    const end = `const { endWhenDone } = await import('${module}'); endWhenDone(4);`;
    expect((await run(end)).code).toBe(4);
  });
});
