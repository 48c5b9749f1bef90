import { expect, test } from 'vitest';
import { counted } from '#common/counted.ts';

test.each([
  [0, 'slide', undefined, '0 slides'],
  [1, 'slide', undefined, '1 slide'],
  [2, 'slide', undefined, '2 slides'],
  [1, 'class', 'classes', '1 class'],
  [3, 'class', 'classes', '3 classes'],
])('%i with the noun "%s" reads right', (count, one, many, text) => {
  expect(counted(count, one, many)).toBe(text);
});
