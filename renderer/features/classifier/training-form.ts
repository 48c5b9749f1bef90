/** The settings of a training as a form holds them, and as the core wants them. Pure. */
import type { EvaluationSummary } from '#common/contract/classifier.ts';

export const groupChoices = ['auto', 'patient', 'specimen', 'image'] as const;
export type GroupChoice = (typeof groupChoices)[number];
export const ensembles = ['l2-normalised-logits', 'softmax-mean'] as const;
export type Ensemble = (typeof ensembles)[number];

export interface TrainingForm {
  /** '' means the newest finished run. */
  run: string;
  /** '' means every label, else a share such as '0.01'. */
  fraction: string;
  group: GroupChoice;
  /** '' means that one group is held out at a time. */
  folds: string;
  ensemble: Ensemble;
  seed: string;
  /** Make the maps anew when it is trained. */
  withMaps: boolean;
}

export interface TrainingInput {
  readonly run?: string;
  readonly fraction?: number;
  readonly group?: Exclude<GroupChoice, 'auto'>;
  readonly folds?: number;
  readonly ensemble: Ensemble;
  readonly seed: number;
}

export function emptyTrainingForm(): TrainingForm {
  return {
    run: '',
    fraction: '',
    group: 'auto',
    folds: '',
    ensemble: 'l2-normalised-logits',
    seed: '1',
    withMaps: true,
  };
}

/** Starts from what the newest classifier tells of its training, so that training again compares like with like. */
export function formFromSummary(summary: Pick<EvaluationSummary, 'fraction' | 'seed'>): TrainingForm {
  return {
    ...emptyTrainingForm(),
    fraction: summary.fraction === null ? '' : String(summary.fraction),
    seed: String(summary.seed),
  };
}

export type FormProblem = 'folds' | 'seed';

export function problemsOf({ folds, seed }: TrainingForm): ReadonlySet<FormProblem> {
  const problems = new Set<FormProblem>();
  if (folds !== '' && !isWhole(folds, 2, 1000)) problems.add('folds');
  if (!isWhole(seed, 0, 2 ** 31)) problems.add('seed');
  return problems;
}

export function trainingInput(form: TrainingForm): TrainingInput {
  return {
    ...(form.run === '' ? {} : { run: form.run }),
    ...(form.fraction === '' ? {} : { fraction: Number(form.fraction) }),
    ...(form.group === 'auto' ? {} : { group: form.group }),
    ...(form.folds === '' ? {} : { folds: Number(form.folds) }),
    ensemble: form.ensemble,
    seed: Number(form.seed),
  };
}

function isWhole(text: string, least: number, most: number): boolean {
  const value = Number(text);
  return text.trim() !== '' && Number.isInteger(value) && value >= least && value <= most;
}
