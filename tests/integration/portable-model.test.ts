/**
 * A portable model of a really trained project, applied to slides without the project: the same classes, the same bytes when it is
 * done again, nothing half, nothing of a patient; and models that are damaged or lie.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { z } from 'zod';
import { tissueAugmentation } from '#common/domain/pretrain.ts';
import { openBundle } from '#main/bundles/read-bundle.ts';
import { openOnnxEncoder } from '#main/engine/onnx/onnx-encoder.ts';
import { manifestOf } from '#main/services/bundles/cut-tiles.ts';
import { readStageFile, slidePredictions, slideTiles } from '#main/services/bundles/slide-files.ts';
import { openTileStore } from '#main/tiles/tile-store.ts';
import { createViewSource } from '#main/triplets/view-source.ts';
import { trainProject, type TrainedProject } from '#tests/support/trained-project.ts';

let trained: TrainedProject;
let core: TrainedProject['core'];
let model: string;
let sha256: string;
let slides: { file: string }[];
const inFolder = (...names: string[]): string => join(trained.folder, ...names);

beforeAll(async () => {
  trained = await trainProject();
  ({ core } = trained);
  model = inFolder('model.trefoil-model');
  await core.slides.update({
    project: trained.project,
    slides: trained.slides as string[],
    patient: 'Erika Mustermann',
  });
  ({ sha256 } = await core.bundles.write({ project: trained.project, out: model }));
  slides = [1, 2, 3].map((number) => ({ file: inFolder(`slide ${number}.png`) }));
}, 240_000);
afterAll(async () => trained.close());

const apply = (out: string, which = slides, keepWork = false) =>
  core.bundles.apply({ model: { file: model }, slides: which, out: inFolder(out), mpp: 1, keepWork });

/** Relative name -> bytes of everything below a folder. */
function contents(folder: string): Map<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    entries
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path.slice(folder.length + 1), readFileSync(path).toString('base64')]),
  );
}

describe('a portable model', () => {
  it('says what it is for and how well it did, beside its baselines', async () => {
    const about = await core.bundles.inspect({ model: { file: model } });
    expect(about).toMatchObject({
      sha256,
      classes: [{ name: 'A' }, { name: 'B' }],
      tiles: { sizePx: 32, mpp: 1, stridePx: 32 },
      encoder: { network: 'resnet18-narrow', viewPx: 64, features: 128 },
      evaluation: { trainingSlides: 3, groupLevel: expect.any(String) as string },
      notice: expect.stringContaining('research use only') as string,
    });
    expect(about.evaluation.baselines.map(({ features }) => features)).toContain('Colour and texture');
  });

  it('is the same file when it is written again', async () => {
    const again = inFolder('again.trefoil-model');
    await core.bundles.write({ project: trained.project, out: again });
    expect(readFileSync(again).equals(readFileSync(model))).toBe(true);
  });

  it('is one of the kinds of an export too, the same file', async () => {
    const { project } = trained;
    const made = await core.exports.make({ project, kinds: ['model'] });
    const file = inFolder('project', 'exports', made.export, 'model.trefoil-model');
    expect(readFileSync(file).equals(readFileSync(model))).toBe(true);
    expect(made.files.find(({ name }) => name === 'model.trefoil-model')?.byteLength).toBe(readFileSync(model).length);
    const { files } = await core.exports.preview({ project, kinds: ['model'] });
    expect(files.map(({ name }) => name)).toContain('model.trefoil-model');
  });

  it('names no slide, no patient and no folder', async () => {
    const bundle = await openBundle(model);
    const texts = await Promise.all(
      (['classifier.json', 'method-card.json', 'README.txt'] as const).map(async (name) =>
        Buffer.from(await bundle.read(name)).toString('utf8'),
      ),
    );
    for (const text of [JSON.stringify(bundle.manifest), ...texts]) {
      expect(text).not.toMatch(/slide \d|Mustermann|\/tmp\/|trefoil-generated/);
    }
  });

  it('gives every tile the class that the project gives it, and probabilities within a thousandth', async () => {
    const { slides: results, refused } = await apply('applied', slides, true);
    expect(refused).toEqual([]);
    expect(results.map(({ kept }) => kept)).toEqual([32, 32, 32]);
    const { project } = trained;
    await core.exports.export({ project, kinds: ['csv'], out: inFolder('exported') });
    const rows = (path: string): string[][] =>
      readFileSync(path, 'utf8')
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split(','));
    const expected = rows(inFolder('exported', 'tiles.csv'));
    const found = results.flatMap(({ folder }) => rows(inFolder('applied', folder, 'tiles.csv')));
    expect(found).toHaveLength(expected.length);
    const differences = found.flatMap((row, index) =>
      row.slice(8).map((value, k) => Math.abs(Number(value) - Number(expected[index]![8 + k]))),
    );
    expect(found.map((row) => row.slice(1, 8))).toEqual(expected.map((row) => row.slice(1, 8)));
    expect(Math.max(...differences)).toBeLessThan(1e-3);
  });

  it('gives the same bytes again, wherever the slide lies', async () => {
    mkdirSync(inFolder('moved'));
    const moved = slides.map(({ file }, index) => ({ file: inFolder('moved', `slide ${index + 1}.png`), from: file }));
    for (const { file, from } of moved) copyFileSync(from, file);
    await apply(
      'applied-again',
      moved.map(({ file }) => ({ file })),
      true,
    );
    expect(contents(inFolder('applied-again'))).toEqual(contents(inFolder('applied')));
  });

  it('does what is missing and leaves alone what is there', async () => {
    const target = inFolder('applied-again', 'slide 2');
    const before = contents(inFolder('applied-again'));
    writeFileSync(join(target, 'map.png'), 'spoilt');
    rmSync(join(target, 'work', 'predictions.json'));
    truncateSync(join(target, 'work', 'embeddings.f32'), 5000);
    const { slides: results } = await apply('applied-again', slides, true);
    expect(results.map(({ wasThere }) => wasThere)).toEqual([true, false, true]);
    expect(contents(inFolder('applied-again'))).toEqual(before);
  });

  it('goes on with the other slides when one cannot be read or does not say its scale', async () => {
    writeFileSync(inFolder('broken.svs'), 'no slide at all');
    const which = [{ file: inFolder('broken.svs') }, slides[0]!];
    const { slides: results, refused } = await core.bundles.apply({
      model: { file: model },
      slides: [...which, slides[1]!],
      out: inFolder('partly'),
      mpp: 1,
    });
    expect(results.map(({ name }) => name)).toEqual(['slide 1.png', 'slide 2.png']);
    expect(refused).toMatchObject([{ name: 'broken.svs', error: { code: 'file-invalid' } }]);
    const without = await core.bundles.apply({
      model: { file: model },
      slides: which.slice(1),
      out: inFolder('unscaled'),
    });
    expect(without.refused).toMatchObject([
      { error: { code: 'mpp-missing', hint: expect.stringContaining('--mpp') as string } },
    ]);
  });

  it('says that nothing was kept of a slide, in a result without tiles', async () => {
    const small = inFolder('tiny.png');
    await sharp({ create: { width: 20, height: 20, channels: 3, background: '#ffffff' } })
      .png()
      .toFile(small);
    const { slides: results } = await apply('blank', [{ file: small }]);
    expect(results).toMatchObject([
      { kept: 0, warnings: [expect.stringContaining('smaller than one tile') as string] },
    ]);
    expect(readFileSync(inFolder('blank', 'tiny', 'regions.geojson'), 'utf8')).toContain('"features":[');
  });

  it('keeps two slides of one name apart, also over two commands', async () => {
    mkdirSync(inFolder('other'), { recursive: true });
    const twin = inFolder('other', 'slide 1.png');
    copyFileSync(inFolder('slide 3.png'), twin);
    await apply('twins', [slides[0]!]);
    const first = contents(inFolder('twins', 'slide 1'));
    const { slides: results } = await apply('twins', [{ file: twin }]);
    expect(results[0]?.folder).toMatch(/^slide 1-[0-9a-f]{8}$/);
    expect(contents(inFolder('twins', 'slide 1'))).toEqual(first);
  });

  it('leaves no tiles behind unless they are wanted', async () => {
    await apply('clean', [slides[0]!]);
    expect(existsSync(inFolder('clean', 'slide 1', 'work'))).toBe(false);
    expect([...contents(inFolder('clean')).keys()].sort()).toEqual(
      [
        'areas.csv',
        'confidence.png',
        'map.json',
        'map.png',
        'provenance.json',
        'regions.geojson',
        'tiles.csv',
        'tiles.geojson',
      ].map((name) => `slide 1/${name}`),
    );
  });

  it('ends when it is cancelled, and goes on from there', async () => {
    const abort = new AbortController();
    const stopped = core.bundles.apply(
      { model: { file: model }, slides, out: inFolder('stopped'), mpp: 1, keepWork: true },
      { signal: abort.signal, onProgress: ({ stage }) => stage === 'Computing features' && abort.abort() },
    );
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
    await apply('stopped', slides, true);
    expect(contents(inFolder('stopped'))).toEqual(contents(inFolder('applied')));
  });
});

describe("a folder in WSInfer's form", () => {
  it('holds what its programs ask for, and an ONNX model with the probabilities of the map', async () => {
    const { project } = trained;
    const { directory, files } = await core.bundles.writeWsinfer({ project, out: inFolder('wsinfer') });
    expect(files).toEqual(['config.json', 'model.onnx']);
    const configuration = JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8')) as unknown;
    // The required members and their types as the zoo's schema (version 1.0) has them.
    const { num_classes: count, class_names: names } = z
      .object({
        spec_version: z.literal('1.0'),
        architecture: z.string(),
        num_classes: z.number().int().min(1),
        class_names: z.array(z.string()),
        patch_size_pixels: z.number().int().min(1),
        spacing_um_px: z.number().positive(),
        transform: z.array(z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()).optional() })),
      })
      .parse(configuration);
    expect(names).toHaveLength(count);
    expect(JSON.stringify(configuration)).not.toMatch(/slide \d|Mustermann/);

    const tilesFile = inFolder('applied', 'slide 1', 'work', 'tiles.json');
    const { value: cut } = await readStageFile(tilesFile, slideTiles, 'tiles');
    const views = createViewSource({
      tiles: openTileStore(manifestOf(cut, tilesFile)),
      viewPx: 64,
      seed: 0,
      augmentation: tissueAugmentation,
      workers: 0,
    });
    const classifier = await openOnnxEncoder(join(directory, 'model.onnx'), 'model.onnx');
    try {
      const tiles = Array.from({ length: cut.kept }, (_, index) => index);
      const found = await classifier.run(await views.plainViews(tiles), cut.kept, 64);
      const predictions = inFolder('applied', 'slide 1', 'work', 'predictions.json');
      const { value } = await readStageFile(predictions, slidePredictions, 'classify');
      expect(found).toHaveLength(value.probabilities.length);
      value.probabilities.forEach((probability, index) => expect(found[index]).toBeCloseTo(probability, 4));
    } finally {
      await classifier.close();
      await views.close();
    }
  });
});

describe('a stage alone', () => {
  it('refuses the file of another model', async () => {
    const other = inFolder('other.trefoil-model');
    const { project, run } = trained;
    const { classifier } = await core.classifier.finetune({ project, run, seed: 2, fraction: 0.5, baselines: 'ready' });
    await core.bundles.write({ project, out: other, classifier });
    const tiles = { file: inFolder('applied', 'slide 1', 'work', 'tiles.json') };
    const stage = core.bundles.stage({ stage: 'embed', model: { file: other }, tiles, out: inFolder('x.f32') });
    await expect(stage).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining('another model') as string,
    });
    expect(existsSync(inFolder('x.f32'))).toBe(false);
  });
});

describe('a file that is no sound model', () => {
  const open = (name: string) => core.bundles.inspect({ model: { file: inFolder(name) } });

  async function zipOf(name: string, entries: Readonly<Record<string, string>>): Promise<void> {
    const zip = new ZipFile();
    for (const [entry, text] of Object.entries(entries)) zip.addBuffer(Buffer.from(text), entry);
    zip.end();
    const parts: Buffer[] = [];
    for await (const part of zip.outputStream as AsyncIterable<Buffer>) parts.push(part);
    writeFileSync(inFolder(name), Buffer.concat(parts));
  }

  it.each([
    ['a text', 'hello'],
    ['nothing', ''],
  ])('%s is refused', async (_what, text) => {
    writeFileSync(inFolder('wrong.trefoil-model'), text);
    await expect(open('wrong.trefoil-model')).rejects.toMatchObject({ code: 'file-invalid' });
  });

  it('is refused at every place where it is cut off', async () => {
    const whole = readFileSync(model);
    for (let share = 1; share < 20; share += 1) {
      writeFileSync(inFolder('cut.trefoil-model'), whole.subarray(0, Math.floor((whole.length * share) / 20)));
      await expect(open('cut.trefoil-model')).rejects.toMatchObject({ code: 'file-invalid' });
    }
  });

  it('is told as damaged when bytes of the weights changed', async () => {
    const bytes = readFileSync(model);
    const bundle = await openBundle(model);
    const encoder = await bundle.read('encoder.onnx');
    const at = bytes.indexOf(Buffer.from(encoder.subarray(5000, 5064)));
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(inFolder('flipped.trefoil-model'), bytes);
    const flipped = await openBundle(inFolder('flipped.trefoil-model'));
    await expect(flipped.read('encoder.onnx')).rejects.toMatchObject({ code: 'file-changed' });
    const applied = await core.bundles.apply({
      model: { file: inFolder('flipped.trefoil-model') },
      slides: [slides[0]!],
      out: inFolder('flipped'),
      mpp: 1,
    });
    expect(applied.refused).toHaveLength(1);
  });

  it('is refused with other files in it, or with names that lead out of it', async () => {
    await zipOf('stranger.trefoil-model', { 'manifest.json': '{}', a: '', b: '', c: '', d: '', e: '' });
    await expect(open('stranger.trefoil-model')).rejects.toMatchObject({ code: 'file-invalid' });
    await zipOf('few.trefoil-model', { 'manifest.json': '{}' });
    await expect(open('few.trefoil-model')).rejects.toMatchObject({ code: 'file-invalid' });
  });

  it('of a newer Trefoil says so', async () => {
    const entries = ['encoder.onnx', 'encoder.safetensors', 'classifier.json', 'method-card.json', 'README.txt'];
    await zipOf('newer.trefoil-model', {
      'manifest.json': '{"format":"trefoil-model","version":2}',
      ...Object.fromEntries(entries.map((name) => [name, ''])),
    });
    await expect(open('newer.trefoil-model')).rejects.toMatchObject({ code: 'file-unsupported' });
  });
});
