/** Which npm packages a part of Trefoil needs at run time, from package-lock.json: the closure of its dependencies. Pure. */
import { fits, type Target } from './target.ts';

export interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly os?: string | readonly string[];
  readonly cpu?: string | readonly string[];
  readonly libc?: string | readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** `packages` of package-lock.json: folder to package, '' is Trefoil itself. */
export type LockedPackages = Readonly<Record<string, LockedPackage>>;

/** Asked for by an install script of onnxruntime-node that Trefoil does not run; nothing loads them. */
const installOnly: ReadonlySet<string> = new Set(['global-agent', 'adm-zip']);

/** Folders (node_modules/...) of the packages that `names` need on the target, sorted. Types are for compilers only. */
export function packageClosure(locked: LockedPackages, names: readonly string[], target: Target): readonly string[] {
  const found = new Set<string>();
  const waiting = names.map((name) => ({ from: '', name }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { from, name } = next;
    if (name.startsWith('@types/') || name === '@webgpu/types' || installOnly.has(name)) continue;
    const folder = resolveFolder(locked, from, name);
    const entry = folder === null ? undefined : locked[folder];
    if (folder === null || entry === undefined || found.has(folder)) continue;
    if (!fits(entry.os, target.os) || !fits(entry.cpu, target.cpu)) continue;
    // Electron itself needs glibc, so musl is no target.
    if (target.os === 'linux' && !fits(entry.libc, 'glibc')) continue;
    found.add(folder);
    for (const dependency of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })) {
      waiting.push({ from: folder, name: dependency });
    }
  }
  return [...found].sort();
}

/** As Node.js looks: beside the asking package first, then in the folders above. null: not installed (optional, other system). */
function resolveFolder(locked: LockedPackages, from: string, name: string): string | null {
  let base = from;
  for (;;) {
    const folder = `${base === '' ? '' : `${base}/`}node_modules/${name}`;
    if (locked[folder] !== undefined) return folder;
    if (base === '') return null;
    const above = base.lastIndexOf('/node_modules/');
    base = above < 0 ? '' : base.slice(0, above);
  }
}
