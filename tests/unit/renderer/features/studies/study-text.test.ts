/** Numbers a person types and reads around studies and cards. */
import { describe, expect, it } from 'vitest';
import { cardOf, formOf } from '../../../../../renderer/features/pretrain/own-encoder/card-form.ts';
import { gainText, sharesOf, wholeNumber } from '../../../../../renderer/features/studies/study-text.ts';

describe('shares', () => {
  it.each([
    ['1; 10', [0.01, 0.1]],
    ['1 10 1', [0.01, 0.1]],
    ['0,5; 2.5', [0.005, 0.025]],
    ['1, 10', [0.01, 0.1]],
    ['100', [1]],
  ])('%s', (text, expected) => expect(sharesOf(text)).toEqual(expected));

  it.each(['', '0', '101', 'some', '-1', '1 x'])('"%s" is none', (text) => expect(sharesOf(text)).toBeNull());
});

it('whole numbers keep their limits', () => {
  expect(['2', '200', '201', '1', '2.5', ''].map((text) => wholeNumber(text, 2, 200))).toEqual([
    2,
    200,
    null,
    null,
    null,
    null,
  ]);
});

it('a gain says its direction', () => {
  expect([0.0412, -0.0071, 0, 1].map(gainText)).toEqual(['+.041', '-.007', '+.000', '+1.000']);
});

describe('a card as a form', () => {
  const draft = { inputPx: 224, layout: 'NHWC', features: 8, sha256: 'a'.repeat(64), resize: 'bicubic' } as const;
  const filled = {
    ...formOf(draft, 'x'),
    mpp: '0,5',
    mean: '0.1, 0.2, 0.3',
    std: '0,4 0,5 0,6',
    pooling: 'none' as const,
  };

  it('keeps what it does not show, except what belongs to another output', () => {
    expect(cardOf(filled, draft).card).toMatchObject({
      inputPx: 224,
      mpp: 0.5,
      mean: [0.1, 0.2, 0.3],
      std: [0.4, 0.5, 0.6],
      layout: 'NHWC',
      resize: 'bicubic',
      sha256: 'a'.repeat(64),
    });
    expect(cardOf(filled, draft).card).not.toHaveProperty('features');
  });

  it.each(['0.1,0.2,0.3', '0.1; 0.2; 0.3', '0.1 0.2 0.3', '0,1 0,2 0,3'])('reads "%s"', (mean) => {
    expect(cardOf({ ...filled, mean }, draft).card?.mean).toEqual([0.1, 0.2, 0.3]);
  });

  it('names the fields that are not right', () => {
    expect(cardOf({ ...filled, mpp: '', std: '1 0 1', mean: '1 2' }, draft).wrong?.toSorted()).toEqual([
      'mean',
      'mpp',
      'std',
    ]);
  });
});
