/**
 * Lays out the core as it is shipped beside Electron: resources/core with our sources (plain Node.js 24 runs them as they
 * are), the built page, demo images, the run-time packages of one target, and that target's Node.js. Nothing here knows
 * electron-builder.
 */
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { isWanted } from './package-files.ts';
import { packageClosure, type LockedPackages } from './packages.ts';
import type { Target } from './target.ts';

export interface StageOptions {
  readonly root: string;
  /** Folder with the target's node_modules: the project itself for the host, a staging install for other systems. */
  readonly packagesRoot: string;
  readonly target: Target;
  /** Made anew. */
  readonly out: string;
}

/** Throws when something that must ship is not there. Returns the folders of the packages. */
export function stageCore({ root, packagesRoot, target, out }: StageOptions): readonly string[] {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const manifest = readJson(join(root, 'package.json')) as Manifest;
  const { packages: locked } = readJson(join(root, 'package-lock.json')) as { packages: LockedPackages };

  for (const folder of ['main', 'resources/demo', 'resources/fonts', 'renderer/dist']) {
    const from = join(root, folder);
    if (!existsSync(from)) throw new Error(`${folder} is missing; build the page first (npm run build).`);
    cpSync(from, join(out, folder), { recursive: true });
  }
  for (const file of ['LICENSE']) {
    cpSync(join(root, file), join(out, file));
  }
  const { name, version, type, imports, description, license } = manifest;
  // No scripts and no dependency lists: nobody installs from here.
  writeFileSync(
    join(out, 'package.json'),
    `${JSON.stringify({ name, version, description, license, private: true, type, imports }, null, 2)}\n`,
  );

  const wanted = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.optionalDependencies)];
  const folders = packageClosure(locked, wanted, target);
  for (const folder of folders) copyPackage(packagesRoot, folder, out, target);
  copyRuntime(packagesRoot, folders, out, target);
  return folders;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly type: string;
  readonly imports: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

function copyPackage(packagesRoot: string, folder: string, out: string, target: Target): void {
  const from = join(packagesRoot, folder);
  const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
  if (!existsSync(from)) {
    throw new Error(
      `${folder} is not installed for ${target.os} ${target.cpu}; run the package script again with npm reachable.`,
    );
  }
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const inside = relative(from, path).split(sep).join('/');
    if (inside.startsWith('node_modules/') || !isWanted(name, inside, target)) continue;
    const to = join(out, folder, inside);
    mkdirSync(dirname(to), { recursive: true });
    cpSync(path, to);
  }
}

function copyRuntime(packagesRoot: string, folders: readonly string[], out: string, { os }: Target): void {
  const folder = folders.find((each) => /node_modules\/node-(bin-)?(linux|darwin|win)-/.test(each));
  const binary = os === 'win32' ? 'node.exe' : 'node';
  if (folder === undefined) throw new Error('No Node.js runtime for this target is among the packages.');
  const to = join(out, 'runtime', binary);
  mkdirSync(dirname(to), { recursive: true });
  cpSync(join(packagesRoot, folder, 'bin', binary), to);
  if (os !== 'win32') chmodSync(to, 0o755);
  cpSync(join(packagesRoot, folder, 'LICENSE'), join(out, 'runtime', 'LICENSE'));
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}
