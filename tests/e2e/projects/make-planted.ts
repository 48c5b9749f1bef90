/**
 * Makes projects in which the right map is known in advance: slides painted cell by cell in one of two colours, a run planted with
 * embeddings that tell the two apart, a few labels, and then the real classifier and map. Run as a program:
 * `make-planted.ts alignment|scale FOLDER`.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCore } from '#main/services/core.ts';
import { createTileLookup } from '#main/services/tile-lookup.ts';
import { requireCurrentTileSet } from '#main/services/tile-sets.ts';
import { writePyramidTiff } from '#tests/fixtures/tiff/write-tiff.ts';
import { plantRun } from '#tests/support/planted-run.ts';
import { brightColour, cellIsDark, darkColour, plantedKinds, type PlantedKind } from './planted-cells.ts';
import { slidesFolder } from './stages.ts';

type Core = ReturnType<typeof createCore>;

export async function makePlanted(folder: string, kind: PlantedKind): Promise<void> {
  const { width, height, tilePx, levels } = plantedKinds[kind];
  mkdirSync(join(folder, 'project'), { recursive: true });
  mkdirSync(join(folder, slidesFolder));
  const core = createCore();
  try {
    const { project } = await core.projects.create({ directory: join(folder, 'project') });
    const sizes = [[width, height] as const, [tilePx * 8, tilePx * 8] as const, [tilePx * 8, tilePx * 9] as const];
    const files = sizes.map((_, index) => ({ file: join(folder, slidesFolder, `${kind} ${index + 1}.tif`) }));
    for (const [index, [slideWidth, slideHeight]] of sizes.entries()) {
      await writePyramidTiff(files[index]!.file, {
        width: slideWidth,
        height: slideHeight,
        tilePx: 256,
        compression: 'deflate',
        levels: index === 0 ? levels : 1,
        mpp: 1,
        pixel: (x, y) => (cellIsDark(Math.floor(x / tilePx), Math.floor(y / tilePx)) ? darkColour : brightColour),
      });
    }
    await core.slides.add({ project, slides: files });
    await core.tiles.extract({
      project,
      settings: {
        sizePx: tilePx,
        mpp: 1,
        minTissue: 0,
        tissue: { maskMpp: 16, minSpeckUm2: 0, minHoleUm2: 0, minFocus: 0, maxPen: 1 },
      },
    });
    await plantRun({ core, project }, cellIsDark, 0);
    await labelBothKinds(core, project);
    await core.classifier.finetune({ project, baselines: 'ready' });
    await core.classifier.classify({ project });
  } finally {
    await core.close();
  }
}

/** Twelve of each on each slide, named after what is seen. */
async function labelBothKinds(core: Core, project: string): Promise<void> {
  const { ranges, columns, rows } = createTileLookup(requireCurrentTileSet(core.openProjects.get(project)));
  for (const isDark of [true, false]) {
    const name = isDark ? 'Dark' : 'Bright';
    const added = await core.labels.addClass({ project, name });
    for (const { first, count } of ranges) {
      const here = Array.from({ length: count }, (_, index) => first + index);
      const tiles = here.filter((tile) => cellIsDark(columns[tile]!, rows[tile]!) === isDark).slice(0, 12);
      await core.labels.set({ project, tiles, class: added.class });
    }
  }
}

const [, program = '', kind, target] = process.argv;
if (target !== undefined && program === fileURLToPath(import.meta.url)) {
  if (kind !== 'alignment' && kind !== 'scale') throw new Error(`no such kind: ${kind}`);
  await makePlanted(target, kind);
}
