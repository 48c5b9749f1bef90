// Builds the page (renderer/) into renderer/dist when what it is made of has changed since the last build, so that every
// command that shows the page can call it first. With --force it always builds.
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { findNode } from './node-runtime.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const built = join(root, 'renderer', 'dist', 'index.html');
const stamp = join(root, 'node_modules', '.trefoil-page');

/** Folders and files the page is made of; packages are told by their lock file. */
const sources = ['renderer', 'main/common', 'build/vite.config.ts', 'package-lock.json'];

/**
 * A fingerprint of the contents and names of all source files.
 * @param {string} folder The project's root.
 * @param {readonly string[]} paths Relative to it; folders are taken whole, without `dist`.
 */
export function fingerprintOf(folder, paths) {
  const hash = createHash('sha256');
  for (const path of paths) {
    const absolute = join(folder, path);
    const entries = statSync(absolute).isFile()
      ? [absolute]
      : readdirSync(absolute, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name));
    for (const file of entries.sort()) {
      const name = relative(folder, file).split(sep).join('/');
      if (name.startsWith('renderer/dist/')) continue;
      hash.update(`${name}\0`).update(readFileSync(file)).update('\0');
    }
  }
  return hash.digest('hex');
}

/** Returns false when the build failed; the reason is on stderr. */
export function buildPage({ force = false } = {}) {
  const wanted = fingerprintOf(root, sources);
  const isCurrent = existsSync(built) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
  if (isCurrent && !force) return true;
  process.stdout.write('Building the page ...\n');
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const config = join(root, 'build', 'vite.config.ts');
  const result = spawnSync(findNode() ?? process.execPath, [vite, 'build', '-c', config, '--logLevel', 'warn'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (result.status !== 0) return false;
  writeFileSync(stamp, wanted);
  return true;
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  if (!buildPage({ force: argv.includes('--force') })) {
    process.stderr.write('The page could not be built; see the message above.\n');
    process.exit(1);
  }
}
