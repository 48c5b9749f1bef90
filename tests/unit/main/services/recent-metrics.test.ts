/** Metrics files kept parsed: what is appended is read, what is replaced is read anew, torn lines wait for their rest. */
import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RecentMetrics } from '#main/services/recent-metrics.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trefoil-metrics-'));
  path = join(folder, 'metrics.jsonl');
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

const line = (step: number): string => `${JSON.stringify({ type: 'resumed', step, epoch: 1, fellBack: false })}\n`;

describe('metrics read again and again', () => {
  it('are empty before there is a file, and come when there is', async () => {
    const metrics = new RecentMetrics();
    expect(await metrics.read(path)).toEqual([]);
    await writeFile(path, line(1));
    expect((await metrics.read(path)).map(({ step }) => step)).toEqual([1]);
  });

  it('grow by what was appended; a torn line waits for its rest', async () => {
    const metrics = new RecentMetrics();
    await writeFile(path, line(1) + line(2).slice(0, 10));
    expect((await metrics.read(path)).map(({ step }) => step)).toEqual([1]);
    await appendFile(path, line(2).slice(10) + line(3));
    expect((await metrics.read(path)).map(({ step }) => step)).toEqual([1, 2, 3]);
    expect((await metrics.read(path)).map(({ step }) => step)).toEqual([1, 2, 3]);
  });

  it('start anew when a resumed run replaced the file, longer or not', async () => {
    const metrics = new RecentMetrics();
    await writeFile(path, line(1) + line(2));
    await metrics.read(path);
    await writeFile(`${path}.new`, line(1) + line(7) + line(8));
    await rename(`${path}.new`, path);
    expect((await metrics.read(path)).map(({ step }) => step)).toEqual([1, 7, 8]);
  });

  it('are parsed once for questions that come together', async () => {
    const metrics = new RecentMetrics();
    await writeFile(path, line(1));
    const [one, other] = await Promise.all([metrics.read(path), metrics.read(path)]);
    expect(one).toHaveLength(1);
    expect(other).toBe(one);
  });

  it('of more files than are kept are still right', async () => {
    const metrics = new RecentMetrics();
    for (let file = 0; file < 12; file += 1) await writeFile(`${path}${file}`, line(file));
    for (let round = 0; round < 2; round += 1) {
      for (let file = 0; file < 12; file += 1) {
        expect((await metrics.read(`${path}${file}`)).map(({ step }) => step)).toEqual([file]);
      }
    }
  });
});
