/** What the classifier's worker thread can be asked: plain values in and out, so that training never blocks a label or a map tile. */
import { calibrate, type Calibration, type CalibrationInput } from './calibration/calibrate.ts';
import { riskCoverage, type RiskCoverage, type RiskCoverageInput } from './calibration/risk-coverage.ts';
import { compareMethods, type CompareMethodsInput, type MethodComparison } from './compare-methods.ts';
import { predictTiles, type TilePredictions, type PredictInput } from './predict-tiles.ts';
import { evaluateClassifier, type Evaluation, type EvaluationInput } from './evaluate.ts';
import { labelEfficiency, type LabelEfficiencyInput, type LabelEfficiencyPoint } from './label-efficiency.ts';
import type { Runners } from './task-thread.ts';
import { randomSplit, type RandomSplitInput, type RandomSplitRow } from './random-split.ts';
import { buildReference, type ReferenceInput, type UnlikeReference } from './unlike/reference.ts';

export type ClassifierTasks = {
  evaluate: { input: EvaluationInput; output: Evaluation };
  efficiency: { input: LabelEfficiencyInput; output: LabelEfficiencyPoint[] };
  compareMethods: { input: CompareMethodsInput; output: MethodComparison };
  randomSplit: { input: RandomSplitInput; output: RandomSplitRow[] };
  calibrate: { input: CalibrationInput; output: Calibration };
  riskCoverage: { input: RiskCoverageInput; output: RiskCoverage };
  reference: { input: ReferenceInput; output: UnlikeReference | null };
  predict: { input: PredictInput; output: TilePredictions };
};

export const classifierTasks: Runners<ClassifierTasks> = {
  evaluate: evaluateClassifier,
  efficiency: labelEfficiency,
  compareMethods,
  randomSplit,
  calibrate,
  riskCoverage,
  reference: buildReference,
  predict: predictTiles,
};
