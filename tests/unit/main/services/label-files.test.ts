/** Labels in and out of a project as files: CSV, and annotations as QuPath exports them. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { generateProject, type GeneratedProject } from '#tests/support/generated-project.ts';

let generated: GeneratedProject;
let project: string;
let labels: GeneratedProject['core']['labels'];
let commandsBefore: number;

beforeAll(async () => {
  generated = await generateProject();
  ({ project } = generated);
  ({ labels } = generated.core);
});
afterAll(async () => generated.close());
const history = async () => generated.core.projects.history({ project });
beforeEach(async () => {
  commandsBefore = (await history()).filter((command) => !command.undone).length;
});

const file = (name: string, content: string | Uint8Array): string => {
  const path = join(generated.folder, name);
  writeFileSync(path, content);
  return path;
};
const square = (x: number, y: number, width: number, height = width): number[][] => [
  [x, y],
  [x + width, y],
  [x + width, y + height],
  [x, y + height],
  [x, y],
];
const annotation = (name: string | null, ring: number[][], color?: number[]) => ({
  type: 'Feature',
  id: '7f1b1a1e-0000-4000-8000-000000000000',
  geometry: { type: 'Polygon', coordinates: [ring] },
  properties: {
    objectType: 'annotation',
    isLocked: true,
    ...(name === null ? {} : { classification: { name, ...(color === undefined ? {} : { color }) } }),
  },
});
const classes = async () =>
  (await labels.classes({ project })).map(({ name, colour, labels: count }) => [name, colour, count]);
const undo = async () => generated.core.projects.undo({ project });

describe('annotations from QuPath', () => {
  /** The left four columns of tiles, one tile of another class inside, and things that are no labels. */
  const document = {
    type: 'FeatureCollection',
    features: [
      annotation('Tumor', square(0, 0, 128), [200, 0, 0]),
      annotation('Necrosis', square(32, 32, 32), [50, 50, 50]),
      annotation('Ignore*', square(0, 0, 300)),
      annotation(null, square(0, 0, 300)),
      annotation('Stroma', square(5000, 5000, 50)),
    ],
  };
  const expected = {
    format: 'geojson',
    imported: 16,
    classes: [
      { name: 'Tumor', colour: '#c80000', labels: 15, isNew: true },
      { name: 'Necrosis', colour: '#323232', labels: 1, isNew: true },
    ],
    replaced: 0,
    unmatched: [{ line: 5, reason: 'no kept tile of slide 2.png has its centre in it' }],
  };

  it('become labels of the tiles under them, with their classes and colours, in one step that is undone as one', async () => {
    const path = file('slide 2.geojson', JSON.stringify(document));
    const preview = await labels.previewImport({ project, file: path });
    expect(preview).toMatchObject(expected);
    expect(await classes()).toEqual([]);
    const report = await labels.import({ project, file: path });
    expect(report).toEqual(preview);
    expect(report.notes).toEqual([
      'All labels are for slide 2.png.',
      '1 object has no classification: left out.',
      '1 object has a class QuPath ignores (its name ends with *): left out.',
      '1 tile lies under annotations of different classes: the smallest annotation counts.',
    ]);
    const listed = await labels.list({ project, limit: 100 });
    expect(new Set(listed.labels.map(({ slide, source }) => `${slide} ${source}`))).toEqual(
      new Set([`${generated.slides[1]} import`]),
    );
    const necrosis = (await labels.classes({ project })).find((item) => item.name === 'Necrosis')!;
    expect(listed.labels.filter((label) => label.class === necrosis.class)).toMatchObject([{ x: 48, y: 48 }]);
    expect((await history()).length).toBe(commandsBefore + 1);
    expect((await undo()).what).toBe('Import 16 labels from slide 2.geojson');
    expect(await classes()).toEqual([]);
    expect((await labels.list({ project })).total).toBe(0);
  });

  it.each([
    ['a bare array', () => JSON.stringify(document.features)],
    ['gzip', () => gzipSync(JSON.stringify(document))],
    [
      'measurements that are not a number',
      () => JSON.stringify(document).replace('"isLocked":true', '"measurements":{"a":NaN}'),
    ],
  ])('are read from %s too', async (_, content) => {
    const path = file('slide 2.geojson.gz', content());
    expect(await labels.previewImport({ project, file: path })).toMatchObject(expected);
  });

  it('are read from one Feature', async () => {
    const path = file('slide 1.geojson', JSON.stringify(document.features[0]));
    expect(await labels.previewImport({ project, file: path })).toMatchObject({ imported: 16, unmatched: [] });
  });

  it('say nothing twice: imported again they change nothing', async () => {
    const path = file('slide 2.geojson', JSON.stringify(document));
    await labels.import({ project, file: path });
    const steps = (await history()).length;
    expect(await labels.import({ project, file: path })).toMatchObject({ imported: 16, replaced: 0 });
    expect((await history()).length).toBe(steps);
    const changed = JSON.stringify(document).replace('"Tumor"', '"NECROSIS"');
    const again = await labels.previewImport({ project, file: file('slide 2.geojson', changed) });
    expect(again).toMatchObject({ replaced: 15, classes: [{ name: 'Necrosis', labels: 16, isNew: false }] });
    await undo();
  });

  it('belong to the slide asked for, before the one the file is named after', async () => {
    const path = file('slide 2.geojson', JSON.stringify(document));
    const { notes } = await labels.previewImport({ project, file: path, slide: generated.slides[2]! });
    expect(notes[0]).toBe('All labels are for slide 3.png.');
    const odd = file('annotations.geojson', JSON.stringify(document));
    await expect(labels.import({ project, file: odd })).rejects.toMatchObject({
      code: 'invalid-input',
      message: 'It is not clear which slide the annotations in annotations.geojson belong to.',
    });
    await expect(labels.import({ project, file: odd, slide: 'slide 9' })).rejects.toMatchObject({ code: 'not-found' });
  });

  it('of points label the tile under each', async () => {
    const points = {
      ...annotation('Tumor', []),
      geometry: {
        type: 'MultiPoint',
        coordinates: [
          [3, 3],
          [4, 4],
          [100, 40],
          [-5, 3],
        ],
      },
    };
    const path = file('slide 1.geojson', JSON.stringify([points]));
    expect(await labels.previewImport({ project, file: path })).toMatchObject({ imported: 2 });
  });

  it.each([
    ['a damaged gzip', Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]), 'file-invalid'],
    ['a gzip of more than it may hold', gzipSync(Buffer.alloc(257 * 1024 * 1024)), 'limit-exceeded'],
    ['half a file', '{"type":"FeatureCollection","features":[{', 'file-invalid'],
    ['a table without its columns', 'a,b\n1,2\n', 'file-invalid'],
  ])('are refused as %s, and nothing changes', async (_, content, code) => {
    await expect(labels.import({ project, file: file('slide 1.geojson', content) })).rejects.toMatchObject({ code });
    expect((await history()).filter((command) => !command.undone)).toHaveLength(commandsBefore);
  });
});

it('regions come packed too, for the slide the file is named after', async () => {
  const region = { ...annotation('Ignore*', square(0, 0, 64)), properties: { name: 'Fold' } };
  const path = file('slide 3.geojson.gz', gzipSync(JSON.stringify([region])));
  expect(await generated.core.regions.import({ project, file: path })).toEqual({
    imported: [{ slide: generated.slides[2], kind: 'include', name: 'Fold' }],
    skipped: 0,
  });
  await undo();
});

describe('labels as CSV', () => {
  const names = ['=SUM(A1)', "'=x", '+1', 'a "quoted", name', 'Ä\nline', '@home', "'plain"];

  it('come back from their own export exactly: slide, place, class and reader', async () => {
    const tiles = names.map((_, index) => index * 9);
    for (const [index, name] of names.entries()) {
      const item = await labels.addClass({ project, name });
      await labels.set({ project, tiles: [tiles[index]!], class: item.class, reader: `-reader ${index}` });
    }
    await labels.keep({ project, tiles: [9] });
    const facts = async () =>
      (await labels.list({ project, limit: 100 })).labels
        .map(({ slide, x, y, tile, class: id, reader }) => [slide, x, y, tile, id, reader])
        .sort((one, other) => Number(one[3]) - Number(other[3]));
    const before = await facts();
    expect(before.map(([, , , tile]) => tile)).toEqual(tiles);
    const out = join(generated.folder, 'out.csv');
    expect(await labels.export({ project, out })).toMatchObject({ name: 'out.csv', labels: names.length });
    const text = readFileSync(out, 'utf8');
    expect(text.split('\n')[0]).toBe('slide,x,y,class,reader,source,kept,tile');
    expect(text).toContain("slide 1.png,16,16,'=SUM(A1),'-reader 0,person,0,0\n");
    expect(text).toContain("slide 1.png,48,48,''=x,'-reader 1,person,1,9\n");
    // No cell begins with what a spreadsheet would run.
    expect(text).not.toMatch(/(^|,|,")[=+@-]/m);
    await labels.clear({ project, tiles });
    expect(await labels.import({ project, file: out })).toMatchObject({
      imported: names.length,
      unmatched: [],
      classes: names.map((name) => ({ name, labels: 1, isNew: false })),
    });
    expect(await facts()).toEqual(before);
    await labels.clear({ project, tiles });
  });

  it('go into a folder under a name of their own', async () => {
    const folder = join(generated.folder, 'tables');
    mkdirSync(folder, { recursive: true });
    expect(await labels.export({ project, out: folder })).toMatchObject({ name: 'labels.csv', labels: 0 });
    expect(readFileSync(join(folder, 'labels.csv'), 'utf8')).toBe('slide,x,y,class,reader,source,kept,tile\n');
  });

  it('hold no path and no patient', async () => {
    const { core, folder } = generated;
    await core.slides.setGroups({ project, slide: generated.slides[0]!, patient: 'P-SECRET', specimen: 'S-SECRET' });
    await labels.import({ project, file: file('one.csv', 'slide,x,y,class\nslide 1,3,3,A\n') });
    const out = join(folder, 'private.csv');
    await labels.export({ project, out });
    const text = readFileSync(out, 'utf8');
    expect(text).toContain('slide 1.png,3,3,A,');
    expect(text).not.toMatch(/SECRET/);
    expect(text).not.toContain(folder);
    await undo();
    await undo();
  });
});
