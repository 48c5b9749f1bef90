/**
 * Which files of a package go into the app. Code, data and licences; no types, sources, tests, docs and no other system's
 * binaries. Rules for single packages are named with what they save.
 */
import type { Target } from './target.ts';

type Rule = (path: string, target: Target) => boolean;

const special: Readonly<Record<string, Rule>> = {
  // One CommonJS bundle is what Node.js loads; the rest is 38 MB of other builds.
  '@tensorflow/tfjs-core': (path) => path === 'dist/tf-core.node.js',
  // The bundle for Node.js and the three builds of the kernels.
  '@tensorflow/tfjs-backend-wasm': (path) =>
    path === 'dist/tf-backend-wasm.node.js' || /^dist\/[^/]*\.wasm$/.test(path),
  // Wanted by the backend's package.json, loaded by nobody: its bundle has its own copy.
  '@tensorflow/tfjs-backend-cpu': (path) => path === 'dist/tf-backend-cpu.node.js',
  // The loader; its C++ sources are 5 MB, its binary comes in a package of its own, beside one for musl.
  koffi: (path) => !/^(lib|vendor|src\/.*\.(hh|inc|S|asm|txt))/.test(path),
  '@koromix/koffi-linux-x64': (path) => !path.startsWith('musl_'),
  '@koromix/koffi-linux-arm64': (path) => !path.startsWith('musl_'),
  // The decoder in WebAssembly: no encoder, no JavaScript form.
  '@cornerstonejs/codec-openjpeg': (path) => /^dist\/openjpegwasm_decode\.(js|wasm)$/.test(path),
  // Binaries for five systems, one is needed; Direct3D's compilers serve a provider we do not ask for.
  'onnxruntime-node': (path, { os, cpu }) =>
    path.startsWith('dist/') ||
    (path.startsWith(`bin/napi-v6/${os}/${cpu}/`) && !/\/(DirectML|dxcompiler|dxil)\.dll$/.test(path)),
  // Dawn for five systems; one is needed.
  webgpu: (path, target) => !path.startsWith('dist/') || path.startsWith(`dist/${dawnFolder(target)}/`),
  // The ES modules serve both ways of loading; sources and the second copy as CommonJS do not ship.
  zod: (path) => !path.startsWith('src/') && !path.endsWith('.cjs'),
};

/** The runtime is copied on its own (stage-core.ts); its headers and manuals are 70 MB. */
const isRuntime = (name: string): boolean => /^node-(bin-)?(linux|darwin|win)-(x64|arm64)$/.test(name);

function dawnFolder({ os, cpu }: Target): string {
  return os === 'darwin' ? 'darwin-universal' : `${os}-${cpu}`;
}

/** `path` inside the package, with slashes. */
export function isWanted(name: string, path: string, target: Target): boolean {
  if (/^(licen[cs]e|notice|copying|third[-_]party)/i.test(path)) return true;
  if (path === 'package.json') return true;
  if (isRuntime(name)) return false;
  if (/\.(d\.[cm]?ts|map|md|markdown|ts|mts|cts|flow|gyp|gypi|cc|h|c)$/i.test(path)) return false;
  if (/(^|\/)(test|tests|__tests__|docs|examples?|benchmarks?|\.github|\.vscode)\//.test(path)) return false;
  return special[name]?.(path, target) ?? true;
}
