/** The pixel size's provenance on its whole way: from the file over the project and the tile set into the tables. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { slidesCalls } from '#common/contract/slides.ts';
import { loadTileSet } from '#main/services/tile-sets.ts';
import { tileSetProvenance } from '#main/services/slide-provenance.ts';
import { writePyramidTiff } from '#tests/fixtures/tiff/write-tiff.ts';
import { generateProject, type GeneratedProject } from '#tests/support/generated-project.ts';

let generated: GeneratedProject;
let project: string;
let core: GeneratedProject['core'];
const settings = {
  sizePx: 32,
  mpp: 1,
  minTissue: 0,
  tissue: { maskMpp: 4, minSpeckUm2: 0, minHoleUm2: 0, minFocus: 0 },
};

beforeAll(async () => {
  generated = await generateProject(1);
  ({ project, core } = generated);
  const file = join(generated.folder, 'two opinions.svs');
  await writePyramidTiff(file, {
    width: 128,
    height: 96,
    tilePx: 32,
    compression: 'none',
    mpp: 0.25,
    description: 'Aperio test\nmade here|AppMag = 20|MPP = 0.5',
    pixel: (x, y) => [120 + ((x * 7 + y * 3) % 60), 60, 120],
  });
  await core.slides.add({ project, slides: [{ file }] });
});
afterAll(() => generated.close());

it('a file that contradicts itself is listed with both values', async () => {
  const slides = slidesCalls.list.output.parse(await core.slides.list({ project }));
  expect(slides.at(-1)).toMatchObject({
    mpp: 0.5,
    mppSource: 'file',
    mppProvenance: {
      field: 'aperio.MPP',
      contradictions: [{ field: 'tiff.XResolution/ResolutionUnit', x: 0.25, y: 0.25 }],
      setAt: null,
      overridden: null,
    },
  });
});

it('a value set by hand says when and what it replaced, follows undo, and goes into the tile set', async () => {
  const slide = (await core.slides.list({ project })).at(-1)!.slide;
  const of = async () => (await core.slides.list({ project })).at(-1)!.mppProvenance;
  await core.slides.setMpp({ project, slide, mpp: 0.6 });
  const first = await of();
  expect(first).toMatchObject({ source: 'by-hand', overridden: { source: 'file', x: 0.5, field: 'aperio.MPP' } });
  expect(new Date(first.setAt!).getTime()).toBeGreaterThan(0);
  await core.slides.setMpp({ project, slide, mpp: 0.7 });
  await core.projects.undo({ project });
  expect(await of()).toEqual(first);
  const { tileSet, slides } = await core.tiles.extract({ project, settings });
  expect(slides.at(-1)!.warnings.join(' ')).toMatch(/also states 0.5 um\/px \(aperio.MPP\)/);
  const stored = loadTileSet(core.openProjects.get(project), tileSet).slides.at(-1)!;
  expect(tileSetProvenance(stored)).toEqual(first);
  // A tile set of an earlier version recorded the value and its kind only.
  const { mppProvenance: _, ...old } = stored;
  expect(tileSetProvenance(old)).toMatchObject({ source: 'by-hand', x: 0.6, claims: null, setAt: null });
});

it('a value given while adding is set by hand at that time', async () => {
  const [png] = await core.slides.list({ project });
  expect(png!.mppProvenance).toMatchObject({ source: 'by-hand', x: 1, overridden: { source: 'missing' }, claims: [] });
  expect(png!.mppProvenance.setAt).not.toBeNull();
});
