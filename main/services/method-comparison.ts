/**
 * Compares finished runs of a project with each other and with what needs no training, on the same draws of few labels, the
 * same folds and the same classifier. Computes the embeddings that are missing; changes nothing else in the project.
 */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { z } from 'zod';
import type { classifierCalls, Figure, MethodComparison } from '#common/contract/classifier.ts';
import { methodLabels, simsiamAugmentation as published } from '#common/domain/pretrain.ts';
import { TrefoilError } from '#common/errors.ts';
import type { StageContext } from '#common/stage.ts';
import { ClassifierThread } from '../classifier/classifier-thread.ts';
import type { ComparedAt, ComparedTable, ComparisonPlan } from '../classifier/compare-methods.ts';
import type { FeatureTable } from '../classifier/feature-table.ts';
import type { Interval } from '../classifier/intervals.ts';
import { comparisonCsv } from '../exports/comparison-csv.ts';
import { writeFileAtomically } from '../files/atomic-file.ts';
import { standardiseBySlide } from '../classifier/standardise-by-slide.ts';
import { findRun, listRuns } from '../store/run-rows.ts';
import { listSlides } from '../store/slide-rows.ts';
import { embeddingsOf } from './embeddings.ts';
import { colourTable, rowsOf } from './feature-sets.ts';
import { groupsOf, type LabelledTiles } from './labelled-tiles.ts';
import { newStudyId, keepStudy } from './study-files.ts';
import type { OpenProject } from './open-projects.ts';
import { featuresName, type StoredRun, type StoredRunSummary } from './stored-runs.ts';
import type { TileLookups } from './tile-lookup.ts';
import { supervisedPredictions } from './supervised-methods.ts';
import { tilesBySlide, type TileSet } from './tile-sets.ts';
import { withoutReserved } from './reserve-service.ts';
import { requireLabels } from './training-labels.ts';

type Input = z.output<typeof classifierCalls.compare.input>;

interface NamedTable extends ComparedTable {
  readonly run: string;
}

const resamples = 1000;

export async function compareRuns(
  project: OpenProject,
  lookups: TileLookups,
  input: Input,
  context: StageContext,
  now: () => Date,
): Promise<MethodComparison> {
  const { set, find } = lookups.current(project);
  const labelled = withoutReserved(project, requireLabels(project, set, find));
  const runs = chosenRuns(project, set, input.runs);
  const tables = await tablesOf(project, set, runs, labelled, input.bySlide, context);
  const labelledSlides = new Set(labelled.slideOf);
  const tiles = set.slides.reduce((sum, slide) => sum + (labelledSlides.has(slide.slide) ? slide.kept : 0), 0);
  const fractions = [...new Set(input.fractions)].sort((a, b) => a - b);
  const plan: ComparisonPlan = {
    labels: labelled.classOf,
    classCount: labelled.classes.length,
    groups: groupsOf(labelled, listSlides(project.database)),
    level: input.group,
    // No more can be drawn than there are: the figures name what was really used.
    labelCounts: fractions.map((fraction) =>
      Math.min(labelled.tiles.length, Math.max(1, Math.round(fraction * tiles))),
    ),
    draws: input.draws,
    seed: input.seed,
    foldCount: input.folds,
  };
  const steps = input.supervisedSteps;
  const predictions =
    steps === undefined ? [] : await supervisedPredictions(project, { set, runs, labelled, plan, steps }, context);
  await using thread = new ClassifierThread();
  const comparison = await thread.run('compareMethods', { ...plan, tables, predictions, resamples }, context);
  const study = newStudyId();
  const result: MethodComparison = {
    study,
    draws: input.draws,
    groupLevel: comparison.level,
    groupReason: comparison.reason,
    folds: comparison.folds,
    groups: comparison.groups,
    slides: labelledSlides.size,
    files: [],
    evaluatedTiles: labelled.tiles.length,
    at: comparison.at.map((item, index) => ({
      fraction: fractions[index] ?? 0,
      labels: item.labels,
      bestBaseline: item.bestBaseline,
      methods: item.methods.map((method, table) => ({
        ...method,
        run: tables[table]?.run ?? '',
        balancedAccuracy: figure(method.balancedAccuracy),
        gain: method.gain === null ? null : figure(method.gain),
      })),
      sentences: describeGains(item, input.draws),
    })),
  };
  const csv = comparisonCsv(result);
  await keepStudy(project, study, { kind: 'comparison', result }, { 'comparison.csv': csv }, now());
  if (input.out === undefined) return result;
  const folder = resolve(input.out);
  await mkdir(folder, { recursive: true });
  const files = [join(folder, 'comparison.csv'), join(folder, 'comparison.json')] as const;
  await writeFileAtomically(files[0], Buffer.from(csv));
  await writeFileAtomically(files[1], Buffer.from(`${JSON.stringify(result, null, 2)}\n`));
  return { ...result, files: [...files] };
}

function chosenRuns(project: OpenProject, set: TileSet, ids: readonly string[] | undefined): readonly StoredRun[] {
  const isUsable = (run: StoredRun): boolean => run.status === 'finished';
  const runs =
    ids?.map((id) => findRun(project.database, id, isUsable, 'finished')) ??
    listRuns<StoredRunSummary>(project.database).filter((run) => isUsable(run) && run.tileSet === set.id);
  if (runs.length > 0) return runs;
  throw new TrefoilError('no-run', 'There is no finished run of the current tiles.', 'Finish a pretraining run first.');
}

/** The runs' encoders, the untrained network of each kind among them, colour and texture; then the same by slide. */
async function tablesOf(
  project: OpenProject,
  set: TileSet,
  runs: readonly StoredRun[],
  labelled: LabelledTiles,
  bySlide: boolean,
  context: StageContext,
): Promise<NamedTable[]> {
  const slideOf = tilesBySlide(set).flatMap(({ slide, tiles }) => tiles.map(() => slide.slide));
  const tables: NamedTable[] = [];
  const add = (name: string, run: string, isBaseline: boolean, full: FeatureTable): void => {
    const take = ({ dim, values }: FeatureTable): Float32Array =>
      rowsOf({ dimension: dim, values: Float32Array.from(values) }, labelled.tiles);
    tables.push({ name, run, isBaseline, dim: full.dim, values: take(full) });
    if (!bySlide) return;
    const values = take(standardiseBySlide(full, slideOf));
    tables.push({ name: `${name}, by slide`, run, isBaseline, dim: full.dim, values });
  };
  const embed = async (run: StoredRun, weights: 'trained' | 'untrained'): Promise<FeatureTable> => {
    const { dimension, values } = await embeddingsOf(project, { run, set, weights, tiles: null }, context);
    return { name: '', dim: dimension, values };
  };
  for (const run of runs) add(runName(run, runs), run.id, false, await embed(run, 'trained'));
  const kinds = new Map(runs.map((run) => [untrainedKind(run), run]));
  for (const run of kinds.values()) {
    const { network, viewPx } = run.request.settings;
    const name =
      kinds.size === 1 ? 'Random weights' : `Random weights (${network}, ${viewPx} px, seed ${run.request.seed})`;
    add(name, '', true, await embed(run, 'untrained'));
  }
  const every = Array.from({ length: set.manifest.count }, (_, tile) => tile);
  add('Colour and texture', '', true, await colourTable(set, every, context));
  return tables;
}

function untrainedKind({ request: { settings, seed } }: StoredRun): string {
  return [settings.network, settings.viewPx, seed].join();
}

/** The method, and what else tells the run from the others. */
function runName(run: StoredRun, runs: readonly StoredRun[]): string {
  if (run.request.imported !== undefined) return featuresName(run);
  const { settings, seed } = run.request;
  const differs = <Value>(pick: (item: StoredRun) => Value): boolean => new Set(runs.map(pick)).size > 1;
  // Runs made before it was there have none stored.
  const jitterOf = ({ request }: StoredRun): number =>
    (request.settings.augmentation as Partial<typeof settings.augmentation>).stainJitter ?? 0;
  const weight = settings.method === 'simsiam' ? 1 : (settings.neighbourWeight ?? 1);
  const parts = [
    ...(differs((item) => item.request.settings.network) ? [settings.network] : []),
    ...(differs((item) => item.request.settings.epochs) ? [`${settings.epochs} epochs`] : []),
    ...(weight === 1 ? [] : [`neighbour weight ${weight}`]),
    ...(settings.neighbourDistance === undefined ? [] : [`neighbour ${settings.neighbourDistance} tiles away`]),
    ...(settings.neighbour === 'fixed' ? ['fixed neighbour'] : []),
    ...(settings.predictorRate === 'schedule' ? ['predictor on schedule'] : []),
    ...(settings.augmentation.hue !== published.hue
      ? [
          `hue ± ${Number(settings.augmentation.hue.toPrecision(3))}, grey ${Number(settings.augmentation.greyProbability.toPrecision(3))}`,
        ]
      : []),
    ...(jitterOf(run) !== 0 && differs(jitterOf) ? [`stain jitter ${jitterOf(run)}`] : []),
    ...(differs((item) => item.request.settings.baseLearningRate) ? [`rate ${settings.baseLearningRate}`] : []),
    ...(differs((item) => item.request.seed) ? [`seed ${seed}`] : []),
  ];
  return parts.length === 0 ? methodLabels[settings.method] : `${methodLabels[settings.method]} (${parts.join(', ')})`;
}

/** One sentence a method; nothing is claimed that the interval does not carry. */
function describeGains(item: ComparedAt, draws: number): string[] {
  if (item.bestBaseline === null) return [];
  return item.methods.flatMap(({ name, gain }) => {
    if (gain === null) return [];
    const { value, low, high } = gain;
    const by = `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(3)}`;
    if (low === null || high === null)
      return [`${name}: ${by} against ${item.bestBaseline}; no interval, nothing can be claimed.`];
    const verdict = low > 0 ? 'better than' : high < 0 ? 'worse than' : 'not shown to differ from';
    return [
      `${name} is ${verdict} the best baseline (${item.bestBaseline}) with ${item.labels} labels: ${by} balanced accuracy, 95 % interval ${low.toFixed(3)} to ${high.toFixed(3)} over ${draws} draws of labels.`,
    ];
  });
}

function figure({ value, low, high, note }: Interval): Figure {
  return { value, low, high, intervalNote: note };
}
