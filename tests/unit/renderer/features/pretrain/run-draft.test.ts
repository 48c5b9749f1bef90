/** A run before it starts: what is sent, what is refused, what counts as changed. */
import { describe, expect, it } from 'vitest';
import { pretrainInput } from '#common/contract/runs.ts';
import {
  changedCount,
  inputOf,
  newDraft,
  problemsOf,
  rateKey,
} from '../../../../../renderer/features/pretrain/new-run/run-draft.ts';

describe('the input of a run', () => {
  it('of an untouched draft is the recipe alone, and the contract takes it', () => {
    const input = inputOf(newDraft, 'p1');
    expect(input).not.toHaveProperty('network');
    expect(input).not.toHaveProperty('epochs');
    expect(pretrainInput.parse(input)).toMatchObject({
      recipe: 'standard',
      method: 'simtriplet',
      seed: 1,
      adapter: null,
    });
  });

  it('carries everything that was changed', () => {
    const draft = {
      ...newDraft,
      recipe: 'quick' as const,
      network: 'resnet50' as const,
      epochs: '12',
      batch: '16',
      seed: '7',
      neighbour: 'fixed' as const,
      colourJitter: '0.25' as const,
      adapter: '  RTX ',
      gentle: true,
      excludeSlides: ['s1'],
    };
    expect(pretrainInput.parse(inputOf(draft, 'p1'))).toMatchObject({
      network: 'resnet50',
      epochs: 12,
      batch: 16,
      seed: 7,
      neighbour: 'fixed',
      colourJitter: 0.25,
      adapter: 'RTX',
      gentle: true,
      excludeSlides: ['s1'],
    });
  });
});

describe('what is refused', () => {
  it.each([
    ['epochs', '0'],
    ['epochs', '1.5'],
    ['epochs', '100001'],
    ['batch', '1'],
    ['batch', 'many'],
    ['seed', '-1'],
  ] as const)('%s of %s', (field, value) => {
    expect(problemsOf({ ...newDraft, [field]: value }, 5)).toEqual({ [field]: field });
  });

  it('leaving out every slide, but not all but one', () => {
    expect(problemsOf({ ...newDraft, excludeSlides: ['a', 'b'] }, 2)).toEqual({ excludeSlides: 'slides' });
    expect(problemsOf({ ...newDraft, excludeSlides: ['a'] }, 2)).toEqual({});
  });

  it('nothing of an untouched draft', () => {
    expect(problemsOf(newDraft, 0)).toEqual({});
  });
});

describe('what counts as changed', () => {
  it('is not the recipe itself, and not an emptied seed', () => {
    expect(changedCount({ ...newDraft, recipe: 'paper', seed: '' })).toBe(0);
  });
  it('is every setting that differs', () => {
    expect(changedCount({ ...newDraft, epochs: '3', gentle: true, excludeSlides: ['a'] })).toBe(3);
  });
});

it('a measured rate holds for what decides the length of a step, and not for more epochs', () => {
  expect(rateKey({ ...newDraft, epochs: '9', seed: '4' })).toBe(rateKey(newDraft));
  expect(rateKey({ ...newDraft, batch: '8' })).not.toBe(rateKey(newDraft));
});
