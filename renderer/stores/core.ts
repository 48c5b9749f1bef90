/** The connection as the page sees it, and the only way to call the core. */
import { computed, ref, shallowRef } from 'vue';
import { defineStore } from 'pinia';
import type { CoreClient } from '#common/contract/client.ts';
import type { CoreEvent } from '#common/contract/events.ts';
import { TrefoilError, type ErrorReport } from '#common/errors.ts';
import { keepConnected, type ConnectionState } from '../client/connection.ts';

export const useCore = defineStore('core', () => {
  const state = ref<ConnectionState>('connecting');
  const error = shallowRef<ErrorReport | null>(null);
  const client = shallowRef<CoreClient | null>(null);
  /** Raised with every new connection: what the page shows may be old by then. */
  const generation = ref(0);
  const listeners = new Set<(event: CoreEvent) => void>();

  function start(open?: () => Promise<CoreClient>): () => void {
    return keepConnected(
      {
        onState: (next, nextClient, nextError) => {
          state.value = next;
          error.value = nextError;
          client.value = nextClient;
          if (nextClient !== null) generation.value += 1;
        },
        onEvent: (event) => {
          for (const listener of listeners) listener(event);
        },
      },
      open,
    );
  }

  /** The services. Throws 'connection-lost' while there is no connection. */
  function services(): CoreClient {
    if (client.value === null) {
      throw new TrefoilError(
        'connection-lost',
        'Trefoil does not answer at the moment.',
        'The page connects again by itself. Nothing is lost: what was saved is saved, and running jobs go on.',
      );
    }
    return client.value;
  }

  /** Returns the function that ends the subscription. */
  function onEvent(listener: (event: CoreEvent) => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  return { state, error, client, generation, isOpen: computed(() => client.value !== null), start, services, onEvent };
});
