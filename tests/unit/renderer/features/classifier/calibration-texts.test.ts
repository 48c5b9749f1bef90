/** The page's texts name the same least numbers as the core that decides by them. */
import { expect, it } from 'vitest';
import { leastGroups, leastMistakes, leastTiles } from '#main/classifier/calibration/calibrate.ts';
import { leastReferenceGroups } from '#main/classifier/unlike/reference.ts';
import { classifier as german } from '../../../../../renderer/locales/de/classifier.ts';
import { classifier as english } from '../../../../../renderer/locales/en/classifier.ts';

it.each([
  ['English', english],
  ['German', german],
])('%s', (_language, { calibration: { decisions }, reference }) => {
  const numbersIn = (text: string): number[] => [...text.matchAll(/\d+/g)].map(([digits]) => Number(digits));
  expect(numbersIn(decisions['too-few-tiles'])).toEqual([leastTiles]);
  expect(numbersIn(decisions['too-few-groups'])).toEqual([leastGroups]);
  expect(numbersIn(decisions['too-few-mistakes'])).toEqual([leastMistakes]);
  expect(numbersIn(reference.tooFew)).toEqual([leastReferenceGroups]);
});
