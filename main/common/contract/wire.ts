/** The messages of the protocol, as the functions each side offers the other through birpc, and their plain-text form. */
import type { ErrorReport } from '#common/errors.ts';
import type { StageProgress } from '#common/stage.ts';
import type { CoreEvent } from './events.ts';

/** Errors cross as values: an Error object loses its text and its code on the way. */
export type CallOutcome =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: ErrorReport };

export interface CoreFunctions {
  /** The first message. Answers the core's version, or refuses a page of another protocol. */
  hello(protocolVersion: number): Promise<CallOutcome>;
  /** `id` is the caller's name for this call in `cancel`, `progress` and `message`. */
  call(id: number, service: string, call: string, input: unknown): Promise<CallOutcome>;
  cancel(id: number): void;
}

export interface PageFunctions {
  progress(id: number, progress: StageProgress): void;
  message(id: number, text: string): void;
  event(event: CoreEvent): void;
}

/** Refuses what is no message of birpc, so that nothing else reaches it; the text may come from anyone. */
export function parseMessage(text: string): unknown {
  const message: unknown = JSON.parse(text);
  if (typeof message !== 'object' || message === null) throw new Error('not a message');
  const { t, m, a, i } = message as Record<string, unknown>;
  const isRequest = t === 'q' && typeof m === 'string' && Array.isArray(a);
  if (!(isRequest || t === 's') || (i !== undefined && typeof i !== 'string')) throw new Error('not a message');
  return message;
}
