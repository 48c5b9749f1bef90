/**
 * How a service is described: one zod object with its calls (input, output). Types are inferred, there is no second list.
 * `implementService` is the only way in: it validates the input at the callee in every build. Transports come on top.
 */
import type { z } from 'zod';
import { TrefoilError } from '#common/errors.ts';
import type { StageContext } from '#common/stage.ts';

export interface CallSchema {
  readonly input: z.ZodType;
  readonly output: z.ZodType;
}

export type CallSchemas = Readonly<Record<string, CallSchema>>;

/** What an implementation provides: validated input in, typed output out; long calls report and can be cancelled. */
export type ServiceOf<Calls extends CallSchemas> = {
  readonly [Name in keyof Calls]: (
    input: z.output<Calls[Name]['input']>,
    context: StageContext,
  ) => Promise<z.output<Calls[Name]['output']>>;
};

/** What a caller sees: input as written (defaults may be left out). */
export type ClientOf<Calls extends CallSchemas> = {
  readonly [Name in keyof Calls]: (
    input: z.input<Calls[Name]['input']>,
    context?: StageContext,
  ) => Promise<z.output<Calls[Name]['output']>>;
};

export function implementService<Calls extends CallSchemas>(
  name: string,
  calls: Calls,
  implementation: ServiceOf<Calls>,
): ClientOf<Calls> {
  const client: Record<string, (input: unknown, context?: StageContext) => Promise<unknown>> = {};
  for (const [call, schema] of Object.entries(calls)) {
    const run = implementation[call] as (input: unknown, context: StageContext) => Promise<unknown>;
    client[call] = async (input, context = {}) => run(parseInput(`${name}.${call}`, schema.input, input), context);
  }
  return client as ClientOf<Calls>;
}

/** Validates with a sentence a person can act on. A ZodError itself loses its text across a MessagePort. */
export function parseInput<T>(where: string, schema: z.ZodType<T>, input: unknown): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const problems = result.error.issues
    .map((issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`)
    .join('; ');
  throw new TrefoilError('invalid-input', `${where}: ${problems}.`, 'Correct the value and try again.');
}
