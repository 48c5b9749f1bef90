/**
 * The packed app, made with a stand-in for Electron's distribution: what is in it and what is not, and that its core runs where
 * there is no project and no node_modules, with the Node.js it ships. Electron itself does not run here.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { listPackage } from '@electron/asar';
import { chromium } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { findBrowser } from '../../build/find-browser.js';
import { readFuseWire, writeStandInElectron } from '#tests/support/stand-in-electron.ts';

// Kernels may be compiling on both cores meanwhile.
vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'trefoil-package-'));
const app = join(folder, 'release', 'linux-unpacked');
const core = join(app, 'resources', 'core');
const node = join(core, 'runtime', 'node');
const cli = join(core, 'main', 'entries', 'cli.ts');
const isLinux = process.platform === 'linux' && process.arch === 'x64';
/** Electron's own files come on top; this is ours, Node.js (120 MB) and onnxruntime (46 MB) included. */
const mostCoreBytes = 250 * 2 ** 20;

/** The system's environment without anything of this project. */
const environment = { PATH: '/usr/bin:/bin', HOME: folder, XDG_CONFIG_HOME: join(folder, 'config'), LANG: 'C.UTF-8' };

function files(under: string): string[] {
  return readdirSync(under, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(under, join(entry.parentPath, entry.name)));
}

describe.skipIf(!isLinux)('the packed app (Linux x64 with a stand-in for Electron)', () => {
  beforeAll(async () => {
    const electron = join(folder, 'electron');
    const { version } = JSON.parse(readFileSync(join(root, 'node_modules/electron/package.json'), 'utf8')) as {
      version: string;
    };
    await writeStandInElectron(electron, version);
    const made = spawnSync(
      process.execPath,
      [join(root, 'build/package/package.ts'), '--dir', '--electron-dist', electron, '--out', join(folder, 'release')],
      { cwd: root, encoding: 'utf8' },
    );
    expect({ status: made.status, output: made.status === 0 ? '' : made.stdout + made.stderr }).toEqual({
      status: 0,
      output: '',
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('holds Electron under our name, the shell in its archive, the core beside it, and nothing else', () => {
    expect(readdirSync(app).sort()).toEqual([
      'LICENSE.electron.txt',
      'LICENSES.chromium.html',
      'locales',
      'resources',
      'trefoil',
      'version',
    ]);
    expect(readdirSync(join(app, 'resources')).sort()).toEqual(['app-update.yml', 'app.asar', 'core']);
    // Nowhere, until a person names a feed in the settings.
    expect(readFileSync(join(app, 'resources', 'app-update.yml'), 'utf8')).toContain('https://updates.invalid/');
    expect(readdirSync(join(app, 'locales')).sort()).toEqual(['de.pak', 'en-US.pak']);
    expect(listPackage(join(app, 'resources', 'app.asar'), { isPack: false }).sort()).toEqual([
      '/main.cjs',
      '/package.json',
      '/preload.cjs',
    ]);
    expect(readdirSync(core).sort()).toEqual([
      'LICENSE',
      'THIRD-PARTY-LICENCES.txt',
      'main',
      'node_modules',
      'package.json',
      'renderer',
      'resources',
      'runtime',
      'third-party.json',
    ]);
  });

  test('has no tests, types, sources of packages or binaries of other systems, and stays small', () => {
    const all = files(core);
    const unwanted = all.filter(
      (path) =>
        /\.(d\.[cm]?ts|map|cc|gyp)$/.test(path) ||
        /(^|\/)(tests?|docs|__tests__)\//.test(path) ||
        /(darwin|win32|arm64|musl)/.test(path) ||
        (path.startsWith('node_modules/') && path.endsWith('.ts')),
    );
    expect(unwanted).toEqual([]);
    const bytes = all.reduce((sum, path) => sum + statSync(join(core, path)).size, 0);
    expect(bytes).toBeLessThan(mostCoreBytes);
  });

  test('names no folder of the machine it was made on', () => {
    const named = files(core)
      .filter((path) => /\.(js|mjs|cjs|css|html|json|txt|ts)$/.test(path) && !path.startsWith('node_modules/'))
      .filter((path) => readFileSync(join(core, path), 'utf8').includes(root));
    expect(named).toEqual([]);
    expect(readFileSync(join(app, 'resources', 'app.asar'), 'utf8')).not.toContain(root);
  });

  test('has its fuses set: no general Node.js, no inspector, only the checked archive', () => {
    // RunAsNode, CookieEncryption, NodeOptions, NodeCliInspect, AsarIntegrity, OnlyLoadAppFromAsar, BrowserSnapshot, FileProtocol
    expect(readFuseWire(readFileSync(join(app, 'trefoil')))).toBe('01001100');
  });

  test('names the licence of everything in it, also of what is compiled into the page', () => {
    const listed = JSON.parse(readFileSync(join(core, 'third-party.json'), 'utf8')) as {
      name: string;
      licence: string;
    }[];
    const names = listed.map(({ name }) => name);
    for (const name of ['webgpu', 'sharp', 'zod', 'vue', 'openseadragon', 'reka-ui', 'uplot'])
      expect(names).toContain(name);
    expect(listed.filter(({ licence }) => licence === 'not named')).toEqual([]);
    const texts = readFileSync(join(core, 'THIRD-PARTY-LICENCES.txt'), 'utf8');
    for (const name of names) expect(texts).toContain(name);
  });

  test('its core checks the computer with its own Node.js and without the project', () => {
    expect(existsSync(join(folder, 'node_modules'))).toBe(false);
    const { status, stdout, stderr } = spawnSync(
      node,
      ['--disable-warning=ExperimentalWarning', cli, 'doctor', '--json'],
      {
        cwd: folder,
        env: environment,
        encoding: 'utf8',
      },
    );
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    const report = JSON.parse(stdout) as { node: string; selfTest: { passed: boolean } };
    expect(report.selfTest.passed).toBe(true);
    expect(report.node).toBe(spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim());
  });

  test('its core serves the page to a browser, where the demo makes its project and cuts its tiles', async (context) => {
    const executablePath = findBrowser(process.env);
    if (executablePath === null) context.skip('Chromium is not installed');
    const server = spawn(
      node,
      ['--disable-warning=ExperimentalWarning', cli, 'serve', '--port', '0', '--allow', folder],
      {
        cwd: folder,
        env: environment,
      },
    );
    const browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox'] });
    try {
      const page = await browser.newPage();
      const problems: string[] = [];
      page.on('pageerror', (error) => problems.push(String(error)));
      page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
      await page.goto(await addressOf(server));
      await page.getByRole('button', { name: /Try the demo/ }).click();
      // The stages follow each other; pretraining begins when the tiles are cut.
      await page
        .getByText(/Pretraining/)
        .first()
        .waitFor({ timeout: 600_000 });
      await page.getByRole('button', { name: 'Cancel' }).click();
      await page.getByRole('progressbar').waitFor({ state: 'detached', timeout: 200_000 });
      expect(problems).toEqual([]);
      expect(existsSync(join(folder, 'Trefoil demo'))).toBe(true);
    } finally {
      await browser.close();
      await ended(server);
    }
  });
});

function addressOf(server: ChildProcess): Promise<string> {
  return new Promise((done, failed) => {
    let text = '';
    server.stdout?.on('data', (bytes: Buffer) => {
      text += bytes.toString();
      const address = /http:\/\/\S+/.exec(text)?.[0];
      if (address !== undefined) done(address);
    });
    server.once('exit', (code) => failed(new Error(`serve ended with ${code}: ${text}`)));
  });
}

function ended(server: ChildProcess): Promise<void> {
  return new Promise((done) => {
    server.once('exit', () => done());
    server.kill('SIGTERM');
  });
}
