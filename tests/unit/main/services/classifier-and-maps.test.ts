/** From labels to judged tiles, maps and areas through the services, with planted embeddings whose answer is known. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodePredictions } from '#common/prediction-bytes.ts';
import { maximumLevel } from '#common/slide-pyramid.ts';
import { createMapBytes } from '#main/server/map-bytes.ts';
import { generateProject, type GeneratedProject } from '#tests/support/generated-project.ts';
import { labelHalves, plantRun } from '#tests/support/planted-run.ts';

let generated: GeneratedProject;
let core: GeneratedProject['core'];
let project: string;
let wrongTile: number;

beforeAll(async () => {
  generated = await generateProject();
  ({ core, project } = generated);
});
afterAll(async () => generated.close());

describe('before there is anything', () => {
  it('the state says what is missing, step by step', async () => {
    expect(await core.classifier.state({ project })).toMatchObject({ classifier: null, canTrain: false });
    expect((await core.classifier.state({ project })).reason).toMatch(/pretraining/);
    await plantRun(generated);
    expect((await core.classifier.state({ project })).reason).toMatch(/two classes/);
    ({ wrongTile } = await labelHalves(generated));
    expect(await core.classifier.state({ project })).toMatchObject({ canTrain: true, reason: '', isStale: true });
  });

  it('there are no layers, and a map cannot be asked for', async () => {
    expect(await core.maps.layers({ project })).toBeNull();
    await expect(core.maps.areas({ project })).rejects.toMatchObject({ code: 'not-found' });
    await expect(core.classifier.details({ project })).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('the classifier', () => {
  it('is refreshed with one call and then no longer stale', async () => {
    const { evaluation, classified } = await core.classifier.refresh({ project });
    expect(evaluation.rows.map((row) => row.features)).toEqual(['SimTriplet', 'Random weights', 'Colour and texture']);
    expect(evaluation.rows[0]!.balancedAccuracy.value).toBeGreaterThan(0.9);
    expect(classified.tiles).toBe(96);
    expect(await core.classifier.state({ project })).toMatchObject({
      classifier: evaluation.classifier,
      isStale: false,
      isApplied: true,
    });
    expect(await core.classifier.list({ project })).toMatchObject([{ isApplied: true, trainingLabels: 48 }]);
  });

  it('says which slide was in which fold, and the folds add up to the matrix', async () => {
    const { folds, summary } = await core.classifier.details({ project });
    expect(folds).toHaveLength(3);
    expect(folds.map((fold) => fold.slides.length)).toEqual([1, 1, 1]);
    expect(new Set(folds.map((fold) => fold.slides[0]!.slide))).toEqual(new Set(generated.slides));
    const sum = (row: number, column: number) =>
      folds.reduce((total, fold) => total + fold.confusion[row]![column]!, 0);
    expect(summary.confusion).toEqual([
      [sum(0, 0), sum(0, 1)],
      [sum(1, 0), sum(1, 1)],
    ]);
  });

  it('gives the tiles of every cell of the matrix', async () => {
    const { summary } = await core.classifier.details({ project });
    for (const truth of [0, 1]) {
      for (const predicted of [0, 1]) {
        const cell = await core.classifier.tiles({ project, truth, predicted, limit: 5 });
        expect(cell.total).toBe(summary.confusion[truth]![predicted]);
        expect(cell.tiles).toHaveLength(Math.min(5, cell.total));
        for (const tile of cell.tiles) expect(tile).toMatchObject({ truth, predicted });
      }
    }
    const onSlide = await core.classifier.tiles({ project, slide: generated.slides[1]! });
    expect(onSlide.total).toBe(16);
    expect(new Set(onSlide.tiles.map((tile) => tile.slide))).toEqual(new Set([generated.slides[1]]));
  });

  it('doubts the label that was planted wrong, until it is corrected', async () => {
    const { tiles } = await core.classifier.suspects({ project });
    expect(tiles.map((tile) => tile.tile)).toContain(wrongTile);
    expect(tiles.length).toBeLessThan(10);
    expect((await core.classifier.suspects({ project, minimumProbability: 1 })).total).toBe(0);
    const b = (await core.labels.classes({ project })).find((item) => item.name === 'B')!;
    await core.labels.set({ project, tiles: [wrongTile], class: b.class });
    const after = await core.classifier.suspects({ project });
    expect(after.tiles.map((tile) => tile.tile)).not.toContain(wrongTile);
    expect(await core.classifier.state({ project })).toMatchObject({ isStale: true });
    await core.projects.undo({ project });
    expect(await core.classifier.state({ project })).toMatchObject({ isStale: false });
  });

  it('shows the leaking figure beside the honest one, with its warning', async () => {
    const { rows, warning } = await core.classifier.leak({ project });
    expect(rows.map((row) => row.features)).toContain('SimTriplet');
    for (const row of rows) expect(row.leaking).toBeGreaterThan(0);
    expect(warning).toMatch(/must not be reported/);
    expect(await core.classifier.leak({ project })).toMatchObject({ rows });
  });

  it('keeps the comparison with its classifier, for another day', async () => {
    const comparison = await core.classifier.leak({ project });
    expect((await core.classifier.details({ project })).leak).toEqual(comparison);
  });

  it('doubts no label that was looked at again and kept, until that is undone or the label is changed', async () => {
    const { tileSet, total, tiles } = await core.classifier.suspects({ project });
    const doubted = async (): Promise<boolean> =>
      (await core.classifier.suspects({ project })).tiles.some(({ tile }) => tile === wrongTile);
    const kept = async (): Promise<number[]> => (await core.labels.kept({ project, tileSet })).tiles;
    const version = (await core.classifier.state({ project })).labelsVersion;
    expect(tiles.map(({ tile }) => tile)).toContain(wrongTile);
    expect((await core.labels.keep({ project, tileSet, tiles: [wrongTile] })).changed).toBe(1);
    expect([await doubted(), await kept()]).toEqual([false, [wrongTile]]);
    const after = await core.classifier.suspects({ project });
    expect(after.total).toBe(total - 1);
    expect(after.sentence).toContain('1 more was looked at again and kept.');
    expect((await core.classifier.state({ project })).labelsVersion).toBe(version);
    await core.projects.undo({ project });
    expect([await doubted(), await kept()]).toEqual([true, []]);
    await core.projects.redo({ project });
    expect(await kept()).toEqual([wrongTile]);
    expect((await core.labels.keep({ project, tileSet, tiles: [wrongTile] })).command).toBeNull();
    const b = (await core.labels.classes({ project })).find((item) => item.name === 'B')!;
    await core.labels.set({ project, tileSet, tiles: [wrongTile], class: b.class });
    expect(await kept()).toEqual([]);
    await core.projects.undo({ project });
    expect(await kept()).toEqual([wrongTile]);
    await core.labels.keep({ project, tileSet, tiles: [wrongTile], isKept: false });
    expect([await doubted(), await kept()]).toEqual([true, []]);
  });

  it('measures a curve over nested subsets, the same each time, and keeps it', async () => {
    const curve = await core.classifier.efficiency({ project, draws: 2 });
    expect(curve.points.map((point) => point.labels)).toEqual([6, 12, 24, 48]);
    for (const point of curve.points) expect(point.lowest).toBeLessThanOrEqual(point.highest);
    expect(curve.stop!.sentence).toMatch(/^From 24 to 48 labels the balanced accuracy changed by \+/);
    expect((await core.classifier.details({ project })).efficiency).toEqual(curve);
    expect(await core.classifier.efficiency({ project, draws: 2 })).toEqual(curve);
    expect((await core.labels.queue({ project, size: 1 })).stop).toEqual({
      reached: curve.stop!.reached,
      sentence: curve.stop!.sentence,
    });
  });

  it('can be stopped while it trains', async () => {
    await expect(core.classifier.finetune({ project }, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'cancelled',
    });
    const controller = new AbortController();
    const stopped = core.classifier.efficiency(
      { project, draws: 10 },
      { signal: controller.signal, onProgress: ({ stage }) => stage.includes('efficiency') && controller.abort() },
    );
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('feeds the queue: undecided tiles first, with what it thinks', async () => {
    const { order, features, tiles } = await core.labels.queue({ project, size: 4, order: 'uncertainty' });
    expect([order, features]).toEqual(['uncertainty', 'SimTriplet']);
    for (const tile of tiles) {
      expect(tile.why).toMatch(/^Undecided: [AB] \d+ % against [AB] \d+ %\.$/);
      expect(tile.probability).toBeGreaterThan(0);
    }
  });
});

describe('the map', () => {
  it('lists layers and slides, with the colours of today', async () => {
    const before = (await core.maps.layers({ project }))!;
    expect(before.layers.map((item) => item.layer)).toEqual([
      ...['class', 'confidence', 'p0', 'p1'],
      ...['uncertainty', 'disagreement', 'unlike'],
    ]);
    expect(before.slides).toHaveLength(3);
    const a = (await core.labels.classes({ project })).find((item) => item.name === 'A')!;
    await core.labels.editClass({ project, class: a.class, name: 'Alpha', colour: '#ff0000' });
    const after = (await core.maps.layers({ project }))!;
    expect(after.classes[0]).toMatchObject({ class: a.class, name: 'Alpha', colour: '#ff0000' });
    expect(after.version).not.toBe(before.version);
    await core.projects.undo({ project });
    expect((await core.maps.layers({ project }))!.version).toBe(before.version);
  });

  it('measures areas that add up, apart from what is no tissue or below the threshold', async () => {
    const { slides, total } = await core.maps.areas({ project });
    expect(slides).toHaveLength(3);
    const tile = (32 / 1000) ** 2;
    for (const slide of slides) {
      const classified = slide.classes.reduce((sum, item) => sum + item.areaMm2, 0);
      expect(classified).toBeCloseTo(32 * tile, 9);
      expect(slide.classes.reduce((sum, item) => sum + item.percent, 0)).toBeCloseTo(100, 9);
      expect(slide.unclassified.tiles).toBe(0);
      expect(slide.mppSource).toBe('by-hand');
    }
    expect(total.classes.reduce((sum, item) => sum + item.tiles, 0)).toBe(96);
    const strict = await core.maps.areas({ project, threshold: 1 });
    expect(strict.total.unclassified.tiles).toBeGreaterThan(80);
    expect(strict.notes.join(' ')).toMatch(/set by hand.*below 100 %/);
  });

  it('measures each region by the tiles with their centre inside', async () => {
    const [slide] = generated.slides;
    const square = [
      [0, 0],
      [128, 0],
      [128, 79],
      [0, 79],
    ];
    const open = core.openProjects.get(project);
    const after = { slide_id: slide!, kind: 'include', name: 'left', polygons: JSON.stringify([[square]]) };
    open.change('Draw', 'person', [{ table: 'regions', id: 'region-left', before: null, after }]);
    const { slides } = await core.maps.areas({ project });
    const [region] = slides[0]!.regions;
    // Four columns, and the rows with centres at 16 and 48: the third has its at 80.
    expect(region!.classes.reduce((sum, item) => sum + item.tiles, 0)).toBe(8);
    expect(region!.classes.reduce((sum, item) => sum + item.percent, 0)).toBeCloseTo(100, 9);
    expect(slides[1]!.regions).toEqual([]);
    await core.projects.undo({ project });
  });

  it('forgets a removed slide, and the queue does too', async () => {
    const [, second] = generated.slides;
    await core.slides.remove({ project, slides: [second!] });
    expect((await core.maps.layers({ project }))!.slides.map((item) => item.slide)).not.toContain(second);
    expect((await core.maps.areas({ project })).slides).toHaveLength(2);
    expect((await core.labels.overview({ project })).budget.tiles).toBe(64);
    const { tiles } = await core.labels.queue({ project, size: 50 });
    expect(tiles.map((tile) => tile.slide)).not.toContain(second);
    await core.projects.undo({ project });
    await core.classifier.classify({ project });
    expect((await core.maps.areas({ project })).slides).toHaveLength(3);
  });

  it('tells what it says at a point, and that nothing is there outside', async () => {
    const [slide] = generated.slides;
    const value = await core.maps.valueAt({ project, slide: slide!, x: 33, y: 1 });
    expect(value).toMatchObject({ tile: 1, column: 1, row: 0, label: 'A' });
    expect(value.sentence).toMatch(/^[AB] \d+ %, labelled A\.$/);
    expect(await core.maps.valueAt({ project, slide: slide!, x: -5, y: 1 })).toMatchObject({ tile: null });
  });
});

describe('map URLs', () => {
  const get = async (path: string, headers: Record<string, string> = {}) =>
    createMapBytes(core.slideMaps)(new Request(`http://127.0.0.1${path}`, { headers }));
  const base = async () => {
    const { classifier, version } = (await core.maps.layers({ project }))!;
    return { url: `/maps/${project}/${classifier}/${generated.slides[0]}`, version };
  };

  it('show at full resolution what the columns say, pixel by pixel', async () => {
    const { url, version } = await base();
    const bytes = await (await get(`${url}/predictions.bin?v=${version}`))!.arrayBuffer();
    const { columns, rows, classes } = decodePredictions(bytes);
    expect(columns).toHaveLength(32);
    const level = maximumLevel({ width: 256, height: 128 });
    const response = (await get(`${url}/class/${level}/0_0.png?v=${version}`))!;
    expect(response.headers.get('cache-control')).toMatch(/immutable/);
    const { data, info } = await sharp(Buffer.from(await response.arrayBuffer()))
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([256, 128]);
    const colours = [
      [0x00, 0x72, 0xb2, 255],
      [0xe6, 0x9f, 0x00, 255],
    ];
    columns.forEach((column, tile) => {
      for (const [dx, dy] of [
        [0, 0],
        [31, 31],
      ] as const) {
        const at = ((rows[tile]! * 32 + dy) * 256 + column * 32 + dx) * 4;
        expect([...data.subarray(at, at + 4)]).toEqual(colours[classes[tile]!]);
      }
    });
  });

  it('are cached by version and ask again without it', async () => {
    const { url, version } = await base();
    const first = (await get(`${url}/confidence/0/0_0.png`))!;
    expect(first.headers.get('cache-control')).toBe('private, no-cache');
    const tag = first.headers.get('etag')!;
    expect((await get(`${url}/confidence/0/0_0.png?v=${version}`, { 'if-none-match': tag }))!.status).toBe(304);
    expect((await get(`${url}/confidence/0/0_0.png?threshold=0.5`, { 'if-none-match': tag }))!.status).toBe(200);
  });

  it('are none of its own elsewhere', async () => {
    expect(await get('/slides/a/b/0/0_0.jpeg')).toBeNull();
    expect(await get('/maps/a/b/c/colour/0/0_0.png')).toBeNull();
  });

  it.each([
    ['/class/30/0_0.png', 'not-found'],
    ['/class/8/9_9.png', 'not-found'],
    ['/p7/8/0_0.png', 'not-found'],
    ['/class/8/0_0.png?threshold=2', 'invalid-input'],
    ['/class/8/0_0.png?hide=a', 'invalid-input'],
  ])('refuse %s', async (path, code) => {
    const { url } = await base();
    await expect(get(url + path)).rejects.toMatchObject({ code });
  });
});

describe('exports', () => {
  const kinds = ['geojson', 'csv', 'png', 'report'] as const;

  it('are previewed as they are then written: names, rows, about the size', async () => {
    const { files: planned } = await core.exports.preview({ project, kinds: [...kinds] });
    const made = await core.exports.make({ project, kinds: [...kinds] });
    expect(planned.map((file) => file.name).sort()).toEqual(made.files.map((file) => file.name).sort());
    for (const { name, byteLength } of planned) {
      const written = made.files.find((file) => file.name === name)!.byteLength;
      expect(written).toBeGreaterThan(0);
      if (byteLength !== null) expect(Math.abs(byteLength - written)).toBeLessThan(0.05 * written + 200);
    }
    const tiles = planned.find((file) => file.name === 'tiles.csv')!;
    expect(tiles.rows).toBe(96);
    expect(tiles.firstLines[0]).toBe(
      'slide,column,row,x,y,width,height,class,p(A),p(B),uncertainty,disagreement,distance,slide_likeness',
    );
    const [newest] = await core.exports.list({ project });
    expect(newest).toMatchObject({ export: made.export });
    expect(newest!.files).toHaveLength(made.files.length);
  });

  it('draw disagreement and distance as pictures when asked, each with its scale, brighter where it is larger', async () => {
    const pictureLayers = ['disagreement', 'distance'] as const;
    const options = { pictureLayers: [...pictureLayers] };
    const { files } = await core.exports.preview({ project, kinds: ['png'], options });
    const made = await core.exports.make({ project, kinds: ['png', 'csv'], options });
    const names = made.files.map(({ name }) => name);
    for (const { name } of files) expect(names).toContain(name);
    expect(names.some((name) => name.includes('uncertainty'))).toBe(false);
    const folder = join(generated.folder, 'project', 'exports', made.export);
    const first = names.find((name) => name.endsWith('.distance.png'))!;
    const about = JSON.parse(readFileSync(join(folder, first.replace('distance.png', 'map.json')), 'utf8')) as {
      slide: string;
      width: number;
      scales: unknown;
    };
    expect(about.scales).toEqual([
      { layer: 'disagreement', colours: 'cividis', from: 0, to: 1 },
      { layer: 'distance', colours: 'cividis', from: 0, to: 2 },
    ]);
    const { data, info } = await sharp(join(folder, first)).raw().toBuffer({ resolveWithObject: true });
    const [head = '', ...lines] = readFileSync(join(folder, 'tiles.csv'), 'utf8').trim().split('\n');
    const column = (name: string): number => head.split(',').indexOf(name);
    const rows = lines.map((line) => line.split(',')).filter((cells) => cells[0] === about.slide);
    const cells = rows.map((cells) => Number(cells[column('column')]));
    const scale = info.width / (Math.max(...cells) + 1);
    const drawn = rows.map((row) => {
      const [x, y] = ['column', 'row'].map((name) => Math.floor((Number(row[column(name)]) + 0.5) * scale)) as [
        number,
        number,
      ];
      return { distance: Number(row[column('distance')]), red: data[(y * info.width + x) * info.channels]! };
    });
    const sorted = drawn.toSorted((a, b) => a.distance - b.distance).map(({ red }) => red);
    expect(sorted).toEqual(sorted.toSorted((a, b) => a - b));
    expect(new Set(sorted).size).toBeGreaterThan(3);
  });

  it('go out under the names of today', async () => {
    const a = (await core.labels.classes({ project })).find((item) => item.name === 'A')!;
    await core.labels.editClass({ project, class: a.class, name: 'Alpha' });
    const { files } = await core.exports.preview({ project, kinds: ['csv'] });
    expect(files.find((file) => file.name === 'tiles.csv')!.firstLines[0]).toContain('p(Alpha),p(B)');
    await core.projects.undo({ project });
  });

  it('the report holds slide and map of every slide, and goes on when a slide is gone', async () => {
    const { export: folder } = await core.exports.make({ project, kinds: ['report'] });
    const read = (name: string): string =>
      readFileSync(join(generated.folder, 'project', 'exports', name, 'report.html'), 'utf8');
    expect(read(folder).match(/data:image\/jpeg/g)).toHaveLength(3);
    expect(read(folder).match(/data:image\/png/g)).toHaveLength(3);
    rmSync(join(generated.folder, 'slide 2.png'));
    const again = await core.exports.make({ project, kinds: ['report'] });
    expect(read(again.export).match(/data:image\/jpeg/g)).toHaveLength(2);
    expect(read(again.export)).toContain('the slide cannot be read now (file-not-found)');
  });
});
