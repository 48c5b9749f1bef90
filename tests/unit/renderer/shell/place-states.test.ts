// @vitest-environment happy-dom
import { expect, test } from 'vitest';
import { placeStates } from '../../../../renderer/shell/usePlaceStates.ts';

const nothing = { slides: false, regions: false, pretrain: false, label: false, classifier: false, map: false };

test('a new project begins with slides', () => {
  expect(placeStates({ done: nothing, running: [] })).toMatchObject({ slides: 'next', regions: 'open', map: 'open' });
});

test('the first place that is not done is next, also when later ones are', () => {
  const states = placeStates({ done: { ...nothing, slides: true, label: true }, running: [] });
  expect(states).toMatchObject({ slides: 'done', regions: 'next', pretrain: 'open', label: 'done' });
});

test('a place where a job runs says so', () => {
  const states = placeStates({ done: { ...nothing, slides: true, regions: true }, running: ['runs.pretrain'] });
  expect(states.pretrain).toBe('running');
});
