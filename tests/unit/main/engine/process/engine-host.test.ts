import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CheckpointStore } from '#main/engine/checkpoint-store.ts';
import { EngineHost, type EngineHostOptions } from '#main/engine/process/engine-host.ts';
import type { EngineJobInput } from '#main/engine/process/job.ts';
import type { EngineEvent } from '#main/engine/process/messages.ts';
import { settingsFor } from '#main/engine/recipe.ts';

const entry = fileURLToPath(new URL('../../../../support/fake-engine-entry.ts', import.meta.url));

let folder: string;
let log: string[];
let hosts: EngineHost[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trefoil-host-'));
  log = [];
  hosts = [];
});
afterEach(async () => {
  for (const host of hosts) await host.dispose();
  await rm(folder, { recursive: true });
});

function host(options: Partial<EngineHostOptions> = {}): EngineHost {
  const created = new EngineHost({ entry, onLog: (line) => log.push(line), restartDelaysMs: [1, 1, 1], ...options });
  hosts.push(created);
  return created;
}

async function job(behaviour: string, name = 'run'): Promise<Extract<EngineJobInput, { kind: 'pretrain' }>> {
  const runDir = join(folder, name);
  await mkdir(runDir, { recursive: true });
  const cadence = { monitorEverySteps: 2, monitorTiles: 16, checkpointEverySteps: 2 };
  const settings = settingsFor('quick', { batch: 4, epochs: 3, ...cadence });
  const data = { tiles: behaviour, trainingTiles: null, neighbourStep: 1, labelled: null, workers: 0 };
  return { kind: 'pretrain', runDir, seed: 5, settings, ...data };
}

/** Whether the process is gone. Signal 0 asks without doing anything. */
function gone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

async function finalBytes(runDir: string): Promise<Buffer> {
  const [path] = await new CheckpointStore(join(runDir, 'checkpoints')).paths();
  return readFile(path!);
}

describe('the engine host', () => {
  it('runs a job in a process of its own, passes its events on and leaves no process behind', async () => {
    const events: EngineEvent[] = [];
    const engine = host();
    let pid: number | null = null;
    const result = await engine.run(await job('normal'), {
      onEvent: (event) => {
        pid = engine.pid;
        events.push(event);
      },
    });
    expect(result.steps).toBe(15);
    expect(events.filter((event) => event.type === 'training').map((event) => event.progress.step)).toEqual(
      Array.from({ length: 15 }, (_, i) => i + 1),
    );
    expect(events.some((event) => event.type === 'checkpoint')).toBe(true);
    expect(pid).not.toBe(process.pid);
    expect(gone(pid!)).toBe(true);
    expect(engine.pid).toBeNull();
    expect(log).toContain(`engine[${pid}]: behaviour normal`);
  });

  it('starts a crashed engine again from its last checkpoint, to the same bytes as without the crash', async () => {
    const crashes: string[] = [];
    await host().run(await job('normal', 'whole'));
    const result = await host().run(await job('crash-at:9'), { onRestart: (reason) => crashes.push(reason) });
    expect(result.steps).toBe(15);
    expect(crashes).toEqual([expect.stringContaining('SIGKILL')]);
    expect((await finalBytes(join(folder, 'run'))).equals(await finalBytes(join(folder, 'whole')))).toBe(true);
    expect(log.some((line) => /engine\[\d+\]: it was ended by SIGKILL/.test(line))).toBe(true);
  });

  it('gives up after three restarts without getting further, and says why', async () => {
    const attempts: number[] = [];
    const running = host().run(await job('crash-always'), { onRestart: (_, attempt) => attempts.push(attempt) });
    await expect(running).rejects.toMatchObject({ code: 'engine-lost', message: expect.stringContaining('SIGKILL') });
    expect(attempts).toEqual([1, 2, 3]);
  });

  it('treats a lost device like a crash', async () => {
    const running = host({ restartDelaysMs: [1] }).run(await job('lost'));
    await expect(running).rejects.toMatchObject({ code: 'engine-lost', details: { crashes: 2 } });
  });

  it('passes a typed failure of the job on without starting again', async () => {
    const { settings, seed, workers } = await job('normal');
    const common = { settings, seed, workers, tiles: 'x', checkpoint: null, indices: null };
    const embed: Extract<EngineJobInput, { kind: 'embed' }> = {
      kind: 'embed',
      ...common,
      output: join(folder, 'embeddings'),
    };
    const restarts: string[] = [];
    const onRestart = (reason: string): number => restarts.push(reason);
    await expect(host().run(embed, { onRestart })).rejects.toMatchObject({ code: 'out-of-memory' });
    await expect(host().run(await job('fail'), { onRestart })).rejects.toMatchObject({ code: 'internal' });
    expect(restarts).toEqual([]);
  });

  it('says so when the process cannot even start', async () => {
    const running = host({ entry: join(folder, 'absent.ts'), restartDelaysMs: [] }).run(await job('normal'));
    await expect(running).rejects.toMatchObject({ code: 'engine-lost', message: expect.stringContaining('code 1') });
    expect(log.join('\n')).toContain('absent.ts');
  });

  it('lets a cancelled job write a checkpoint and ends its process', async () => {
    const abort = new AbortController();
    const engine = host();
    let pid: number | null = null;
    const running = engine.run(await job('slow'), {
      signal: abort.signal,
      onEvent: (event) => {
        pid = engine.pid;
        if (event.type === 'training' && event.progress.step === 3) abort.abort();
      },
    });
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    expect(gone(pid!)).toBe(true);
    const [path] = await new CheckpointStore(join(folder, 'run', 'checkpoints')).paths();
    expect(path).toMatch(/step-00000000[3-9]/);
    expect((await host().run(await job('normal'))).steps).toBe(15);
  });

  it('pauses and goes on', async () => {
    const engine = host();
    const steps: number[] = [];
    let pausedAt: number | null = null;
    const result = await engine.run(await job('slow'), {
      onEvent: (event) => {
        if (event.type === 'training') {
          steps.push(event.progress.step);
          if (event.progress.step === 3) engine.pause();
        }
        // Odd steps within an epoch are saved by a pause only.
        if (event.type === 'checkpoint' && event.step % 2 === 1 && event.step < 5 && pausedAt === null) {
          pausedAt = event.step;
          engine.resume();
        }
        // A pause that lands on an even step has its checkpoint already; it is taken up there.
        if (event.type === 'checkpoint' && event.step >= 4 && pausedAt === null) {
          pausedAt = event.step;
          engine.resume();
        }
      },
    });
    expect(pausedAt).not.toBeNull();
    expect(result.steps).toBe(15);
    expect(steps).toHaveLength(15);
  });

  it('kills a process that does not end by itself', async () => {
    const engine = host({ environment: { FAKE_ENGINE: 'stubborn' }, killAfterMs: 50 });
    let pid: number | null = null;
    await engine.run(await job('normal'), { onEvent: () => (pid = engine.pid) });
    expect(gone(pid!)).toBe(true);
    expect(log.some((line) => line.includes(`engine[${pid}]: it was ended by SIGKILL`))).toBe(true);
  });

  it('runs one job at a time, and none after it was disposed of', async () => {
    const engine = host();
    const first = engine.run(await job('slow'));
    await expect(engine.run(await job('normal', 'other'))).rejects.toMatchObject({ code: 'project-busy' });
    await engine.dispose();
    await expect(first).rejects.toMatchObject({ code: 'engine-lost' });
    await expect(engine.run(await job('normal'))).rejects.toThrow('disposed');
  });

  it('refuses a job that is not one', async () => {
    const wrong = { ...(await job('normal')), seed: -1 };
    await expect(host().run(wrong)).rejects.toThrow();
    expect(log).toEqual([]);
  });

  it('dies with its parent: no orphan holds the device', async () => {
    const settled = JSON.stringify(await job('slow'));
    const module = JSON.stringify(
      fileURLToPath(new URL('../../../../../main/engine/process/engine-host.ts', import.meta.url)),
    );
    const script = `
      const { EngineHost } = await import(${module});
      const engine = new EngineHost({ entry: ${JSON.stringify(entry)} });
      engine.run(${settled}, { onEvent: (event) => event.type === 'training' && process.stdout.write(engine.pid + '\\n') });
    `;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [chunk] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(chunk.toString().split('\n')[0]);
    expect(gone(pid)).toBe(false);
    const closed = once(parent, 'exit');
    parent.kill('SIGKILL');
    await closed;
    await expect.poll(() => gone(pid), { timeout: 10_000 }).toBe(true);
  });
});
