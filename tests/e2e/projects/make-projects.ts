/**
 * Makes the projects that specs start from, through the real services, on real images and with the real engine (TensorFlow.js on
 * the processor, a narrow network, two short epochs). Run as a program: `make-projects.ts FOLDER`. Every stage is a folder
 * with `project` and, where it has any, its slides beside it, so that a copy of it stands on its own.
 */
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCore } from '#main/services/core.ts';
import { createTileLookup } from '#main/services/tile-lookup.ts';
import { requireCurrentTileSet } from '#main/services/tile-sets.ts';
import { parseFieldName } from '#main/services/demo-service.ts';
import { makeUnlike } from './make-unlike.ts';
import { slidesFolder } from './stages.ts';

const fields = fileURLToPath(new URL('../../../resources/demo/osteosarcoma/', import.meta.url));

/** Two fields a class, no specimen twice. */
const chosen = [
  'Non-Tumor___Case-3-A15-2939-11262_112.jpg',
  'Non-Tumor___P9-B12-15791-34183_103.jpg',
  'Non-Viable-Tumor___Case-3-A7-18669-5101_118.jpg',
  'Non-Viable-Tumor___Case-4-C24-13844-15938_112.jpg',
  'Viable___Case-4-C27-32431-19828_114.jpg',
  'Viable___Case-48-P5-C14-54171-23668_115.jpg',
] as const;
const labelsPerSlide = 4;

export async function makeProjects(folder: string): Promise<void> {
  const empty = join(folder, 'empty');
  mkdirSync(join(empty, 'project'), { recursive: true });
  await withCore(async (core) => {
    await core.projects.create({ directory: join(empty, 'project') });
  });

  const slides = await nextStage(empty, 'slides', async (core, project, stage) => {
    mkdirSync(join(stage, slidesFolder));
    const files = chosen.map((name) => {
      const { specimen, patient } = parseFieldName(name);
      const file = join(stage, slidesFolder, name.replace('___', ' '));
      cpSync(join(fields, name), file);
      return { file, specimen, patient };
    });
    await core.slides.add({ project, slides: files, mpp: 1 });
  });

  const tiles = await nextStage(slides, 'tiles', async (core, project) => {
    await core.tiles.extract({
      project,
      settings: { sizePx: 128, mpp: 1, minTissue: 0.3, tissue: { maskMpp: 4, minSpeckUm2: 5000, minFocus: 0 } },
    });
  });

  await nextStage(tiles, 'unlike', (core, project, stage) => makeUnlike(core, project, stage, join(fields, chosen[0])));

  await nextStage(tiles, 'trained', async (core, project) => {
    await core.runs.pretrain({ project, recipe: 'quick', epochs: 2, engine: 'tfjs' });
    await labelSomeTiles(core, project);
    await core.classifier.finetune({ project, baselines: 'ready' });
    await core.classifier.classify({ project });
  });
}

type Core = ReturnType<typeof createCore>;

/** Every slide has one class, as in the demo; the first tiles of each get it. */
async function labelSomeTiles(core: Core, project: string): Promise<void> {
  const { ranges } = createTileLookup(requireCurrentTileSet(core.openProjects.get(project)));
  const names = new Map((await core.slides.list({ project })).map((slide) => [slide.slide, slide.name]));
  const classes = new Map<string, string>();
  for (const { slide, first, count } of ranges) {
    const name = (names.get(slide.slide) ?? '').split(' ')[0] ?? '';
    const known = classes.get(name) ?? (await core.labels.addClass({ project, name: name.replaceAll('-', ' ') })).class;
    classes.set(name, known);
    const step = Math.floor(count / labelsPerSlide);
    const tiles = Array.from({ length: labelsPerSlide }, (_, index) => first + index * step);
    await core.labels.set({ project, tiles, class: known });
  }
}

async function nextStage(
  from: string,
  name: string,
  make: (core: Core, project: string, stage: string) => Promise<void>,
): Promise<string> {
  const stage = join(from, '..', name);
  cpSync(from, stage, { recursive: true });
  await withCore(async (core) => {
    const { project } = await core.projects.open({ directory: join(stage, 'project') });
    await make(core, project, stage);
  });
  return stage;
}

async function withCore(work: (core: Core) => Promise<void>): Promise<void> {
  const core = createCore({ workers: 1 });
  try {
    await work(core);
  } finally {
    await core.close();
  }
}

const [, program = '', target] = process.argv;
if (target !== undefined && program === fileURLToPath(import.meta.url)) {
  await makeProjects(target);
}
