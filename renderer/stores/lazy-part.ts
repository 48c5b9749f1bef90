/**
 * A part of the page that is loaded when it is first shown. Its code comes from the core: when that is gone for a moment, the
 * part is asked for again as soon as the core answers, without the page being loaded anew.
 */
import { defineAsyncComponent, watch, type Component } from 'vue';
import { useCore } from './core.ts';

export function lazyPart(load: () => Promise<Component>): Component {
  /** The connection under which it was asked for. */
  let generation = 0;
  return defineAsyncComponent({
    loader: () => {
      generation = useCore().generation;
      return load();
    },
    onError: (_error, retry) => {
      const core = useCore();
      // There is a new one already: the failure was the old one's.
      if (core.generation !== generation) return retry();
      const stop = watch(
        () => core.generation,
        () => {
          stop();
          retry();
        },
      );
    },
  });
}
