/**
 * The callee's side of the contract over any channel: one connected page. Looks calls up in the contract only, replaces file
 * references by paths, turns every failure into a plain report, cancels what a page that left was waiting for. Jobs are
 * not tied to a connection. Input is validated by the services themselves.
 */
import { randomUUID } from 'node:crypto';
import { createBirpc } from 'birpc';
import type { Channel } from '#common/contract/channel.ts';
import { contract, protocolVersion, type Services } from '#common/contract/contract.ts';
import type { CoreEvent } from '#common/contract/events.ts';
import { fileReference, replacePaths, type FileReference, type PathKey } from '#common/contract/file-reference.ts';
import { parseInput } from '#common/contract/service.ts';
import { parseMessage, type CallOutcome, type CoreFunctions, type PageFunctions } from '#common/contract/wire.ts';
import { TrefoilError, toErrorReport, type ErrorReport } from '#common/errors.ts';
import type { StageContext } from '#common/stage.ts';

export interface ConnectionOptions {
  readonly services: Services;
  /** Trefoil's version. */
  readonly version: string;
  /** Path of a reference a page gave; throws for one it may not use. */
  readonly resolveFile: (reference: FileReference, key: PathKey) => string;
  /** Subscribes to the core's events; returns the function that ends it. */
  readonly subscribe: (listener: (event: CoreEvent) => void) => () => void;
  /** Gets every failure that is a defect, with the id the page was told. */
  readonly logDefect: (logId: string, error: unknown) => void;
}

type AnyCall = (input: unknown, context: StageContext) => Promise<unknown>;

/** Serves until the channel ends. */
export function serveConnection(channel: Channel, options: ConnectionOptions): void {
  const running = new Map<number, AbortController>();
  let isGreeted = false;

  const outcomeOf = async (work: () => Promise<unknown>): Promise<CallOutcome> => {
    try {
      return { ok: true, value: await work() };
    } catch (error) {
      return { ok: false, error: reportOf(error, options.logDefect) };
    }
  };

  const functions: CoreFunctions = {
    hello: (version) =>
      outcomeOf(async () => {
        if (version !== protocolVersion) throw mismatch(version);
        isGreeted = true;
        return { version: options.version, protocolVersion };
      }),
    call: (id, service, name, input) =>
      outcomeOf(async () => {
        if (!isGreeted) throw mismatch(null);
        const call = findCall(options.services, service, name);
        const resolved = replacePaths(input, (value, key) =>
          options.resolveFile(parseReference(service, name, key, value), key),
        );
        const controller = new AbortController();
        running.set(id, controller);
        try {
          return await call(resolved, {
            signal: controller.signal,
            onProgress: (progress) => tell(() => page.progress(id, progress)),
            onMessage: (text) => tell(() => page.message(id, text)),
          });
        } finally {
          running.delete(id);
        }
      }),
    cancel: (id) => running.get(id)?.abort(),
  };

  const page = createBirpc<PageFunctions, CoreFunctions>(functions, {
    post: (text: string) => channel.send(text),
    on: (listener) => channel.onMessage(listener),
    serialize: JSON.stringify,
    deserialize: parseMessage,
    // Own functions only: a name like "constructor" must not find Object's.
    resolver: (name) =>
      Object.hasOwn(functions, name) ? (functions[name as keyof CoreFunctions] as () => unknown) : undefined,
    eventNames: ['progress', 'message', 'event'],
    timeout: -1,
    onGeneralError: (error) => {
      // Something that is not our protocol: end it rather than guess.
      options.logDefect(randomUUID(), error);
      channel.close();
      return true;
    },
  });
  /** A cancelled call may report on for a while after its page has left. */
  const tell = (send: () => Promise<void>): void => {
    if (!page.$closed) void send();
  };
  const unsubscribe = options.subscribe((event) => {
    if (isGreeted) tell(() => page.event(event));
  });
  channel.onClose(() => {
    unsubscribe();
    for (const controller of running.values()) controller.abort();
    page.$close();
  });
}

function findCall(services: Services, service: unknown, name: unknown): AnyCall {
  if (typeof service === 'string' && typeof name === 'string' && Object.hasOwn(contract, service)) {
    const calls: object = contract[service as keyof typeof contract];
    if (Object.hasOwn(calls, name)) {
      return (services[service as keyof Services] as unknown as Record<string, AnyCall>)[name] as AnyCall;
    }
  }
  throw new TrefoilError(
    'not-found',
    `There is no call ${String(service)}.${String(name)}.`,
    'Reload the page: it may be of another version.',
  );
}

function parseReference(service: string, call: string, key: PathKey, value: unknown): FileReference {
  if (typeof value === 'string') {
    throw new TrefoilError(
      'invalid-input',
      `${service}.${call}: ${key} is a path; a page may name files only by the ids it was given.`,
      'Choose the file in the file browser.',
    );
  }
  return parseInput(`${service}.${call}`, fileReference, value);
}

/** Defects get an id under which the log has the whole story; the page gets no stack. */
export function reportOf(error: unknown, logDefect: ConnectionOptions['logDefect']): ErrorReport {
  const report = toErrorReport(error);
  if (report.code !== 'internal') return report;
  const logId = randomUUID().slice(0, 8);
  logDefect(logId, error);
  return {
    ...report,
    hint: `This is a defect in Trefoil. Please report it together with the log (entry ${logId}).`,
    details: { logId },
  };
}

function mismatch(version: unknown): TrefoilError {
  return new TrefoilError(
    'protocol-mismatch',
    version === null
      ? 'The page did not say which protocol it speaks.'
      : `The page speaks protocol ${String(version)}, this Trefoil ${protocolVersion}.`,
    'Reload the page; if that does not help, restart Trefoil.',
  );
}
