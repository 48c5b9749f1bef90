import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RandomStream } from '#common/random.ts';
import { decodeCheckpoint, encodeCheckpoint, runHash, type CheckpointPosition } from '#main/engine/checkpoint.ts';
import { CheckpointStore, readCheckpoint } from '#main/engine/checkpoint-store.ts';
import { initialGuardState } from '#main/engine/collapse-guard.ts';
import { readEmbeddings, writeEmbeddings } from '#main/engine/embeddings-file.ts';
import type { EngineState } from '#main/engine/port.ts';
import { settingsFor } from '#main/engine/recipe.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trefoil-checkpoint-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const state: EngineState = new Map([
  ['backbone.conv1.weight', { shape: [2, 3], data: Float32Array.of(1, -2.5, 3e-30, 0, 7, 1 / 3) }],
  ['momentum.backbone.conv1.weight', { shape: [2, 3], data: new Float32Array(6) }],
]);

function position(step: number): CheckpointPosition {
  return {
    settingsHash: 'hash',
    seed: 3,
    step,
    epoch: 1,
    stepInEpoch: 2,
    lossSum: -1.1,
    zStdSum: 0.1 + 0.2,
    zStdCount: 3,
    skippedSteps: 0,
    lastLoss: -0.7,
    lastZStd: 0.02,
    measured: null,
    lossScale: null,
    guard: { ...initialGuardState, spreadRatios: [0.97, 1 / 3] },
  };
}

describe('a checkpoint', () => {
  it('gives back the very numbers, and the same state is the same bytes', () => {
    const bytes = encodeCheckpoint({ position: position(7), state });
    const decoded = decodeCheckpoint(bytes, 'x');
    expect(decoded.position).toEqual(position(7));
    expect(decoded.state.get('backbone.conv1.weight')).toEqual(state.get('backbone.conv1.weight'));
    expect(Buffer.from(encodeCheckpoint(decoded)).equals(Buffer.from(bytes))).toBe(true);
  });

  it('with any byte changed or any length cut off is checkpoint-invalid, naming the file', () => {
    const bytes = encodeCheckpoint({ position: position(7), state });
    const stream = RandomStream.of('damage');
    for (let i = 0; i < 300; i += 1) {
      const damaged = Uint8Array.from(bytes);
      const at = stream.nextInteger(bytes.length);
      damaged[at] = damaged[at]! ^ (1 << stream.nextInteger(8));
      expect(() => decodeCheckpoint(damaged, 'run/step.safetensors')).toThrow(
        expect.objectContaining({
          code: 'checkpoint-invalid',
          message: expect.stringContaining('run/step.safetensors'),
        }),
      );
      expect(() => decodeCheckpoint(bytes.slice(0, at), 'x')).toThrow(
        expect.objectContaining({ code: 'checkpoint-invalid' }),
      );
    }
  });
});

describe('the checkpoint store', () => {
  it('keeps the last two and finds the newest', async () => {
    const store = new CheckpointStore(join(folder, 'checkpoints'));
    for (const step of [0, 5, 90, 1000]) await store.save({ position: position(step), state });
    expect(await readdir(store.folder)).toEqual(['step-000000090.safetensors', 'step-000001000.safetensors']);
    expect((await store.newest('hash'))?.checkpoint.position.step).toBe(1000);
  });

  it('uses the one before when the newest is damaged, and fails when none is whole', async () => {
    const store = new CheckpointStore(folder);
    const first = await store.save({ position: position(1), state });
    const second = await store.save({ position: position(2), state });
    await writeFile(second, (await readFile(second)).fill(0, 60, 70));
    const found = await store.newest('hash');
    expect(found?.checkpoint.position.step).toBe(1);
    expect(found?.damaged).toEqual([second]);
    await writeFile(first, 'nothing of the kind');
    await expect(store.newest('hash')).rejects.toMatchObject({ code: 'checkpoint-invalid' });
    await expect(readCheckpoint(join(folder, 'absent'))).rejects.toMatchObject({ code: 'file-not-found' });
  });

  it('has nothing before the first save', async () => {
    expect(await new CheckpointStore(join(folder, 'never')).newest('hash')).toBeNull();
  });
});

describe('the run hash', () => {
  it('follows what decides the result, not how often it looks or saves', () => {
    const settings = settingsFor('quick');
    const base = { settings, seed: 1, tiles: 100, data: 'd' };
    expect(runHash({ ...base, settings: { ...settings, monitorEverySteps: 99, checkpointEverySteps: 7 } })).toBe(
      runHash(base),
    );
    for (const other of [{ seed: 2 }, { tiles: 101 }, { data: 'e' }, { settings: { ...settings, epochs: 11 } }]) {
      expect(runHash({ ...base, ...other })).not.toBe(runHash(base));
    }
  });
});

describe('the embeddings file', () => {
  const header = { count: 3, dimension: 4, provenance: { network: 'resnet18' } };
  const rows = Float32Array.from({ length: 12 }, (_, i) => i / 7);

  it('gives back rows that were written in blocks', async () => {
    const path = join(folder, 'embeddings');
    await writeEmbeddings(path, header, [rows.subarray(0, 8), rows.subarray(8)]);
    const read = await readEmbeddings(path);
    expect(read.data).toEqual(rows);
    expect(read.header).toMatchObject(header);
  });

  it('does not appear when rows are missing', async () => {
    await expect(writeEmbeddings(join(folder, 'e'), header, [rows.subarray(0, 8)])).rejects.toThrow(RangeError);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is refused when absent, foreign, cut off or damaged', async () => {
    const path = join(folder, 'embeddings');
    await expect(readEmbeddings(path)).rejects.toMatchObject({ code: 'file-not-found' });
    await writeEmbeddings(path, header, [rows]);
    const bytes = await readFile(path);
    const cases = [
      ['file-invalid', Buffer.from('something else entirely')],
      ['file-truncated', bytes.subarray(0, bytes.length - 4)],
      ['file-truncated', bytes.subarray(0, 20)],
      ['file-changed', Buffer.concat([bytes.subarray(0, bytes.length - 1), Buffer.from([1])])],
    ] as const;
    for (const [code, content] of cases) {
      await writeFile(path, content);
      await expect(readEmbeddings(path)).rejects.toMatchObject({ code });
    }
  });
});
