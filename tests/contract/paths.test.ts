/** The rule of file-reference.ts holds for the whole contract: what names a file is called so, and nothing else is. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { contract } from '#common/contract/contract.ts';
import { pathKeys, replacePaths } from '#common/contract/file-reference.ts';

interface Property {
  readonly at: string;
  readonly name: string;
  readonly schema: Record<string, unknown>;
}

function propertiesOf(schema: unknown, at: string): Property[] {
  if (Array.isArray(schema)) return schema.flatMap((item) => propertiesOf(item, at));
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]) =>
    key === 'properties'
      ? Object.entries(value as Record<string, Record<string, unknown>>).flatMap(([name, property]) => [
          { at: `${at}.${name}`, name, schema: property },
          ...propertiesOf(property, `${at}.${name}`),
        ])
      : propertiesOf(value, at),
  );
}

const inputs = Object.entries(contract).flatMap(([service, calls]) =>
  Object.entries(calls).flatMap(([call, { input }]) =>
    propertiesOf(z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }), `${service}.${call}`),
  ),
);

describe('files in the contract', () => {
  it('are named by texts only', () => {
    const named = inputs.filter(({ name }) => (pathKeys as readonly string[]).includes(name));
    expect(named.map(({ at }) => at)).toContain('slides.add.slides.file');
    expect(named.filter(({ schema }) => schema['type'] !== 'string').map(({ at }) => at)).toEqual([]);
  });

  it('hide behind no other name', () => {
    const suspicious = inputs.filter(({ name }) => /path|folder|dir|file(?!s$)|location|target$/i.test(name));
    const others = suspicious.filter(({ name }) => !(pathKeys as readonly string[]).includes(name));
    // `folder` of the file browser is an id already.
    expect(others.map(({ at }) => at)).toEqual(['files.list.folder']);
  });

  it('are replaced at any depth and nothing else is touched', () => {
    const input = { out: { id: 'a' }, list: [{ file: { id: 'b' }, note: 'file' }], other: { directory: { id: 'c' } } };
    const replaced = replacePaths(input, (value, key) => `${key}:${(value as { id: string }).id}`);
    expect(replaced).toEqual({
      out: 'out:a',
      list: [{ file: 'file:b', note: 'file' }],
      other: { directory: 'directory:c' },
    });
  });

  it('that are left out stay left out', () => {
    expect(replacePaths({ file: undefined, list: null }, () => 'never')).toEqual({ file: undefined, list: null });
  });
});
