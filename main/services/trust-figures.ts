/** Calibration, abstention and the training slides' reference of a classifier that was just trained, as the contract shows them. */
import type { Abstention, CalibrationSummary, ReferenceSummary, SlideLikeness } from '#common/contract/trust.ts';
import { counted } from '#common/counted.ts';
import type { Figure } from '#common/contract/figure.ts';
import type { StageContext } from '#common/stage.ts';
import type { Calibration } from '../classifier/calibration/calibrate.ts';
import { leastGroups, leastMistakes, leastTiles } from '../classifier/calibration/calibrate.ts';
import type { RiskCoverage } from '../classifier/calibration/risk-coverage.ts';
import { defaultEvaluationSettings, type Evaluation } from '../classifier/evaluate.ts';
import type { ClassifierThread } from '../classifier/classifier-thread.ts';
import type { GroupLevel, TileGroups } from '../classifier/folds.ts';
import type { Interval } from '../classifier/intervals.ts';
import { largestPerRow } from '../classifier/logistic-regression.ts';
import { chanceOf, leastReferenceGroups, type Likeness, type UnlikeReference } from '../classifier/unlike/reference.ts';

export interface TrustFigures {
  readonly temperature: number;
  readonly calibration: CalibrationSummary;
  readonly abstention: Abstention;
}

export interface JudgedLabels {
  /** Class per labelled tile, and its slide, specimen and patient. */
  readonly classOf: ArrayLike<number>;
  readonly groups: TileGroups;
  readonly classCount: number;
  readonly seed: number;
}

/** From the out-of-fold logits of the first features. */
export async function measureTrust(
  thread: ClassifierThread,
  evaluation: Evaluation,
  { classOf, groups, classCount, seed }: JudgedLabels,
  context: StageContext,
): Promise<TrustFigures> {
  const logits = evaluation.rows[0]?.logits ?? new Float64Array();
  const tiles = Array.from(evaluation.evaluatedTiles);
  const truth = tiles.map((tile) => classOf[tile] ?? 0);
  const { level } = evaluation.plan;
  const groupOf = tiles.map((tile) => groups[level][tile] ?? '');
  const { resamples } = defaultEvaluationSettings;
  context.onProgress?.({ stage: 'Calibrating probabilities', done: 0, total: 2 });
  const calibration = await thread.run(
    'calibrate',
    { logits, truth, groupOf, classCount, resamples, seed },
    { signal: context.signal },
  );
  context.onProgress?.({ stage: 'Calibrating probabilities', done: 1, total: 2 });
  const predicted = largestPerRow(logits, classCount);
  const abstention = await thread.run(
    'riskCoverage',
    {
      confidence: calibration.confidence,
      isCorrect: truth.map((label, row) => predicted[row] === label),
      groupOf,
      resamples,
      seed,
    },
    { signal: context.signal },
  );
  return {
    temperature: calibration.temperature,
    calibration: calibrationSummaryOf(calibration, level),
    abstention: abstentionOf(abstention),
  };
}

function calibrationSummaryOf(calibration: Calibration, level: GroupLevel): CalibrationSummary {
  const { before, after, improvement, confidence: _, ...figures } = calibration;
  return {
    ...figures,
    errorBefore: figure(before),
    errorAfter: after === null ? null : figure(after),
    improvement: improvement === null ? null : figure(improvement),
    binsBefore: [...calibration.binsBefore],
    binsAfter: calibration.binsAfter === null ? null : [...calibration.binsAfter],
    sentence: describeCalibration(calibration, level),
  };
}

export function describeCalibration(calibration: Calibration, level: GroupLevel): string {
  const { temperature, decision, before, after, improvement, tiles, groups, mistakes } = calibration;
  const on = `${counted(tiles, 'labelled tile')} of ${counted(groups, level)}`;
  const kept = 'The probabilities are used as they are (temperature 1)';
  switch (decision) {
    case 'too-few-tiles':
      return `${kept}: ${counted(tiles, 'labelled tile')}, at least ${leastTiles} are needed to correct them.`;
    case 'too-few-groups':
      return `${kept}: labels on ${counted(groups, level)}, at least ${leastGroups} are needed to correct them.`;
    case 'too-few-mistakes':
      return `${kept}: only ${counted(mistakes, 'mistake')} on ${on}, at least ${leastMistakes} are needed to tell how sure to be. That says nothing about slides of another kind.`;
    case 'no-better':
      return `${kept}: a temperature from other slides does not improve them. Calibration error ${intervalText(before)} on ${on}.`;
    case 'fitted': {
      const was = temperature > 1 ? 'too sure of itself' : 'not sure enough';
      const shown =
        improvement?.low === null || improvement?.low === undefined || improvement.low <= 0
          ? ' That the error is lower is not shown: the interval of the difference includes 0.'
          : '';
      return `The classifier was ${was}: its logits are divided by ${temperature.toFixed(2)} before they become probabilities. Calibration error ${intervalText(before)} before, ${after === null ? '' : intervalText(after)} after, on ${on} that did not choose the temperature.${shown}`;
    }
    default:
      return decision satisfies never;
  }
}

function intervalText({ value, low, high, note }: Interval): string {
  return low === null || high === null
    ? `${value.toFixed(3)} (${note ?? 'no interval'})`
    : `${value.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
}

function abstentionOf({ points, area, areaWithoutOrder }: RiskCoverage): Abstention {
  return {
    points: points.map((point) => ({ ...point, accuracy: point.accuracy === null ? null : figure(point.accuracy) })),
    area: figure(area),
    areaWithoutOrder: figure(areaWithoutOrder),
  };
}

export function describeReference(reference: UnlikeReference, groupLevel: GroupLevel): ReferenceSummary {
  const { groups, slideScores } = reference;
  const isTelling = groups >= leastReferenceGroups;
  const from = `${counted(slideScores.length, 'training slide')} of ${counted(groups, groupLevel)}`;
  return {
    groupLevel,
    groups,
    slides: slideScores.length,
    isTelling,
    sentence: isTelling
      ? `Slides are compared with ${from}; by chance at most one usual slide in ${oneIn(chanceOf(reference))} is called unlike.`
      : `There are ${from}: whether a slide is unlike them cannot be told, at least ${leastReferenceGroups} ${groupLevel}s are needed.`,
  };
}

export function describeLikeness(likeness: Likeness, groupLevel: GroupLevel, isTraining: boolean): SlideLikeness {
  const { referenceSlides, referenceGroups, fartherSlides, shareBeyond, chance } = likeness;
  const beyond = `${Math.round(100 * shareBeyond)} % of its tiles lie beyond the limit that 95 % of the training slides' tiles keep.`;
  const from = `${counted(referenceSlides, 'training slide')} of ${counted(referenceGroups, groupLevel)}`;
  const verdict = isTraining ? 'training' : likeness.verdict;
  const sentences: Record<SlideLikeness['verdict'], string> = {
    training: 'One of the slides the classifier was trained on.',
    like: `Not found to be unlike the training slides: of ${from}, ${fartherSlides} ${fartherSlides === 1 ? 'lies' : 'lie'} at least as far out. ${beyond}`,
    unlike: `Unlike the training slides: of ${from}, ${fartherSlides === 0 ? 'none lies' : `only ${fartherSlides} ${fartherSlides === 1 ? 'lies' : 'lie'}`} as far out, which by chance happens to at most one usual slide in ${oneIn(chance)}. ${beyond} The held-out figures may not hold here.`,
    'cannot-tell': `Whether this slide is unlike the training slides cannot be told with ${counted(referenceGroups, groupLevel)}. ${beyond}`,
  };
  return { ...likeness, verdict, groupLevel, sentence: sentences[verdict] };
}

const oneIn = (chance: number): number => Math.round(1 / chance);

function figure({ value, low, high, note }: Interval): Figure {
  return { value, low, high, intervalNote: note };
}
