/** The OpenSlide library behind the SlideReader port, against Trefoil's own readers. Skipped, with the reason, without it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { TrefoilError } from '#common/errors.ts';
import { openSlideVersion } from '#main/slides/openslide/openslide-version.ts';
import { openSlideHint, openSlideLibraries } from '#main/slides/openslide/library-places.ts';
import { OpenSlideReader } from '#main/slides/openslide/openslide-slide-reader.ts';
import { openSlide } from '#main/slides/open-slide.ts';
import { SlideFile } from '#main/slides/slide-file.ts';
import type { SlideReader } from '#main/slides/slide-reader.ts';

const aperio = fileURLToPath(new URL('../../resources/demo/CMU-1-Small-Region.svs', import.meta.url));
const version = await openSlideVersion();
const folder = mkdtempSync(join(tmpdir(), 'trefoil-openslide-library-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function pyramid(): Promise<string> {
  const path = join(folder, 'Pyramide größer 幻.tif');
  // Sides that halve exactly: between whole pixels of a level OpenSlide interpolates.
  await sharp(aperio, { page: 0 })
    .extract({ left: 0, top: 0, width: 2048, height: 2048 })
    .tiff({ tile: true, pyramid: true, tileWidth: 256, tileHeight: 256, compression: 'jpeg', quality: 90 })
    .toFile(path);
  return path;
}

async function expectSame(one: SlideReader, other: SlideReader): Promise<void> {
  expect(one.info.levels.map(({ width, height }) => [width, height])).toEqual(
    other.info.levels.map(({ width, height }) => [width, height]),
  );
  for (const [level, size] of one.info.levels.entries()) {
    for (const [x, y] of [
      [0, 0],
      [Math.floor(size.width / 3), Math.floor(size.height / 2)],
      [size.width - 100, size.height - 90],
    ] as const) {
      const region = { level, x, y, width: 150, height: 130 };
      const [a, b] = [await one.readRegion(region), await other.readRegion(region)];
      const largest = a.data.reduce((most, value, at) => Math.max(most, Math.abs(value - b.data[at]!)), 0);
      expect([level, x, y, largest <= 2]).toEqual([level, x, y, true]);
      expect(new Set(a.data).size).toBeGreaterThan(2);
    }
  }
}

describe.skipIf(version === null)(
  `the OpenSlide library${version === null ? ' (skipped: it is not installed)' : ''}`,
  () => {
    it.each([['SVS', async () => aperio] as const, ['a generated pyramid', pyramid] as const])(
      'gives the pixels of our own reader: %s',
      async (_name, path) => {
        const file = await path();
        await using own = await openSlide(file, { library: 'never' });
        await using library = await openSlide(file, { library: 'always' });
        expect(own.info.vendor).not.toMatch(/openslide/);
        expect(library.info.vendor).toMatch(/^openslide-/);
        await expectSame(own, library);
      },
    );

    it('says pixel size, objective and associated images as our own reader does', async () => {
      await using own = await openSlide(aperio, { library: 'never' });
      await using library = await openSlide(aperio, { library: 'always' });
      expect(library.info.mpp).toMatchObject({ source: 'file', x: 0.499, y: 0.499 });
      expect(library.info.objectivePower).toBe(own.info.objectivePower);
      const byName = (reader: SlideReader) =>
        [...reader.info.associatedImages].sort((a, b) => (a.name < b.name ? -1 : 1));
      expect(byName(library)).toEqual(byName(own));
      const [a, b] = [await own.readAssociatedImage('macro'), await library.readAssociatedImage('macro')];
      expect(a.data.reduce((most, value, at) => Math.max(most, Math.abs(value - b.data[at]!)), 0)).toBeLessThanOrEqual(
        2,
      );
    });

    it('is left alone by slides that our own readers know', async () => {
      await using reader = await openSlide(aperio);
      expect(reader.info.vendor).toBe('aperio');
    });

    it('answers 20 regions asked for at once, each with its own pixels', async () => {
      await using library = await openSlide(aperio, { library: 'always' });
      const regions = Array.from({ length: 20 }, (_, index) => ({
        level: 0,
        x: index * 90,
        y: 500,
        width: 64,
        height: 64,
      }));
      const together = await Promise.all(regions.map((region) => library.readRegion(region)));
      for (const [index, region] of regions.entries()) {
        expect(Buffer.compare(together[index]!.data, (await library.readRegion(region)).data)).toBe(0);
      }
    });

    it.skipIf(process.platform !== 'linux')('a crash of its process is over with the next region', async () => {
      await using library = await openSlide(aperio, { library: 'always' });
      const region = { level: 0, x: 300, y: 500, width: 64, height: 64 };
      const before = await library.readRegion(region);
      const children = execFileSync('pgrep', ['-P', String(process.pid), '-f', 'openslide-process'], {
        encoding: 'utf8',
      });
      const ended = children.trim().split('\n').map(Number);
      expect(ended.length).toBeGreaterThan(0);
      for (const id of ended) process.kill(id, 'SIGSEGV');
      const isAlive = (id: number): boolean => {
        try {
          // A process that ended stays listed until its parent has heard of it.
          return !readFileSync(`/proc/${id}/stat`, 'utf8').includes(') Z ');
        } catch {
          return false;
        }
      };
      await vi.waitFor(() => expect(ended.filter(isAlive)).toEqual([]), { timeout: 20_000 });
      // Word of its end may come after the next question: then that one fails typed, and the one after it is answered.
      const next = await library.readRegion(region).catch((error: unknown) => error as TrefoilError);
      if (next instanceof Error) expect(next.code).toBe('file-invalid');
      expect(Buffer.compare((await library.readRegion(region)).data, before.data)).toBe(0);
    });

    it('refuses a file it does not know with a typed error that names it', async () => {
      const path = join(folder, 'nothing.mrxs');
      writeFileSync(path, 'not a slide');
      await expect(openSlide(path)).rejects.toMatchObject({ code: 'file-unsupported', message: /nothing\.mrxs/ });
    });
  },
);

describe('without the OpenSlide library', () => {
  it('a slide that needs it is refused, with how to get it', async () => {
    const path = join(folder, 'needs-it.mrxs');
    writeFileSync(path, 'not a slide');
    const opening = OpenSlideReader.open(await SlideFile.open(path), [join(folder, 'libopenslide.so.0')]);
    const error = (await opening.catch((thrown: unknown) => thrown)) as TrefoilError;
    expect(error).toBeInstanceOf(TrefoilError);
    expect([error.code, error.message.includes('OpenSlide library'), error.hint]).toEqual([
      'file-unsupported',
      true,
      openSlideHint(process.platform),
    ]);
  });

  it('another library in its place is not taken for it', async () => {
    const opening = OpenSlideReader.open(await SlideFile.open(aperio), ['libc.so.6']);
    await expect(opening).rejects.toMatchObject({ code: 'file-unsupported' });
  });
});

describe('the places it is looked for', () => {
  it('are the named one alone when a person names one', () => {
    expect(
      openSlideLibraries({ TREFOIL_OPENSLIDE: '/opt/x' }, 'linux').every((path) => path.startsWith('/opt/x')),
    ).toBe(true);
  });

  it.each([
    ['linux', 'libopenslide.so.1'],
    ['darwin', '/opt/homebrew/lib/libopenslide.1.dylib'],
    ['win32', 'libopenslide-1.dll'],
  ] as const)('include the system on %s', (platform, expected) => {
    expect(openSlideLibraries({}, platform)).toContain(expected);
  });
});
