// Installs a software Vulkan driver (Mesa's lavapipe) on Debian, so that the tests of the GPU engine run on a machine without
// a GPU. Debian 12's own Mesa 22.3 is refused by Dawn; there the driver comes from bookworm-backports, through package lists
// in a temporary folder, so that the machine's apt sources and lists stay as they are. Never fatal: what could not be
// installed is named in one line, and those tests report skipped.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv } from 'node:process';
import { pathToFileURL } from 'node:url';

/**
 * @typedef {object} DebianSource
 * @property {string} uri
 * @property {string | null} signedBy Path or fingerprint; an inline key with its line breaks; null for apt's own keyring.
 */

const driver = 'mesa-vulkan-drivers';
const skipped = `Not installed: ${driver} (software Vulkan). Tests of GPU kernels report skipped without a GPU.`;

/**
 * Version number and code name of Debian; null on another system.
 * @param {string} osRelease Text of /etc/os-release.
 * @returns {{ version: number, codename: string } | null}
 */
export function debianRelease(osRelease) {
  /** @param {string} key */
  const valueOf = (key) => new RegExp(`^${key}="?([^"\\n]*)"?$`, 'm').exec(osRelease)?.[1] ?? '';
  const version = Number.parseInt(valueOf('VERSION_ID'), 10);
  if (valueOf('ID') !== 'debian' || Number.isNaN(version)) return null;
  return { version, codename: valueOf('VERSION_CODENAME') };
}

/**
 * The source of a release's main packages in a deb822 file (*.sources); null when none of its enabled stanzas is one.
 * @param {string} text
 * @param {string} codename
 * @returns {DebianSource | null}
 */
export function sourceInDeb822(text, codename) {
  const withoutComments = text.replaceAll('\r', '').replace(/^#.*\n?/gm, '');
  for (const stanza of withoutComments.split(/\n\s*\n/)) {
    /** @type {Map<string, string>} */
    const fields = new Map();
    for (const [, key = '', value = ''] of stanza.matchAll(/^([\w-]+):[ \t]*(.*(?:\n[ \t].*)*)/gm)) {
      fields.set(key.toLowerCase(), value);
    }
    /** @param {string} key */
    const words = (key) => (fields.get(key) ?? '').split(/\s+/).filter((word) => word !== '');
    const [uri] = words('uris');
    if (uri === undefined || /^(no|false|off|without|disable|0)$/i.test(words('enabled')[0] ?? '')) continue;
    if (!words('types').includes('deb') || !words('suites').includes(codename)) continue;
    if (words('components').includes('main')) return { uri, signedBy: fields.get('signed-by') ?? null };
  }
  return null;
}

/**
 * The same in a one-line-style file (sources.list, *.list).
 * @param {string} text
 * @param {string} codename
 * @returns {DebianSource | null}
 */
export function sourceInList(text, codename) {
  for (const line of text.split('\n')) {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]*)/.exec(line);
    const [, options = '', uri = '', suite = '', components = ''] = match ?? [];
    if (suite !== codename || !components.split(/\s+/).includes('main')) continue;
    return { uri, signedBy: /(?:^|\s)signed-by=(\S+)/i.exec(options)?.[1] ?? null };
  }
  return null;
}

/**
 * A deb822 file with the release and its backports.
 * @param {DebianSource} source
 * @param {string} codename
 */
export function backportsSources({ uri, signedBy }, codename) {
  return [
    'Types: deb',
    `URIs: ${uri}`,
    `Suites: ${codename} ${codename}-backports`,
    'Components: main',
    ...(signedBy === null ? [] : [`Signed-By: ${signedBy}`.trimEnd()]),
    '',
  ].join('\n');
}

/**
 * Options that make apt use only the sources and lists in a folder. Proxies and the like in apt.conf still apply.
 * @param {string} folder
 */
export function aptOptions(folder) {
  return [
    '-oDir::Etc::SourceList=/dev/null',
    `-oDir::Etc::SourceParts=${join(folder, 'sources')}`,
    `-oDir::State::Lists=${join(folder, 'lists')}`,
    `-oDir::Cache=${join(folder, 'cache')}`,
    '-oAcquire::Retries=1',
    '-oAcquire::http::Timeout=30',
  ];
}

/** @param {string} codename */
function machineSource(codename) {
  const parts = '/etc/apt/sources.list.d';
  const names = existsSync(parts) ? readdirSync(parts).sort() : [];
  const files = ['/etc/apt/sources.list', ...names.map((name) => join(parts, name))].filter((file) => existsSync(file));
  for (const file of files) {
    if (!/\.(sources|list)$/.test(file)) continue;
    const read = file.endsWith('.sources') ? sourceInDeb822 : sourceInList;
    const source = read(readFileSync(file, 'utf8'), codename);
    if (source !== null) return source;
  }
  return null;
}

/** @param {string[]} args */
function apt(args) {
  const result = spawnSync('apt-get', ['-qq', ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  return result.status === 0;
}

/** @param {string} codename */
function installFromBackports(codename) {
  const source = machineSource(codename);
  if (source === null) return false;
  const folder = mkdtempSync(join(tmpdir(), 'trefoil-apt-'));
  try {
    // apt downloads as a user of its own, who has to get in.
    chmodSync(folder, 0o755);
    for (const name of ['sources', 'lists/partial', 'cache/archives/partial']) {
      mkdirSync(join(folder, name), { recursive: true });
    }
    writeFileSync(join(folder, 'sources', 'backports.sources'), backportsSources(source, codename));
    const options = aptOptions(folder);
    // Named one by one: without the libdrm packages apt keeps the stable ones and refuses; with -t it would also replace
    // the machine's OpenGL.
    const newer = [driver, 'libdrm2', 'libdrm-common', 'libdrm-amdgpu1'].map((name) => `${name}/${codename}-backports`);
    const install = ['install', '-y', '--no-install-recommends', ...newer, 'libvulkan1'];
    return apt([...options, 'update']) && apt([...options, ...install]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function hasSoftwareGpu() {
  return ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d'].some(
    (folder) => existsSync(folder) && readdirSync(folder).some((name) => name.startsWith('lvp_icd')),
  );
}

/** Installs the driver when it is missing; prints what it does and what it could not do. Does not throw. */
export function installSoftwareGpu() {
  if (process.platform !== 'linux' || hasSoftwareGpu()) return;
  try {
    const release = existsSync('/etc/os-release') ? debianRelease(readFileSync('/etc/os-release', 'utf8')) : null;
    if (release === null || release.version < 12) {
      process.stdout.write(`${skipped} Install Mesa's lavapipe 23 or newer with your system's package manager.\n`);
      return;
    }
    const backports = release.version === 12;
    const advice = `Install as root: ${driver}${backports ? ` from ${release.codename}-backports` : ''} and libvulkan1.`;
    if (process.getuid?.() === 0) {
      process.stdout.write(`Installing a software Vulkan driver for the tests: ${driver} ...\n`);
      const plain = ['install', '-y', '--no-install-recommends', driver, 'libvulkan1'];
      const installed = backports
        ? installFromBackports(release.codename)
        : apt(plain) || (apt(['update']) && apt(plain));
      if (installed) return;
    }
    process.stdout.write(`${skipped} ${advice}\n`);
  } catch (error) {
    process.stdout.write(`${skipped} ${String(error)}\n`);
  }
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) installSoftwareGpu();
