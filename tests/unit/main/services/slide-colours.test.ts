/** Colours, tissue by slide, corrections by hand and private images through the services, as the page and command line use them. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unpackPreview, previewLayers } from '#common/tissue-preview.ts';
import { defaultTissueSettings } from '#common/domain/tile.ts';
import { createCore } from '#main/services/core.ts';
import { createRoutes } from '#main/server/routes.ts';
import { loadTileSet } from '#main/services/tile-sets.ts';

const svs = new URL('../../../../resources/demo/CMU-1-Small-Region.svs', import.meta.url).pathname;
let folder: string;
let core: ReturnType<typeof createCore>;
let project: string;
let slide: string;
const settings = { sizePx: 64, mpp: 1, minTissue: 0.3 } as const;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trefoil-colours-'));
  core = createCore({ workers: 1 });
  ({ project } = await core.projects.create({ directory: join(folder, 'project') }));
  copyFileSync(svs, join(folder, 'slide.svs'));
  const { added } = await core.slides.add({ project, slides: [{ file: join(folder, 'slide.svs') }] });
  slide = added[0]!.slide;
});
afterAll(async () => {
  await core.close();
  rmSync(folder, { recursive: true, force: true });
});

const square = (x: number, y: number, size: number): [number, number][][][] => [
  [
    [
      [x, y],
      [x + size, y],
      [x + size, y + size],
      [x, y + size],
    ],
  ],
];
const kept = async (): Promise<number> => (await core.tiles.plan({ project, settings })).kept;

describe("a project's colours", () => {
  it("are the scanners' unless a person says otherwise, which can be undone", async () => {
    expect(await core.projects.settings({ project })).toEqual({ colour: 'scanner-profile' });
    await core.projects.changeSettings({ project, colour: 'as-stored' });
    expect(await core.projects.settings({ project })).toEqual({ colour: 'as-stored' });
    expect((await core.projects.history({ project })).at(-1)?.what).toBe('Show colours as stored');
    const steps = (await core.projects.history({ project })).length;
    await core.projects.changeSettings({ project, colour: 'as-stored' });
    expect(await core.projects.history({ project })).toHaveLength(steps);
    await core.projects.undo({ project });
    expect(await core.projects.settings({ project })).toEqual({ colour: 'scanner-profile' });
  });

  it('are told for a slide without a profile, and give pictures of another tag', async () => {
    expect(await core.slides.colour({ project, slide })).toEqual({
      ...{ state: 'none', name: null, byteLength: null, reason: null },
      choice: 'scanner-profile',
    });
    const before = core.slideImages.tagOf(project, slide);
    await core.projects.changeSettings({ project, colour: 'as-stored' });
    expect(core.slideImages.tagOf(project, slide)).not.toBe(before);
    await core.projects.undo({ project });
  });

  it('are written into the tile set with the tissue settings of each slide', async () => {
    const own = { ...defaultTissueSettings, method: 'fixed' as const, saturationThreshold: 0.35 };
    await core.slides.setTissue({ project, slide, tissue: own });
    const { tileSet } = await core.tiles.extract({ project, settings });
    const set = loadTileSet(core.openProjects.get(project), tileSet);
    expect(set.colour).toBe('scanner-profile');
    expect(set.slides[0]).toMatchObject({ colourProfile: null, tissue: own });
    expect((await core.tiles.current({ project }))?.colour).toBe('scanner-profile');
    await core.projects.undo({ project });
  });
});

describe('tissue settings of one slide', () => {
  it('change its plan alone, and go with undo', async () => {
    const before = await kept();
    const strict = { ...defaultTissueSettings, method: 'fixed' as const, saturationThreshold: 0.6 };
    const changed = await core.slides.setTissue({ project, slide, tissue: strict });
    expect(changed.tissue).toEqual(strict);
    expect(await kept()).toBeLessThan(before);
    await core.projects.undo({ project });
    expect((await core.slides.list({ project }))[0]?.tissue).toBeNull();
    expect(await kept()).toBe(before);
  });
});

describe('a correction by hand', () => {
  it('takes tiles away or brings them back, in the preview and in the plan', async () => {
    const before = await kept();
    const polygons = square(0, 0, 1200);
    const { region } = await core.regions.create({ project, slide, kind: 'no-tissue', polygons });
    expect(await kept()).toBeLessThan(before);
    const preview = await core.tiles.preview({
      project,
      slide,
      settings,
      area: { x: 0, y: 0, width: 1000, height: 1000 },
    });
    const values = unpackPreview(Buffer.from(preview.mask, 'base64'), preview.width * preview.height);
    expect(new Set(values)).toEqual(new Set([previewLayers.indexOf('glass')]));
    await core.regions.update({ project, region, kind: 'tissue' });
    expect(await kept()).toBeGreaterThanOrEqual(before);
    await core.regions.remove({ project, regions: [region] });
    expect(await kept()).toBe(before);
  });
});

describe('the focus of tiles in a preview', () => {
  it('is measured when asked for, and marks what cutting would drop', async () => {
    const area = { x: 0, y: 0, width: 1500, height: 1500 };
    const ask = (minFocus: number, focus = true) =>
      core.tiles.preview({ project, slide, settings: { ...settings, tissue: { minFocus } }, area, focus });
    expect((await ask(10, false)).focus).toBeNull();
    const sharp = await ask(0.001);
    expect(sharp.focus).toMatchObject({ blurred: 0 });
    const strict = await ask(100_000);
    expect(strict.focus).toEqual({ measured: sharp.focus!.measured, blurred: sharp.focus!.measured });
    const values = unpackPreview(Buffer.from(strict.mask, 'base64'), strict.width * strict.height);
    expect(values).toContain(previewLayers.indexOf('blur'));
    const small = { ...settings, sizePx: 16 };
    const many = await core.tiles.preview({ project, slide, settings: small, focus: true });
    expect(many.focus, 'too many to read for a preview').toBeNull();
  });
});

describe('stains', () => {
  it('are estimated for a slide of a project', async () => {
    const { macenko, reinhard, stainedPixels } = await core.slides.stain({ project, slide });
    expect(stainedPixels).toBeGreaterThan(5000);
    expect(macenko!.haematoxylin.vector[0]).toBeGreaterThan(macenko!.eosin.vector[0]);
    expect(reinhard!.deviation.every((value) => value > 0)).toBe(true);
  });
});

describe('private images', () => {
  const get = async (name: string, query = ''): Promise<Response> => {
    const routes = createRoutes({ core, logDefect: () => 'no log' });
    return (await routes(new Request(`http://x/slides/${project}/${slide}/associated/${name}.jpeg${query}`)))!;
  };

  it('are named as such and refused until they are asked for', async () => {
    const [own] = await core.slides.list({ project });
    expect(own!.associatedImages.map(({ name, isPrivate }) => [name, isPrivate])).toEqual([
      ['thumbnail', false],
      ['label', true],
      ['macro', true],
    ]);
    expect((await get('thumbnail')).status).toBe(200);
    for (const name of ['label', 'macro']) {
      const refused = await get(name);
      expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([403, 'not-allowed']);
      const shown = await get(name, '?show=patient-data');
      expect((await sharp(await shown.arrayBuffer()).metadata()).width).toBe(name === 'label' ? 387 : 1280);
    }
    expect((await get('none')).status).toBe(404);
  });

  it('are left out of a copy, of a slide of the project or of any file', async () => {
    const out = join(folder, 'copy.svs');
    const result = await core.slides.copyWithoutLabel({ source: { project, slide }, out, macro: true });
    expect(result).toMatchObject({ name: 'copy.svs', removed: ['label', 'macro'] });
    const info = await core.slides.info({ file: out });
    expect(info.associatedImages.map(({ name }) => name)).toEqual(['thumbnail']);
    expect(readFileSync(join(folder, 'slide.svs')).equals(readFileSync(svs))).toBe(true);
    await expect(
      core.slides.copyWithoutLabel({ source: { file: out }, out: join(folder, 'b.svs') }),
    ).rejects.toMatchObject({ code: 'not-found' });
  });
});
