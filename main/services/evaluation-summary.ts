/** Turns an evaluation into what the contract shows: figures with intervals, and sentences a pathologist can act on. */
import type { EvaluationSummary, Figure } from '#common/contract/classifier.ts';
import { describeComparison } from '../classifier/describe-comparison.ts';
import type { Evaluation, EvaluatedFeatures } from '../classifier/evaluate.ts';
import type { Interval } from '../classifier/intervals.ts';
import type { ProjectClass } from './labelled-tiles.ts';

export interface EvaluationContext {
  readonly classifier: string;
  readonly run: string;
  readonly createdAt: string;
  readonly seed: number;
  readonly fraction: number | null;
  readonly classes: readonly ProjectClass[];
  /** Labels used for training, per class. */
  readonly trainingLabels: readonly number[];
  /** Names of the slides held out as a final test. */
  readonly testSlides: readonly string[];
  readonly heldOutSlidesWerePretrained: boolean;
  /** Sentences about the labels themselves, e.g. conflicts. */
  readonly notes: readonly string[];
}

export function summariseEvaluation(evaluation: Evaluation, context: EvaluationContext): EvaluationSummary {
  const first = evaluation.rows[0];
  return {
    classifier: context.classifier,
    run: context.run,
    createdAt: context.createdAt,
    seed: context.seed,
    fraction: context.fraction,
    trainingLabels: context.trainingLabels.reduce((sum, count) => sum + count, 0),
    evaluatedTiles: evaluation.evaluatedTiles.length,
    groupLevel: evaluation.plan.level,
    groupReason: evaluation.plan.reason,
    folds: evaluation.plan.folds.length,
    classes: context.classes.map(({ name, colour }, index) => ({
      name,
      colour,
      trainingLabels: context.trainingLabels[index] ?? 0,
    })),
    rows: evaluation.rows.map(summariseRow),
    confusion: (first?.metrics.confusion ?? []).map((row) => [...row]),
    perClass: context.classes.map(({ name }, index) => {
      const item = first?.metrics.perClass[index];
      return {
        name,
        precision: item?.precision ?? 0,
        recall: item?.recall ?? 0,
        f1: item?.f1 ?? 0,
        support: item?.support ?? 0,
      };
    }),
    test:
      evaluation.test === null
        ? null
        : {
            slides: [...context.testSlides],
            tiles: evaluation.test.tiles.length,
            rows: evaluation.test.rows.map(summariseRow),
          },
    sentences: [...describeComparison(evaluation.rows, context), ...context.notes],
  };
}

function summariseRow(row: Pick<EvaluatedFeatures, 'name' | 'metrics' | 'balancedAccuracy' | 'macroF1'>) {
  return {
    features: row.name,
    balancedAccuracy: figure(row.balancedAccuracy),
    macroF1: figure(row.macroF1),
    accuracy: row.metrics.accuracy,
  };
}

function figure({ value, low, high, note }: Interval): Figure {
  return { value, low, high, intervalNote: note };
}
