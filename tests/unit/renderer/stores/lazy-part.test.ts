// @vitest-environment happy-dom
/** A part of the page whose code cannot be had, because the core has just gone, comes by itself with the next connection. */
import { createPinia, setActivePinia } from 'pinia';
import { expect, test } from 'vitest';
import { defineComponent, h } from 'vue';
import { useCore } from '../../../../renderer/stores/core.ts';
import { lazyPart } from '../../../../renderer/stores/lazy-part.ts';
import { mountOnPage } from '../on-the-page.ts';
import { settle } from './fake-core.ts';

const part = defineComponent({ setup: () => () => h('p', 'the part') });

test('is asked for again with every new connection until it is there', async () => {
  setActivePinia(createPinia());
  let asked = 0;
  const page = mountOnPage(
    lazyPart(async () => {
      asked += 1;
      if (asked < 3) throw new Error('no code');
      return part;
    }),
  );
  await settle();
  expect([asked, page.text()]).toEqual([1, '']);
  useCore().generation += 1;
  await settle();
  expect([asked, page.text()]).toEqual([2, '']);
  useCore().generation += 1;
  await settle();
  expect([asked, page.text()]).toEqual([3, 'the part']);
  page.unmount();
});

test('is asked for at once when the core came back while its code was on the way', async () => {
  setActivePinia(createPinia());
  let asked = 0;
  const page = mountOnPage(
    lazyPart(async () => {
      asked += 1;
      if (asked > 1) return part;
      useCore().generation += 1;
      throw new Error('no code');
    }),
  );
  await settle();
  expect([asked, page.text()]).toEqual([2, 'the part']);
  page.unmount();
});
