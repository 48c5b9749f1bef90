/**
 * Networks trained from scratch on the drawn labels alone, one a draw and fold, as a method of the comparison: same labels, folds,
 * network and views as the runs beside them. They are kept with the project by what they were trained on, so a comparison that
 * was stopped goes on, and one that is asked for again trains nothing.
 */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { PretrainSettings } from '#common/domain/pretrain.ts';
import { TrefoilError } from '#common/errors.ts';
import { RandomStream } from '#common/random.ts';
import type { StageContext } from '#common/stage.ts';
import {
  comparisonDraws,
  comparisonFolds,
  type ComparedPredictions,
  type ComparisonPlan,
} from '../classifier/compare-methods.ts';
import type { EngineJobInput } from '../engine/process/job.ts';
import { SupervisedLines } from '../engine/supervised-lines.ts';
import { writeFileAtomically } from '../files/atomic-file.ts';
import { runInEngine } from './engine-process.ts';
import type { LabelledTiles } from './labelled-tiles.ts';
import type { OpenProject } from './open-projects.ts';
import type { StoredRun } from './stored-runs.ts';
import type { TileSet } from './tile-sets.ts';

/**
 * Picked on the demo's own tiles, so that what is compared with these networks has nothing to gain from a rate that does not suit
 * them; docs/recipes.md.
 */
export const supervisedLearningRate = 0.4;

export interface SupervisedInput {
  readonly set: TileSet;
  readonly runs: readonly StoredRun[];
  readonly labelled: LabelledTiles;
  readonly plan: ComparisonPlan;
  readonly steps: number;
}

/** One method for each network and view size among the runs. Throws `invalid-input` when none of them was trained here. */
export async function supervisedPredictions(
  project: OpenProject,
  { set, runs, labelled, plan, steps }: SupervisedInput,
  context: StageContext,
): Promise<ComparedPredictions[]> {
  const own = runs.filter((run) => run.request.imported === undefined).map((run) => run.request.settings);
  const kinds = new Map(own.map((settings) => [`${settings.network}, ${settings.viewPx} px`, settings]));
  if (kinds.size === 0) {
    throw new TrefoilError(
      'invalid-input',
      'Training from scratch takes its network from a run, and none of the runs chosen was trained here.',
      'Choose a run that was pretrained in this project, or compare without training from scratch.',
    );
  }
  const folder = join(project.directory, 'supervised');
  await mkdir(folder, { recursive: true });
  const tiles = join(folder, `${set.id}.json`);
  await writeFileAtomically(tiles, Buffer.from(JSON.stringify(set.manifest)));
  const methods: ComparedPredictions[] = [];
  for (const [kind, settings] of kinds) {
    const predicted: (readonly number[])[][] = [];
    for (const at of plan.labelCounts.keys()) {
      const job = { ...trainingsOf(plan, labelled, at), ...unseeded(settings), steps };
      const output = join(folder, `${hash([set.id, plan.seed, job])}.jsonl`);
      const base = { kind: 'supervise', tiles, seed: plan.seed, settings, workers: 1, output } as const;
      const { trainings, queries, foldsPerDraw, classCount } = job;
      const baseLearningRate = supervisedLearningRate;
      const input: EngineJobInput = { ...base, classCount, steps, baseLearningRate, queries, trainings };
      if ((await linesOf(output)).length < trainings.length) await runInEngine(input, context);
      const lines = await linesOf(output);
      predicted.push(
        Array.from({ length: plan.draws }, (_, draw) =>
          lines.slice(draw * foldsPerDraw, (draw + 1) * foldsPerDraw).flat(),
        ),
      );
    }
    const which = kinds.size === 1 ? '' : `${kind}, `;
    methods.push({ name: `Supervised from scratch (${which}${steps} steps)`, isBaseline: true, predicted });
  }
  return methods;
}

/** What of a run's settings such a training depends on. */
function unseeded({ network, viewPx, augmentation, momentum, weightDecay, batch }: PretrainSettings) {
  return { network, viewPx, augmentation, momentum, weightDecay, batch, rate: supervisedLearningRate };
}

interface Trainings {
  readonly classCount: number;
  readonly foldsPerDraw: number;
  readonly queries: number[][];
  readonly trainings: { tiles: number[]; classes: number[]; query: number; seed: number }[];
}

/** Of one label count: draw after draw, fold after fold. The lists of held-out tiles are the same in every draw. */
function trainingsOf(plan: ComparisonPlan, { tiles, classes }: LabelledTiles, wanted: number): Trainings {
  const { level } = comparisonFolds(plan);
  const positions = new Map<string, number>();
  const queries: number[][] = [];
  const trainings: Trainings['trainings'] = [];
  let foldsPerDraw = 0;
  for (const { at, draw, folds } of comparisonDraws(plan, level)) {
    if (at !== wanted) continue;
    foldsPerDraw = folds.length;
    folds.forEach((fold, index) => {
      const key = fold.heldOut.join('\n');
      const query = positions.get(key) ?? queries.push(Array.from(fold.test, (row) => tiles[row] as number)) - 1;
      positions.set(key, query);
      trainings.push({
        tiles: Array.from(fold.train, (row) => tiles[row] as number),
        classes: Array.from(fold.train, (row) => plan.labels[row] as number),
        query,
        seed: RandomStream.of('supervised', plan.seed, at, draw, index).nextInteger(2 ** 31),
      });
    });
  }
  return { classCount: classes.length, foldsPerDraw, queries, trainings };
}

async function linesOf(path: string): Promise<readonly (readonly number[])[]> {
  const written = await SupervisedLines.open(path);
  await written.close();
  return written.lines;
}

function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 24);
}
