/** Stores and components as on the page: with its texts and stores, in a component that lives until the test ends. */
import { mount, type VueWrapper } from '@vue/test-utils';
import { getActivePinia, type Pinia } from 'pinia';
import { TooltipProvider } from 'reka-ui';
import { defineComponent, h, type Component } from 'vue';
import { createLanguages } from '../../../renderer/locales/index.ts';

/** Mounted in the active pinia, attached to the document; `html()` and the like of it are the component's. */
export function mountOnPage(component: Component, props: object = {}): VueWrapper {
  return mount(
    defineComponent({ setup: () => () => h(TooltipProvider, null, { default: () => h(component, props) }) }),
    { attachTo: document.body, global: { plugins: [getActivePinia() as Pinia, createLanguages()] } },
  );
}

/** What `use` answers inside a component's setup: for stores that read texts. */
export function onThePage<T>(use: () => T): T {
  const found: T[] = [];
  mountOnPage(
    defineComponent({
      setup: () => {
        found.push(use());
        return () => null;
      },
    }),
  );
  return found[0] as T;
}
