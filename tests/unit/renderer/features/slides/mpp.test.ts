import { describe, expect, test } from 'vitest';
import { mppFrom } from '../../../../../renderer/features/slides/mpp.ts';

const entries = { pixels: 400, length: '100', unit: 'um' as const, objective: '20', figure: '0.25' };

describe('micrometres per pixel', () => {
  test('come from a line of known length', () => {
    expect(mppFrom('line', entries)).toBe(0.25);
    expect(mppFrom('line', { ...entries, length: '1', unit: 'mm' })).toBe(2.5);
    expect(mppFrom('line', { ...entries, length: '0,2', unit: 'mm' })).toBe(0.5);
  });
  test('come from the objective by the convention of 40x at 0.25', () => {
    expect(mppFrom('objective', entries)).toBe(0.5);
    expect(mppFrom('objective', { ...entries, objective: '40' })).toBe(0.25);
  });
  test('come from the figure itself', () => {
    expect(mppFrom('figure', entries)).toBe(0.25);
    expect(mppFrom('figure', { ...entries, figure: '0,5' })).toBe(0.5);
  });
  test.each([
    ['line', { pixels: 3 }],
    ['line', { length: '' }],
    ['line', { length: '-5' }],
    ['figure', { figure: '' }],
    ['figure', { figure: '0' }],
    ['figure', { figure: '500' }],
    ['figure', { figure: 'many' }],
  ] as const)('are unknown while %s has %o', (way, change) => {
    expect(mppFrom(way, { ...entries, ...change })).toBeNull();
  });
});
