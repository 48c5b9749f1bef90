/** What the classifier's worker thread can be asked: plain values in and out, so that training never blocks a label or a map tile. */
import type { StageContext } from '#common/stage.ts';
import { compareMethods, type CompareMethodsInput, type MethodComparison } from './compare-methods.ts';
import type { EnsembleKind, EnsembleResult } from './ensemble.ts';
import {
  evaluateClassifier,
  predictWithEnsemble,
  type Evaluation,
  type EvaluationInput,
  type FoldClassifier,
} from './evaluate.ts';
import type { FeatureTable } from './feature-table.ts';
import { labelEfficiency, type LabelEfficiencyInput, type LabelEfficiencyPoint } from './label-efficiency.ts';
import { randomSplit, type RandomSplitInput, type RandomSplitRow } from './random-split.ts';

export interface PredictInput {
  readonly folds: readonly Pick<FoldClassifier, 'model' | 'standardisation'>[];
  readonly table: FeatureTable;
  readonly classCount: number;
  readonly ensemble: EnsembleKind;
}

export interface ClassifierTasks {
  evaluate: { input: EvaluationInput; output: Evaluation };
  efficiency: { input: LabelEfficiencyInput; output: LabelEfficiencyPoint[] };
  compareMethods: { input: CompareMethodsInput; output: MethodComparison };
  randomSplit: { input: RandomSplitInput; output: RandomSplitRow[] };
  /** Every row of the table. */
  predict: { input: PredictInput; output: EnsembleResult };
}
export type TaskName = keyof ClassifierTasks;

type Runners = {
  readonly [Name in TaskName]: (
    input: ClassifierTasks[Name]['input'],
    context: StageContext,
  ) => ClassifierTasks[Name]['output'];
};

export const classifierTasks: Runners = {
  evaluate: evaluateClassifier,
  efficiency: labelEfficiency,
  compareMethods,
  randomSplit,
  predict: ({ folds, table, classCount, ensemble }) => {
    const rows = Int32Array.from({ length: table.values.length / table.dim }, (_, row) => row);
    return predictWithEnsemble(folds, table, rows, classCount, ensemble);
  },
};
