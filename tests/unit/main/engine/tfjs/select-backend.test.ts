import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { installedPackages, selectBackend, type PackageLoader } from '#main/engine/tfjs/select-backend.ts';

const require = createRequire(import.meta.url);

function loader(planted: Readonly<Record<string, () => unknown>>): PackageLoader {
  const installed = installedPackages();
  return {
    ...installed,
    load: (name) => {
      const load = planted[name];
      return load === undefined ? installed.load(name) : load();
    },
  };
}

function absent(name: string): () => never {
  return () => {
    throw Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' });
  };
}

const gpu = '@tensorflow/tfjs-node-gpu';
const node = '@tensorflow/tfjs-node';
const started = { setBackend: () => Promise.resolve(true), ready: () => Promise.resolve(), version_core: '4.22.0' };

test('without the optional packages wasm runs, and the reason names both', async () => {
  const selected = await selectBackend(loader({ [gpu]: absent(gpu), [node]: absent(node) }));
  expect(selected.backend).toBe('wasm');
  expect(selected.tf.getBackend()).toBe('wasm');
  expect(selected.reason).toBe(
    'tfjs-node-gpu is not installed; tfjs-node is not installed; WebAssembly on one processor core is always there.',
  );
});

test('tfjs-node-gpu comes first when it starts', async () => {
  const selected = await selectBackend(loader({ [gpu]: () => started, [node]: () => started }));
  expect(selected.backend).toBe('tfjs-node-gpu');
});

test('a GPU package that does not start is passed over with its own words', async () => {
  const broken = (): never => {
    throw new Error('libcudart.so.11.0: cannot open shared object file\nmore');
  };
  const selected = await selectBackend(loader({ [gpu]: broken, [node]: () => started }));
  expect(selected.backend).toBe('tfjs-node');
  expect(selected.reason).toBe(
    'tfjs-node-gpu could not be loaded (libcudart.so.11.0: cannot open shared object file); tfjs-node started.',
  );
});

test('the function tfjs-node misses since Node 23 is there before it loads', async () => {
  let seen: unknown;
  const look = (): unknown => {
    seen = (require('node:util') as { isNullOrUndefined?: unknown }).isNullOrUndefined;
    return started;
  };
  await selectBackend(loader({ [gpu]: look }));
  expect(seen).toBeTypeOf('function');
});

test('when not even wasm starts, the error says so', async () => {
  const core = '@tensorflow/tfjs-core';
  await expect(
    selectBackend(loader({ [gpu]: absent(gpu), [node]: absent(node), [core]: absent(core) })),
  ).rejects.toMatchObject({
    code: 'engine-unavailable',
    message: expect.stringContaining('tfjs-node is not installed') as string,
  });
});

test('a package in the engine folder is found when Trefoil itself has none', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'trefoil-engines-'));
  const into = join(folder, 'node_modules', '@tensorflow', 'tfjs-node-gpu');
  mkdirSync(into, { recursive: true });
  writeFileSync(join(into, 'package.json'), '{"name":"@tensorflow/tfjs-node-gpu","main":"index.js"}');
  writeFileSync(
    join(into, 'index.js'),
    'module.exports = { setBackend: async () => true, ready: async () => {}, version_core: "4.22.0" };',
  );
  const selected = await selectBackend(installedPackages(folder));
  expect(selected.backend).toBe('tfjs-node-gpu');
});

test('an engine folder that is not there, or holds something else, changes nothing', async () => {
  for (const folder of ['/nowhere/at/all', mkdtempSync(join(tmpdir(), 'trefoil-engines-'))]) {
    expect((await selectBackend(installedPackages(folder))).backend).toBe('wasm');
  }
});
