import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fingerprintOf } from '../../../build/build-page.js';

describe('the fingerprint of what the page is made of', () => {
  const folder = mkdtempSync(join(tmpdir(), 'trefoil-build-page-'));
  mkdirSync(join(folder, 'renderer', 'ui'), { recursive: true });
  mkdirSync(join(folder, 'renderer', 'dist'));
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  write('renderer/ui/Button.vue', 'a');
  write('lock.json', '{}');
  const now = (): string => fingerprintOf(folder, ['renderer', 'lock.json']);
  const first = now();
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is the same for the same contents, and does not see what was built', () => {
    write('renderer/dist/index.html', 'built');
    expect(now()).toBe(first);
  });

  it.each([
    ['a changed file', () => write('renderer/ui/Button.vue', 'b')],
    ['a new file', () => write('renderer/ui/Field.vue', '')],
    ['another lock file', () => write('lock.json', '{ }')],
    ['a removed file', () => rmSync(join(folder, 'renderer/ui/Field.vue'))],
  ])('changes with %s', (_, change) => {
    const before = now();
    change();
    expect(now()).not.toBe(before);
  });
});
