// @vitest-environment happy-dom
/** The confusion matrix at the keyboard and for screen readers. */
import { mount, type VueWrapper } from '@vue/test-utils';
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { nextTick } from 'vue';
import ConfusionMatrix from '../../../../../renderer/features/classifier/ConfusionMatrix.vue';
import { useClassifierResults } from '../../../../../renderer/features/classifier/classifier-results.ts';
import { createLanguages } from '../../../../../renderer/locales/index.ts';

let wrapper: VueWrapper;
beforeEach(() => {
  setActivePinia(createPinia());
  wrapper = mount(ConfusionMatrix, {
    attachTo: document.body,
    global: { plugins: [createLanguages()] },
    props: {
      confusion: [
        [8, 2],
        [1, 1009],
      ],
      classes: [
        { name: 'Tumour', colour: '#0072b2', trainingLabels: 10 },
        { name: 'Stroma', colour: '#e69f00', trainingLabels: 1010 },
      ],
    },
  });
});
afterEach(() => wrapper.unmount());

const focused = (): string => (document.activeElement?.textContent ?? '').replace(/\s+/g, ' ').trim();

it('has one stop for the tab key and goes on with the arrows, into the headers too', async () => {
  expect(wrapper.findAll('tbody button[tabindex="0"], thead button[tabindex="0"]')).toHaveLength(1);
  const start = wrapper.get<HTMLButtonElement>('td button[tabindex="0"]');
  start.element.focus();
  for (const [key, text] of [
    ['ArrowRight', 'Your label Tumour, classifier Stroma: 220 %'],
    ['ArrowDown', 'Your label Stroma, classifier Stroma: 1,009>99 %'],
    ['ArrowLeft', 'Your label Stroma, classifier Tumour: 1<1 %'],
    ['ArrowLeft', '? Stroma: all tiles you labelled so'],
  ] as const) {
    document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    await nextTick();
    await nextTick();
    expect(focused().replace(/^\?\s*/, '? ')).toBe(text);
  }
});

it('opens the tiles behind a cell, and behind a whole row', async () => {
  const results = useClassifierResults();
  const cells = wrapper.findAll('td .cell');
  await cells[1]?.trigger('click');
  expect(results.selection).toEqual({ kind: 'cell', truth: 0, predicted: 1 });
  await wrapper.get('tbody th button').trigger('click');
  expect(results.selection).toEqual({ kind: 'truth', truth: 0 });
});

it('shows shares of the row instead of counts when asked', async () => {
  await wrapper.findAll('input[type="radio"]')[1]?.setValue();
  expect(wrapper.findAll('.cell strong').map((each) => each.text())).toEqual(['80 %', '20 %', '<1 %', '>99 %']);
});
