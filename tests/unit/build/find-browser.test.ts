import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findBrowser } from '../../../build/find-browser.js';

describe('the browser for the tests', () => {
  const folder = mkdtempSync(join(tmpdir(), 'trefoil-find-browser-'));
  const [first, second] = [join(folder, 'first'), join(folder, 'second')];
  for (const path of [first, second]) mkdirSync(path);
  for (const path of [join(first, 'google-chrome'), join(second, 'chromium')]) {
    writeFileSync(path, '#!/bin/sh\n');
    chmodSync(path, 0o755);
  }
  writeFileSync(join(first, 'chromium'), 'no program', { mode: 0o644 });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const PATH = [first, second].join(delimiter);

  it('is Chromium before others, wherever on the path, and must be a program', () => {
    expect(findBrowser({ PATH })).toBe(join(second, 'chromium'));
    expect(findBrowser({ PATH: first })).toBe(join(first, 'google-chrome'));
  });

  it('is the one a person names, and then no other', () => {
    const CHROME_PATH = join(first, 'google-chrome');
    expect(findBrowser({ PATH, CHROME_PATH })).toBe(CHROME_PATH);
    expect(findBrowser({ PATH, CHROME_PATH: join(folder, 'none') })).toBeNull();
  });

  it('may be missing', () => {
    expect(findBrowser({})).toBeNull();
  });
});
