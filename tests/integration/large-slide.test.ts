/** A 20,000 x 20,000 px pyramid is tiled completely in bounded memory: the real command, the kernel's own peak figure. */
import { mkdtempSync, readFileSync, rmSync, statSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writePyramidTiff } from '#tests/fixtures/tiff/write-tiff.ts';
import { startTrefoil, trefoilJson } from './command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'trefoil-large-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Largest resident set of a process so far, in bytes, from /proc; null once it is gone. */
function peakBytes(pid: number): number | null {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}

const isLinux = process.platform === 'linux';

describe.skipIf(!isLinux)(`a slide of 400 megapixels${isLinux ? '' : ' (skipped: needs /proc)'}`, () => {
  it('is tiled completely with less than 1 GB of memory', async () => {
    const slide = join(folder, 'large.tif');
    await writePyramidTiff(slide, {
      width: 20_000,
      height: 20_000,
      tilePx: 256,
      compression: 'jpeg',
      levels: 6,
      mpp: 0.5,
      repeatTiles: 4,
      pixel: (x, y) => [190 + 40 * Math.sin(x / 9), 110 + 40 * Math.cos(y / 7), 160 + 30 * Math.sin((x + y) / 5)],
    });
    const project = join(folder, 'project');
    await trefoilJson('project', 'create', project);
    await trefoilJson('slides', 'add', project, slide);
    const { child, finished } = startTrefoil(
      'tiles',
      project,
      '--size',
      '128',
      '--mpp',
      '1',
      '--min-focus',
      '0',
      '--json',
    );
    let peak = 0;
    const watch = setInterval(() => (peak = Math.max(peak, peakBytes(child.pid!) ?? 0)), 50);
    const { exitCode, stdout, stderr } = await finished;
    clearInterval(watch);
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    const side = Math.floor(10_000 / 128);
    expect(JSON.parse(stdout)).toMatchObject({ kept: side * side, bytes: side * side * 128 * 128 * 3 });
    const stored = readdirSync(join(project, 'tiles'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.rgb'))
      .reduce((sum, name) => sum + statSync(join(project, 'tiles', name)).size, 0);
    expect(stored).toBe(side * side * 128 * 128 * 3);
    expect(peak).toBeGreaterThan(50e6);
    expect(peak).toBeLessThan(1e9);
  });
});
