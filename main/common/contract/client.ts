/**
 * The caller's side of the contract over any channel: typed services, cancellation by AbortSignal, progress, events. Used by
 * the page and by tests. It does not reconnect: when the channel ends, `closed` resolves and every waiting call fails
 * with 'connection-lost'; whoever owns the client connects again (jobs go on in the core meanwhile).
 */
import { createBirpc } from 'birpc';
import { TrefoilError } from '#common/errors.ts';
import type { StageContext } from '#common/stage.ts';
import type { Channel } from './channel.ts';
import { contract, protocolVersion, type PageServices, type ServiceName } from './contract.ts';
import type { CoreEvent } from './events.ts';
import type { JobState } from './jobs.ts';
import { parseMessage, type CallOutcome, type CoreFunctions, type PageFunctions } from './wire.ts';

export interface CoreClient extends PageServices {
  /** Trefoil's version at the other end. */
  readonly version: string;
  /** `jobs.start` with the input's type checked. */
  startJob<Service extends ServiceName, Call extends keyof PageServices[Service] & string>(
    service: Service,
    call: Call,
    input: InputOf<PageServices[Service][Call]>,
  ): Promise<JobState>;
  /** Returns the function that ends the subscription. */
  onEvent(listener: (event: CoreEvent) => void): () => void;
  readonly closed: Promise<void>;
  close(): void;
}

export type InputOf<Call> = Call extends (input: infer Input, context?: StageContext) => unknown ? Input : never;

/** Says hello and answers the services. Throws 'protocol-mismatch' or 'connection-lost'. */
export async function connectClient(channel: Channel, version: number = protocolVersion): Promise<CoreClient> {
  const calls = new Map<number, StageContext>();
  const listeners = new Set<(event: CoreEvent) => void>();
  const page: PageFunctions = {
    progress: (id, progress) => calls.get(id)?.onProgress?.(progress),
    message: (id, text) => calls.get(id)?.onMessage?.(text),
    event: (event) => {
      for (const listener of listeners) listener(event);
    },
  };
  const core = createBirpc<CoreFunctions, PageFunctions>(page, {
    post: (text: string) => channel.send(text),
    on: (listener) => channel.onMessage(listener),
    serialize: JSON.stringify,
    deserialize: parseMessage,
    resolver: (name) => (Object.hasOwn(page, name) ? (page[name as keyof PageFunctions] as () => void) : undefined),
    eventNames: ['cancel'],
    // Calls last as long as they last; the channel's end is the only time-out.
    timeout: -1,
    onGeneralError: () => true,
  });
  const closed = new Promise<void>((resolve) => {
    channel.onClose(() => {
      core.$close(connectionLost());
      resolve();
    });
  });

  const hello = valueOf(await ask(() => core.hello(version))) as { readonly version: string };

  let nextId = 1;
  const callCore = async (service: string, call: string, input: unknown, context: StageContext): Promise<unknown> => {
    const id = nextId++;
    const { signal } = context;
    if (signal?.aborted === true) throw cancelledByCaller();
    const cancel = (): void => {
      if (!core.$closed) void core.cancel(id);
    };
    calls.set(id, context);
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return valueOf(await ask(() => core.call(id, service, call, input)));
    } finally {
      signal?.removeEventListener('abort', cancel);
      calls.delete(id);
    }
  };

  const services = Object.fromEntries(
    Object.entries(contract).map(([service, names]) => [
      service,
      Object.fromEntries(
        Object.keys(names).map((call) => [
          call,
          (input: unknown, context: StageContext = {}) => callCore(service, call, input, context),
        ]),
      ),
    ]),
  ) as unknown as PageServices;

  return {
    ...services,
    version: hello.version,
    startJob: (service, call, input) => services.jobs.start({ service, call, input }),
    onEvent: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    closed,
    close: () => channel.close(),
  };
}

/** birpc's own failures all mean one thing here: nobody answers any more. Those that `onGeneralError` took come as undefined. */
async function ask(send: () => Promise<CallOutcome | undefined>): Promise<CallOutcome> {
  let outcome;
  try {
    outcome = await send();
  } catch (error) {
    throw error instanceof TrefoilError ? error : connectionLost(error);
  }
  if (outcome === undefined) throw connectionLost();
  return outcome;
}

function valueOf(outcome: CallOutcome): unknown {
  if (outcome.ok) return outcome.value;
  throw TrefoilError.fromReport(outcome.error);
}

function connectionLost(cause?: unknown): TrefoilError {
  return new TrefoilError(
    'connection-lost',
    'The connection to Trefoil was lost.',
    'Check that Trefoil is still running; the page connects again by itself, and running jobs go on.',
    {},
    cause,
  );
}

function cancelledByCaller(): TrefoilError {
  return new TrefoilError('cancelled', 'The call was cancelled before it was sent.', 'Call it again when needed.');
}
