/** Files that are no files, that change, vanish, fail or hang while they are read: on real ones where the system lets us. */
import { execFileSync } from 'node:child_process';
import { constants } from 'node:fs';
import {
  appendFile,
  mkdir,
  mkdtemp,
  open,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryGuard } from '#main/slides/memory-guard.ts';
import { openSlide } from '#main/slides/open-slide.ts';
import { readScaledRegion } from '#main/slides/read-scaled-region.ts';
import { SlideDrives } from '#main/slides/slide-drives.ts';
import { SlideFile, type SlideFileHandle, type SlideFileSystem } from '#main/slides/slide-file.ts';
import { slideFingerprint } from '#main/slides/slide-fingerprint.ts';
import { writePyramidTiff, type PyramidTiffOptions } from '#tests/fixtures/tiff/write-tiff.ts';

let folder = '';
const at = (name: string): string => join(folder, name);
const options: PyramidTiffOptions = { width: 64, height: 64, tilePx: 16, compression: 'none', pixel: () => [9, 9, 9] };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trefoil-file-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('what is no regular file', () => {
  const isPosix = process.platform !== 'win32';

  it.skipIf(!isPosix)('a pipe nobody writes to is refused and not waited for', async () => {
    execFileSync('mkfifo', [at('pipe.svs')]);
    await symlink(at('pipe.svs'), at('link to a pipe.svs'));
    for (const name of ['pipe.svs', 'link to a pipe.svs']) {
      await expect(openSlide(at(name))).rejects.toMatchObject({ code: 'file-unreadable' });
    }
  });

  it.skipIf(!isPosix)('a pipe put in place after the look at it is refused too', async () => {
    await writeFile(at('soon a pipe.svs'), 'x');
    const files: SlideFileSystem = {
      stat: async () => ({ size: 1, mtimeMs: 0, nlink: 1, isFile: () => true, isDirectory: () => false }),
      open: async (path) => {
        await unlink(path);
        execFileSync('mkfifo', [path]);
        return open(path, constants.O_RDONLY | constants.O_NONBLOCK);
      },
    };
    const opening = SlideFile.open(at('soon a pipe.svs'), new MemoryGuard(), { files });
    await expect(opening).rejects.toMatchObject({ code: 'file-unreadable' });
  });

  it.skipIf(!isPosix)('devices and sockets are refused', async () => {
    await expect(openSlide('/dev/zero')).rejects.toMatchObject({ code: 'file-unreadable' });
    const server = createServer().listen(at('socket.svs'));
    await new Promise((done) => server.once('listening', done));
    await expect(openSlide(at('socket.svs'))).rejects.toMatchObject({ code: 'file-unreadable' });
    await new Promise((done) => server.close(done));
  });

  it('links are followed to files, not in circles, not to folders and not to nowhere', async () => {
    await writePyramidTiff(at('real.tif'), options);
    await symlink(at('real.tif'), at('link.tif'));
    await symlink(at('link.tif'), at('link to a link.tif'));
    await using reader = await openSlide(at('link to a link.tif'));
    expect(reader.info.width).toBe(64);
    expect(await slideFingerprint(at('link.tif'))).toBe(await slideFingerprint(at('real.tif')));
    await symlink(at('b.tif'), at('a.tif'));
    await symlink(at('a.tif'), at('b.tif'));
    await expect(openSlide(at('a.tif'))).rejects.toMatchObject({
      code: 'file-unreadable',
      message: expect.stringContaining('leads back to itself'),
    });
    await mkdir(at('sub'));
    await symlink(at('sub'), at('folder.tif'));
    await expect(openSlide(at('folder.tif'))).rejects.toMatchObject({ code: 'file-unreadable' });
    await symlink(at('gone.tif'), at('dangling.tif'));
    await expect(openSlide(at('dangling.tif'))).rejects.toMatchObject({ code: 'file-not-found' });
  });
});

describe('a file that changes while it is open', () => {
  const region = { level: 0, x: 0, y: 0, width: 64, height: 64 };
  const later = new Date(Date.now() + 60_000);
  const acts: readonly (readonly [string, (path: string) => Promise<unknown>])[] = [
    ['grows', (path) => appendFile(path, 'more')],
    ['shrinks', (path) => truncate(path, 300)],
    ['is emptied', (path) => truncate(path, 0)],
    ['is written again with the same size', (path) => utimes(path, later, later)],
    ['is deleted', (path) => unlink(path)],
    ['is moved away', (path) => rename(path, `${path}.moved`)],
    [
      'is replaced',
      async (path) => {
        await writePyramidTiff(`${path}.new`, { ...options, height: 80 });
        await rename(`${path}.new`, path);
      },
    ],
  ];

  it.each(acts)('and %s: reading is refused as changed', async (name, act) => {
    const path = at(`${name}.tif`);
    await writePyramidTiff(path, options);
    await using reader = await openSlide(path);
    await act(path);
    await expect(reader.readRegion(region)).rejects.toMatchObject({ code: 'file-changed' });
  });

  it.each(acts)('a plain image that %s too', async (name, act) => {
    const path = at(`${name}.png`);
    await sharp({ create: { width: 64, height: 64, channels: 3, background: '#a04070' } })
      .png()
      .toFile(path);
    await using reader = await openSlide(path);
    await act(path);
    await expect(reader.readRegion({ ...region, width: 4, height: 4 })).rejects.toMatchObject({ code: 'file-changed' });
  });

  it('in the middle of a read is told as changed, not as damage and not as pixels', async () => {
    const path = at('while reading.tif');
    await writePyramidTiff(path, { ...options, compression: 'deflate' });
    const file = await SlideFile.open(path);
    const shrinkThenFail = async (): Promise<never> => {
      await truncate(path, 100);
      await file.read(0, 200, 'a tile');
      throw new Error('not reached');
    };
    await expect(file.whileUnchanged(shrinkThenFail)).rejects.toMatchObject({ code: 'file-changed' });
    await file.close();
  });
});

/** A good file whose handle can be made to hang or fail. */
async function openWith(change: (handle: SlideFileHandle) => Partial<SlideFileHandle>, drives = new SlideDrives(30)) {
  const path = at('drive.tif');
  await writePyramidTiff(path, options);
  const files: SlideFileSystem = {
    stat: async (name) => (await import('node:fs/promises')).stat(name),
    open: async (name) => {
      const real = await open(name);
      const handle: SlideFileHandle = {
        stat: () => real.stat(),
        read: (buffer, offset, length, position) => real.read(buffer, offset, length, position),
        close: () => real.close(),
      };
      return { ...handle, ...change(handle) };
    },
  };
  return SlideFile.open(path, new MemoryGuard(), { drives, files });
}

describe('a drive', () => {
  it('that hangs in a read ends in an error, and closing does not wait for it', async () => {
    let answer = (): void => undefined;
    let isClosed = false;
    const file = await openWith((handle) => ({
      read: () => new Promise((done) => (answer = () => done({ bytesRead: 4 }))),
      // As Node's own handles: closed when the last read is back.
      close: async () => {
        await new Promise<void>((done) => {
          const before = answer;
          answer = () => {
            before();
            done();
          };
        });
        isClosed = true;
        return handle.close();
      },
    }));
    await expect(file.read(0, 4, 'the header')).rejects.toMatchObject({
      code: 'file-unreadable',
      message: expect.stringContaining('drive.tif'),
      details: { stalled: true },
    });
    await file.close();
    expect(isClosed).toBe(false);
    answer();
    await new Promise((done) => setTimeout(done, 20));
    expect(isClosed).toBe(true);
  });

  it('that hangs while a person gives up lets go at once', async () => {
    const file = await openWith(() => ({ read: () => new Promise(() => undefined) }), new SlideDrives());
    const giveUp = new AbortController();
    const reading = file.read(0, 4, 'the header', giveUp.signal);
    giveUp.abort();
    await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
    await file.close();
  });

  it('that fails in the middle (EIO) is told with what to check', async () => {
    const failure = Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
    const file = await openWith(() => ({ read: () => Promise.reject(failure) }));
    await expect(file.read(0, 4, 'the header')).rejects.toMatchObject({
      code: 'file-unreadable',
      message: expect.stringContaining('EIO'),
      hint: expect.stringContaining('drive is connected'),
    });
    await file.close();
  });

  it('whose share was taken away (ESTALE) is told as a file that went away', async () => {
    const failure = Object.assign(new Error('ESTALE: stale file handle'), { code: 'ESTALE' });
    let isAway = false;
    const file = await openWith((handle) => ({
      stat: () => (isAway ? Promise.reject(failure) : handle.stat()),
    }));
    isAway = true;
    await expect(file.checkUnchanged()).rejects.toMatchObject({ code: 'file-changed' });
    await file.close();
  });

  it('that gives fewer bytes than asked for is read on', async () => {
    const file = await openWith((handle) => ({
      read: (buffer, offset, length, position) => handle.read(buffer, offset, Math.min(3, length), position),
    }));
    expect(await file.read(0, 64, 'the header')).toEqual((await readFile(at('drive.tif'))).subarray(0, 64));
    await file.close();
  });
});

it('nobody waits for a region after giving up, whatever its reader does', async () => {
  const giveUp = new AbortController();
  await using reader = await openSlide(at('real.tif'));
  const hanging = { ...reader, info: reader.info, readRegion: () => new Promise<never>(() => undefined) };
  const reading = readScaledRegion(hanging, { x: 0, y: 0, width: 8, height: 8 }, 8, 8, giveUp.signal);
  giveUp.abort();
  await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
});
