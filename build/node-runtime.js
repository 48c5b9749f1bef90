// Finds the Node.js runtime that Trefoil ships (Node 24, from npm packages that contain the binary).
// Plain JavaScript on purpose: this file runs on the system's older Node before the shipped one is known.
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Oldest Node.js that runs Trefoil's TypeScript directly and has node:sqlite without a flag. */
const minimumMajor = 24;

/** Path of a fitting Node.js, or null. The running one is taken when it is new enough. */
export function findNode() {
  if (Number(process.versions.node.split('.')[0]) >= minimumMajor) return process.execPath;
  const require = createRequire(import.meta.url);
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  for (const name of [`node-${platform}-${process.arch}`, `node-bin-${platform}-${process.arch}`]) {
    try {
      const folder = dirname(require.resolve(`${name}/package.json`));
      const binary = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
      if (existsSync(binary)) return binary;
    } catch {
      // Not this package; the next name may fit.
    }
  }
  return null;
}
