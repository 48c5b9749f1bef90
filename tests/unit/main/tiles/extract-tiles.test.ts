import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TrefoilError } from '#common/errors.ts';
import type { StageProgress } from '#common/stage.ts';
import { RandomStream } from '#common/random.ts';
import { extractTiles } from '#main/tiles/extract-tiles.ts';
import type { ExtractionResult } from '#main/tiles/extract-tiles.ts';
import { planExtraction, shardCount } from '#main/tiles/extraction-plan.ts';
import { asDiskFull } from '#main/files/atomic-file.ts';
import { buildTileSet } from '#main/tiles/tile-set.ts';
import { openTileStore } from '#main/tiles/tile-store.ts';
import { generatedGrid, generatedPlan, generatedSource, generatedTiles } from './generated/generated-plan.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'trefoil tiles ä '));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function contents(path: string): Promise<Record<string, string>> {
  const names = (await readdir(path)).toSorted();
  const hash = async (name: string): Promise<[string, string]> => [
    name,
    createHash('sha256')
      .update(await readFile(join(path, name)))
      .digest('hex'),
  ];
  return Object.fromEntries(await Promise.all(names.map(hash)));
}

const extract = (workers = 0, plan = generatedPlan()): Promise<ExtractionResult> =>
  extractTiles({ plan, source: generatedSource(), directory, workers });

describe('extraction', () => {
  it('writes every candidate that is in focus, in shards of 1024 candidates, and nothing else', async () => {
    const plan = generatedPlan();
    const progress: StageProgress[] = [];
    const result = await extractTiles(
      { plan, source: generatedSource(), directory, workers: 0 },
      { onProgress: (step) => progress.push(step) },
    );
    expect(shardCount(plan)).toBe(5);
    expect(result).toMatchObject({ written: 5, reused: 0 });
    expect(result.keptTiles + result.blurredTiles).toBe(plan.candidates.length);
    expect(result.blurredTiles).toBe(plan.candidates.filter(([column]) => column % 7 === 0).length);
    expect(progress.at(-1)).toMatchObject({ done: plan.candidates.length, total: plan.candidates.length });
    expect(Object.keys(await contents(directory))).toHaveLength(10);
    expect((await stat(join(directory, 'slide-1-00000.rgb'))).size).toBe(result.shards[0]!.records * 16 * 16 * 3);
  });

  it('gives the same bytes whatever the number of workers', async () => {
    await extract(0);
    const alone = await contents(directory);
    await rm(directory, { recursive: true });
    expect(await extract(3)).toMatchObject({ written: 5 });
    expect(await contents(directory)).toEqual(alone);
  });

  it('touches nothing when all is there, and rewrites only what is damaged or missing', async () => {
    await extract();
    const whole = await contents(directory);
    const path = (name: string): string => join(directory, name);
    for (const name of Object.keys(whole)) await utimes(path(name), 1, 1);
    expect(await extract()).toMatchObject({ written: 0, reused: 5 });
    for (const name of Object.keys(whole)) expect((await stat(path(name))).mtimeMs).toBe(1000);

    const flipped = await readFile(path('slide-1-00001.rgb'));
    flipped[777]! ^= 1;
    await writeFile(path('slide-1-00001.rgb'), flipped);
    await truncate(path('slide-1-00002.rgb'), 100);
    await truncate(path('slide-1-00003.json'), 100);
    await writeFile(path('slide-1-00004.rgb.partial'), 'half');
    expect(await extract()).toMatchObject({ written: 3, reused: 2 });
    expect(await contents(directory)).toEqual(whole);
  });

  it('writes all anew for another slide file or another focus limit, and removes shards no longer planned', async () => {
    await extract();
    expect(await extract(0, generatedPlan('other file'))).toMatchObject({ written: 5, reused: 0 });
    expect(await extract(0, generatedPlan('other file', 0))).toMatchObject({ written: 5, blurredTiles: 0 });
    await writeFile(join(directory, 'slide-10-00004.rgb'), 'another slide');
    expect(await extract(0, generatedPlan('f', 4, generatedTiles(20, 20)))).toMatchObject({ written: 1 });
    expect(Object.keys(await contents(directory))).toEqual([
      'slide-1-00000.json',
      'slide-1-00000.rgb',
      'slide-10-00004.rgb',
    ]);
    expect(await extract(2, generatedPlan('f', 4, []))).toEqual({
      shards: [],
      written: 0,
      reused: 0,
      keptTiles: 0,
      blurredTiles: 0,
    });
  });

  it.each([0, 2])('keeps finished shards when a tile cannot be read, with %i workers', async (workers) => {
    const failing = generatedSource({ flatEvery: 224, failAt: { x: 78 * 32, y: 59 * 32 } });
    const plan = generatedPlan();
    await expect(extractTiles({ plan, source: failing, directory, workers })).rejects.toThrow('planted failure');
    const names = Object.keys(await contents(directory));
    // Which ones, hangs on the order in which the threads get going.
    expect(names.filter((name) => name.endsWith('.json')).length).toBeGreaterThan(0);
    const result = await extractTiles({ plan, source: generatedSource(), directory, workers });
    expect(result.reused).toBeGreaterThan(0);
    expect(result.keptTiles + result.blurredTiles).toBe(plan.candidates.length);
  });

  it.each([0, 2])('stops when cancelled and goes on where it stopped, with %i workers', async (workers) => {
    const abort = new AbortController();
    const plan = generatedPlan();
    await expect(
      extractTiles(
        { plan, source: generatedSource(), directory, workers },
        { signal: abort.signal, onProgress: () => abort.abort() },
      ),
    ).rejects.toMatchObject({ code: 'cancelled' });
    const result = await extract(workers);
    expect(result.reused).toBeGreaterThan(0);
    expect(result.written + result.reused).toBe(5);
  });

  it('gives byte-identical shards after being killed at random points', async () => {
    await extract();
    const expected = await contents(directory);
    await rm(directory, { recursive: true });
    const script = fileURLToPath(new URL('./generated/extract-generated.ts', import.meta.url));
    const random = RandomStream.of('kill', 1);
    let killed = 0;
    for (let attempt = 0; attempt < 8; attempt += 1) {
      // Killed as soon as so many files are there, half-written ones included.
      const enough = 1 + random.nextInteger(9);
      const child = spawn(process.execPath, [script, directory, String(attempt % 3)], { stdio: 'ignore' });
      const watch = setInterval(() => {
        void readdir(directory).then(
          (names) => names.length >= enough && child.kill('SIGKILL'),
          () => false,
        );
      }, 1);
      const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
        child.on('exit', (...end) => resolve(end)),
      );
      clearInterval(watch);
      if (signal === 'SIGKILL') killed += 1;
      else expect(code).toBe(0);
      // Gives the next attempt work again where this one had got far.
      await rm(join(directory, `slide-1-0000${random.nextInteger(5)}.json`), { force: true });
    }
    await extract(2);
    expect(killed).toBeGreaterThan(0);
    expect(await contents(directory)).toEqual(expected);
  });

  it('says that the disk is full, and keeps other errors as they are', () => {
    const full = Object.assign(new Error('write'), { code: 'ENOSPC' });
    expect(asDiskFull('/x/a.rgb', full)).toMatchObject({
      code: 'disk-full',
      message: expect.stringContaining('/x/a.rgb'),
    });
    const other = new Error('other');
    expect(asDiskFull('/x', other)).toBe(other);
  });

  it('refuses a slide id that would leave the directory', () => {
    expect(() => planExtraction('../x', 'f', generatedGrid, [], { minimum: 0, binning: 1 })).toThrow(
      expect.objectContaining({ code: 'invalid-input' }),
    );
  });
});

describe('tile store', () => {
  it('reads tiles by index across shards in the order asked for', async () => {
    const { shards } = await extract();
    const manifest = buildTileSet(directory, [shards]);
    const store = openTileStore(manifest);
    const bytes = 16 * 16 * 3;
    const wanted = [manifest.count - 1, 0, 1500, 0, 900, 901];
    const all = Buffer.concat(await Promise.all(manifest.shards.map(({ path }) => readFile(path))));
    expect(all.length).toBe(manifest.count * bytes);
    const [pixels, again] = await Promise.all([store.read(wanted), store.read(wanted)]);
    wanted.forEach((index, slot) => {
      const record = all.subarray(index * bytes, (index + 1) * bytes);
      expect(Buffer.compare(pixels.subarray(slot * bytes, (slot + 1) * bytes), record)).toBe(0);
    });
    expect(again).toEqual(pixels);
    expect(await store.read([])).toHaveLength(0);
    await expect(store.verify()).resolves.toBeUndefined();
    await store.close();
  });

  it('keeps few files open however many slides there are', async () => {
    const { shards } = await extract();
    const manifest = buildTileSet(
      directory,
      Array.from({ length: 40 }, () => shards),
    );
    const store = openTileStore(manifest);
    const before = (await readdir('/proc/self/fd').catch(() => [])).length;
    const wanted = manifest.shards.map(({ firstIndex }) => firstIndex);
    const pixels = await store.read(wanted);
    expect((await readdir('/proc/self/fd').catch(() => [])).length - before).toBeLessThanOrEqual(64);
    expect(await store.read(wanted)).toEqual(pixels);
    await store.close();
    expect((await readdir('/proc/self/fd').catch(() => [])).length).toBeLessThanOrEqual(before);
  });

  it('reports damage and missing files as shard-corrupt, and stays usable', async () => {
    const { shards } = await extract();
    const manifest = buildTileSet(directory, [shards]);
    const store = openTileStore(manifest);
    const corrupt = { code: 'shard-corrupt' };
    await truncate(join(directory, 'slide-1-00001.rgb'), 500);
    await expect(store.read([manifest.shards[1]!.firstIndex + 4])).rejects.toMatchObject(corrupt);
    await rm(join(directory, 'slide-1-00002.rgb'));
    await expect(store.read([manifest.shards[2]!.firstIndex])).rejects.toMatchObject(corrupt);
    await expect(store.verify()).rejects.toMatchObject({ ...corrupt, message: expect.stringContaining('00001.rgb') });
    await expect(store.read([0])).resolves.toHaveLength(16 * 16 * 3);
    await store.close();
  });

  it.each([-1, 1.5, NaN, 1e9])('refuses the index %d', async (index) => {
    const manifest = buildTileSet(directory, [(await extract()).shards]);
    const store = openTileStore(manifest);
    await expect(store.read([index])).rejects.toBeInstanceOf(TrefoilError);
    await store.close();
  });
});
