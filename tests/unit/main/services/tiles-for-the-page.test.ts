/** Preview, plan and columns of tiles through services and routes, on a generated project. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeTileColumns, noClass } from '#common/tile-bytes.ts';
import { unpackPreview } from '#common/tissue-preview.ts';
import { createRoutes } from '#main/server/routes.ts';
import { generateProject, type GeneratedProject } from '#tests/support/generated-project.ts';

let generated: GeneratedProject;
let project: string;
let core: GeneratedProject['core'];
let slide: string;

beforeAll(async () => {
  generated = await generateProject();
  ({ project, core } = generated);
  slide = generated.slides[0]!;
});
afterAll(async () => generated.close());

const settings = {
  sizePx: 32,
  mpp: 1,
  minTissue: 0.5,
  tissue: { method: 'fixed', saturationThreshold: 0.2, maskMpp: 4, minSpeckUm2: 0, minHoleUm2: 0, maxPen: 1 },
} as const;

async function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  const routes = createRoutes({ core, logDefect: () => 'no log' });
  return (await routes(new Request(`http://x${path}`, { headers })))!;
}

describe('the tissue preview', () => {
  it('covers the slide in mask pixels and says what it found', async () => {
    const preview = await core.tiles.preview({ project, slide, settings });
    expect(preview).toMatchObject({ width: 64, height: 32, threshold: 0.2, origin: 'fixed', isCoarser: false });
    const values = unpackPreview(Buffer.from(preview.mask, 'base64'), 64 * 32);
    expect(new Set(values)).toContain(1);
    const share = values.filter((value) => value === 1).length / values.length;
    expect(share).toBeCloseTo(preview.tissueShare, 5);
  });

  it('of an area is the same mask, cut out', async () => {
    const whole = await core.tiles.preview({ project, slide, settings });
    const area = { x: 128, y: 64, width: 64, height: 32 };
    const part = await core.tiles.preview({ project, slide, settings, area });
    expect(part).toMatchObject({ area, width: 16, height: 8 });
    const all = unpackPreview(Buffer.from(whole.mask, 'base64'), 64 * 32);
    const cut = unpackPreview(Buffer.from(part.mask, 'base64'), 16 * 8);
    const expected = Array.from(cut, (_, i) => all[(16 + Math.floor(i / 16)) * 64 + 32 + (i % 16)]);
    expect([...cut]).toEqual(expected);
  });
});

describe('the plan', () => {
  it('counts every grid tile once and serves it as columns', async () => {
    const polygons = [
      [
        [
          [0, 0],
          [128, 0],
          [128, 128],
          [0, 128],
        ] as [number, number][],
      ],
    ];
    await core.regions.create({ project, slide, polygons });
    const plan = await core.tiles.plan({ project, settings: { ...settings, minTissue: 0 } });
    await core.projects.undo({ project });
    const [own, other] = plan.slides;
    expect(own).toMatchObject({ planned: 32, kept: 16, dropped: { 'outside-region': 16 } });
    expect(other).toMatchObject({ planned: 32, kept: 32 });
    expect(plan).toMatchObject({ kept: 80, bytes: 80 * 32 * 32 * 3, refused: [] });
    expect(plan.seconds).toBeGreaterThan(0);
    const response = await get(`/tiles/${project}/plans/${plan.plan}/${slide}.bin`);
    const table = decodeTileColumns(await response.arrayBuffer());
    expect(table.reasons.filter((reason) => reason === 0)).toHaveLength(16);
    expect([...table.columns].every((column, i) => (table.reasons[i] === 0) === column < 4)).toBe(true);
    expect((await get(`/tiles/${project}/plans/0123/${slide}.bin`)).status).toBe(404);
  });

  it('lets other calls in between slides and can be stopped there', async () => {
    const order: string[] = [];
    const stop = new AbortController();
    const planning = core.tiles
      .plan({ project, settings: { ...settings, minTissue: 0.9 } }, { signal: stop.signal })
      .catch((error: { code: string }) => order.push(error.code));
    await core.regions.list({ project }).then(() => order.push('regions'));
    stop.abort();
    await planning;
    expect(order).toEqual(['regions', 'cancelled']);
  });

  it('follows a change of regions on one slide and keeps what it knows of the others', async () => {
    const before = await core.tiles.plan({ project, settings });
    const polygons = [
      [
        [
          [0, 0],
          [128, 0],
          [128, 128],
        ] as [number, number][],
      ],
    ];
    await core.regions.create({ project, slide, kind: 'exclude', polygons });
    const after = await core.tiles.plan({ project, settings });
    await core.projects.undo({ project });
    expect(after.plan).not.toBe(before.plan);
    expect(after.slides[0]?.dropped['outside-region']).toBeGreaterThan(0);
    expect(after.slides.slice(1)).toEqual(before.slides.slice(1));
    expect((await get(`/tiles/${project}/plans/${after.plan}/${generated.slides[1]}.bin`)).status).toBe(200);
    expect(await core.tiles.plan({ project, settings })).toMatchObject({ plan: before.plan, slides: before.slides });
  });

  it('lists a slide it cannot plan with the reason and counts the others', async () => {
    const plan = await core.tiles.plan({ project, settings: { ...settings, mpp: 0.5 } });
    expect(plan.refused.map(({ error }) => error.code)).toEqual(Array(3).fill('invalid-input'));
    expect(plan).toMatchObject({ kept: 0, seconds: null });
  });
});

describe('the tile set', () => {
  it('is listed with its settings, the newest current', async () => {
    const [set] = await core.tiles.list({ project });
    expect(set).toMatchObject({ tileSet: generated.tileSet, isCurrent: true, kept: 96, sizePx: 32 });
    expect(set?.tissue).toMatchObject({ maskMpp: 4, minFocus: 0 });
    expect(await core.tiles.current({ project })).toEqual(set);
  });

  it('is served by slide with labels as they are now, and not sent twice', async () => {
    const first = await core.labels.addClass({ project, name: 'Tumour' });
    const { class: tumour } = first as { class: string };
    await core.labels.set({ project, tiles: [33], class: tumour });
    const path = `/tiles/${project}/${generated.tileSet}/columns/${generated.slides[1]}.bin`;
    const response = await get(path);
    const table = decodeTileColumns(await response.arrayBuffer());
    expect([...table.indices]).toEqual(Array.from({ length: 32 }, (_, i) => 32 + i));
    expect(table.classes[1]).toBe(0);
    expect(table.classes[2]).toBe(noClass);
    const etag = response.headers.get('etag')!;
    expect((await get(path, { 'if-none-match': etag })).status).toBe(304);
    await core.projects.undo({ project });
    expect((await get(path, { 'if-none-match': etag })).status).toBe(200);
    expect((await get(`/tiles/${project}/${generated.tileSet}/columns/none.bin`)).status).toBe(404);
  });

  it('refuses bytes that are none of its own', () => {
    expect(() => decodeTileColumns(new ArrayBuffer(8))).toThrow(RangeError);
    expect(() =>
      decodeTileColumns(new TextEncoder().encode('TREFTIL1\x09\0\0\0\0\0\0\0').buffer as ArrayBuffer),
    ).toThrow('another length');
  });
});
