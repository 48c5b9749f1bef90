/** Tiles and thumbnails over HTTP as the page asks for them, from a core in this process; the answer is Markdown. */
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { maximumLevel } from '../../main/common/slide-pyramid.ts';
import { nodeListener } from '../../main/server/node-http.ts';
import { createRoutes } from '../../main/server/routes.ts';
import { createCore } from '../../main/services/core.ts';

const tilesMeasured = 300;
const inFlight = 200;
const rounds = 10;

export async function measureServedTiles(folder: string, large: string, small: string): Promise<string> {
  const directory = join(folder, 'project');
  mkdirSync(directory);
  const core = createCore();
  const { project } = await core.projects.create({ directory });
  const { added } = await core.slides.add({ project, slides: [{ file: large }, { file: small }] });
  const [slide, demo] = added;
  if (slide === undefined || demo === undefined) throw new Error('The slides could not be added.');
  const fail = (error: unknown): void => {
    throw error;
  };
  const routes = createRoutes({ core, logDefect: (_id, error) => fail(error) });
  const server = createServer(nodeListener(async (request) => (await routes(request)) ?? new Response(null), fail));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const get = async (path: string): Promise<number> => {
    const start = performance.now();
    const response = await fetch(`http://127.0.0.1:${port}/slides/${project}/${path}`);
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return performance.now() - start;
  };
  const top = maximumLevel(slide);
  const path = (halvings: number, index: number, tilePx: number): string => {
    const columns = Math.floor(slide.width / 2 ** halvings / tilePx);
    const rows = Math.floor(slide.height / 2 ** halvings / tilePx);
    // A step through the slide that visits each tile once before it comes back.
    const at = (index * 101) % (columns * rows);
    return `${slide.slide}/${top - halvings}/${at % columns}_${Math.floor(at / columns)}.jpeg?tile=${tilePx}`;
  };
  const lines: string[] = [];
  const measure = async (what: string, tilePx: number, halvings: number): Promise<void> => {
    const cold: number[] = [];
    const warm: number[] = [];
    for (let index = 0; index < tilesMeasured; index += 1) {
      cold.push(await get(path(halvings, index, tilePx)));
      warm.push(await get(path(halvings, index, tilePx)));
    }
    lines.push(row(`${what}, first time`, cold), row(`${what}, again`, warm));
  };
  try {
    const thumbnails: number[] = [await get(`${demo.slide}/thumbnail.jpeg?width=512`)];
    const largeThumbnail = await get(`${slide.slide}/thumbnail.jpeg?width=512`);
    for (let index = 0; index < 30; index += 1) await get(path(0, index + 5000, slide.tilePx));
    await measure(`Stored tile passed through (${slide.tilePx} px)`, slide.tilePx, 0);
    await measure('Tile cut across stored tiles, decoded and encoded (256 px)', 256, 0);
    await measure(`Tile between two stored levels, reduced (${slide.tilePx} px)`, slide.tilePx, 1);
    const before = process.memoryUsage.rss();
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const asked = Array.from({ length: inFlight }, (_, index) =>
        get(path(1, round * inFlight + index, slide.tilePx)),
      );
      times.push(...(await Promise.all(asked)));
    }
    const grown = (process.memoryUsage.rss() - before) / 2 ** 20;
    lines.push(row(`${inFlight} requests in flight, ${rounds} times, reduced tiles: from asking to answer`, times));
    const { tileCache } = core.slideReading;
    const held = `${(tileCache.highestByteLength / 2 ** 20).toFixed(0)} of ${(tileCache.maximumBytes / 2 ** 20).toFixed(0)} MiB`;
    return `### Tiles as the page asks for them

Over HTTP on this machine, from asking to the last byte, client and core in one process. First time: nothing of the tile is in the
core's cache.

| in milliseconds | count | p50 | p95 | p99 |
| --- | --- | --- | --- | --- |
${lines.join('\n')}

First thumbnail (512 px) after adding: ${(thumbnails[0] ?? 0).toFixed(0)} ms for the demo slide without a pyramid, ${largeThumbnail.toFixed(0)} ms for the
large one. Over ${inFlight * rounds} requests, ${inFlight} in flight, the process grew by ${grown.toFixed(0)} MiB, its cache of decoded tiles included; that one
held at most ${held}, its bound over all slides.`;
  } finally {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    await core.close();
  }
}

function row(what: string, values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN).toFixed(1);
  return `| ${what} | ${sorted.length} | ${[0.5, 0.95, 0.99].map(at).join(' | ')} |`;
}
