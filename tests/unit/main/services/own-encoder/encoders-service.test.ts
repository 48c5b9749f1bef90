/** An encoder of a person's own from file to classifier, against numbers worked out from the tiles, and files that are no encoders. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encoderModel } from '#main/engine/onnx/encoder-model.ts';
import { networks } from '#main/engine/port.ts';
import { selectBackend } from '#main/engine/tfjs/select-backend.ts';
import { SiameseNetwork } from '#main/engine/tfjs/siamese-network.ts';
import { TensorDevice } from '#main/engine/tfjs/tensor-device.ts';
import { embeddingsOf } from '#main/services/embeddings.ts';
import type { StoredRun } from '#main/services/stored-runs.ts';
import { requireCurrentTileSet } from '#main/services/tile-sets.ts';
import { findRun } from '#main/store/run-rows.ts';
import { openTileStore } from '#main/tiles/tile-store.ts';
import { createViewSource } from '#main/triplets/view-source.ts';
import { generateProject, type GeneratedProject } from '#tests/support/generated-project.ts';
import { labelHalves } from '#tests/support/planted-run.ts';
import { channelMeans, channelTokens, onnxModel } from '#tests/support/small-onnx.ts';

/** Tiles of the generated project have 32 px at 1 micrometre per pixel. */
const card = { inputPx: 32, mpp: 1, mean: [0, 0, 0], std: [1, 1, 1] } as const;

let project: GeneratedProject;
let folder: string;
const file = (name: string, bytes: Uint8Array | string): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};
const imported = (path: string, more: object = {}) =>
  project.core.encoders.import({
    project: project.project,
    model: { file: path },
    card: { ...card, ...more } as never,
  });

beforeAll(async () => {
  project = await generateProject();
  folder = join(project.folder, 'modèles 模型');
  mkdirSync(folder);
}, 60_000);
afterAll(() => project.close());

/** [tiles, 3] means of the channels as bytes, from the shards themselves. */
async function meansOfTiles(): Promise<number[][]> {
  const { manifest } = requireCurrentTileSet(project.core.openProjects.get(project.project));
  const store = openTileStore(manifest);
  const pixels = await store.read(Array.from({ length: manifest.count }, (_, tile) => tile));
  await store.close();
  const perTile = manifest.sizePx ** 2;
  return Array.from({ length: manifest.count }, (_, tile) =>
    [0, 1, 2].map((channel) => {
      let sum = 0;
      for (let at = 0; at < perTile; at += 1) sum += pixels[(tile * perTile + at) * 3 + channel]!;
      return sum / perTile;
    }),
  );
}

async function embed(run: string): Promise<{ dimension: number; values: Float32Array }> {
  const open = project.core.openProjects.get(project.project);
  const stored: StoredRun = findRun(open.database, run, () => true, '');
  return embeddingsOf(open, { run: stored, set: requireCurrentTileSet(open), weights: 'trained', tiles: null }, {});
}

describe('an imported encoder', () => {
  it('gives the features its card and its graph say, for every order of channels and axes', async () => {
    const expected = await meansOfTiles();
    const cases = [
      { name: 'plain', bytes: channelMeans(), more: {}, of: (m: number[]) => m.map((v) => v / 255) },
      {
        name: 'normalised BGR',
        bytes: channelMeans(32),
        more: { channels: 'BGR', mean: [0.1, 0.2, 0.3], std: [0.5, 0.25, 0.125] },
        of: ([r, g, b]: number[]) => [(b! / 255 - 0.1) / 0.5, (g! / 255 - 0.2) / 0.25, (r! / 255 - 0.3) / 0.125],
      },
      {
        name: 'bytes, channels last',
        bytes: channelMeans(32, 'n', true),
        more: { layout: 'NHWC', valueRange: '0-255' },
        of: (m: number[]) => m,
      },
      { name: 'five at a time', bytes: channelMeans(32, 5), more: {}, of: (m: number[]) => m.map((v) => v / 255) },
    ];
    for (const { name, bytes, more, of } of cases) {
      const { run } = await imported(file(`${name}.onnx`, bytes), more);
      const { dimension, values } = await embed(run);
      expect(dimension).toBe(3);
      const wanted = expected.flatMap(of);
      const largest = wanted.reduce((most, value, at) => Math.max(most, Math.abs(value - values[at]!)), 0);
      expect(largest / Math.max(1, ...wanted.map(Math.abs)), name).toBeLessThan(1e-5);
    }
  }, 60_000);

  it('is a finished run with its file copied, judged beside its baselines, simulated and compared', async () => {
    const { core, project: id } = project;
    await labelHalves(project);
    const bytes = channelMeans(32);
    const { run, method, network } = await imported(file('colours.onnx', bytes), { licence: 'CC0', source: 'a test' });
    expect([method, network]).toEqual(['imported', 'colours']);
    const details = await core.runs.details({ project: id, run });
    expect(details.state).toMatchObject({ state: 'finished', features: 3, isOfCurrentTiles: true });
    expect(details.imported).toMatchObject({
      isCopied: true,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      card: { licence: 'CC0', source: 'a test' },
    });
    expect(readdirSync(join(project.folder, 'project', 'runs', run, 'model'))).toEqual(['colours.onnx']);
    const evaluation = await core.classifier.finetune({ project: id, run, group: 'image', folds: 3 });
    expect(evaluation.rows.map((row) => row.features)).toEqual(['colours', 'Random weights', 'Colour and texture']);
    // Halves differ in colour only; one label in 48 is wrong on purpose.
    expect(evaluation.rows[0]!.balancedAccuracy.value).toBeGreaterThan(0.95);
    expect(evaluation.sentences.join(' ')).toContain('was trained elsewhere');
    const compared = await core.classifier.compare({ project: id, runs: [run], fractions: [0.1], draws: 2, folds: 3 });
    expect(compared.at[0]!.methods.map((item) => item.name)).toContain('colours');
    const simulated = await core.labels.simulate({
      project: id,
      run,
      budget: 10,
      seeds: 2,
      folds: 2,
      strategies: ['coverage'],
    });
    expect(simulated.features).toBe('colours');
    await core.classifier.classify({ project: id });
    await expect(
      core.exports.export({ project: id, kinds: ['safetensors'], out: join(project.folder, 'out') }),
    ).rejects.toMatchObject({ code: 'invalid-input', message: expect.stringContaining('colours') as string });
    await core.runs.remove({ project: id, run, confirmed: true });
    expect(existsSync(join(project.folder, 'project', 'runs', run))).toBe(false);
  }, 120_000);

  it("gives Trefoil's own exported encoder the features of the engine", async () => {
    const network = networks['resnet18-narrow'];
    const device = new TensorDevice((await selectBackend()).tf);
    const engine = new SiameseNetwork(device, {
      network,
      method: 'simtriplet',
      seed: 5,
      momentum: 0.9,
      weightDecay: 1e-4,
    });
    const mean = [0.485, 0.456, 0.406] as const;
    const std = [0.229, 0.224, 0.225] as const;
    const metadata = { mean: mean.join(), std: std.join(), mpp: '1', tile_px: '32' };
    const bytes = encoderModel({ network, state: engine.state(), viewPx: 64, producerVersion: '0', metadata });
    const path = file('exported.onnx', bytes);
    const inspected = await project.core.encoders.inspect({ file: path, project: project.project });
    expect(inspected).toMatchObject({ missing: [], card: { inputPx: 64, mpp: 0.5, mean, std, features: 128 } });
    expect(inspected.check).toMatchObject({ features: 128, isBatchFixed: false });
    const { run } = await imported(path, inspected.card);
    const { values } = await embed(run);
    const { manifest } = requireCurrentTileSet(project.core.openProjects.get(project.project));
    const views = createViewSource({
      tiles: openTileStore(manifest),
      viewPx: 64,
      seed: 1,
      augmentation: (await project.core.runs.recipes({}))[0]!.settings.augmentation,
      workers: 0,
    });
    const expected = engine.features(await views.plainViews([0, 7, 40]), 64);
    await views.close();
    const found = [0, 7, 40].flatMap((tile) => [...values.subarray(tile * 128, (tile + 1) * 128)]);
    const largest = found.reduce((most, value, at) => Math.max(most, Math.abs(value - expected[at]!)), 0);
    expect(Math.max(...expected)).toBeGreaterThan(0.1);
    expect(largest).toBeLessThan(1e-3);
  }, 60_000);

  it('goes on behind the rows of a stopped attempt, and not when its file was changed meanwhile', async () => {
    const path = file('kept outside.onnx', channelMeans(32));
    const { core, project: id } = project;
    const { run } = await core.encoders.import({
      project: id,
      model: { file: path },
      card: { ...card, mean: [0, 0, 0], std: [1, 1, 1] },
      keep: 'reference',
    });
    const details = await core.runs.details({ project: id, run });
    expect(details.imported).toMatchObject({ isCopied: false, model: path });
    // Features that no computation gives, so that it shows whether these rows were taken over.
    const open = core.openProjects.get(id);
    const stored: StoredRun = findRun(open.database, run, () => true, '');
    const { embeddingsPath } = await import('#main/services/embeddings.ts');
    const set = requireCurrentTileSet(open);
    const target = embeddingsPath(open, { run: stored, set, weights: 'trained', tiles: null });
    const rows = 10;
    const torn = new Uint8Array(rows * 12 + 5);
    torn.set(new Uint8Array(new Float32Array(rows * 3).fill(7).buffer));
    writeFileSync(`${target}.rows`, torn);
    const { values } = await embed(run);
    expect([...values.subarray(0, rows * 3)].every((value) => value === 7)).toBe(true);
    const means = (await meansOfTiles()).flat();
    expect(values[rows * 3]).toBeCloseTo(means[rows * 3]! / 255, 5);
    expect(existsSync(`${target}.rows`)).toBe(false);
    rmSync(target);
    writeFileSync(path, channelMeans(32, 'other'));
    await expect(embed(run)).rejects.toMatchObject({ code: 'file-changed' });
    rmSync(path);
    await expect(embed(run)).rejects.toMatchObject({ code: 'file-not-found' });
  }, 60_000);

  it('pools tokens as the card says and wants it said', async () => {
    const path = file('tokens.onnx', channelTokens(32));
    const cardFile = file('tokens card.json', JSON.stringify({ ...card, output: 'tokens' }));
    const inspected = await project.core.encoders.inspect({ file: path, card: { file: cardFile } });
    expect(inspected).toMatchObject({ missing: ['pooling'], check: null, cardSource: 'given' });
    const run = await imported(path, { output: 'tokens', pooling: 'class-and-patch-mean' });
    const { dimension, values } = await embed(run.run);
    expect(dimension).toBe(2 * 32 * 32);
    const means = await meansOfTiles();
    const meanOf = (from: number) => values.subarray(from, from + 1024).reduce((sum, value) => sum + value, 0) / 1024;
    // The first token holds the red channel, the patches green and blue.
    expect(meanOf(0) * 255).toBeCloseTo(means[0]![0]!, 2);
    expect(meanOf(1024) * 255).toBeCloseTo((means[0]![1]! + means[0]![2]!) / 2, 2);
  }, 60_000);
});

describe('what is no encoder', () => {
  const constant = onnxModel({
    input: ['batch', 3, 32, 32],
    outputs: { features: ['batch', 3] },
    nodes: [
      { type: 'ReduceMean', inputs: ['pixels'], output: 'means', attributes: { axes: [2, 3], keepdims: 0 } },
      { type: 'Sub', inputs: ['means', 'means'], output: 'features' },
    ],
  });
  const noise = onnxModel({
    input: ['batch', 3, 32, 32],
    outputs: { features: ['batch', 3] },
    nodes: [
      { type: 'ReduceMean', inputs: ['pixels'], output: 'means', attributes: { axes: [2, 3], keepdims: 0 } },
      { type: 'RandomNormalLike', inputs: ['means'], output: 'features' },
    ],
  });
  const foreign = onnxModel({
    input: ['batch', 3, 32, 32],
    outputs: { features: ['batch', 3] },
    nodes: [{ type: 'MagicPool', inputs: ['pixels'], output: 'features', domain: 'com.somebody' }],
  });
  const unknown = onnxModel({
    input: ['batch', 3, 32, 32],
    outputs: { features: ['batch', 3] },
    nodes: [{ type: 'NoSuchOperator', inputs: ['pixels'], output: 'features' }],
  });
  const gigantic = onnxModel({
    input: ['batch', 3, 32, 32],
    outputs: { features: ['batch', 'many'] },
    nodes: [
      { type: 'Constant', inputs: [], output: 'shape', attributes: { value_ints: [2_000_000, 3_000_000] } },
      { type: 'ConstantOfShape', inputs: ['shape'], output: 'many' },
      { type: 'ReduceMean', inputs: ['pixels'], output: 'mean', attributes: { keepdims: 0 } },
      { type: 'Add', inputs: ['many', 'mean'], output: 'features' },
    ],
  });
  const flat = onnxModel({
    input: ['batch', 3072],
    outputs: { features: ['batch', 3072] },
    nodes: [{ type: 'Relu', inputs: ['pixels'], output: 'features' }],
  });
  const withData = (name: string) =>
    onnxModel({
      input: ['batch', 3, 32, 32],
      outputs: { features: ['batch', 3, 32, 32] },
      nodes: [{ type: 'Mul', inputs: ['pixels', 'scale'], output: 'features' }],
      weights: [{ name: 'scale', shape: [1], values: name }],
    });

  it.each([
    { what: 'text', bytes: 'not a model', code: 'file-invalid', says: 'no ONNX model' },
    { what: 'nothing', bytes: '', code: 'file-invalid', says: 'no ONNX model' },
    { what: 'constant features', bytes: constant, code: 'file-unsupported', says: 'same features' },
    { what: 'random features', bytes: noise, code: 'file-unsupported', says: 'each time' },
    { what: 'operators of another maker', bytes: foreign, code: 'file-unsupported', says: 'com.somebody MagicPool' },
    { what: 'an operator nobody has', bytes: unknown, code: 'file-unsupported', says: 'NoSuchOperator' },
    { what: 'terabytes of numbers', bytes: gigantic, code: 'out-of-memory', says: 'not enough memory' },
    { what: 'two axes', bytes: flat, code: 'file-unsupported', says: '2 axes' },
    { what: 'another size', bytes: channelMeans(224), code: 'invalid-input', says: '224 x 224' },
    { what: 'channels last', bytes: channelMeans(32, 'n', true), code: 'invalid-input', says: 'not NCHW' },
    { what: 'two outputs', bytes: channelTokens(32), code: 'invalid-input', says: '2 outputs' },
    { what: 'data elsewhere', bytes: withData('../secret'), code: 'file-unsupported', says: 'outside its own folder' },
    { what: 'data missing', bytes: withData('weights.data'), code: 'file-not-found', says: 'weights.data' },
  ])('$what is refused with a reason, and nothing of it stays', async ({ what, bytes, code, says }) => {
    const before = readdirSync(join(project.folder, 'project', 'runs'));
    await expect(imported(file(`${what}.onnx`, bytes))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(says) as string,
      hint: expect.stringMatching(/\w/) as string,
    });
    expect(readdirSync(join(project.folder, 'project', 'runs'))).toEqual(before);
  });

  it('a model cut off anywhere is refused, never run', async () => {
    const whole = channelMeans(32);
    for (let length = 1; length < whole.length; length += 11) {
      const path = file('cut.onnx', whole);
      truncateSync(path, length);
      await expect(imported(path), `${length} of ${whole.length} bytes`).rejects.toMatchObject({
        code: expect.stringMatching(/^file-(invalid|truncated|unsupported)$/) as string,
      });
    }
  }, 60_000);

  it('weights in a file beside the model are taken along', async () => {
    const path = file('with data.onnx', withData('scale.onnx_data'));
    file('scale.onnx_data', new Uint8Array(new Float32Array([2]).buffer));
    const { run } = await imported(path, { pooling: 'map-mean' });
    expect(readdirSync(join(project.folder, 'project', 'runs', run, 'model')).sort()).toEqual([
      'scale.onnx_data',
      'with data.onnx',
    ]);
    rmSync(path);
    const { values } = await embed(run);
    expect(values[0]! * 255).toBeCloseTo(2 * (await meansOfTiles())[0]![0]!, 2);
  }, 30_000);

  it('a card for another file, or tiles that the encoder cannot know, are refused with what would fit', async () => {
    const path = file('sound.onnx', channelMeans());
    await expect(imported(path, { sha256: '0'.repeat(64) })).rejects.toMatchObject({ code: 'file-changed' });
    await expect(imported(path, { inputPx: 224, mpp: 0.5 })).rejects.toMatchObject({
      code: 'invalid-input',
      hint: expect.stringContaining('tiles of 224 px at 0.5') as string,
    });
    await expect(imported(path, { features: 1024 })).rejects.toMatchObject({
      message: expect.stringContaining('the card says 1024') as string,
    });
  });
});
