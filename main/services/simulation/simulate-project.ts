/** Simulates labelling in a project: gathers features, known classes and folds, and says in words what came out. */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { z } from 'zod';
import type { labelsCalls, Simulation } from '#common/contract/labels.ts';
import { TrefoilError } from '#common/errors.ts';
import type { StageContext } from '#common/stage.ts';
import { planFolds } from '../../classifier/folds.ts';
import { TaskThread } from '../../classifier/task-thread.ts';
import { toCsv } from '../../exports/csv.ts';
import { writeFileAtomically } from '../../files/atomic-file.ts';
import { findRun, listRuns } from '../../store/run-rows.ts';
import { listSlides } from '../../store/slide-rows.ts';
import { rowsOf } from '../feature-sets.ts';
import { areFeaturesSound } from '../feature-soundness.ts';
import type { RecentFeatures } from '../label-queue.ts';
import { groupsOf, labelledTiles, type LabelledTiles } from '../labelled-tiles.ts';
import { embeddingsOf } from '../embeddings.ts';
import { keepStudy, newStudyId } from '../study-files.ts';
import type { OpenProject } from '../open-projects.ts';
import { withoutReserved } from '../reserve-service.ts';
import { featuresName, type StoredRun, type StoredRunSummary } from '../stored-runs.ts';
import type { TileLookup, TileLookups } from '../tile-lookup.ts';
import { simulationPlot } from './simulation-plot.ts';
import type { SimulationTasks } from './simulation-tasks.ts';
import type { Simulation as Simulated } from './simulate-labelling.ts';

type Input = z.output<typeof labelsCalls.simulate.input>;

export interface SimulatedLabels {
  readonly labels: readonly {
    readonly slide: string;
    readonly x: number;
    readonly y: number;
    readonly class: string;
  }[];
  /** Rows of the file that name no slide, or are broken. */
  readonly unused: number;
}

type KnownTiles = Pick<LabelledTiles, 'tiles' | 'classOf' | 'slideOf'> & { readonly classNames: readonly string[] };

export async function simulateProject(
  project: OpenProject,
  lookups: TileLookups,
  recent: RecentFeatures,
  input: Input,
  given: SimulatedLabels | null,
  context: StageContext,
  now: () => Date,
): Promise<Simulation> {
  const lookup = lookups.current(project);
  const known = withoutReserved(project, given === null ? knownInProject(project, lookup) : knownInFile(lookup, given));
  if (new Set(known.classOf).size < 2) {
    throw new TrefoilError(
      'no-labels',
      `A simulation needs tiles of at least two known classes; ${known.tiles.length} labelled tiles were found.`,
      'Label more tiles, or give a file of labels with --labels.',
    );
  }
  const slideRows = listSlides(project.database);
  const groups = groupsOf(known, slideRows);
  const plan = planFolds({
    labels: known.classOf,
    groups,
    level: input.group,
    foldCount: input.folds,
    seed: input.seed,
  });
  const slideIds = [...new Set(known.slideOf)];
  const names = new Map(slideRows.map((slide) => [slide.id as string, slide.name]));
  const { areFeaturesSound: isSound, ...features } = await featuresOf(
    project,
    lookup,
    recent,
    input.run,
    known.tiles,
    context,
  );
  await using thread = new TaskThread<SimulationTasks>(new URL('./simulation-worker.ts', import.meta.url));
  const result = await thread.run(
    'simulate',
    {
      features,
      areFeaturesSound: isSound,
      labels: [...known.classOf],
      classNames: [...known.classNames],
      slides: known.slideOf.map((slide) => slideIds.indexOf(slide)),
      slideNames: slideIds.map((slide) => names.get(slide) ?? slide),
      folds: plan.folds.map(({ train, test }) => ({ train, test })),
      strategies: input.strategies,
      step: input.step,
      budget: input.budget,
      seeds: input.seeds,
      seed: input.seed,
      target: input.goal ?? null,
    },
    context,
  );
  const study = newStudyId();
  const answer: Simulation = {
    study,
    features: features.name,
    tiles: known.tiles.length,
    folds: plan.folds.length,
    slides: slideIds.length,
    groupLevel: plan.level,
    seeds: input.seeds,
    target: result.target,
    strategies: result.strategies.map((item) => ({ ...item, points: item.points.map((point) => ({ ...point })) })),
    sentences: [
      ...describe(result, input),
      ...(given !== null && given.unused > 0 ? [`${given.unused} rows of the file could not be used.`] : []),
      'Answers are taken to be right and instant: this is a simulation of choosing tiles, not of reading them.',
    ],
    files: [],
  };
  const files = filesOf(answer);
  await keepStudy(project, study, { kind: 'simulation', result: answer }, files, now());
  return input.out === undefined ? answer : await write(resolve(input.out), answer, files);
}

function knownInProject(project: OpenProject, { set, find }: TileLookup): KnownTiles {
  const labelled = labelledTiles(project.database, set, find);
  return { ...labelled, classNames: labelled.classes.map((item) => item.name) };
}

function knownInFile({ find }: TileLookup, { labels }: SimulatedLabels): KnownTiles {
  const classNames = [...new Set(labels.map((item) => item.class))];
  const byTile = new Map<number, { readonly class: string; readonly slide: string }>();
  for (const item of labels) {
    const tile = find(item.slide, item.x, item.y);
    if (tile !== undefined) byTile.set(tile, item);
  }
  const sorted = [...byTile].sort(([a], [b]) => a - b);
  return {
    tiles: sorted.map(([tile]) => tile),
    classOf: sorted.map(([, item]) => classNames.indexOf(item.class)),
    slideOf: sorted.map(([, item]) => item.slide),
    classNames,
  };
}

/** The run's embeddings; colour and texture before the first run. */
async function featuresOf(
  project: OpenProject,
  { set }: TileLookup,
  recent: RecentFeatures,
  wanted: string | undefined,
  tiles: readonly number[],
  context: StageContext,
) {
  const isFinished = (run: StoredRun): boolean => run.status === 'finished';
  const run =
    wanted === undefined || wanted === 'colour'
      ? listRuns<StoredRunSummary>(project.database).findLast(isFinished)
      : findRun(project.database, wanted, isFinished, 'finished');
  if (wanted === 'colour' || run === undefined) {
    const { dim, values } = await recent.colours.of(project, set, tiles, context);
    return { name: 'Colour and texture', dim, values: Float32Array.from(values), areFeaturesSound: true };
  }
  const all = await embeddingsOf(project, { run, set, weights: 'trained', tiles: null }, context);
  return {
    name: featuresName(run),
    dim: all.dimension,
    values: rowsOf(all, tiles),
    areFeaturesSound: areFeaturesSound(run),
  };
}

function describe({ strategies, target }: Simulated, { budget, seeds }: Input): string[] {
  const random = strategies.find(({ strategy }) => strategy === 'random');
  const needed = (count: number | null): string =>
    count === null ? `more than ${budget} labels` : `${Math.ceil(count)} labels`;
  return strategies.flatMap(({ strategy, points, labelsForTarget }) => {
    const last = points.at(-1);
    if (strategy === 'random' || last?.gain === null || last === undefined) return [];
    const { low, high, value } = last.gain;
    const verdict = low > 0 ? 'is better than' : high < 0 ? 'is worse than' : 'is not shown to differ from';
    return [
      `A balanced accuracy of ${target.toFixed(2)} takes ${needed(labelsForTarget)} with "${strategy}" and ${needed(random?.labelsForTarget ?? null)} with random choice; with ${last.labels} labels "${strategy}" ${verdict} random choice (${value.toFixed(3)}, 95 % ${low.toFixed(3)} to ${high.toFixed(3)} over ${seeds} seeds).`,
    ];
  });
}

function filesOf(answer: Simulation): Record<string, string> {
  const rows = answer.strategies.flatMap(({ strategy, points }) =>
    points.map(({ labels, balancedAccuracy, gain }) => [
      strategy,
      labels,
      balancedAccuracy.value,
      balancedAccuracy.low,
      balancedAccuracy.high,
      gain?.value ?? '',
      gain?.low ?? '',
      gain?.high ?? '',
    ]),
  );
  const head = ['strategy', 'labels', 'balanced_accuracy', 'low', 'high', 'gain', 'gain_low', 'gain_high'];
  return { 'simulation.csv': toCsv(head, rows), 'simulation.svg': simulationPlot(answer) };
}

async function write(
  folder: string,
  answer: Simulation,
  studyFiles: Readonly<Record<string, string>>,
): Promise<Simulation> {
  await mkdir(folder, { recursive: true });
  const files = { ...studyFiles, 'simulation.json': `${JSON.stringify(answer, null, 2)}\n` };
  for (const [name, text] of Object.entries(files)) await writeFileAtomically(join(folder, name), Buffer.from(text));
  return { ...answer, files: Object.keys(files).map((name) => join(folder, name)) };
}
