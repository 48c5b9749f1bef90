// @vitest-environment happy-dom
/** What a class's form accepts, and which keys label as which class. */
import { describe, expect, it } from 'vitest';
import {
  contrastOf,
  isUsableKey,
  isUsableLetter,
  tooAlike,
} from '../../../../../renderer/features/label/classes/class-form.ts';
import { scaleBar } from '../../../../../renderer/features/label/queue/scale-bar.ts';
import { keysOfClasses } from '../../../../../renderer/features/label/useLabelKeys.ts';
import { okabeItoColours } from '#common/domain/classes.ts';

describe('a class', () => {
  it('takes keys that are no other act', () => {
    expect(['1', '9', 'a', 'v'].every(isUsableKey)).toBe(true);
    expect(['0', 'u', 's', 'z', 'A', 'ab', ''].some(isUsableKey)).toBe(false);
    expect(['A', 'AB', 'Ä'].every(isUsableLetter)).toBe(true);
    expect(['a', 'ABCD', '1', ''].some(isUsableLetter)).toBe(false);
  });

  it('is told when its colour is too like another one, which none of the palette is', () => {
    expect(tooAlike('#0074b4', [{ name: 'Stroma', colour: '#0072b2' }])).toBe('Stroma');
    for (const colour of okabeItoColours) {
      const others = okabeItoColours.filter((each) => each !== colour).map((each) => ({ name: each, colour: each }));
      expect(tooAlike(colour, others)).toBeNull();
    }
    expect(contrastOf('#000000', '#ffffff')).toBeCloseTo(21);
  });

  it('answers to its key and to its letter, where that is free', () => {
    const one = (id: string, letter: string, key: string | null) => ({
      class: id,
      name: id,
      colour: '#000000',
      letter,
      key,
      labels: 0,
    });
    const keys = keysOfClasses([one('a', 'A', '1'), one('s', 'S', '2'), one('b', 'B', 'c'), one('c', 'C', null)]);
    expect([...keys]).toEqual([
      ['a', ['1', 'a']],
      ['s', ['2']],
      ['b', ['c', 'b']],
      ['c', []],
    ]);
  });

  it('is drawn beside a scale bar of a round length', () => {
    expect(scaleBar(640)).toEqual({ share: 100 / 640, text: '100 µm' });
    expect(scaleBar(26_000).text).toBe('5 mm');
  });
});
