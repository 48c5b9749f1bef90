import { expect, test } from 'vitest';
import {
  groupByPatient,
  matchSlides,
  orderSlides,
  sharedValue,
} from '../../../../../renderer/features/slides/slide-order.ts';

const slides = [
  { slide: '1', name: 'b10', patient: 'P2', specimen: 'S1', width: 10, height: 10 },
  { slide: '2', name: 'b9', patient: 'P1', specimen: 'S2', width: 20, height: 20 },
  { slide: '3', name: 'a', patient: 'P2', specimen: 'S3', width: 5, height: 5 },
];
const facts = new Map([
  ['1', { state: 'ready' as const, labels: 0 }],
  ['3', { state: 'ready' as const, labels: 7 }],
]);
const order = (by: Parameters<typeof orderSlides>[1]): string =>
  orderSlides(slides, by, facts)
    .map(({ slide }) => slide)
    .join('');

test('slides are ordered with numbers in names as numbers', () => {
  expect([order('added'), order('name'), order('patient'), order('labels'), order('size')]).toEqual([
    '123',
    '321',
    '231',
    '321',
    '213',
  ]);
});

test('every typed word must be in the name, patient or specimen', () => {
  expect(matchSlides(slides, 'p2 s3').map(({ slide }) => slide)).toEqual(['3']);
  expect(matchSlides(slides, '  ')).toHaveLength(3);
  expect(matchSlides(slides, 'p3')).toEqual([]);
});

test('patients keep the order in which they appear', () => {
  expect(groupByPatient(slides).map(({ patient, slides: of }) => [patient, of.length])).toEqual([
    ['P2', 2],
    ['P1', 1],
  ]);
});

test('a value is shared only when all have it', () => {
  expect(sharedValue(slides, ({ patient }) => patient)).toBeNull();
  expect(sharedValue(slides.slice(0, 1), ({ patient }) => patient)).toBe('P2');
  expect(sharedValue([], () => 'x')).toBeNull();
});
