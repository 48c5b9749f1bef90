/**
 * The temperature of a classifier from its out-of-fold logits, and what it does to the calibration error. Cross-fitted: for the
 * figures "after", the temperature of a tile comes from the tiles of other groups, so it is never judged on what chose it. Not
 * used where there is too little to choose from, or where it does not help on groups it did not see; then it is 1.
 */
import type { Interval } from '../intervals.ts';
import { isUnseen, largestPerRow, softmaxRows } from '../logistic-regression.ts';
import { bootstrapGroups } from './group-bootstrap.ts';
import {
  addToBin,
  emptySums,
  expectedCalibrationError,
  mergedSums,
  reliabilityDiagram,
  type BinSums,
  type ReliabilityBin,
} from './reliability.ts';
import { fitTemperature, highestTemperature, lowestTemperature } from './temperature.ts';

/** Fewer than these do not fix a temperature: docs/figures.md, "Temperature". */
export const leastTiles = 50;
export const leastGroups = 3;
export const leastMistakes = 5;
/** Groups are dealt into at most so many parts for the cross-fit. */
const mostParts = 10;

export type TemperatureDecision = 'fitted' | 'too-few-tiles' | 'too-few-groups' | 'too-few-mistakes' | 'no-better';

export interface CalibrationInput {
  /** [rows, classCount], each row by a classifier that did not see its group. */
  readonly logits: Float64Array;
  readonly truth: ArrayLike<number>;
  /** Slide, specimen or patient of each row, as the folds held them out. */
  readonly groupOf: readonly string[];
  readonly classCount: number;
  readonly resamples: number;
  readonly seed: number;
}

export interface Calibration {
  /** For the map: 1 unless `decision` is 'fitted'. */
  readonly temperature: number;
  readonly decision: TemperatureDecision;
  readonly tiles: number;
  readonly groups: number;
  readonly mistakes: number;
  /** Smallest and largest of the cross-fitted temperatures; null when none were fitted. */
  readonly crossFitted: { readonly lowest: number; readonly highest: number } | null;
  readonly before: Interval;
  /** Cross-fitted; null when no temperature was fitted. */
  readonly after: Interval | null;
  /** Error before minus after, on the same resamples. */
  readonly improvement: Interval | null;
  /** Mean negative log-likelihood in nats, rows of a class unseen in training left out. */
  readonly logLossBefore: number;
  readonly logLossAfter: number | null;
  readonly binsBefore: readonly ReliabilityBin[];
  readonly binsAfter: readonly ReliabilityBin[] | null;
  /** [rows]: probability of the class named, as the map states it: cross-fitted where a temperature is used. */
  readonly confidence: Float64Array;
}

export function calibrate(input: CalibrationInput): Calibration {
  const { logits, truth, classCount, groupOf } = input;
  const names = [...new Set(groupOf)].sort();
  const predicted = largestPerRow(logits, classCount);
  const isCorrect = (row: number): boolean => predicted[row] === truth[row];
  const mistakes = [...predicted.keys()].filter((row) => !isCorrect(row)).length;
  const plain = softmaxRows(logits, classCount);
  const before = judge(input, plain, predicted, names);
  const figures = { tiles: truth.length, groups: names.length, mistakes };
  const untouched = (decision: TemperatureDecision): Calibration => ({
    ...figures,
    temperature: 1,
    decision,
    crossFitted: null,
    before: bootstrapErrors(input, [before.sums])[0] as Interval,
    after: null,
    improvement: null,
    logLossBefore: before.logLoss,
    logLossAfter: null,
    binsBefore: reliabilityDiagram(mergedSums(before.sums)),
    binsAfter: null,
    confidence: before.confidence,
  });
  if (truth.length < leastTiles) return untouched('too-few-tiles');
  if (names.length < leastGroups) return untouched('too-few-groups');
  if (mistakes < leastMistakes) return untouched('too-few-mistakes');
  const { scaled, temperatures } = crossFit(input, names);
  const after = judge(input, scaled, predicted, names);
  const [errorBefore, errorAfter, improvement] = bootstrapErrors(input, [before.sums, after.sums]) as [
    Interval,
    Interval,
    Interval,
  ];
  const temperature = fitTemperature(input);
  const isBetter =
    after.logLoss < before.logLoss && temperature > lowestTemperature && temperature < highestTemperature;
  return {
    ...figures,
    temperature: isBetter ? temperature : 1,
    decision: isBetter ? 'fitted' : 'no-better',
    crossFitted: { lowest: Math.min(...temperatures), highest: Math.max(...temperatures) },
    before: errorBefore,
    after: errorAfter,
    improvement,
    logLossBefore: before.logLoss,
    logLossAfter: after.logLoss,
    binsBefore: reliabilityDiagram(mergedSums(before.sums)),
    binsAfter: reliabilityDiagram(mergedSums(after.sums)),
    confidence: isBetter ? after.confidence : before.confidence,
  };
}

/** Every row's probabilities with the temperature of the parts its group is not in. */
function crossFit(input: CalibrationInput, names: readonly string[]) {
  const { logits, classCount, groupOf } = input;
  const parts = Math.min(mostParts, names.length);
  const partOf = new Map(names.map((name, index) => [name, index % parts]));
  const rows = [...groupOf.keys()];
  const scaled = new Float64Array(logits.length);
  const temperatures = Array.from({ length: parts }, (_, part) => {
    const temperature = fitTemperature({
      ...input,
      rows: rows.filter((row) => partOf.get(groupOf[row] as string) !== part),
    });
    for (const row of rows) {
      if (partOf.get(groupOf[row] as string) !== part) continue;
      const own = logits.subarray(row * classCount, (row + 1) * classCount);
      scaled.set(softmaxRows(own, classCount, temperature), row * classCount);
    }
    return temperature;
  });
  return { scaled, temperatures };
}

function judge(input: CalibrationInput, probabilities: Float64Array, predicted: Int32Array, names: readonly string[]) {
  const { truth, classCount, groupOf, logits } = input;
  const indexOf = new Map(names.map((name, index) => [name, index]));
  const sums = names.map(emptySums);
  const confidence = new Float64Array(truth.length);
  let logLoss = 0;
  let likely = 0;
  predicted.forEach((label, row) => {
    const own = probabilities[row * classCount + label] as number;
    confidence[row] = own;
    addToBin(sums[indexOf.get(groupOf[row] as string) as number] as BinSums, own, label === truth[row]);
    const at = row * classCount + (truth[row] as number);
    if (isUnseen(logits[at] as number)) return;
    logLoss -= Math.log(Math.max(Number.MIN_VALUE, probabilities[at] as number));
    likely += 1;
  });
  return { sums, confidence, logLoss: likely === 0 ? 0 : logLoss / likely };
}

/** Of each table of group sums, and of the first minus the second. */
function bootstrapErrors(input: CalibrationInput, tables: readonly (readonly BinSums[])[]): Interval[] {
  return bootstrapGroups(tables[0]?.length ?? 0, input, (groups) => {
    const errors = tables.map((sums) =>
      expectedCalibrationError(mergedSums(groups.map((group) => sums[group] as BinSums))),
    );
    return tables.length < 2 ? errors : [...errors, (errors[0] as number) - (errors[1] as number)];
  });
}
