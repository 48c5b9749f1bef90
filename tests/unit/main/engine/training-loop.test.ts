import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RandomStream } from '#common/random.ts';
import { writeFileAtomically } from '#main/files/atomic-file.ts';
import { decodeCheckpoint } from '#main/engine/checkpoint.ts';
import { CheckpointStore, readCheckpoint } from '#main/engine/checkpoint-store.ts';
import type { Verdict } from '#main/engine/collapse-guard.ts';
import { readMetrics, type MetricsLine } from '#main/engine/metrics-log.ts';
import { PauseSwitch } from '#main/engine/pause-switch.ts';
import { settingsFor } from '#main/engine/recipe.ts';
import { train, type TrainingDependencies, type TrainingResult, type TrainingRun } from '#main/engine/training-loop.ts';
import { FakeEngine, type FakeEngineOptions } from '#tests/support/fake-engine.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trefoil-loop-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** 3 epochs of 5 steps (22 tiles, batch 4, two left over); checkpoints every 2 steps and at every epoch's end. */
const settings = settingsFor('quick', {
  batch: 4,
  epochs: 3,
  monitorEverySteps: 2,
  monitorTiles: 16,
  checkpointEverySteps: 2,
  checkpointEveryMinutes: 1000,
});
const tiles = Array.from({ length: 22 }, (_, tile) => tile);
const labelled = {
  tiles: [0, 1, 2, 3, 4, 5, 6, 7],
  classes: [0, 1, 0, 1, 0, 1, 0, 1],
  groups: [0, 0, 0, 0, 1, 1, 1, 1],
};

function triplets(epoch: number): { order: Int32Array; neighbours: Int32Array } {
  const order = Int32Array.from(RandomStream.of('test-order', epoch).shuffled(tiles));
  return { order, neighbours: order.map((tile) => (tile + 1) % tiles.length) };
}

interface Attempt {
  readonly runDir: string;
  readonly engine?: Partial<FakeEngineOptions>;
  readonly run?: Partial<TrainingRun>;
  readonly outside?: Partial<TrainingDependencies>;
}

/** One process's life: a fresh engine from the seed, everything else from the run folder. */
function attempt({ runDir, engine, run, outside }: Attempt): { engine: FakeEngine; result: Promise<TrainingResult> } {
  const fake = new FakeEngine({ seed: 5, ...engine });
  let clock = 0;
  const result = train(
    { runDir, settings, seed: 5, tiles, dataFingerprint: 'tiles', labelled, ...run },
    {
      engine: fake,
      triplets,
      checkpoints: new CheckpointStore(join(runDir, 'checkpoints')),
      nowMs: () => (clock += 7),
      ...outside,
    },
  );
  return { engine: fake, result };
}

const withoutTimes = (lines: readonly MetricsLine[]): unknown[] =>
  lines
    .filter((line) => line.type !== 'resumed')
    .map((line) => ('tripletsPerSecond' in line ? { ...line, tripletsPerSecond: null } : line));

async function newestBytes(runDir: string): Promise<Buffer> {
  const [path] = await new CheckpointStore(join(runDir, 'checkpoints')).paths();
  return readFile(path!);
}

describe('a run', () => {
  it('gives every step the epoch, rate and triplets that the seed and schedule say', async () => {
    const { engine, result } = attempt({ runDir: folder });
    const done = await result;
    expect(done.steps).toBe(15);
    expect(done.leftOverTripletsPerEpoch).toBe(2);
    expect(done.verdict.level).toBe('healthy');
    expect(engine.inputs.map(({ epoch }) => epoch)).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2]);
    for (const epoch of [0, 1, 2]) {
      const seen = engine.inputs.filter((input) => input.epoch === epoch).flatMap((input) => input.triplets);
      const expected = triplets(epoch);
      expect(seen).toEqual(
        [...expected.order].slice(0, 20).map((tile, i) => ({ tile, neighbour: expected.neighbours[i]! })),
      );
    }
    expect(new Set(engine.inputs.map((input) => input.predictorLearningRate))).toEqual(new Set([(0.05 * 4) / 256]));
    expect(engine.inputs[4]!.learningRate).toBeCloseTo((0.05 * 4) / 256, 15);
    expect(engine.inputs[14]!.learningRate).toBeLessThan(engine.inputs[5]!.learningRate);
  });

  it('writes steps, epochs from the untrained network on, and counts what did not fill a batch', async () => {
    await attempt({ runDir: folder }).result;
    const lines = await readMetrics(join(folder, 'metrics.jsonl'));
    expect(lines.filter((line) => line.type === 'step').map((line) => line.step)).toEqual([
      2, 4, 5, 6, 8, 10, 12, 14, 15,
    ]);
    const epochs = lines.filter((line) => line.type === 'epoch');
    expect(epochs.map((line) => [line.epoch, line.step, line.leftOverTriplets])).toEqual([
      [0, 0, 2],
      [1, 5, 2],
      [2, 10, 2],
      [3, 15, 2],
    ]);
    expect(epochs[0]!.loss).toBeNull();
    expect(epochs.every((line) => line.effectiveRank! > 1 && line.embeddingStd! > 0)).toBe(true);
    expect(epochs.every((line) => line.knnAccuracy !== null)).toBe(true);
  });

  it('ends with the same bytes and metrics on an engine that takes several steps at once', async () => {
    const [one, several] = [await made(join(folder, 'one')), await made(join(folder, 'several'))];
    await attempt({ runDir: one }).result;
    const { engine, result } = attempt({ runDir: several, engine: { stepsInFlight: 3 } });
    await result;
    expect(engine.mostInFlight).toBe(3);
    expect((await newestBytes(several)).equals(await newestBytes(one))).toBe(true);
    const metrics = async (runDir: string) => withoutTimes(await readMetrics(join(runDir, 'metrics.jsonl')));
    expect(await metrics(several)).toEqual(await metrics(one));
  });

  it('rests after each step as long as it took when asked to be gentle, with one step at a time', async () => {
    const rests: number[] = [];
    const rest = (milliseconds: number): Promise<void> => {
      rests.push(milliseconds);
      return Promise.resolve();
    };
    const { engine, result } = attempt({ runDir: folder, engine: { stepsInFlight: 3 }, outside: { rest } });
    await result;
    expect(engine.mostInFlight).toBe(1);
    // The clock of these tests goes on by 7 ms with every look at it.
    expect(rests).toEqual(Array.from({ length: 15 }, () => 7));
  });

  it('refuses fewer tiles than one batch', async () => {
    const { result } = attempt({ runDir: folder, run: { tiles: [0, 1, 2] } });
    await expect(result).rejects.toMatchObject({ code: 'invalid-input', message: expect.stringContaining('3 tiles') });
  });
});

describe('resume', () => {
  it('after a kill before any step ends with the same bytes, loss and metrics as the uninterrupted run', async () => {
    const whole = join(folder, 'whole');
    const reference = await attempt({ runDir: await made(whole) }).result;
    const bytes = await newestBytes(whole);
    const lines = withoutTimes(await readMetrics(join(whole, 'metrics.jsonl')));
    for (let killedAt = 0; killedAt < 15; killedAt += 1) {
      const runDir = await made(join(folder, `killed-${killedAt}`));
      const kill = (_: unknown, step: number): void => {
        if (step === killedAt) throw new Error('killed');
      };
      await expect(attempt({ runDir, engine: { beforeStep: kill } }).result).rejects.toThrow('killed');
      // A kill may also tear the line that was being written.
      await writeFile(join(runDir, 'metrics.jsonl'), '{"type":"step","st', { flag: 'a' });
      const resumed = attempt({ runDir });
      const result = await resumed.result;
      expect(resumed.engine.inputs.length).toBeLessThanOrEqual(15 - killedAt + 1);
      expect(result.finalLoss).toBe(reference.finalLoss);
      expect((await newestBytes(runDir)).equals(bytes)).toBe(true);
      expect(withoutTimes(await readMetrics(join(runDir, 'metrics.jsonl')))).toEqual(lines);
      const text = await readFile(join(runDir, 'metrics.jsonl'), 'utf8');
      expect(text.split('\n').filter((line) => line.includes('"resumed"'))).toHaveLength(1);
      expect(text.endsWith('}\n')).toBe(true);
    }
  });

  it('survives being killed again and again', async () => {
    const whole = await made(join(folder, 'whole'));
    await attempt({ runDir: whole }).result;
    const runDir = await made(join(folder, 'killed'));
    for (let life = 0; life < 8; life += 1) {
      // Three steps a life: one or two of them are kept by a checkpoint.
      const kill = (_: unknown, step: number): void => {
        if (step === 3) throw new Error('killed');
      };
      const { result } = attempt({ runDir, engine: { beforeStep: kill } });
      await result.catch((error: Error) => expect(error.message).toBe('killed'));
    }
    await attempt({ runDir }).result;
    expect((await newestBytes(runDir)).equals(await newestBytes(whole))).toBe(true);
  });

  it('of a finished run trains nothing more and answers the same', async () => {
    const first = await attempt({ runDir: folder }).result;
    const again = attempt({ runDir: folder });
    const second = await again.result;
    expect(again.engine.inputs).toEqual([]);
    expect({ ...second, tripletsPerSecond: null }).toEqual({ ...first, tripletsPerSecond: null });
  });

  it('falls back to the checkpoint before when the newest is damaged, and says so', async () => {
    await attempt({ runDir: folder }).result;
    const good = await newestBytes(folder);
    const [newest] = await new CheckpointStore(join(folder, 'checkpoints')).paths();
    await truncate(newest!, good.length - 10);
    await attempt({ runDir: folder }).result;
    expect((await newestBytes(folder)).equals(good)).toBe(true);
    const resumed = (await readMetrics(join(folder, 'metrics.jsonl'))).filter((line) => line.type === 'resumed');
    expect(resumed).toEqual([{ type: 'resumed', step: 14, epoch: 2, fellBack: true }]);
  });

  it('refuses a checkpoint of other settings, another seed or other tiles', async () => {
    await attempt({ runDir: folder }).result;
    for (const run of [{ settings: { ...settings, weightDecay: 0.1 } }, { seed: 6 }, { dataFingerprint: 'others' }]) {
      const { result } = attempt({ runDir: folder, run });
      await expect(result).rejects.toMatchObject({ code: 'checkpoint-invalid' });
    }
  });
});

describe('cancelling and pausing', () => {
  it('cancelling leaves a checkpoint of the very step and a resume ends as if nothing had been', async () => {
    const whole = await made(join(folder, 'whole'));
    await attempt({ runDir: whole }).result;
    const runDir = await made(join(folder, 'cancelled'));
    const abort = new AbortController();
    const { result } = attempt({
      runDir,
      outside: { signal: abort.signal, onProgress: ({ step }) => (step === 7 ? abort.abort() : undefined) },
    });
    await expect(result).rejects.toMatchObject({ code: 'cancelled' });
    const [path] = await new CheckpointStore(join(runDir, 'checkpoints')).paths();
    expect((await readCheckpoint(path!)).position).toMatchObject({ step: 7, epoch: 1, stepInEpoch: 2 });
    await attempt({ runDir }).result;
    expect((await newestBytes(runDir)).equals(await newestBytes(whole))).toBe(true);
  });

  it('a pause stops between two steps with a checkpoint, and goes on', async () => {
    const pause = new PauseSwitch();
    const steps: number[] = [];
    const saved = new Promise<number>((resolve) => {
      const { result } = attempt({
        runDir: folder,
        outside: {
          pause,
          onProgress: ({ step }) => {
            steps.push(step);
            if (step === 3) pause.pause();
          },
          onCheckpoint: (_, step) => (step === 3 ? resolve(step) : undefined),
        },
      });
      finished = result;
    });
    await saved;
    await new Promise((resolve) => setImmediate(resolve));
    expect(steps).toEqual([1, 2, 3]);
    pause.resume();
    expect((await finished!).steps).toBe(15);
  });

  it('cancelling ends a pause', async () => {
    const pause = new PauseSwitch();
    pause.pause();
    const abort = new AbortController();
    const { result } = attempt({
      runDir: folder,
      outside: { pause, signal: abort.signal, onCheckpoint: () => abort.abort() },
    });
    await expect(result).rejects.toMatchObject({ code: 'cancelled' });
  });
});

let finished: Promise<TrainingResult> | null = null;

describe('faults', () => {
  it('a loss that is no number ends the run with a verdict and keeps the last good checkpoint', async () => {
    const verdicts: Verdict[] = [];
    const { result } = attempt({
      runDir: folder,
      engine: { alter: (good, step) => (step === 8 ? { ...good, loss: Number.NaN } : good) },
      outside: { onVerdict: (verdict) => verdicts.push(verdict) },
    });
    await expect(result).rejects.toMatchObject({
      code: 'training-diverged',
      hint: expect.stringContaining('learning rate'),
    });
    expect(verdicts.map(({ level }) => level)).toEqual(['diverged']);
    const lines = await readMetrics(join(folder, 'metrics.jsonl'));
    expect(lines.at(-2)).toMatchObject({ type: 'step', step: 9, loss: null });
    expect(lines.at(-1)).toMatchObject({ type: 'verdict', step: 9, verdict: { level: 'diverged' } });
    expect(decodeCheckpoint(await newestBytes(folder), '').position.step).toBe(7);
  });

  it('weights that are no numbers are never saved', async () => {
    const { engine, result } = attempt({
      runDir: folder,
      engine: {
        beforeStep: async (_, step) => {
          if (step === 3) await engine.load(broken(await engine.state()));
        },
        alter: (good) => ({ ...good, loss: -1 }),
      },
    });
    await expect(result).rejects.toMatchObject({ code: 'training-diverged' });
    expect(decodeCheckpoint(await newestBytes(folder), '').position.step).toBe(2);
  });

  it('a full disk ends the run, keeps the checkpoint before, and a resume repairs it', async () => {
    const full: typeof writeFileAtomically = (path, bytes) =>
      path.includes('000000004')
        ? Promise.reject(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }))
        : writeFileAtomically(path, bytes);
    const checkpoints = new CheckpointStore(join(folder, 'checkpoints'), full);
    await expect(attempt({ runDir: folder, outside: { checkpoints } }).result).rejects.toMatchObject({
      code: 'disk-full',
    });
    expect(decodeCheckpoint(await newestBytes(folder), '').position.step).toBe(2);
    expect((await readdir(join(folder, 'checkpoints'))).filter((name) => name.includes('partial'))).toEqual([]);
    expect((await attempt({ runDir: folder }).result).steps).toBe(15);
  });

  it('tells one tile repeated before the first step', async () => {
    const verdicts: Verdict[] = [];
    const diversity = { tiles: 16, distinctTiles: 1, betweenTileStd: 0, withinTileStd: 0 };
    const { result } = attempt({
      runDir: folder,
      outside: {
        inspectInput: () => Promise.resolve(diversity),
        onVerdict: (verdict, step) => {
          expect(step).toBe(0);
          verdicts.push(verdict);
        },
      },
    });
    expect((await result).verdict.level).toBe('collapsed');
    expect(verdicts.map(({ signs }) => signs[0])).toEqual(['input-constant']);
  });

  it('a collapse is told once, also across a resume', async () => {
    const verdicts: Verdict[] = [];
    const collapsed: FakeEngineOptions['alter'] = (good) => ({ ...good, zStd: good.zStd === null ? null : 1e-5 });
    const kill = (_: unknown, step: number): void => {
      if (step === 9) throw new Error('killed');
    };
    const outside = { onVerdict: (verdict: Verdict) => verdicts.push(verdict) };
    await attempt({ runDir: folder, engine: { alter: collapsed, beforeStep: kill }, outside }).result.catch(
      () => undefined,
    );
    await attempt({ runDir: folder, engine: { alter: collapsed }, outside }).result;
    expect(verdicts.map(({ level }) => level)).toEqual(['collapsed']);
    const lines = await readMetrics(join(folder, 'metrics.jsonl'));
    expect(lines.filter((line) => line.type === 'verdict')).toHaveLength(1);
  });
});

async function made(path: string): Promise<string> {
  await mkdir(path, { recursive: true });
  return path;
}

function broken(state: Awaited<ReturnType<FakeEngine['state']>>): typeof state {
  const copy = new Map(state);
  const weight = copy.get('backbone.conv1.weight')!;
  copy.set('backbone.conv1.weight', { ...weight, data: weight.data.map((v, i) => (i === 3 ? Number.NaN : v)) });
  return copy;
}
