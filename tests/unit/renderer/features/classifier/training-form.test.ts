/** The settings of a training: what the form means, and where it starts. */
import { describe, expect, it } from 'vitest';
import {
  emptyTrainingForm,
  formFromSummary,
  problemsOf,
  trainingInput,
} from '../../../../../renderer/features/classifier/training-form.ts';
import { helpFor } from '../../../../../renderer/features/classifier/useTraining.ts';

describe('a form left alone', () => {
  it('asks for what the core thinks best', () => {
    expect(trainingInput(emptyTrainingForm())).toEqual({ ensemble: 'l2-normalised-logits', seed: 1 });
    expect(problemsOf(emptyTrainingForm()).size).toBe(0);
  });
});

it('every setting reaches the core', () => {
  const form = {
    ...emptyTrainingForm(),
    run: 'run-1',
    fraction: '0.01',
    group: 'patient' as const,
    folds: '5',
    ensemble: 'softmax-mean' as const,
    seed: '7',
  };
  expect(trainingInput(form)).toEqual({
    run: 'run-1',
    fraction: 0.01,
    group: 'patient',
    folds: 5,
    ensemble: 'softmax-mean',
    seed: 7,
  });
});

it.each([
  ['folds', '1'],
  ['folds', '2.5'],
  ['folds', 'many'],
  ['seed', ''],
  ['seed', '-1'],
] as const)('%s of "%s" is refused before the core is asked', (field, value) => {
  expect([...problemsOf({ ...emptyTrainingForm(), [field]: value })]).toEqual([field]);
});

it('training again compares like with like: seed and share of the newest', () => {
  expect(formFromSummary({ seed: 3, fraction: 0.02 })).toMatchObject({ seed: '3', fraction: '0.02' });
});

describe('what helps', () => {
  const facts = { reason: 'Make tiles first.', slides: 1, hasTiles: true, hasRun: true };
  it.each([
    ['the slides when there are none', { ...facts, slides: 0, hasTiles: false }, 'slides'],
    ['the regions when no tile was cut', { ...facts, hasTiles: false }, 'regions'],
    ['pretraining when no run is finished', { ...facts, hasRun: false }, 'pretrain'],
    ['labels in every other case', facts, 'label'],
    ['nothing when nothing is missing', { ...facts, reason: '' }, null],
  ] as const)('is %s', (_, given, place) => {
    expect(helpFor(given)).toBe(place);
  });
});
