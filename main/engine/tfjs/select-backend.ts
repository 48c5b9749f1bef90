/**
 * Chooses the TensorFlow.js backend: the user's own tfjs-node-gpu, then tfjs-node, then wasm, which is always installed.
 * The choice is never silent: `reason` says in words why the earlier ones were not taken.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import util from 'node:util';
import { TrefoilError } from '#common/errors.ts';
import type { TensorFlow } from './tensor-device.ts';

export type BackendName = 'tfjs-node-gpu' | 'tfjs-node' | 'wasm';

export interface SelectedBackend {
  readonly tf: TensorFlow;
  readonly backend: BackendName;
  readonly reason: string;
  readonly versions: Readonly<Record<string, string>>;
}

/** Loads a package by name; injected so that tests can plant or withhold the optional ones. */
export interface PackageLoader {
  load(name: string): unknown;
  resolve(name: string): string;
}

/**
 * Trefoil's own packages, and for what is not among them those a person installed into the engine folder
 * (`npm install --prefix FOLDER @tensorflow/tfjs-node-gpu`), because the app's own folder cannot be written to.
 */
export function installedPackages(engineFolder = process.env[engineFolderVariable] ?? null): PackageLoader {
  const own = createRequire(import.meta.url);
  const added = engineFolder === null ? null : createRequire(path.join(engineFolder, 'package.json'));
  const first = <T>(name: string, use: (require: NodeJS.Require) => T): T => {
    try {
      return use(own);
    } catch (error) {
      if (added === null || !isMissing(error, name)) throw error;
      return use(added);
    }
  };
  return {
    load: (name) => first(name, (require) => require(name) as unknown),
    resolve: (name) => first(name, (require) => require.resolve(name)),
  };
}

/** Set by the entries for themselves and the engine processes they start. */
export const engineFolderVariable = 'TREFOIL_ENGINE_FOLDER';

function isMissing(error: unknown, name: string): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'MODULE_NOT_FOUND' && error instanceof Error && error.message.includes(`'${name}'`);
}

interface WasmModule {
  setWasmPaths(prefix: string): void;
  readonly version_wasm: string;
}

/** One line on why a package could not be used. */
function absence(name: string, error: unknown): string {
  if (isMissing(error, `@tensorflow/${name}`)) return `${name} is not installed`;
  const text = error instanceof Error ? error.message : String(error);
  return `${name} could not be loaded (${text.split('\n')[0] ?? text})`;
}

async function nodeBackend(packages: PackageLoader, name: 'tfjs-node-gpu' | 'tfjs-node'): Promise<TensorFlow> {
  // tfjs-node 4.22 calls this function, which Node 23 removed.
  const legacyUtil = util as { isNullOrUndefined?: (value: unknown) => boolean };
  legacyUtil.isNullOrUndefined ??= (value) => value === null || value === undefined;
  const tf = packages.load(`@tensorflow/${name}`) as TensorFlow;
  if (!(await tf.setBackend('tensorflow'))) throw new Error('its TensorFlow library did not start');
  await tf.ready();
  return tf;
}

async function wasmBackend(packages: PackageLoader): Promise<{ tf: TensorFlow; version: string }> {
  const tf = packages.load('@tensorflow/tfjs-core') as TensorFlow;
  const wasm = packages.load('@tensorflow/tfjs-backend-wasm') as WasmModule;
  if (tf.getBackend() !== 'wasm') {
    wasm.setWasmPaths(`${path.dirname(packages.resolve('@tensorflow/tfjs-backend-wasm'))}${path.sep}`);
    // Its threaded build starts browser workers from a blob, which plain Node does not have.
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    if (!(await tf.setBackend('wasm'))) throw new Error('the WebAssembly module did not start');
    await tf.ready();
  }
  return { tf, version: wasm.version_wasm };
}

/** The first backend that starts. Fails with `engine-unavailable` when not even wasm does. */
export async function selectBackend(packages: PackageLoader = installedPackages()): Promise<SelectedBackend> {
  const absences: string[] = [];
  for (const name of ['tfjs-node-gpu', 'tfjs-node'] as const) {
    try {
      const tf = await nodeBackend(packages, name);
      const reason =
        absences.length === 0
          ? `${name} is installed and first in the order.`
          : `${absences.join('; ')}; ${name} started.`;
      return { tf, backend: name, reason, versions: { [name]: tf.version_core } };
    } catch (error) {
      absences.push(absence(name, error));
    }
  }
  try {
    const { tf, version } = await wasmBackend(packages);
    return {
      tf,
      backend: 'wasm',
      reason: `${absences.join('; ')}; WebAssembly on one processor core is always there.`,
      versions: { 'tfjs-core': tf.version_core, 'tfjs-backend-wasm': version },
    };
  } catch (error) {
    throw new TrefoilError(
      'engine-unavailable',
      `No TensorFlow.js backend starts: ${[...absences, absence('tfjs-backend-wasm', error)].join('; ')}.`,
      'Reinstall Trefoil: its WebAssembly engine is part of the installation.',
      {},
      error,
    );
  }
}
