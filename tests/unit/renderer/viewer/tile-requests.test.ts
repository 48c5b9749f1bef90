// @vitest-environment happy-dom
import OpenSeadragon from 'openseadragon';
import { afterEach, expect, test, vi } from 'vitest';
import { fetchTiles, tileRect } from '../../../../renderer/viewer/tile-requests.ts';

afterEach(() => vi.unstubAllGlobals());

/** As OpenSeadragon's ImageJob uses a source. */
function job(source: OpenSeadragon.TileSource, level: number, x: number, y: number) {
  const heard: string[] = [];
  const made = {
    src: `/${level}/${x}_${y}.jpeg`,
    tile: { level, x, y },
    userData: {},
    finish: () => void heard.push('finished'),
    fail: (message: string) => void heard.push(message),
    abort: () => {
      (source as unknown as { downloadTileAbort(job: unknown): void }).downloadTileAbort(made);
      heard.push('aborted');
    },
  };
  (source as unknown as { downloadTileStart(job: unknown): void }).downloadTileStart(made);
  return heard;
}

test('requests for tiles that left the view are ended, the others go on', async () => {
  const signals: AbortSignal[] = [];
  vi.stubGlobal('fetch', (_url: string, { signal }: { signal: AbortSignal }) => {
    signals.push(signal);
    return new Promise(() => undefined);
  });
  const source = new OpenSeadragon.TileSource({ width: 4096, height: 4096, tileSize: 256, maxLevel: 12 });
  const requests = fetchTiles(source, 12, 256);
  const near = job(source, 12, 0, 0);
  const far = job(source, 12, 8, 8);
  const coarse = job(source, 8, 0, 0);
  requests.leave({ x: 100, y: 100, width: 500, height: 500 });
  expect([near, far, coarse]).toEqual([[], ['aborted'], []]);
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, true, false]);
  expect(requests.runningCount).toBe(2);
});

test('a refused tile is a failure, a received one is handed on', async () => {
  vi.stubGlobal('fetch', (url: string) =>
    Promise.resolve(new Response('x', { status: url.includes('0_0') ? 200 : 404 })),
  );
  const source = new OpenSeadragon.TileSource({ width: 512, height: 512, tileSize: 256, maxLevel: 9 });
  const requests = fetchTiles(source, 9, 256);
  const good = job(source, 9, 0, 0);
  const bad = job(source, 9, 1, 0);
  await vi.waitFor(() => expect(requests.runningCount).toBe(0));
  expect([good, bad]).toEqual([['finished'], ['status 404']]);
});

test('a tile of a coarser level covers twice the side', () => {
  expect(tileRect({ level: 11, x: 1, y: 2 }, 12, 256)).toEqual({ x: 512, y: 1024, width: 512, height: 512 });
});
