// Temperature, calibration error, risk and coverage, fold disagreement and distances against numpy and scipy (tests/golden/generate-trust.py).
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { normalisedEntropy } from '#common/entropy.ts';
import { RandomStream } from '#common/random.ts';
import { calibrate, leastMistakes, leastTiles } from '#main/classifier/calibration/calibrate.ts';
import {
  addToBin,
  emptySums,
  expectedCalibrationError,
  reliabilityDiagram,
} from '#main/classifier/calibration/reliability.ts';
import { riskCoverage } from '#main/classifier/calibration/risk-coverage.ts';
import { fitTemperature } from '#main/classifier/calibration/temperature.ts';
import { combineLogits } from '#main/classifier/ensemble.ts';
import { foldDisagreement } from '#main/classifier/predict-tiles.ts';
import { buildReference, distancesFrom, likenessOf } from '#main/classifier/unlike/reference.ts';
import { referenceFromStore, referenceToStore } from '#main/classifier/unlike/reference-file.ts';

const golden = JSON.parse(readFileSync(new URL('../../../golden/trust.json', import.meta.url), 'utf8')) as {
  logits: number[];
  truth: number[];
  group: string[];
  classes: number;
  temperature: number;
  crossFitted: number[];
  errorBefore: number;
  errorAfter: number;
  logLossBefore: number;
  logLossAfter: number;
  area: number;
  coverageAt80: number;
  accuracyAt80: number;
  members: number[][];
  memberTemperature: number;
  disagreement: number[];
  entropy: number[];
  features: number[];
  slide: string[];
  tileLimit: number;
  slideScores: number[];
  lastSlideDistances: number[];
};
const input = {
  logits: Float64Array.from(golden.logits),
  truth: golden.truth,
  groupOf: golden.group,
  classCount: golden.classes,
  resamples: 200,
  seed: 1,
};

describe('calibration', () => {
  const result = calibrate(input);

  it('finds the temperature that scipy finds, alone and cross-fitted', () => {
    expect(result.decision).toBe('fitted');
    expect(result.temperature).toBeCloseTo(golden.temperature, 6);
    expect(result.crossFitted?.lowest).toBeCloseTo(Math.min(...golden.crossFitted), 6);
    expect(result.crossFitted?.highest).toBeCloseTo(Math.max(...golden.crossFitted), 6);
  });

  it('has the calibration errors and log losses of numpy, after by temperatures of other groups', () => {
    expect(result.before.value).toBeCloseTo(golden.errorBefore, 9);
    expect(result.after?.value).toBeCloseTo(golden.errorAfter, 6);
    expect(result.logLossBefore).toBeCloseTo(golden.logLossBefore, 9);
    expect(result.logLossAfter).toBeCloseTo(golden.logLossAfter, 6);
    expect(result.improvement?.value).toBeCloseTo(golden.errorBefore - golden.errorAfter, 6);
    for (const item of [result.before, result.after!]) {
      expect(item.low).toBeLessThan(item.high!);
      expect(item.note).toBeNull();
    }
  });

  it('is the same again with the same seed', () => {
    expect(calibrate(input)).toEqual(result);
  });

  it('adds up to the diagram: counts, and the error from its bins', () => {
    for (const bins of [result.binsBefore, result.binsAfter!]) {
      expect(bins.reduce((sum, bin) => sum + bin.tiles, 0)).toBe(input.truth.length);
    }
    const gaps = result.binsBefore.map((bin) =>
      bin.accuracy === null ? 0 : (bin.tiles / input.truth.length) * Math.abs(bin.accuracy - bin.confidence!),
    );
    expect(gaps.reduce((sum, gap) => sum + gap, 0)).toBeCloseTo(golden.errorBefore, 9);
  });

  it.each([
    ['too few tiles', leastTiles - 1, 'too-few-tiles', (row: number) => `slide ${row % 8}`],
    ['too few groups', 240, 'too-few-groups', (row: number) => `slide ${row % 2}`],
  ])('leaves the probabilities alone with %s, and says so', (_, rows, decision, groupOf) => {
    const few = calibrate({
      ...input,
      logits: input.logits.slice(0, rows * 3),
      truth: input.truth.slice(0, rows),
      groupOf: Array.from({ length: rows }, (__, row) => groupOf(row)),
    });
    expect(few).toMatchObject({ temperature: 1, decision, after: null, improvement: null, binsAfter: null });
    expect(few.before.value).toBeGreaterThan(0);
  });

  it('does not make a classifier without mistakes surer still', () => {
    const truth = Array.from({ length: 240 }, (_, row) => row % 3);
    const logits = Float64Array.from({ length: 720 }, (_, at) => (at % 3 === truth[Math.floor(at / 3)] ? 2 : 0));
    expect(calibrate({ ...input, logits, truth })).toMatchObject({
      temperature: 1,
      decision: 'too-few-mistakes',
      mistakes: 0,
    });
    expect(leastMistakes).toBeGreaterThan(0);
  });

  it('is not used where temperatures of other slides make it worse', () => {
    // Two kinds of slides that need opposite temperatures: right at low confidence, wrong at high confidence.
    const logits = new Float64Array(240 * 2);
    const truth: number[] = [];
    const groupOf: string[] = [];
    for (let row = 0; row < 240; row += 1) {
      const slide = row % 3;
      groupOf.push(`slide ${slide}`);
      logits[row * 2] = slide === 0 ? 6 : 0.2;
      truth.push(slide === 0 ? (row % 2 === 0 ? 0 : 1) : 0);
    }
    expect(calibrate({ ...input, classCount: 2, logits, truth, groupOf })).toMatchObject({
      temperature: 1,
      decision: 'no-better',
    });
  });

  it('leaves rows of a class the classifier never saw out of the fit', () => {
    const logits = Float64Array.from([2, 0, -1000, 0, 1, -1000, 1, 0, -1000, 3, 0, -1000]);
    const withUnseen = fitTemperature({ logits, truth: [0, 0, 1, 2], classCount: 3 });
    const without = fitTemperature({ logits: logits.slice(0, 9), truth: [0, 0, 1], classCount: 3 });
    expect(withUnseen).toBe(without);
  });
});

describe('reliability', () => {
  it('puts a confidence into the bin that ends with it', () => {
    const sums = emptySums();
    addToBin(sums, 1 / 15, true);
    addToBin(sums, 1, false);
    const bins = reliabilityDiagram(sums);
    expect(bins.filter((bin) => bin.tiles > 0).map((bin) => bin.from)).toEqual([0, 14 / 15]);
    expect(expectedCalibrationError(sums)).toBeCloseTo((14 / 15 + 1) / 2, 12);
  });
});

describe('the map', () => {
  it('keeps its classes whatever the temperature', () => {
    const members = golden.members.map((member) => Float64Array.from(member));
    for (const kind of ['l2-normalised-logits', 'softmax-mean'] as const) {
      const plain = combineLogits(members, 3, kind);
      for (const temperature of [0.3, 4]) {
        const scaled = combineLogits(members, 3, kind, temperature);
        expect(scaled.prediction).toEqual(plain.prediction);
        expect(scaled.probabilities).not.toEqual(plain.probabilities);
      }
    }
  });

  it('has the entropy and the disagreement of the folds that numpy computes', () => {
    const members = golden.members.map((member) => Float64Array.from(member));
    const { probabilities } = combineLogits(members, 3, 'softmax-mean', golden.memberTemperature);
    golden.entropy.forEach((value, row) => expect(normalisedEntropy(probabilities, row * 3, 3)).toBeCloseTo(value, 9));
    const disagreement = foldDisagreement(members, 3, golden.memberTemperature);
    golden.disagreement.forEach((value, row) => expect(disagreement[row]).toBeCloseTo(value, 9));
  });

  it('calls undecided folds that agree uncertain and not disagreeing', () => {
    expect(foldDisagreement([new Float64Array(3), new Float64Array(3)], 3, 1)[0]).toBe(0);
    expect(normalisedEntropy([1 / 3, 1 / 3, 1 / 3], 0, 3)).toBeCloseTo(1, 12);
    expect(normalisedEntropy([1, 0, 0], 0, 3)).toBe(0);
    const opposed = [Float64Array.from([50, 0]), Float64Array.from([0, 50])];
    expect(foldDisagreement(opposed, 2, 1)[0]).toBeCloseTo(1, 9);
  });
});

describe('abstention', () => {
  const { confidence } = calibrate(input);
  const predicted = combineLogits([input.logits], 3, 'softmax-mean').prediction;
  const isCorrect = golden.truth.map((label, row) => predicted[row] === label);
  const result = riskCoverage({ confidence, isCorrect, groupOf: golden.group, resamples: 200, seed: 1 });

  it('has the area, coverage and accuracy that numpy computes', () => {
    // Confidences are counted in thousandths here.
    expect(result.area.value).toBeCloseTo(golden.area, 2);
    const at = result.points.find((point) => point.confidence === 0.8)!;
    expect(at.coverage).toBeCloseTo(golden.coverageAt80, 9);
    expect(at.accuracy?.value).toBeCloseTo(golden.accuracyAt80, 9);
    expect(at.accuracy!.low).toBeLessThanOrEqual(at.accuracy!.value);
  });

  it('names everything at 0, and less the more is asked for', () => {
    expect(result.points[0]).toMatchObject({ confidence: 0, coverage: 1, tiles: 240 });
    const coverages = result.points.map((point) => point.coverage);
    expect(coverages).toEqual([...coverages].sort((a, b) => b - a));
    expect(result.points[0]!.accuracy!.value).toBeCloseTo(1 - result.areaWithoutOrder.value, 12);
  });

  it('gains nothing where confidence says nothing', () => {
    const flat = riskCoverage({
      confidence: confidence.map(() => 0.7),
      isCorrect,
      groupOf: golden.group,
      resamples: 50,
      seed: 1,
    });
    // The mistakes among tiles of equal confidence are spread evenly over every coverage.
    expect(flat.area.value).toBeCloseTo(flat.areaWithoutOrder.value, 12);
    expect(flat.points.at(-1)).toMatchObject({ tiles: 0, accuracy: null });
  });
});

describe('slides unlike the training slides', () => {
  const table = { name: '', dim: 5, values: Float64Array.from(golden.features) };
  const training = { ...table, values: table.values.slice(0, 75 * 5) };
  const slideOf = golden.slide.slice(0, 75);
  const reference = buildReference({ table: training, slideOf, groupOf: slideOf, seed: 1 })!;

  it('has the limit, scores and distances that numpy computes', () => {
    expect(reference.tileLimit).toBeCloseTo(golden.tileLimit, 9);
    reference.slideScores.forEach((score, at) => expect(score).toBeCloseTo(golden.slideScores[at]!, 9));
    const last = distancesFrom(reference, { ...table, values: table.values.slice(75 * 5) });
    golden.lastSlideDistances.forEach((distance, at) => expect(last[at]).toBeCloseTo(distance, 9));
  });

  it('comes back from its file exactly, and not with numbers missing', () => {
    const stored = referenceToStore({ ...reference, groupLevel: 'image' });
    const read = referenceFromStore(JSON.parse(JSON.stringify(stored)) as typeof stored);
    expect(read).toEqual({ ...reference, groupLevel: 'image' });
    expect(referenceFromStore({ ...stored, factor: stored.factor.slice(1) })).toBeNull();
  });

  it('tells a shifted slide, and calls a usual one unlike no more often than it says', () => {
    const random = RandomStream.of('unlike-test', 1);
    const slideAt = (shift: number): number[] => {
      const own = Array.from({ length: 140 }, () => random.nextNormal());
      return Array.from({ length: 20 * 140 }, (_, at) => own[at % 140]! + random.nextNormal() + shift);
    };
    let wrongly = 0;
    let rightly = 0;
    const rounds = 60;
    for (let round = 0; round < rounds; round += 1) {
      const groups = 9;
      const values = Float64Array.from(Array.from({ length: groups }, () => slideAt(0)).flat());
      const names = Array.from({ length: groups * 20 }, (_, row) => `slide ${Math.floor(row / 20)}`);
      const known = buildReference({ table: { name: '', dim: 140, values }, slideOf: names, groupOf: names, seed: 1 })!;
      const judge = (shift: number) =>
        likenessOf(known, distancesFrom(known, { name: '', dim: 140, values: Float64Array.from(slideAt(shift)) }))!;
      if (judge(0).verdict === 'unlike') wrongly += 1;
      if (judge(4).verdict === 'unlike') rightly += 1;
    }
    // 1 in 10 by chance; 3 standard deviations of 60 rounds above it.
    expect(wrongly / rounds).toBeLessThan(0.1 + 3 * Math.sqrt((0.1 * 0.9) / rounds));
    expect(rightly / rounds).toBeGreaterThan(0.9);
  });

  it('says that it cannot tell with few groups, however many slides they hold', () => {
    const groupOf = slideOf.map((name) => (name === 'slide 0' ? 'a' : 'b'));
    const few = buildReference({ table: training, slideOf, groupOf, seed: 1 })!;
    expect(few).toMatchObject({ groups: 2 });
    expect(likenessOf(few, Float64Array.from([100]))).toMatchObject({
      verdict: 'cannot-tell',
      shareBeyond: 1,
      referenceSlides: 5,
    });
    expect(buildReference({ table: training, slideOf, groupOf: slideOf.map(() => 'one'), seed: 1 })).toBeNull();
    expect(likenessOf(reference, new Float64Array(0))).toBeNull();
  });
});
