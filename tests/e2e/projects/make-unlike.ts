/**
 * Six fields that a classifier was trained on and one that is unlike them, with planted embeddings: classes overlap, so there are
 * mistakes to calibrate on, and the odd field's tiles lie far from all others. Starts from the stage with tiles.
 */
import { join } from 'node:path';
import { RandomStream } from '#common/random.ts';
import { writeEmbeddings } from '#main/engine/embeddings-file.ts';
import type { createCore } from '#main/services/core.ts';
import { embeddingsPath } from '#main/services/embeddings.ts';
import { createTileLookup } from '#main/services/tile-lookup.ts';
import { requireCurrentTileSet } from '#main/services/tile-sets.ts';
import { plantRun } from '#tests/support/planted-run.ts';
import sharp from 'sharp';
import { slidesFolder, unlikeSlide } from './stages.ts';

const dimension = 8;

/** `source` is the picture it is made of. */
export async function makeUnlike(
  core: ReturnType<typeof createCore>,
  project: string,
  stage: string,
  source: string,
): Promise<void> {
  const file = join(stage, slidesFolder, unlikeSlide);
  await sharp(source).modulate({ hue: 120 }).jpeg({ quality: 95 }).toFile(file);
  await core.slides.add({ project, slides: [{ file, specimen: 'S', patient: 'P' }], mpp: 1 });
  const open = core.openProjects.get(project);
  await core.tiles.extract({ project, settings: requireCurrentTileSet(open).settings });
  const set = requireCurrentTileSet(open);
  const run = await plantRun({ core, project });
  const { ranges, columns } = createTileLookup(set);
  const names = new Map((await core.slides.list({ project })).map((slide) => [slide.slide, slide.name]));
  const random = RandomStream.of('unlike', 1);
  const values = new Float32Array(columns.length * dimension);
  const classes: string[] = [];
  for (const { slide, first, count } of ranges) {
    const name = names.get(slide.slide) ?? '';
    const isUnlike = name === unlikeSlide;
    const kind = name.split(' ')[0] ?? '';
    if (!isUnlike && !classes.includes(kind)) classes.push(kind);
    const shift = Array.from({ length: dimension }, () => 0.3 * random.nextNormal());
    for (let at = first * dimension; at < (first + count) * dimension; at += 1) {
      const place = at % dimension;
      const own = isUnlike ? 6 : 3 * Number(place === classes.indexOf(kind));
      values[at] = own + shift[place]! + random.nextNormal();
    }
    if (isUnlike) continue;
    const known = (await core.labels.classes({ project })).find((item) => item.name === kind);
    const label = known ?? (await core.labels.addClass({ project, name: kind }));
    await core.labels.set({
      project,
      tiles: Array.from({ length: count }, (_, index) => first + index),
      class: label.class,
    });
  }
  const path = embeddingsPath(open, { run, set, weights: 'trained', tiles: null });
  await writeEmbeddings(path, { count: columns.length, dimension, provenance: {} }, [values]);
  await core.classifier.finetune({ project, group: 'image', baselines: 'ready' });
  await core.classifier.classify({ project });
}
