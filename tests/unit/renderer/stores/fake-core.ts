/** A core for store tests: answers what it is told to, and its events are sent by hand. */
import type { CoreClient } from '#common/contract/client.ts';
import type { CoreEvent } from '#common/contract/events.ts';
import { nextTick } from 'vue';
import { useCore } from '../../../../renderer/stores/core.ts';

type Answers = Readonly<Record<string, (input: never, context?: { signal?: AbortSignal }) => unknown>>;

export interface FakeCore {
  readonly calls: string[];
  send(event: CoreEvent): void;
  /** Ends the line, as when the core is stopped. */
  cut(): void;
  stop(): void;
}

/** `answers` by 'service.call'. Resolves when the page is connected. */
export async function connectFakeCore(answers: Answers): Promise<FakeCore> {
  const calls: string[] = [];
  const listeners = new Set<(event: CoreEvent) => void>();
  let cut: () => void = () => undefined;
  const open = (): Promise<CoreClient> => {
    const closed = new Promise<void>((done) => (cut = done));
    const service = (name: string): unknown =>
      new Proxy(
        {},
        {
          get: (_target, call: string) => async (input: never, context?: { signal?: AbortSignal }) => {
            calls.push(`${name}.${call}`);
            const answer = answers[`${name}.${call}`];
            if (answer === undefined) throw new Error(`${name}.${call} has no answer in this test`);
            return answer(input, context);
          },
        },
      );
    const client = new Proxy(
      {
        version: 'test',
        closed,
        close: () => cut(),
        startJob: async (...[service, call, input]: [string, string, unknown]) => {
          calls.push('jobs.start');
          const answer = answers['jobs.start'];
          if (answer === undefined) throw new Error('jobs.start has no answer in this test');
          return answer({ service, call, input } as never);
        },
        onEvent: (listener: (event: CoreEvent) => void) => {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      } as Record<string, unknown>,
      // A promise's `then` must not look like a service.
      { get: (target, name: string) => (name in target || name === 'then' ? target[name] : service(name)) },
    );
    return Promise.resolve(client as unknown as CoreClient);
  };
  const stop = useCore().start(open);
  await settle();
  return {
    calls,
    send: (event) => {
      for (const listener of listeners) listener(event);
    },
    cut: () => {
      listeners.clear();
      cut();
    },
    stop,
  };
}

/** Lets answers that are ready come in. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 12; round += 1) {
    await nextTick();
    await Promise.resolve();
  }
}
