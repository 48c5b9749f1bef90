/** Slide tiles through the byte routes as the page asks for them: what is sent undecoded, what is cancelled, what is kept. */
import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenHeader } from '#common/contract/shell-link.ts';
import { maximumLevel } from '#common/slide-pyramid.ts';
import { openBytesSocket } from '#main/server/bytes-socket.ts';
import { createRoutes } from '#main/server/routes.ts';
import { createCore } from '#main/services/core.ts';
import { openSlide } from '#main/slides/open-slide.ts';
import { writePyramidTiff } from '#tests/fixtures/tiff/write-tiff.ts';

const svs = fileURLToPath(new URL('../../resources/demo/CMU-1-Small-Region.svs', import.meta.url));
const cacheBytes = 4 * 1024 * 1024;
const core = createCore({ slideReading: { tileCacheBytes: cacheBytes, decodeThreads: 1 } });
const routes = createRoutes({ core, logDefect: (_id, error) => expect.unreachable(String(error)) });
let folder = '';
let project = '';
let scan = { slide: '', width: 0, height: 0, tilePx: 0 };
let lzw = { slide: '', width: 0, height: 0, tilePx: 0 };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trefoil-served-'));
  const coded = join(folder, 'lzw.tif');
  const pixel = (x: number, y: number): [number, number, number] => [x & 255, y & 255, (x ^ y) & 255];
  await writePyramidTiff(coded, { width: 1536, height: 1024, tilePx: 128, compression: 'lzw', pixel });
  await mkdir(join(folder, 'project'));
  ({ project } = await core.projects.create({ directory: join(folder, 'project') }));
  const { added } = await core.slides.add({ project, slides: [{ file: svs }, { file: coded }], mpp: 0.5 });
  scan = added[0]!;
  lzw = added[1]!;
});
afterAll(async () => {
  await core.close();
  await rm(folder, { recursive: true, force: true });
});

async function ask(path: string, signal?: AbortSignal): Promise<{ status: number; bytes: Uint8Array }> {
  const response = await routes(new Request(`http://trefoil/slides/${project}/${path}`, signal ? { signal } : {}));
  if (response === null) throw new Error(`no route for ${path}`);
  return { status: response.status, bytes: new Uint8Array(await response.arrayBuffer()) };
}
const tilePath = (of: typeof scan, column: number, row: number, tilePx = of.tilePx): string =>
  `${of.slide}/${maximumLevel(of)}/${column}_${row}.jpeg?tile=${tilePx}`;

describe('a tile that the file stores as it is asked for', () => {
  it('is sent undecoded, and a decoder sees in it exactly the slide’s pixels', async () => {
    expect(scan.tilePx).toBe(240);
    const before = core.slideImages.storedTileCount;
    await using reader = await openSlide(svs);
    for (const [column, row] of [
      [0, 0],
      [3, 4],
      [8, 11],
    ] as const) {
      const { bytes } = await ask(tilePath(scan, column, row));
      const { data } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
      const region = { level: 0, x: column * 240, y: row * 240, width: 240, height: 240 };
      expect(Buffer.compare(data, (await reader.readRegion(region)).data)).toBe(0);
    }
    expect(core.slideImages.storedTileCount - before).toBe(3);
  });

  it.each([
    ['at the edge, where the stored one is padded', (): string => tilePath(scan, 9, 0), [60, 240]],
    ['of another size', (): string => tilePath(scan, 3, 4, 256), [256, 256]],
    ['of another compression', (): string => tilePath(lzw, 3, 4), [128, 128]],
  ])('is decoded and encoded when it is one %s', async (_what, path, [width, height]) => {
    const before = core.slideImages.storedTileCount;
    const { bytes } = await ask(path());
    expect(await sharp(bytes).metadata()).toMatchObject({ width, height });
    expect(core.slideImages.storedTileCount).toBe(before);
  });

  it.each(['tile=64', 'tile=513', 'tile=1.5', 'tile=x'])('is refused with %s', async (query) => {
    expect((await ask(`${scan.slide}/${maximumLevel(scan)}/0_0.jpeg?${query}`)).status).toBe(400);
  });
});

describe('200 requests in flight', () => {
  const paths = (): string[] =>
    Array.from({ length: 200 }, (_, index) =>
      index % 2 === 0
        ? tilePath(scan, index % 9, Math.floor(index / 17), 256)
        : tilePath(lzw, index % 12, Math.floor(index / 25)),
    );

  it('start no decoding once they are cancelled', async () => {
    const started = core.slideReading.pool.startedCount;
    const cancel = new AbortController();
    cancel.abort();
    const answers = await Promise.all(paths().map((path) => ask(path, cancel.signal)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    expect(core.slideReading.pool.startedCount).toBe(started);
  });

  it('cancelled while they wait leave no more than what was in work', async () => {
    const started = core.slideReading.pool.startedCount;
    const cancel = new AbortController();
    const asked = paths().map((path) => ask(path, cancel.signal));
    await new Promise((done) => setImmediate(done));
    cancel.abort();
    const answers = await Promise.all(asked);
    expect(answers.filter(({ status }) => status === 503).length).toBeGreaterThan(150);
    // Six pictures at once, each of at most four stored tiles of this slide.
    expect(core.slideReading.pool.startedCount - started).toBeLessThanOrEqual(24);
    expect(core.slideReading.pool.waitingCount).toBe(0);
  });

  it('whose page is gone (the desktop app’s socket closed) are not decoded either', async () => {
    const socket = await openBytesSocket(routes, (error) => expect.unreachable(String(error)));
    const started = core.slideReading.pool.startedCount;
    const headers = { [tokenHeader]: socket.token };
    const asked = paths().map((path) => {
      const sent = request({ socketPath: socket.path, path: `/slides/${project}/${path}`, headers, agent: false });
      sent.on('error', () => undefined);
      sent.end();
      return sent;
    });
    while (core.slideReading.pool.startedCount === started) await new Promise((done) => setImmediate(done));
    for (const sent of asked) sent.destroy();
    await socket.close();
    // Whatever is asked next comes at once, and nothing of the 200 is left waiting.
    expect((await ask(tilePath(lzw, 0, 0))).status).toBe(200);
    expect(core.slideReading.pool.waitingCount).toBe(0);
    // All of them would be 96 and more.
    expect(core.slideReading.pool.startedCount - started).toBeLessThanOrEqual(60);
  });

  it('again and again, half of them cancelled, keep the cache within its bound and the memory level', async () => {
    const round = async (): Promise<void> => {
      const cancel = new AbortController();
      const asked = paths().map((path, index) => ask(path, index % 4 < 2 ? cancel.signal : undefined));
      await new Promise((done) => setTimeout(done, 5));
      cancel.abort();
      const answers = await Promise.all(asked);
      expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(100);
    };
    for (let warm = 0; warm < 3; warm += 1) await round();
    const before = process.memoryUsage.rss();
    for (let again = 0; again < 8; again += 1) await round();
    const { tileCache } = core.slideReading;
    expect(tileCache.highestByteLength).toBeLessThanOrEqual(cacheBytes);
    expect(tileCache.byteLength).toBeGreaterThan(0);
    // 1600 tiles of 192 KiB went through: 300 MiB if they stayed.
    expect(process.memoryUsage.rss() - before).toBeLessThan(150 * 1024 * 1024);
  });
});
