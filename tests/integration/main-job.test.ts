/** The main job through the command line alone, on real images: slides to a judged classifier, a map and exports. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorReport } from '#common/errors.ts';
import { readSafetensors } from '#main/engine/safetensors.ts';
import { parseFieldName } from '#main/services/demo-service.ts';
import { startTrefoil, trefoilJson } from './command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'trefoil-main-job-'));
const project = join(folder, 'Projekt Größe 組織');
const resources = fileURLToPath(new URL('../../resources/demo/', import.meta.url));
const fields = readdirSync(join(resources, 'osteosarcoma'))
  .filter((name) => name.endsWith('.jpg'))
  .map(parseFieldName);
/** Four fields of each class, of different specimens where they can be. */
const chosen = [...new Set(fields.map((field) => field.class))].flatMap((name) => {
  const own = fields.filter((field) => field.class === name);
  const specimens = [...new Set(own.map((field) => field.specimen))].slice(0, 4);
  return specimens.map((specimen) => own.find((field) => field.specimen === specimen)!);
});
const svs = join(resources, 'CMU-1-Small-Region.svs');
const out = join(folder, 'export');

interface Evaluation {
  readonly classifier: string;
  readonly trainingLabels: number;
  readonly evaluatedTiles: number;
  readonly groupLevel: string;
  readonly rows: readonly { features: string; balancedAccuracy: { value: number; low: number; high: number } }[];
  readonly test: { readonly tiles: number } | null;
  readonly sentences: readonly string[];
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the main job on the command line', () => {
  let kept = 0;

  beforeAll(async () => {
    await trefoilJson('project', 'create', project);
    for (const { file, specimen, patient } of chosen) {
      const path = join(resources, 'osteosarcoma', file);
      await trefoilJson('slides', 'add', project, path, '--specimen', specimen, '--patient', patient);
    }
    await trefoilJson('slides', 'add', project, svs);
  });

  it('leaves slides out while their pixel size is missing, says how to set it, and cuts the others', async () => {
    const { exitCode, stdout } = await startTrefoil('tiles', project, '--json').finished;
    expect(exitCode).toBe(1);
    const made = JSON.parse(stdout) as { slides: { name: string }[]; refused: { error: ErrorReport }[] };
    expect(made.slides).toMatchObject([{ name: 'CMU-1-Small-Region.svs' }]);
    expect(made.refused).toHaveLength(chosen.length);
    for (const { error } of made.refused) {
      expect(error).toMatchObject({ code: 'mpp-missing', hint: expect.stringContaining('trefoil slides set') });
    }
  });

  it('adds good slides beside a broken one, names it, and ends with another exit code', async () => {
    const broken = join(folder, 'broken.svs');
    writeFileSync(broken, 'no slide');
    const { exitCode, stdout } = await startTrefoil('slides', 'add', project, broken, svs).finished;
    expect(exitCode).toBe(1);
    expect(stdout).toContain('Added 0 slides, 1 was there already.');
    expect(stdout).toMatch(/broken\.svs was left out: .+/);
  });

  it('remembers a pixel size set by hand as set by hand, and takes it back on undo', async () => {
    interface Slide {
      slide: string;
      name: string;
      mpp: number | null;
      mppSource: string;
    }
    const slides = await trefoilJson<Slide[]>('slides', 'list', project);
    for (const { slide, name } of slides) {
      if (name.endsWith('.jpg')) await trefoilJson('slides', 'set', project, slide, '--mpp', '1');
    }
    const sources = async () => (await trefoilJson<Slide[]>('slides', 'list', project)).map((slide) => slide.mppSource);
    expect(new Set(await sources())).toEqual(new Set(['by-hand', 'file']));
    await trefoilJson('project', 'undo', project);
    expect(await sources()).toContain('missing');
    await trefoilJson('project', 'redo', project);
    expect(await sources()).not.toContain('missing');
  });

  it('cuts tiles inside the regions a person imported, and says why others were dropped', async () => {
    const region = {
      type: 'FeatureCollection',
      features: [
        {
          type: 'Feature',
          properties: { objectType: 'annotation', name: 'left half' },
          geometry: {
            type: 'Polygon',
            coordinates: [
              [
                [0, 0],
                [1110, 0],
                [1110, 2967],
                [0, 2967],
                [0, 0],
              ],
            ],
          },
        },
      ],
    };
    const geojson = join(folder, 'CMU-1-Small-Region.geojson');
    writeFileSync(geojson, JSON.stringify(region));
    expect(await trefoilJson('regions', 'import', project, geojson)).toMatchObject({ imported: [{ kind: 'include' }] });
    interface Tiles {
      kept: number;
      slides: { name: string; planned: number; kept: number; dropped: Record<string, number> }[];
    }
    const result = await trefoilJson<Tiles>('tiles', project, '--size', '128', '--mpp', '1', '--min-focus', '0');
    kept = result.kept;
    const slide = result.slides.find((item) => item.name.endsWith('.svs'))!;
    expect(slide.planned).toBe(8 * 11);
    // Columns 0 to 3 have their centre in the left half: 1110 / 256.5 px.
    expect(slide.dropped['outside-region']).toBe(4 * 11);
    expect(slide.kept + Object.values(slide.dropped).reduce((sum, count) => sum + count, 0)).toBe(slide.planned);
    expect(await trefoilJson<Tiles>('tiles', project, '--size', '128', '--mpp', '1', '--min-focus', '0')).toEqual(
      result,
    );
  });

  it('imports labels and lists the rows it cannot use', async () => {
    const lines = chosen.flatMap(({ file, class: name }) =>
      Array.from({ length: 64 }, (_, i) => `${file},${64 + 128 * (i % 8)},${64 + 128 * Math.floor(i / 8)},${name}`),
    );
    const csv = join(folder, 'labels.csv');
    writeFileSync(
      csv,
      ['slide,x,y,class', ...lines, 'nowhere.svs,1,1,Viable', `${chosen[0]!.file},a,1,Viable`].join('\n'),
    );
    const result = await trefoilJson<{
      imported: number;
      classes: object[];
      unmatched: { line: number; reason: string }[];
    }>('labels', 'import', project, csv);
    expect(result.classes).toHaveLength(3);
    expect(result.imported + result.unmatched.length).toBe(lines.length + 2);
    expect(result.unmatched).toContainEqual({
      line: lines.length + 2,
      reason: 'the project has no slide "nowhere.svs"',
    });
    expect(result.unmatched).toContainEqual({ line: lines.length + 3, reason: 'x or y is not a number' });
  });

  it('stops pretraining on Ctrl-C with exit code 130 and goes on with --resume to the end', async () => {
    const { child, finished } = startTrefoil('pretrain', project, '--recipe', 'quick', '--epochs', '2');
    child.stderr!.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('Pretraining')) process.kill(-child.pid!, 'SIGINT');
    });
    const stopped = await finished;
    expect(stopped.exitCode).toBe(130);
    expect(stopped.stderr).toMatch(/finished is kept/);
    const saved = readdirSync(join(project, 'runs'), { recursive: true, encoding: 'utf8' });
    expect(saved.filter((name) => name.endsWith('.safetensors'))).not.toEqual([]);
    const run = await trefoilJson<{ status: string; steps: number; engine: { backend: string; reason: string } }>(
      'pretrain',
      project,
      '--resume',
      'last',
    );
    expect(run).toMatchObject({
      status: 'finished',
      engine: { backend: expect.any(String), reason: expect.any(String) },
    });
    expect(run.steps).toBe(2 * Math.floor(kept / 32));
  });

  it('judges the classifier on held-out groups beside its baselines, in sentences', async () => {
    const result = await trefoilJson<Evaluation>('finetune', project, '--fraction', '0.05', '--group', 'specimen');
    expect(result.rows.map((row) => row.features)).toEqual(['VICReg', 'Random weights', 'Colour and texture']);
    for (const { balancedAccuracy } of result.rows) {
      expect(balancedAccuracy.low).toBeLessThanOrEqual(balancedAccuracy.value);
      expect(balancedAccuracy.high).toBeGreaterThanOrEqual(balancedAccuracy.value);
    }
    expect(result.evaluatedTiles).toBeGreaterThan(10 * result.trainingLabels);
    expect(result.sentences.join(' ')).toMatch(/random weights.*colour and texture.*pretraining set/);
    const again = await trefoilJson<Evaluation>('finetune', project, '--fraction', '0.05', '--group', 'specimen');
    expect(again.rows).toEqual(result.rows);
  });

  it('keeps test slides out of the folds and reports them apart', async () => {
    const held = chosen[0]!.file;
    const result = await trefoilJson<Evaluation>('finetune', project, '--group', 'image', '--test-slides', held);
    const all = await trefoilJson<Evaluation>('finetune', project, '--group', 'image');
    expect(result.test!.tiles).toBeGreaterThan(0);
    expect(result.evaluatedTiles + result.test!.tiles).toBe(all.evaluatedTiles);
    expect(all.test).toBeNull();
  });

  it('classifies every kept tile and exports map, tables and encoder', async () => {
    const classified = await trefoilJson<{
      tiles: number;
      slides: { classes: { tiles: number; percent: number }[] }[];
    }>('classify', project);
    expect(classified.tiles).toBe(kept);
    const counted = classified.slides.flatMap((slide) => slide.classes).reduce((sum, item) => sum + item.tiles, 0);
    expect(counted).toBe(kept);
    const { files } = await trefoilJson<{ files: string[] }>('export', project, '--out', out);
    for (const name of files) expect(existsSync(join(out, name))).toBe(true);
    const detections = JSON.parse(readFileSync(join(out, 'CMU-1-Small-Region.tiles.geojson'), 'utf8'));
    expect(detections.features.length).toBeGreaterThan(0);
    expect(readFileSync(join(out, 'tiles.csv'), 'utf8').trim().split('\n')).toHaveLength(kept + 1);
    const { tensors, metadata } = readSafetensors(readFileSync(join(out, 'encoder.safetensors')));
    expect(tensors.get('conv1.weight')?.shape).toEqual([16, 3, 7, 7]);
    expect(metadata['use']).toBe('research use only');
    const { files: onnx } = await trefoilJson<{ files: string[] }>('export', project, '--out', out, '--onnx');
    expect(onnx).toEqual(['encoder.onnx', 'encoder.json', 'method-card.md', 'method-card.json']);
    const { check } = JSON.parse(readFileSync(join(out, 'encoder.json'), 'utf8'));
    expect(check.tiles).toBeGreaterThan(1);
    expect(check.largestDifference).toBeLessThan(1e-3);
  });
});

describe('the command line', () => {
  it('describes a slide with the keys the documentation promises', async () => {
    expect(await trefoilJson('slides', 'info', svs)).toEqual({
      width: 2220,
      height: 2967,
      levels: [{ width: 2220, height: 2967, downsample: 1 }],
      mpp: 0.499,
      mppSource: 'file',
      tilePx: 240,
      mppProvenance: {
        source: 'file',
        x: 0.499,
        y: 0.499,
        field: 'aperio.MPP',
        claims: [{ field: 'aperio.MPP', x: 0.499, y: 0.499 }],
        contradictions: [],
        objectiveMpp: null,
        setAt: null,
        overridden: null,
      },
      vendor: 'aperio',
      objectivePower: 20,
      compression: 'JPEG',
      associatedImages: [
        { name: 'thumbnail', width: 574, height: 768, isPrivate: false },
        { name: 'label', width: 387, height: 463, isPrivate: true },
        { name: 'macro', width: 1280, height: 431, isPrivate: true },
      ],
      colourProfile: null,
      notes: [],
    });
  });

  it.each([
    [['slides', 'info', '/nonexistent.svs'], 1, 'file-not-found'],
    [['tiles', '/nonexistent'], 1, 'file-not-found'],
  ])('%j ends with exit code %i and a typed error', async (args, code, error) => {
    const { exitCode, stdout } = await startTrefoil(...args, '--json').finished;
    expect(exitCode).toBe(code);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: error, hint: expect.stringMatching(/\w/) } });
  });

  it.each([[['tiles']], [['pretrain', 'x', '--method', 'magic']], [['tiles', 'x', '--size', 'big']], [['nonsense']]])(
    '%j is a usage error',
    async (args) => {
      expect((await startTrefoil(...args).finished).exitCode).toBe(2);
    },
  );

  it('explains every command with --help', async () => {
    for (const command of [
      'doctor',
      'project',
      'slides',
      'regions',
      'tiles',
      'pretrain',
      'runs',
      'labels',
      'finetune',
      'classify',
      'export',
      'demo',
    ]) {
      const { exitCode, stdout } = await startTrefoil(command, '--help').finished;
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/^Usage: trefoil/);
    }
  });
});
