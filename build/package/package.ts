/**
 * npm run package -- [--dir] [--electron-dist FOLDER|ZIP] [--os linux|win32|darwin] [--cpu x64|arm64] [--out FOLDER]
 *                [--driven]
 *
 * Makes the app for one target: page, shell, core with its packages and Node.js, then electron-builder. --dir leaves the
 * unpacked app, without installers. --electron-dist takes an Electron distribution that is there, so nothing is fetched. --driven makes a build that Playwright can drive, unpacked
 * and under another name: it is not for release (driven-build.ts).
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Arch, Platform, build as buildApp } from 'electron-builder';
import { build as buildWithVite } from 'vite';
import { electronBuilderConfiguration } from './electron-builder.ts';
import { refusedWithDriven } from './driven-build.ts';
import { makeIcons } from './icons.ts';
import { licenceText, readLicences } from './licences.ts';
import { bundledPackages } from './page-packages.ts';
import { packageClosure, type LockedPackages } from './packages.ts';
import { stageCore } from './stage-core.ts';
import { hostTarget, type Target } from './target.ts';

const root = resolve(import.meta.dirname, '../..');
const { values } = parseArgs({
  options: {
    dir: { type: 'boolean', default: false },
    'electron-dist': { type: 'string' },
    os: { type: 'string' },
    cpu: { type: 'string' },
    out: { type: 'string', default: join(root, 'release') },
    'update-url': { type: 'string' },
    driven: { type: 'boolean', default: false },
  },
});
const target = hostTarget(values.os, values.cpu);
const refusal = refusedWithDriven({
  isDriven: values.driven,
  isDirectory: values.dir,
  updateUrl: values['update-url'],
  environment: process.env,
});
if (refusal !== null) {
  process.stderr.write(`${refusal}\n`);
  process.exit(2);
}
const out = resolve(values.out);
const staging = join(out, 'staging');
const say = (line: string): void => void process.stdout.write(`${line}\n`);

rmSync(staging, { recursive: true, force: true });
mkdirSync(staging, { recursive: true });
say('Building the page and the shell ...');
// Only when it is older than its sources: a core that runs from here may be serving it.
execFileSync(process.execPath, [join(root, 'build/build-page.js')], { stdio: 'inherit' });
await buildShell();
await makeIcons(join(root, 'resources/packaging/icon.svg'), join(root, 'resources/packaging'));

say(`Laying out the core for ${target.os} ${target.cpu} ...`);
const core = join(staging, 'core');
const packagesRoot = packagesFor(target);
const folders = stageCore({ root, packagesRoot, target, out: core });
writeLicences(packagesRoot, folders, core);

const app = join(staging, 'app');
cpSync(join(root, 'electron/dist'), app, { recursive: true });
const { name, version, description, license } = readManifest(root);
writeFileSync(
  join(app, 'package.json'),
  JSON.stringify({
    name,
    version,
    description,
    license,
    author: 'Trefoil',
    homepage: 'https://arxiv.org/abs/2103.05585',
    main: 'main.cjs',
  }),
);

say(values.driven ? 'Packing a TEST BUILD that can be driven: NOT FOR RELEASE ...' : 'Packing ...');
const configuration = electronBuilderConfiguration({
  target,
  electronDist: values['electron-dist'] === undefined ? null : resolve(values['electron-dist']),
  electronVersion: readManifest(join(root, 'node_modules/electron')).version,
  app,
  core,
  out,
  isTestBuild: values.driven,
  updateUrl: values['update-url'] ?? null,
});
const platform = { linux: Platform.LINUX, win32: Platform.WINDOWS, darwin: Platform.MAC }[target.os];
const arch = target.cpu === 'arm64' ? Arch.arm64 : Arch.x64;
await buildApp({
  projectDir: root,
  config: configuration,
  targets: platform.createTarget(values.dir ? 'dir' : null, arch),
  publish: 'never',
});
rmSync(staging, { recursive: true, force: true });
for (const name of ['builder-debug.yml', 'builder-effective-config.yaml']) rmSync(join(out, name), { force: true });
for (const { path, byteLength } of results(out)) say(`${(byteLength / 2 ** 20).toFixed(1)} MiB  ${path}`);

async function buildShell(): Promise<void> {
  const configFile = join(root, 'build/vite.electron.config.ts');
  await buildWithVite({ configFile, logLevel: 'warn' });
  await buildWithVite({ configFile, logLevel: 'warn', mode: 'preload' });
}

/** The project's own packages for this machine; for another system npm fetches its binaries into a folder of their own. */
function packagesFor(wanted: Target): string {
  const host = hostTarget();
  if (wanted.os === host.os && wanted.cpu === host.cpu) return root;
  const folder = join(staging, 'packages');
  mkdirSync(folder, { recursive: true });
  for (const file of ['package.json', 'package-lock.json']) cpSync(join(root, file), join(folder, file));
  execFileSync(
    'npm',
    ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', `--os=${wanted.os}`, `--cpu=${wanted.cpu}`],
    { cwd: folder, stdio: 'inherit', shell: process.platform === 'win32' },
  );
  return folder;
}

function writeLicences(packages: string, shipped: readonly string[], to: string): void {
  const { packages: locked } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: LockedPackages;
  };
  const bundled = packageClosure(locked, bundledPackages, target);
  const own = readLicences(packages, shipped);
  const rest = readLicences(
    root,
    bundled.filter((folder) => !shipped.includes(folder)),
  );
  const all = [...own, ...rest].sort((a, b) => a.name.localeCompare(b.name));
  writeFileSync(join(to, 'THIRD-PARTY-LICENCES.txt'), licenceText(all));
  writeFileSync(
    join(to, 'third-party.json'),
    JSON.stringify(all.map(({ name, version, licence, author }) => ({ name, version, licence, author }))),
  );
}

function readManifest(folder: string): { name: string; version: string; description: string; license: string } {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as ReturnType<typeof readManifest>;
}

/** Installers by their size, unpacked apps by the size of all their files. */
function results(folder: string): { path: string; byteLength: number }[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || /\.(AppImage|deb|gz|exe|dmg)$/.test(entry.name))
    .map((entry) => {
      const path = join(folder, entry.name);
      return { path, byteLength: entry.isDirectory() ? folderBytes(path) : statSync(path).size };
    });
}

function folderBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
