/**
 * The one rule about paths: in every call's input, at any depth, a property named `file`, `directory` or `out` names a file or
 * folder. The command line writes a path there; a page must write a reference with ids the core gave it, which the core
 * replaces before the call is validated. A path written by a page is refused.
 */
import { z } from 'zod';
import type { CallSchemas } from './service.ts';
import type { StageContext } from '#common/stage.ts';

export const pathKeys = ['file', 'directory', 'out'] as const;
export type PathKey = (typeof pathKeys)[number];

/** `id`: something that is there; `folder` and `name`: something in a folder, which may be yet to be made. */
export const fileReference = z.union([
  z.strictObject({ id: z.string().max(200) }),
  z.strictObject({ folder: z.string().max(200), name: z.string().min(1).max(200) }),
]);
export type FileReference = z.output<typeof fileReference>;

/** A call's input as a page writes it. */
export type PageInput<T> = T extends readonly (infer Item)[]
  ? PageInput<Item>[]
  : T extends object
    ? {
        [Key in keyof T]: Key extends PathKey
          ? string extends Exclude<T[Key], undefined>
            ? FileReference | Extract<T[Key], undefined>
            : PageInput<T[Key]>
          : PageInput<T[Key]>;
      }
    : T;

/** A service as a page sees it. */
export type PageClientOf<Calls extends CallSchemas> = {
  readonly [Name in keyof Calls]: (
    input: PageInput<z.input<Calls[Name]['input']>>,
    context?: StageContext,
  ) => Promise<z.output<Calls[Name]['output']>>;
};

/** The input with every path property replaced; `replace` throws for what it refuses. Other values are kept as they are. */
export function replacePaths(input: unknown, replace: (value: unknown, key: PathKey) => string): unknown {
  if (Array.isArray(input)) return input.map((item) => replacePaths(item, replace));
  if (typeof input !== 'object' || input === null) return input;
  return Object.fromEntries(
    Object.entries(input).map(([key, value]) => [
      key,
      value !== undefined && isPathKey(key) ? replace(value, key) : replacePaths(value, replace),
    ]),
  );
}

function isPathKey(key: string): key is PathKey {
  return (pathKeys as readonly string[]).includes(key);
}
