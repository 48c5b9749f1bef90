/**
 * Names and places as people make them, on the whole way: command line, project, tiles, labels, maps, exports, and found
 * again after a move. Two slides share a name, one lies deeper than 260 characters, all in a folder that may only be read.
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCore } from '#main/services/core.ts';
import { writePyramidTiff } from '#tests/fixtures/tiff/write-tiff.ts';
import { labelHalves, plantRun } from '#tests/support/planted-run.ts';
import type { GeneratedProject } from '#tests/support/generated-project.ts';
import { startTrefoil, trefoilJson } from './command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'trefoil-odd-'));
const slides = join(folder, 'Bilder  "Größe" 組織 🧫');
const project = join(folder, `Projekt 'ä' Ω`);
const deep = Array.from({ length: 8 }, (_, level) => `${level} ${'sehr langer Ordnername '.repeat(2)}`.trim());
const isWindows = process.platform === 'win32';

/** Folder and name; every one is another picture. */
const files: readonly (readonly [string[], string])[] = [
  [['Fall 1'], 'Präparat.tif'.normalize('NFC')],
  [['Fall 2'], 'Präparat.tif'.normalize('NFC')],
  [['Fall 3'], 'Präparat.tif'.normalize('NFD')],
  [['切片'], '病理 ①.tif'],
  [['x'], '🧫 100 %.tif'],
  [['x'], isWindows ? 'quotes.tif' : '"quotes" \'and\' `ticks` <b>.tif'],
  [['x'], isWindows ? 'line.tif' : 'two\nlines.tif'],
  [['x'], '-rf.tif'],
  [deep, 'tief.tif'],
];
const paths = files.map(([folders, name]) => join(slides, ...folders, name));

interface Slide {
  readonly slide: string;
  readonly name: string;
  readonly folderHint: string | null;
  readonly mppProvenance: { readonly field: string | null };
}

beforeAll(async () => {
  for (const [index, [folders, name]] of files.entries()) {
    mkdirSync(join(slides, ...folders), { recursive: true });
    const picture = join(slides, ...folders, name);
    await writePyramidTiff(picture, {
      width: 256,
      height: 128,
      tilePx: 64,
      compression: 'deflate',
      mpp: 1,
      pixel: (x, y) => {
        const texture = (x * 7 + y * 13 + index * 29) % 40;
        return x < 128 ? [180 + texture, 60 + texture, 90] : [90 + texture, 60 + texture, 190 + texture];
      },
    });
  }
  for (const path of paths) chmodSync(path, 0o444);
  for (const [folders] of files) chmodSync(join(slides, ...folders), 0o555);
});
afterAll(() => {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) chmodSync(join(entry.parentPath, entry.name), 0o755);
  }
  rmSync(folder, { recursive: true, force: true });
});

it('the longest path is longer than Windows used to allow', () => {
  expect(Math.max(...paths.map((path) => path.length))).toBeGreaterThan(260);
});

describe('on the command line', () => {
  it('every slide is added and listed, those of one name with their folder', async () => {
    await trefoilJson('project', 'create', project);
    // "--" as a person must write it for a file whose name begins with a dash; these have their folder in front.
    const { added } = await trefoilJson<{ added: Slide[] }>('slides', 'add', project, ...paths);
    expect(added.map(({ name }) => name)).toEqual(files.map(([, name]) => name));
    const listed = await trefoilJson<Slide[]>('slides', 'list', project);
    expect(listed.map(({ folderHint }) => folderHint)).toEqual(['Fall 1', 'Fall 2', 'Fall 3', ...Array(6).fill(null)]);
    expect(new Set(listed.map((slide) => slide.mppProvenance.field))).toEqual(
      new Set(['tiff.XResolution/ResolutionUnit']),
    );
    const { stdout } = await startTrefoil('slides', 'list', project).finished;
    // A header, a line below it, one line for each slide: also for the name with a line break.
    expect(stdout.trimEnd().split('\n')).toHaveLength(2 + files.length);
    expect(stdout).toContain('(Fall 2)');
  });

  it('each slide tells what it is', async () => {
    for (const path of paths) {
      expect(await trefoilJson('slides', 'info', path)).toMatchObject({ width: 256, height: 128, mpp: 1 });
    }
  });
});

describe('tiles, maps and exports', () => {
  const out = join(folder, 'Ausgabe "neu" 出力');
  const core = createCore({ workers: 1 });
  let id = '';

  beforeAll(async () => {
    ({ project: id } = await core.projects.open({ directory: project }));
    await core.tiles.extract({
      project: id,
      settings: {
        sizePx: 32,
        mpp: 1,
        minTissue: 0,
        tissue: { maskMpp: 4, minSpeckUm2: 0, minHoleUm2: 0, minFocus: 0 },
      },
    });
    const generated = { core, project: id } as GeneratedProject;
    await plantRun(generated);
    await labelHalves(generated);
    await core.classifier.refresh({ project: id });
    await core.exports.export({ project: id, kinds: ['geojson', 'csv', 'png', 'report'], out });
  });
  afterAll(() => core.close());

  it('every slide has its own files and none is written over', () => {
    const written = readdirSync(out);
    for (const ending of ['.regions.geojson', '.tiles.geojson', '.map.png', '.confidence.png', '.map.json']) {
      expect(written.filter((name) => name.endsWith(ending))).toHaveLength(files.length);
    }
    const cards = written.filter((name) => name.endsWith('.map.json'));
    const named = cards.map((name) => (JSON.parse(readFileSync(join(out, name), 'utf8')) as { slide: string }).slide);
    expect(new Set(named).size).toBe(files.length);
    expect(named).toEqual(expect.arrayContaining(['Präparat.tif (Fall 1)', 'Präparat.tif (Fall 2)', files[6]![1]]));
  });

  it('every export says where the pixel sizes come from', () => {
    const read = (name: string): string => readFileSync(join(out, name), 'utf8');
    const field = 'tiff.XResolution/ResolutionUnit';
    const [header] = read('areas.csv').split('\n');
    expect(header).toBe(
      'slide,class,tiles,area_mm2,percent,mpp,mpp_source,mpp_x,mpp_y,mpp_field,mpp_set_at,mpp_replaced,mpp_warnings' +
        ',slide_likeness,share_beyond_limit,reference_slides',
    );
    expect(read('areas.csv').split(field)).toHaveLength(1 + 2 * files.length);
    for (const name of readdirSync(out).filter((each) => /\.(geojson|map\.json)$/.test(each))) {
      const content = JSON.parse(read(name)) as { mpp: { field: string } | number; mppProvenance?: { field: string } };
      const provenance = typeof content.mpp === 'number' ? content.mppProvenance : content.mpp;
      expect(provenance).toMatchObject({ source: 'file', x: 1, y: 1, field, contradictions: [] });
    }
    expect(read('report.html')).toContain(`1 µm/px, from the file (${field})`);
    expect(read('method-card.json').split(field).length).toBeGreaterThan(files.length);
    const [manifest] = readdirSync(join(project, 'tiles'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      /tiles-\w+\.json$/.test(name),
    );
    expect(readFileSync(join(project, 'tiles', manifest!), 'utf8')).toContain(`"field":"${field}"`);
  });

  it('pictures of the slides are served', async () => {
    for (const { slide } of await core.slides.list({ project: id })) {
      const { bytes } = await core.slideImages.thumbnail(id, slide, 64);
      expect((await sharp(bytes).metadata()).width).toBe(64);
    }
  });

  it('a folder that may only be read stays as it was', () => {
    const left = readdirSync(slides, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(left).toHaveLength(files.length);
  });
});

it('all are found again after a move, on the command line', async () => {
  for (const [folders] of files) chmodSync(join(slides, ...folders), 0o755);
  const moved = join(folder, 'umgezogen 引越し');
  renameSync(slides, moved);
  const copy = join(folder, 'Kopie.tif');
  copyFileSync(join(moved, ...files[0]![0], files[0]![1]), copy);
  const facts = await trefoilJson<{ relinked: { name: string; location: string }[]; notFound: unknown[] }>(
    'slides',
    'relink',
    project,
    '--search',
    moved,
  );
  expect(facts.notFound).toEqual([]);
  expect(facts.relinked.map(({ name }) => name).sort()).toEqual(files.map(([, name]) => name).sort());
  for (const { location } of facts.relinked) expect(existsSync(location)).toBe(true);
});
