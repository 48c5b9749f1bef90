/** The import rules of docs/architecture.md. A failure prints the rule, so that the fix is clear without reading this file. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** Which other main/ folders a folder may import. common (and, outside it, files) is allowed to all, a folder always may import itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  common: [],
  files: [],
  slides: [],
  tiles: ['slides'],
  triplets: ['engine/port'],
  engine: [],
  labels: [],
  classifier: [],
  maps: [],
  exports: [],
  bundles: [],
  store: [],
  services: ['slides', 'tiles', 'triplets', 'engine', 'labels', 'classifier', 'maps', 'exports', 'bundles', 'store'],
  server: ['services'],
  entries: ['slides', 'tiles', 'triplets', 'engine', 'services', 'server', 'classifier'],
};

interface Import {
  readonly file: string;
  readonly specifier: string;
  /** Path relative to the project root for files of ours, else the package name. */
  readonly target: string;
}

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|vue)$/.test(entry.name) && !/(^|\/)dist(\/|$)/.test(entry.parentPath))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split('\\').join('/'));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const pattern =
    /(?:^|\n)\s*(?:import|export)\b[^;'"]*?from\s*['"]([^'"]+)['"]|\bimport\s*\(\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]/g;
  return [...text.matchAll(pattern)].map((match) => {
    const specifier = match[1] ?? match[2] ?? match[3] ?? '';
    return { file, specifier, target: resolveTarget(file, specifier) };
  });
}

function resolveTarget(file: string, specifier: string): string {
  if (specifier.startsWith('.'))
    return relative(root, resolve(root, dirname(file), specifier))
      .split('\\')
      .join('/');
  if (specifier.startsWith('#common/')) return `main/common/${specifier.slice('#common/'.length)}`;
  if (specifier.startsWith('#main/')) return `main/${specifier.slice('#main/'.length)}`;
  if (specifier.startsWith('#tests/')) return `tests/${specifier.slice('#tests/'.length)}`;
  return specifier;
}

const imports = sourceFiles('main').flatMap(importsOf);

describe('imports', () => {
  it('are found by this test at all', () => {
    expect(imports.length).toBeGreaterThan(50);
  });

  it('follow the layers: common <- slides, tiles, triplets, engine, labels, classifier, maps, exports, store <- services <- server <- entries', () => {
    const broken = imports.flatMap(({ file, target }) => {
      const from = file.split('/')[1] ?? '';
      const to = target.startsWith('main/') ? (target.split('/')[1] ?? '') : null;
      if (to === null || to === from || to === 'common' || (to === 'files' && from !== 'common')) return [];
      const rules = allowed[from];
      if (rules === undefined)
        return [`${file}: folder main/${from} has no rule; add one to this test and to docs/architecture.md`];
      const permitted = rules.some((rule) => (rule.includes('/') ? target.startsWith(`main/${rule}`) : rule === to));
      return permitted
        ? []
        : [`${file} imports ${target}: main/${from} may import only common${rules.map((r) => `, ${r}`).join('')}`];
    });
    expect(broken).toEqual([]);
  });

  it('keep main/common pure: zod (and birpc for the contract), no node:*, no DOM', () => {
    const broken = imports
      .filter(({ file, target }) => file.startsWith('main/common/') && !target.startsWith('main/common/'))
      .filter(
        ({ file, target }) => target !== 'zod' && !(target === 'birpc' && file.startsWith('main/common/contract/')),
      )
      .map(({ file, specifier }) => `${file} imports ${specifier}: main/common may import zod and itself only`);
    expect(broken).toEqual([]);
  });

  it('keep engines behind the port: engine/tfjs knows common and its own folder only', () => {
    const broken = imports
      .filter(({ file, target }) => file.startsWith('main/engine/tfjs/') && target.startsWith('main/'))
      .filter(({ target }) => !target.startsWith('main/common/') && !target.startsWith('main/engine/'))
      .map(
        ({ file, target }) =>
          `${file} imports ${target}: an engine sees pixels through ViewSource, never through other folders`,
      );
    expect(broken).toEqual([]);
  });

  it('leave electron to the shell and tests to tests', () => {
    const broken = imports
      .filter(({ target }) => target === 'electron' || target.startsWith('tests/') || target.startsWith('renderer/'))
      .map(({ file, target }) => `${file} imports ${target}: the core runs without Electron, tests and renderer`);
    expect(broken).toEqual([]);
  });
});

describe('the page and the shell', () => {
  it('are found by this test at all', () => {
    expect(sourceFiles('renderer').length).toBeGreaterThan(50);
    expect(sourceFiles('electron').length).toBeGreaterThan(10);
  });

  it('the page imports #common and itself: everything else goes through the contract', () => {
    const broken = sourceFiles('renderer')
      .flatMap(importsOf)
      .filter(({ target }) => /^(main|electron|tests|build)\//.test(target) && !target.startsWith('main/common/'))
      .map(({ file, target }) => `${file} imports ${target}: the page may import #common/* and renderer/* only`);
    expect(broken).toEqual([]);
  });

  it('the shell imports common and the parts of the server that answer for a page, and nobody else imports electron', () => {
    const files = [...sourceFiles('renderer'), ...sourceFiles('main')];
    const electron = files.flatMap(importsOf).filter(({ target }) => target === 'electron');
    expect(electron).toEqual([]);
    const broken = sourceFiles('electron')
      .flatMap(importsOf)
      .filter(({ target }) => /^(main|renderer|tests|build)\//.test(target))
      .filter(
        ({ target }) => !/^main\/(common\/|server\/(static-files|security-headers|http-answers)\.ts$)/.test(target),
      )
      .map(({ file, target }) => `${file} imports ${target}: the shell is thin; work belongs to the core`);
    expect(broken).toEqual([]);
  });
});

describe('process state', () => {
  it('is read only in main/entries: no process.argv elsewhere', () => {
    const broken = sourceFiles('main')
      .filter((file) => !file.startsWith('main/entries/'))
      .filter((file) => /process\.argv/.test(readFileSync(join(root, file), 'utf8')));
    expect(broken).toEqual([]);
  });
});
