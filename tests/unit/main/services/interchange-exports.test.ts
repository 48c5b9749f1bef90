/**
 * What leaves a project for other tools: GeoJSON by QuPath's documented form, probabilities, tiles as COCO. The slides are
 * Aperio files with a label, a macro and a patient's name in them, none of which may ever leave.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openSlide } from '#main/slides/open-slide.ts';
import { openTileStore } from '#main/tiles/tile-store.ts';
import { requireCurrentTileSet } from '#main/services/tile-sets.ts';
import { writePage } from '#tests/fixtures/tiff/encode-page.ts';
import { TiffFile, ascii } from '#tests/fixtures/tiff/tiff-file.ts';
import { generateProject, type GeneratedProject, type WriteSlide } from '#tests/support/generated-project.ts';
import { labelHalves, plantRun } from '#tests/support/planted-run.ts';

/** No tissue of the generated slides is near it. */
const magenta = [255, 0, 255] as const;
const writeAperio: WriteSlide = async (path, rgb) => {
  const file = await TiffFile.create(`${path}.svs`, {});
  const about = (text: string) => [270, 2, ascii(`Aperio Image Library v12.0.0\n${text}`)] as const;
  const secret = (_x: number, _y: number, sample: number) => magenta[sample]!;
  const page = async (width: number, height: number, text: string, kind: number) =>
    writePage(file, {
      width,
      height,
      value: secret,
      stripped: true,
      tilePx: height,
      fields: [about(text), [254, 4, [kind]]],
    });
  await file.finish([
    {
      fields: await writePage(file, {
        width: 256,
        height: 128,
        tilePx: 128,
        value: (x, y, sample) => rgb[(y * 256 + x) * 3 + sample]!,
        fields: [about('256x128 (128x128)|AppMag = 10|MPP = 1.0|Patient = P-SECRET')],
      }),
    },
    { fields: await page(64, 32, '-> 64x32 - ;', 0) },
    { fields: await page(40, 30, 'label 40x30', 1) },
    { fields: await page(60, 20, 'macro 60x20', 9) },
  ]);
  return `${path}.svs`;
};

let generated: GeneratedProject;
let core: GeneratedProject['core'];
let project: string;
beforeAll(async () => {
  generated = await generateProject(3, writeAperio);
  ({ core, project } = generated);
  await plantRun(generated);
  await labelHalves(generated);
  for (const slide of generated.slides)
    await core.slides.setGroups({ project, slide, patient: `P-SECRET-${slide}`, specimen: 'S-SECRET' });
  await core.classifier.refresh({ project });
});
afterAll(async () => generated.close());

let exported = 0;
const out = (): string => join(generated.folder, `out ${(exported += 1)}`);
type Options = Parameters<typeof core.exports.export>[0]['options'];
async function exportKinds(
  kinds: Parameters<typeof core.exports.export>[0]['kinds'],
  options: Options = {},
  to = out(),
) {
  const { files } = await core.exports.export({ project, kinds, options, out: to });
  return { directory: to, files };
}
const json = (directory: string, name: string) => JSON.parse(readFileSync(join(directory, name), 'utf8'));
const allFiles = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

/** QuPath's objects as its documentation and exports have them; nothing else may stand in a feature. */
const ring = z.array(z.tuple([z.number(), z.number()])).min(4);
const quPathFeature = z.strictObject({
  type: z.literal('Feature'),
  geometry: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('Polygon'), coordinates: z.array(ring).min(1) }),
    z.strictObject({ type: z.literal('MultiPolygon'), coordinates: z.array(z.array(ring).min(1)).min(2) }),
  ]),
  properties: z.strictObject({
    objectType: z.enum(['annotation', 'detection', 'tile']),
    name: z.string().optional(),
    classification: z.strictObject({ name: z.string().min(1), color: z.tuple([z.int(), z.int(), z.int()]) }),
    isLocked: z.literal(true).optional(),
    measurements: z.record(z.string(), z.number()).optional(),
  }),
});
const quPathCollection = z.looseObject({ type: z.literal('FeatureCollection'), features: z.array(quPathFeature) });

describe('GeoJSON', () => {
  it.each([
    [{}, ['slide 1.regions.geojson', 'slide 1.tiles.geojson']],
    [{ objects: 'outlines' }, ['slide 1.regions.geojson']],
    [{ objects: 'tiles', gzip: true }, ['slide 1.tiles.geojson.gz']],
  ] as const)('holds the objects asked for (%j), in the form QuPath documents', async (options, expected) => {
    const { directory, files } = await exportKinds(['geojson'], options);
    expect(files.filter((name) => name.startsWith('slide 1.'))).toEqual(expected);
    for (const name of expected) {
      const bytes = readFileSync(join(directory, name));
      const { features } = quPathCollection.parse(
        JSON.parse((name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()),
      );
      expect(features).toHaveLength(name.includes('tiles') ? 32 : 2);
      const isTiles = name.includes('tiles');
      for (const { properties } of features) {
        expect(properties.objectType).toBe(isTiles ? 'detection' : 'annotation');
        expect(properties.isLocked).toBe(isTiles ? undefined : true);
        const { uncertainty, disagreement, distance, ...probabilities } = properties.measurements ?? {};
        const values = Object.values(probabilities);
        expect(values.reduce((total, value) => total + value, 0)).toBeCloseTo(isTiles ? 1 : 0, 5);
        if (!isTiles) continue;
        const entropy = values.reduce((total, value) => total - (value === 0 ? 0 : value * Math.log2(value)), 0);
        expect(uncertainty).toBeCloseTo(entropy, 4);
        expect(disagreement).toBeGreaterThanOrEqual(0);
        expect(distance).toBeGreaterThan(0);
      }
      for (const { geometry } of features) {
        for (const polygon of geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates) {
          for (const positions of polygon) expect(positions.at(-1)).toEqual(positions[0]);
        }
      }
    }
  });

  it('makes tile objects when asked for', async () => {
    const { directory } = await exportKinds(['geojson'], { objects: 'tiles', tileObject: 'tile' });
    const { features } = quPathCollection.parse(json(directory, 'slide 2.tiles.geojson'));
    expect(new Set(features.map((each) => each.properties.objectType))).toEqual(new Set(['tile']));
  });

  it('comes back through our own import: each tile its class, from outlines and from tiles alike', async () => {
    const { directory } = await exportKinds(['geojson', 'csv'], { gzip: true });
    const rows = readFileSync(join(directory, 'tiles.csv'), 'utf8')
      .split('\n')
      .slice(1)
      .filter((row) => row !== '');
    const expected = rows.map((row) => row.split(',')).filter(([slide]) => slide === 'slide 3.svs');
    const classOf = new Map(expected.map(([, column, row, , , , , name]) => [`${column} ${row}`, name]));
    for (const [name, objects] of [
      ['slide 3.regions.geojson.gz', 'annotations'],
      ['slide 3.tiles.geojson.gz', 'all'],
    ] as const) {
      const { notes, imported } = await core.labels.import({
        project,
        file: join(directory, name),
        objects,
        reader: 'map',
      });
      expect(imported).toBe(32);
      expect(notes.join(' ')).toMatch(/All labels are for slide 3\.svs\..*classifier made/);
      const { labels } = await core.labels.list({ project, slide: generated.slides[2]!, source: 'import', limit: 100 });
      const names = new Map((await core.labels.classes({ project })).map((item) => [item.class, item.name]));
      expect(
        new Map(labels.map(({ x, y, class: id }) => [`${(x - 16) / 32} ${(y - 16) / 32}`, names.get(id!)])),
      ).toEqual(classOf);
      await core.projects.undo({ project });
    }
  });

  it('of tiles is no label unless asked for', async () => {
    const { directory } = await exportKinds(['geojson']);
    const report = await core.labels.previewImport({ project, file: join(directory, 'slide 1.tiles.geojson') });
    expect(report).toMatchObject({ imported: 0, unmatched: [] });
    expect(report.notes.join(' ')).toMatch(/32 objects are no annotation/);
  });
});

describe('the probability map', () => {
  it('lies on the slide as its XML says, one pixel a tile', async () => {
    const { directory, files } = await exportKinds(['ome-tiff', 'csv']);
    expect(files).toContain('slide 1.probabilities.ome.tiff');
    const path = join(directory, 'slide 1.probabilities.ome.tiff');
    const xml = readFileSync(path).toString('utf8');
    expect(xml).toMatch(/PhysicalSizeX="32" .*PhysicalSizeY="32"/);
    expect(xml).toContain('<M K="level0PerPixel">32</M>');
    expect(xml).toContain('<M K="level0X">0</M>');
    expect(xml).toMatch(/<Channel ID="Channel:0:0" Name="A" SamplesPerPixel="1" Color="7516927"\/>/);
    await using reader = await openSlide(path);
    expect([reader.info.width, reader.info.height]).toEqual([8, 4]);
    const rows = readFileSync(join(directory, 'tiles.csv'), 'utf8').split('\n');
    const first = rows.find((row) => row.startsWith('slide 1.svs,3,2,'))!.split(',');
    const { data } = await sharp(path, { page: 0 }).raw({ depth: 'float' }).toBuffer({ resolveWithObject: true });
    const values = new Float32Array(data.buffer, data.byteOffset, data.byteLength / 4);
    const perPixel = values.length / 32;
    expect(values[(2 * 8 + 3) * perPixel]).toBeCloseTo(Number(first[8]), 5);
  });
});

const cocoFile = z.object({
  info: z.object({ description: z.string(), version: z.string(), year: z.int(), date_created: z.string() }),
  licenses: z.array(z.object({ id: z.int(), name: z.string(), url: z.string() })).min(1),
  categories: z.array(z.object({ id: z.int().min(1), name: z.string(), supercategory: z.string() })),
  images: z.array(
    z.object({
      id: z.int().min(1),
      file_name: z.string(),
      width: z.int(),
      height: z.int(),
      license: z.int(),
      slide: z.string(),
      x: z.number(),
      y: z.number(),
      mpp: z.number(),
      tile: z.int(),
      group: z.string(),
      split: z.string(),
      patient: z.string().optional(),
    }),
  ),
  annotations: z.array(
    z.object({
      id: z.int().min(1),
      image_id: z.int(),
      category_id: z.int(),
      bbox: z.tuple([z.literal(0), z.literal(0), z.number(), z.number()]),
      area: z.number(),
      iscrowd: z.literal(0),
      segmentation: z.array(z.array(z.number())),
    }),
  ),
});

describe('tiles as COCO', () => {
  const read = (directory: string) => cocoFile.parse(json(directory, 'coco/annotations.json'));

  it('are the labelled tiles, pixel by pixel, with the class a person gave', async () => {
    const { directory, files } = await exportKinds(['coco']);
    expect(files.slice(0, 4)).toEqual([
      'coco/images',
      'coco/annotations.json',
      'coco/predictions.json',
      'coco/labels.csv',
    ]);
    const { images, annotations, categories } = read(directory);
    expect(categories.map(({ id, name }) => [id, name])).toEqual([
      [1, 'A'],
      [2, 'B'],
    ]);
    expect([images.length, annotations.length]).toEqual([48, 48]);
    const store = openTileStore(requireCurrentTileSet(core.openProjects.get(project)).manifest);
    for (const image of images) {
      const { data, info } = await sharp(join(directory, 'coco/images', image.file_name))
        .raw()
        .toBuffer({ resolveWithObject: true });
      expect([info.width, info.height, info.channels]).toEqual([32, 32, 3]);
      expect(data.equals(Buffer.from(await store.read([image.tile])))).toBe(true);
      const annotation = annotations.find((each) => each.image_id === image.id)!;
      // Left half A, right half B, but for the one label planted wrong.
      expect(annotation.category_id).toBe(image.x < 128 || image.tile === 5 ? 1 : 2);
      expect(annotation).toMatchObject({ bbox: [0, 0, 32, 32], area: 1024 });
    }
    await store.close();
    expect(readdirSync(join(directory, 'coco/images/slide 1'))).toHaveLength(16);
  });

  it('say the group and the fold that held it out, so that no group is on both sides', async () => {
    const { directory } = await exportKinds(['coco'], { tiles: 'all' });
    const { images, annotations } = read(directory);
    expect([images.length, annotations.length]).toEqual([96, 48]);
    const splitsOfGroup = new Map<string, Set<string>>();
    for (const { group, split } of images)
      splitsOfGroup.set(group, new Set([...(splitsOfGroup.get(group) ?? []), split]));
    expect([...splitsOfGroup.keys()]).toEqual(['patient-1', 'patient-2', 'patient-3']);
    expect([...splitsOfGroup.values()].map((splits) => [...splits])).toEqual([
      [expect.stringMatching(/^fold-[123]$/)],
      [expect.stringMatching(/^fold-[123]$/)],
      [expect.stringMatching(/^fold-[123]$/)],
    ]);
    const { folds } = await core.classifier.details({ project });
    for (const { fold, slides } of folds) {
      const held = images.filter((image) => slides.some(({ name }) => name === image.slide));
      expect(new Set(held.map((image) => image.split))).toEqual(new Set([`fold-${fold + 1}`]));
    }
  });

  it('put a whole group into the test when one of its slides is in the final test', async () => {
    const [first, second] = generated.slides as [string, string];
    await core.slides.setGroups({ project, slide: second, patient: `P-SECRET-${first}` });
    const { classifier } = await core.classifier.finetune({ project, testSlides: [first] });
    await core.classifier.classify({ project, classifier });
    const { directory } = await exportKinds(['coco'], { tiles: 'all' });
    const splits = new Map(read(directory).images.map(({ slide, group, split }) => [slide, `${group} ${split}`]));
    expect([...splits.values()]).toEqual([
      'patient-1 test',
      'patient-1 test',
      expect.stringMatching(/^patient-2 fold-/),
    ]);
    await core.slides.setGroups({ project, slide: second, patient: `P-SECRET-${second}` });
    const all = await core.classifier.finetune({ project });
    await core.classifier.classify({ project, classifier: all.classifier });
  });

  it("carry the classifier's guesses apart, as COCO results", async () => {
    const { directory } = await exportKinds(['coco', 'csv'], { tiles: 'all' });
    const results = z
      .array(
        z.strictObject({
          image_id: z.int(),
          category_id: z.int(),
          bbox: z.array(z.number()).length(4),
          score: z.number().min(0).max(1),
        }),
      )
      .parse(json(directory, 'coco/predictions.json'));
    const rows = readFileSync(join(directory, 'tiles.csv'), 'utf8').trimEnd().split('\n').slice(1);
    expect(results.map((result) => ['A', 'B'][result.category_id - 1])).toEqual(rows.map((row) => row.split(',')[7]));
  });

  it('come with a table that Trefoil imports again', async () => {
    const { directory } = await exportKinds(['coco']);
    const file = join(directory, 'coco/labels.csv');
    expect(readFileSync(file, 'utf8').split('\n')[0]).toBe('slide,x,y,class,image,group,split');
    expect(await core.labels.previewImport({ project, file })).toMatchObject({ imported: 48, unmatched: [] });
  });

  it('go on where they were stopped, and write no image twice', async () => {
    const directory = out();
    const controller = new AbortController();
    const stopped = core.exports.export(
      { project, kinds: ['coco'], options: { tiles: 'all' }, out: directory },
      { signal: controller.signal, onProgress: ({ stage }) => stage === 'Writing tile images' && controller.abort() },
    );
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
    expect(existsSync(join(directory, 'coco/annotations.json'))).toBe(false);
    const images = () => allFiles(join(directory, 'coco/images'));
    const written = new Map(images().map((path) => [path, statSync(path).mtimeMs]));
    expect(written.size).toBe(32);
    await exportKinds(['coco'], { tiles: 'all' }, directory);
    expect(images()).toHaveLength(96);
    for (const [path, at] of written) expect(statSync(path).mtimeMs).toBe(at);
    const whole = await exportKinds(['coco'], { tiles: 'all' });
    expect(readFileSync(join(directory, 'coco/annotations.json'), 'utf8')).toBe(
      readFileSync(join(whole.directory, 'coco/annotations.json'), 'utf8'),
    );
  });

  it('refuse a folder that holds other images, and a download file by file', async () => {
    const { directory } = await exportKinds(['coco']);
    await expect(exportKinds(['coco'], { imageFormat: 'jpeg' }, directory)).rejects.toMatchObject({
      code: 'already-exists',
    });
    await expect(core.exports.make({ project, kinds: ['coco'] })).rejects.toMatchObject({ code: 'invalid-input' });
  });

  it('are previewed with their number, size and what a split must respect', async () => {
    const { files, notes } = await core.exports.preview({
      project,
      kinds: ['coco', 'ome-tiff'],
      options: { tiles: 'all' },
    });
    const { directory } = await exportKinds(['coco', 'ome-tiff'], { tiles: 'all' });
    const size = allFiles(join(directory, 'coco/images')).reduce((sum, path) => sum + statSync(path).size, 0);
    const images = files.find((file) => file.name === 'coco/images')!;
    expect(images.rows).toBe(96);
    expect(Math.abs(images.byteLength! - size)).toBeLessThan(0.1 * size);
    expect(files.filter((file) => file.kind === 'ome-tiff')).toHaveLength(3);
    expect(notes.join(' ')).toMatch(/no patient is on both sides/);
  });
});

describe('privacy', () => {
  const kinds = ['geojson', 'csv', 'png', 'report', 'ome-tiff', 'coco'] as const;

  it.each(kinds)('%s holds no label, no macro, no path and no patient', async (kind) => {
    const { directory } = await exportKinds([kind], { tiles: 'all', gzip: true });
    const files = allFiles(directory);
    expect(files.length).toBeGreaterThan(2);
    for (const path of files) {
      const bytes = readFileSync(path);
      const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1');
      expect(text.includes('SECRET'), path).toBe(false);
      expect(text.includes(generated.folder), path).toBe(false);
      const pictures = /\.(png|jpg)$/.test(path)
        ? [bytes]
        : [...text.matchAll(/data:image\/\w+;base64,([\w+/=]+)/g)].map(([, data]) => Buffer.from(data!, 'base64'));
      for (const picture of pictures) expect(await hasMagenta(picture), path).toBe(false);
    }
  });

  it('names patients in COCO when asked for, and only then', async () => {
    const { directory } = await exportKinds(['coco'], { withPatients: true });
    expect(cocoFile.parse(json(directory, 'coco/annotations.json')).images[0]!.patient).toMatch(/^P-SECRET-/);
    expect(readFileSync(join(directory, 'coco/labels.csv'), 'utf8').split('\n')[0]).toMatch(/,specimen,patient$/);
  });

  it('would be found broken: the label of the slide itself is that colour', async () => {
    await using reader = await openSlide(join(generated.folder, 'slide 1.svs'));
    expect(reader.info.associatedImages.map(({ name }) => name)).toEqual(['thumbnail', 'label', 'macro']);
    const { data, width, height } = await reader.readAssociatedImage('label');
    expect(
      await hasMagenta(
        await sharp(data, { raw: { width, height, channels: 3 } })
          .png()
          .toBuffer(),
      ),
    ).toBe(true);
  });
});

async function hasMagenta(picture: Buffer): Promise<boolean> {
  const { data } = await sharp(picture).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  for (let at = 0; at < data.length; at += 3) {
    if (data[at]! > 240 && data[at + 1]! < 20 && data[at + 2]! > 240) return true;
  }
  return false;
}
