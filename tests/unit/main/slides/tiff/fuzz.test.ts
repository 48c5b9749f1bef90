/**
 * 10,000 damaged TIFFs: bytes of headers, tags and links changed, files cut, tags copied over one another. Opening and
 * reading may only succeed or give a TrefoilError, within the stated bound on any buffer, and never hang.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TrefoilError } from '#common/errors.ts';
import { RandomStream } from '#common/random.ts';
import { MemoryGuard } from '#main/slides/memory-guard.ts';
import { openSlide } from '#main/slides/open-slide.ts';
import { readScaledRegion } from '#main/slides/read-scaled-region.ts';
import { writePyramidTiff, type PyramidTiffOptions } from '#tests/fixtures/tiff/write-tiff.ts';

const cases = 10_000;
const hangMs = 2000;
/** A tiny file may make the reader ask for one tile at the bound (64 MiB of pixels), not more. */
const largestBufferBytes = 64 * 1024 * 1024;

let folder = '';
const seeds: Buffer[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trefoil-fuzz-'));
  const base = { width: 40, height: 36, tilePx: 16, levels: 2, mpp: 0.5 } as const;
  const pixel: PyramidTiffOptions['pixel'] = (x, y) => [(x * 5) & 255, (y * 7) & 255, 128];
  const variants: readonly Partial<PyramidTiffOptions>[] = [
    { compression: 'none', description: 'Aperio test|AppMag = 20|MPP = 0.5' },
    { compression: 'lzw', predictor: true },
    { compression: 'deflate', bigTiff: true },
    { compression: 'jpeg' },
    { compression: 'none', stripped: true, samples: 4, bigEndian: true },
    { compression: 'deflate', planar: true },
  ];
  for (const [index, variant] of variants.entries()) {
    const path = join(folder, `seed-${index}.tif`);
    await writePyramidTiff(path, { ...base, pixel, compression: 'none', ...variant });
    seeds.push(await readFile(path));
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Positions of the directory entries, so that most changes hit structure and not pixels. */
function directories(seed: Buffer): { entries: number[]; links: number[] } {
  const little = seed[0] === 0x49;
  const big = (little ? seed.readUInt16LE(2) : seed.readUInt16BE(2)) === 43;
  const word = (at: number): number =>
    big ? Number(seed.readBigUInt64LE(at)) : little ? seed.readUInt32LE(at) : seed.readUInt32BE(at);
  const entries: number[] = [];
  const links = [big ? 8 : 4];
  for (let at = word(links[0]!); at !== 0; at = word(links.at(-1)!)) {
    const count = big ? word(at) : little ? seed.readUInt16LE(at) : seed.readUInt16BE(at);
    const start = at + (big ? 8 : 2);
    for (let entry = 0; entry < count; entry++) entries.push(start + entry * (big ? 20 : 12));
    links.push(start + count * (big ? 20 : 12));
  }
  return { entries, links };
}

const interesting = [0, 1, 2, 7, 8, 0xff, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff];

function mutate(
  seed: Buffer,
  structure: { entries: number[]; links: number[] },
  pick: (below: number) => number,
): Buffer {
  const bytes = Buffer.from(seed);
  const entryBytes = seed.readUInt16LE(2) === 43 ? 20 : 12;
  const entry = (): number => structure.entries[pick(structure.entries.length)]!;
  for (let change = pick(3); change >= 0; change--) {
    switch (pick(7)) {
      case 0:
        bytes[pick(bytes.length)] = pick(256);
        break;
      case 1:
        bytes[entry() + pick(entryBytes)] = pick(256);
        break;
      case 2:
        bytes.writeUInt32LE(interesting[pick(interesting.length)]!, entry() + 4 * (1 + pick(entryBytes / 4 - 1)));
        break;
      case 3:
        bytes.writeUInt32BE(interesting[pick(interesting.length)]!, entry() + 4 * (1 + pick(entryBytes / 4 - 1)));
        break;
      case 4:
        bytes.copy(bytes, entry(), entry(), entry() + entryBytes);
        break;
      case 5: {
        const from = structure.links[pick(structure.links.length)]!;
        bytes.copy(bytes, structure.links[pick(structure.links.length)]!, from, from + 4);
        break;
      }
      default:
        return bytes.subarray(0, 1 + pick(bytes.length));
    }
  }
  return bytes;
}

it(`${cases} damaged files give pixels or a typed error, in bounded memory and time`, async () => {
  const structures = seeds.map(directories);
  const random = RandomStream.of('tiff-fuzz');
  const pick = (below: number): number => random.nextInteger(below);
  const path = join(folder, 'damaged.tif');
  const outcomes = new Map<string, number>();
  for (let index = 0; index < cases; index++) {
    const seed = index % seeds.length;
    await writeFile(path, mutate(seeds[seed]!, structures[seed]!, pick));
    const memory = new MemoryGuard();
    const started = performance.now();
    let outcome = 'read';
    try {
      await using reader = await openSlide(path, { memory });
      const { width, height } = reader.info;
      await reader.readRegion({
        level: 0,
        x: -2,
        y: -2,
        width: Math.min(width + 4, 256),
        height: Math.min(height + 4, 256),
      });
      if (width * height < 1e6) await readScaledRegion(reader, { x: 0, y: 0, width, height }, 9, 9);
      for (const image of reader.info.associatedImages) await reader.readAssociatedImage(image.name);
    } catch (error) {
      if (!(error instanceof TrefoilError) || error.code === 'internal') {
        throw new Error(`case ${index} of seed ${seed} failed untyped`, { cause: error });
      }
      outcome = error.code;
    }
    expect(performance.now() - started, `case ${index} hung`).toBeLessThan(hangMs);
    expect(memory.largestBytes, `case ${index}`).toBeLessThanOrEqual(largestBufferBytes);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  // The mutations must reach past the header: many sound, many damaged in different ways.
  for (const expected of ['read', 'file-invalid', 'file-truncated', 'file-unsupported']) {
    expect(outcomes.get(expected) ?? 0, expected).toBeGreaterThan(50);
  }
});
