/** What a classifier's training slides look like to its encoder (classifier/unlike/reference.ts): all their kept tiles, labelled or not. */
import type { StageContext } from '#common/stage.ts';
import type { ClassifierThread } from '../classifier/classifier-thread.ts';
import type { Evaluation } from '../classifier/evaluate.ts';
import type { KnownReference } from '../classifier/unlike/reference-file.ts';
import { listSlides } from '../store/slide-rows.ts';
import { readEvaluation } from './classifier-files.ts';
import { embeddingsOf } from './embeddings.ts';
import { groupsOf } from './labelled-tiles.ts';
import { featuresName, type StoredRun } from './stored-runs.ts';
import type { OpenProject } from './open-projects.ts';
import type { TileLookups } from './tile-lookup.ts';
import { tilesBySlide, type TileSet } from './tile-sets.ts';

export interface TrainingSlides {
  readonly run: StoredRun;
  readonly set: TileSet;
  /** Slides with a label that trained. */
  readonly training: ReadonlySet<string>;
  readonly seed: number;
}

/** null with fewer than two groups. */
export async function trainingReference(
  project: OpenProject,
  thread: ClassifierThread,
  { run, set, training, seed }: TrainingSlides,
  { plan: { level } }: Evaluation,
  context: StageContext,
): Promise<KnownReference | null> {
  const { dimension: dim, values } = await embeddingsOf(
    project,
    { run, set, weights: 'trained', tiles: null },
    context,
  );
  const parts = tilesBySlide(set).filter(({ slide }) => training.has(slide.slide));
  const rows = parts.reduce((sum, { tiles }) => sum + tiles.length, 0);
  const own = new Float32Array(rows * dim);
  const slideOf: string[] = [];
  for (const { slide, firstIndex, tiles } of parts) {
    own.set(values.subarray(firstIndex * dim, (firstIndex + tiles.length) * dim), slideOf.length * dim);
    for (let tile = 0; tile < tiles.length; tile += 1) slideOf.push(slide.slide);
  }
  const groupOf = groupsOf({ slideOf }, listSlides(project.database))[level];
  const table = { name: featuresName(run), dim, values: own };
  const reference = await thread.run('reference', { table, slideOf, groupOf, seed }, { signal: context.signal });
  return reference === null ? null : { ...reference, groupLevel: level };
}

/** Slides whose labels trained a classifier; none for one of an earlier Trefoil. */
export async function trainingSlides(
  project: OpenProject,
  lookups: TileLookups,
  classifier: string,
): Promise<readonly string[]> {
  const evaluation = await readEvaluation(project, classifier).catch(() => null);
  if (evaluation === null) return [];
  const lookup = lookups.of(project, evaluation.tileSet);
  const tiles = evaluation.tiles.filter((_, row) => evaluation.isTraining[row] === 1);
  return [...new Set(tiles.map((tile) => lookup.place(tile).slide.slide as string))];
}
