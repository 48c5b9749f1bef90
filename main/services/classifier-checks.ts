/**
 * Two checks of a stored classifier on the very labels it was judged on: what a leaking split would have claimed, and whether
 * more labels would help. Both retrain many small classifiers in a thread of their own.
 */
import type { EfficiencyCurve, EvaluationSummary, LeakComparison } from '#common/contract/classifier.ts';
import { counted } from '#common/counted.ts';
import type { StageContext } from '#common/stage.ts';
import { ClassifierThread } from '../classifier/classifier-thread.ts';
import { stopSign } from '../labels/suggest/stop-sign.ts';
import { latestClassifier } from '../store/classifier-rows.ts';
import { findRun } from '../store/run-rows.ts';
import { listSlides } from '../store/slide-rows.ts';
import { readEvaluation, saveEfficiency, saveLeak } from './classifier-files.ts';
import { featureTables } from './feature-sets.ts';
import { groupsOf } from './labelled-tiles.ts';
import type { OpenProject } from './open-projects.ts';
import type { StoredRun } from './runs-service.ts';
import type { TileLookups } from './tile-lookup.ts';

const leakWarning =
  'Split at random by tile: neighbouring tiles of one slide are in training and in test at once, so this figure is too good. It is shown as a warning and must not be reported.';
const leakFolds = 10;
const curveFolds = 6;

export async function compareWithLeak(
  project: OpenProject,
  lookups: TileLookups,
  wanted: string | undefined,
  context: StageContext,
): Promise<LeakComparison> {
  const { id, evaluation, summary, features } = await load(project, lookups, wanted, context);
  await using thread = new ClassifierThread();
  const rows = await thread.run(
    'randomSplit',
    {
      features,
      labels: evaluation.truth,
      classCount: evaluation.classIds.length,
      trainMask: evaluation.isTraining,
      // As many folds as the honest figure has: more would train on more labels, which is not what is compared.
      foldCount: Math.max(2, Math.min(leakFolds, summary.folds)),
      seed: summary.seed,
    },
    context,
  );
  const compared = rows.flatMap((row) => {
    const honest = summary.rows.find((item) => item.features === row.name);
    if (honest === undefined) return [];
    return {
      features: row.name,
      honest: honest.balancedAccuracy.value,
      leaking: row.balancedAccuracy,
      honestMacroF1: honest.macroF1.value,
      leakingMacroF1: row.macroF1,
    };
  });
  const first = compared[0];
  const difference = first === undefined ? 0 : first.leaking - first.honest;
  const sentence =
    difference > 0.005
      ? `Leaking would have claimed ${difference.toFixed(2).replace(/^0/, '')} more balanced accuracy than a new slide will show.`
      : 'Here leaking would not have claimed more; on other slides it may.';
  const comparison: LeakComparison = { warning: leakWarning, rows: compared, sentence };
  await saveLeak(project, id, comparison);
  return comparison;
}

export async function measureEfficiency(
  project: OpenProject,
  lookups: TileLookups,
  wanted: string | undefined,
  draws: number,
  context: StageContext,
): Promise<EfficiencyCurve> {
  const { id, evaluation, summary, features, slideOf } = await load(project, lookups, wanted, context);
  const [table] = features;
  if (table === undefined) throw new Error('a classifier without features');
  await using thread = new ClassifierThread();
  const points = await thread.run(
    'efficiency',
    {
      features: table,
      labels: evaluation.truth,
      classCount: evaluation.classIds.length,
      trainMask: evaluation.isTraining,
      groups: groupsOf({ slideOf }, listSlides(project.database)),
      level: summary.groupLevel,
      maximumFolds: curveFolds,
      draws,
      seed: summary.seed,
    },
    context,
  );
  const folds = Math.min(curveFolds, summary.folds);
  const curve: EfficiencyCurve = {
    points,
    draws,
    folds,
    stop: stopSign(points),
    note: `Nested subsets of the training labels, ${counted(draws, 'seeded draw')}, ${counted(folds, 'fold')} held out by ${summary.groupLevel}. Intervals are over draws and groups; the band is the range over the draws.`,
  };
  await saveEfficiency(project, id, curve);
  return curve;
}

async function load(project: OpenProject, lookups: TileLookups, wanted: string | undefined, context: StageContext) {
  const { id, run: runId, summary } = latestClassifier<EvaluationSummary>(project.database, wanted);
  const evaluation = await readEvaluation(project, id);
  const lookup = lookups.of(project, evaluation.tileSet);
  const run = findRun(project.database, runId, (item: StoredRun) => item.status === 'finished', 'finished');
  const features = await featureTables(project, run, lookup.set, evaluation.tiles, context, 'ready');
  const slideOf = evaluation.tiles.map((tile) => lookup.place(tile).slide.slide);
  return { id, evaluation, summary, features, slideOf };
}
