/**
 * How fast slides are read, measured on this machine and written into docs/performance.md: `npm run measure:slides`. Tiles and
 * thumbnails as the page asks for them, over HTTP; 200 requests in flight; extraction beside OpenSlide and libvips reading the same
 * regions of the same slide. `-- --tiles 79000` for a whole slide's worth. Figures of a machine, never asserted by a test.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { TileGrid } from '../main/common/domain/tile.ts';
import { openSlide } from '../main/slides/open-slide.ts';
import { extractWithTrefoil, type Reading } from './slides-benchmark/extract.ts';
import { makeLargeSlide } from './slides-benchmark/make-large-slide.ts';
import { measureServedTiles } from './slides-benchmark/serve-tiles.ts';
import { writeSection } from './slides-benchmark/write-section.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const demo = join(root, 'resources', 'demo', 'CMU-1-Small-Region.svs');
const mppWanted = 1;
const tilePx = 128;

const { values } = parseArgs({ options: { tiles: { type: 'string', default: '4000' } } });
const wantedTiles = Number(values.tiles);
const folder = mkdtempSync(join(tmpdir(), 'trefoil-slides-'));

/** One process that reads the regions given to it; null when what it needs is not installed. */
async function readElsewhere(script: string, args: readonly string[], regions: string): Promise<Reading | null> {
  const path = join(root, 'build', 'slides-benchmark', script);
  const child = spawn('/usr/bin/python3', [path, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (part: Buffer) => (text += part.toString()));
  child.stdin.on('error', () => undefined);
  child.stdin.end(regions);
  const code = await new Promise<number | null>((done) => child.on('close', done).on('error', () => done(null)));
  return code === 0 ? (JSON.parse(text) as Reading) : null;
}

const number = (value: number, digits = 1): string => value.toFixed(digits);

try {
  const path = join(folder, 'large.svs');
  const downsample = mppWanted / 0.499;
  const side = tilePx * downsample;
  const columns = Math.ceil(Math.sqrt(wantedTiles));
  const rows = Math.ceil(wantedTiles / columns);
  const slide = await makeLargeSlide(
    demo,
    path,
    Math.max(20_000, Math.ceil(columns * side)),
    Math.max(20_000, Math.ceil(rows * side)),
  );
  const served = await measureServedTiles(folder, path, demo);

  const grid: TileGrid = { level: 0, columns, rows, downsample, sizePx: tilePx, stridePx: tilePx };
  const level = await openSlide(path).then(async (reader) => {
    await reader.close();
    return reader.info.levels[0];
  });
  if (level === undefined) throw new Error('The slide has no level.');
  const count = columns * rows;
  const regions = JSON.stringify(
    Array.from({ length: count }, (_, index) => [(index % columns) * side, Math.floor(index / columns) * side]),
  );
  const results: { readonly what: string; readonly reading: Reading }[] = [];
  const add = (what: string, reading: Reading | null): void => {
    if (reading === null) process.stderr.write(`${what}: not installed, left out\n`);
    else results.push({ what, reading });
  };
  add('Trefoil, 1 thread', await extractWithTrefoil(path, level, grid, 1));
  add(`Trefoil, ${cpus().length} threads`, await extractWithTrefoil(path, level, grid, cpus().length));
  const common = [String(side), String(tilePx)];
  add('OpenSlide, `read_region` and Pillow', await readElsewhere('read-with-openslide.py', [path, ...common], regions));
  const libvips = await readElsewhere('read-with-libvips.py', [path, 'tiffload', ...common], regions);
  add('libvips, `tiffload`', libvips);
  const perCore = ({ cpuSeconds }: Reading): number => count / cpuSeconds;
  const own = results[0]?.reading;
  if (own === undefined) throw new Error('Nothing was measured.');
  const rowsOfTable = results.map(
    ({ what, reading }) =>
      `| ${what} | ${number(count / reading.wallSeconds, 0)} | ${number(perCore(reading), 0)} | ${number(perCore(own) / perCore(reading), 2)} | ${reading.version} |`,
  );
  const text = `Written by \`npm run measure:slides\` (build/measure-slides.ts) on ${cpus()[0]?.model ?? 'an unknown processor'}, ${cpus().length} cores,
${Math.round(totalmem() / 2 ** 30)} GiB, Node.js ${process.versions.node}. Other work on the machine counts into wall times, hardly into processor times.

The slide is ${slide.width} x ${slide.height} px at ${slide.mpp} um/px with ${slide.tilePx} px JPEG tiles, made by repeating the demo slide's stored tiles; the file is
in the system's memory, so no disk is measured.

${served}

### Extraction: ${count} tiles of ${tilePx} px at ${mppWanted} um/px

Each reads the same ${count} regions of ${number(side)} px of level 0, row by row, and reduces them to ${tilePx} px. Per core: tiles by seconds of
processor time of all threads. Ratio: Trefoil's tiles per core to this one's; above 1 Trefoil is faster.

- Trefoil: the extraction of a project: exact area average at fractional positions, shards hashed and written to disk; starting its threads
  counts. Stored JPEG tiles that are wanted together are decoded in one call (main/slides/codecs/join-jpegs.ts).
- OpenSlide: its own reading (\`read_region\`) in one process and thread, one pixel more on each side, Pillow's box filter on the fractional
  region; nothing is written.
- libvips: \`extract_area\` of whole pixels, \`shrink\` (box filter), written to memory, one process, one thread; nothing is written to disk. Its
  strength, streaming a whole image, is not used by reading regions.

| what | tiles/s | tiles/s per core | ratio per core | version |
| --- | --- | --- | --- | --- |
${rowsOfTable.join('\n')}
`;
  writeSection(join(root, 'docs', 'performance.md'), 'slides', 'Slides', text);
  process.stdout.write(text);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
