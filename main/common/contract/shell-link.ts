/**
 * What the desktop shell and the core say to each other over the pipe between their processes: pages come and go, texts of the
 * contract pass through, and a few words about life and files. The contract itself is in contract.ts.
 */
import { z } from 'zod';

const page = z.number().int().nonnegative();

export const fromShell = z.discriminatedUnion('type', [
  z.object({ type: z.literal('open'), page }),
  z.object({ type: z.literal('text'), page, text: z.string() }),
  z.object({ type: z.literal('close'), page }),
  z.object({ type: z.literal('ping'), id: z.number().int() }),
  /** Files a person chose in the system's dialog or dropped; a folder may be written in. Answered by 'allowed'. */
  z.object({
    type: z.literal('allow'),
    id: z.number().int(),
    paths: z.array(z.object({ path: z.string().min(1).max(32_768), isFolder: z.boolean() })).max(100_000),
  }),
  /** Stop jobs at their next checkpoint, close projects, end. */
  z.object({ type: z.literal('quit') }),
]);
export type FromShell = z.output<typeof fromShell>;

export const fromCore = z.discriminatedUnion('type', [
  /** `socket`: where bytes are asked for by HTTP; each request carries `token`. */
  z.object({ type: z.literal('ready'), version: z.string(), socket: z.string(), token: z.string() }),
  z.object({ type: z.literal('failed'), message: z.string(), hint: z.string() }),
  z.object({ type: z.literal('text'), page, text: z.string() }),
  z.object({ type: z.literal('close'), page }),
  z.object({ type: z.literal('pong'), id: z.number().int() }),
  z.object({ type: z.literal('allowed'), id: z.number().int(), ids: z.array(z.string()) }),
]);
export type FromCore = z.output<typeof fromCore>;

/** Header of every request for bytes. */
export const tokenHeader = 'x-trefoil-token';
