// Makes a fresh clone ready: npm packages when they are missing or older than package-lock.json, and with --system the
// Debian packages that tests compare against or run in (only as root; otherwise it says which, and those tests report
// skipped). A user's apt sources are never changed.
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findBrowser } from './find-browser.js';
import { installSoftwareGpu } from './install-software-gpu.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const systemPackages = [
  {
    name: 'openslide-tools',
    isThere: () => isOnPath('openslide-write-png'),
    use: 'an independent decoder for slides',
  },
  { name: 'libtiff-tools', isThere: () => isOnPath('tiff2rgba'), use: 'libtiff, to compare TIFF decoding with' },
  { name: 'libxml2-utils', isThere: () => isOnPath('xmllint'), use: 'a checker of XML against a schema' },
  { name: 'poppler-utils', isThere: () => isOnPath('pdfinfo'), use: 'an independent reader of PDF' },
  { name: 'qpdf', isThere: () => isOnPath('qpdf'), use: 'a checker of the structure of PDF' },
  {
    name: 'libjpeg-turbo-progs',
    isThere: () => isOnPath('cjpeg'),
    use: 'a writer of JPEG with the colour sampling scanners have',
  },
  { name: 'libvips-tools', isThere: () => isOnPath('vips'), use: 'libvips, a writer of pyramids' },
  {
    name: 'libopenjp2-tools',
    isThere: () => isOnPath('opj_compress'),
    use: 'a writer of JPEG 2000 as scanners have it',
  },
  {
    name: 'python3-pydicom',
    isThere: () => spawnSync('/usr/bin/python3', ['-c', 'import pydicom'], { stdio: 'ignore' }).status === 0,
    use: 'an independent reader for DICOM',
  },
  {
    name: 'python3-pil',
    isThere: () => spawnSync('/usr/bin/python3', ['-c', 'import PIL'], { stdio: 'ignore' }).status === 0,
    use: 'an independent decoder for its frames',
  },
  {
    name: 'snakemake',
    isThere: () => isOnPath('snakemake'),
    use: 'the workflow manager of resources/workflow',
  },
  { name: 'chromium', isThere: () => findBrowser(process.env) !== null, use: 'the browser the page is tested in' },
];

/**
 * @param {string} command
 * @param {string[]} args
 */
function run(command, args) {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    // onnxruntime-node carries its binaries for processors; its script would fetch CUDA's from elsewhere.
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
    shell: process.platform === 'win32',
  });
  return result.status === 0;
}

function prepareNodeModules() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = join(root, 'node_modules', '.trefoil-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  process.stdout.write('Installing npm packages (first start, or package-lock.json changed) ...\n');
  if (!run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])) {
    process.stderr.write(
      'npm could not install the packages. Check the connection to your npm registry and run the command again.\n',
    );
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
}

/** @param {string} command */
function isOnPath(command) {
  return spawnSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' }).status === 0;
}

function prepareSystem() {
  const missing = systemPackages.filter((item) => !item.isThere());
  if (missing.length === 0) return;
  const names = missing.map((item) => item.name);
  const list = missing.map((item) => `${item.name} (${item.use})`).join(', ');
  if (process.getuid?.() === 0 && isOnPath('apt-get')) {
    process.stdout.write(`Installing system packages for the tests: ${list} ...\n`);
    const install = ['install', '-y', '-qq', '--no-install-recommends', ...names];
    if (run('apt-get', install) || (run('apt-get', ['update', '-qq']) && run('apt-get', install))) return;
  }
  process.stdout.write(
    `Not installed: ${list}. Tests that need it report skipped. Install: apt-get install ${names.join(' ')}\n`,
  );
}

prepareNodeModules();
if (process.argv.includes('--system')) {
  prepareSystem();
  installSoftwareGpu();
}
