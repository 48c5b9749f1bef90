import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { FolderFeed, folderFeedUrl } from '../../../electron/folder-feed.ts';
import { outcomeOf, Updates, type UpdateFeed, type Updater } from '../../../electron/updates.ts';

const folder = mkdtempSync(join(tmpdir(), 'trefoil-feed-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let stored: string | null;
let opened: UpdateFeed[];
let questions: string[];
let downloads: number;
let isAccepted: boolean;
let chosen: string | null;
let found: Updater['checkForUpdates'];
let download: () => Promise<unknown>;
const newer = async () => ({ isUpdateAvailable: true, updateInfo: { version: '9.0.0' } });

const make = (): Updates =>
  new Updates({
    open: (feed) => {
      opened.push(feed);
      return {
        checkForUpdates: () => found(),
        downloadUpdate: () => {
          downloads += 1;
          return download();
        },
      };
    },
    memory: { read: () => stored, write: (text) => (stored = text) },
    chooseFolder: async () => chosen,
    ask: async (version) => {
      questions.push(version);
      return isAccepted;
    },
    log: () => undefined,
  });

beforeEach(() => {
  [stored, opened, questions, downloads, isAccepted, chosen] = [null, [], [], 0, false, folder];
  found = newer;
  download = async () => undefined;
});

describe('updates', () => {
  test('are off until a person names a feed: nobody is asked', async () => {
    const updates = make();
    await updates.atStart();
    expect(await updates.answer({ type: 'check' })).toMatchObject({ feed: null, outcome: 'no-feed' });
    expect(await updates.answer({ type: 'check-at-start', isOn: true })).toMatchObject({ checksAtStart: false });
    expect(opened).toEqual([]);
  });

  test.each(['not json', '{"feed":{"kind":"address","address":"http://a.example"},"checksAtStart":true}', '[]'])(
    'are off when the settings were damaged: %s',
    async (text) => {
      stored = text;
      await make().atStart();
      expect(opened).toEqual([]);
    },
  );

  test('take a folder from the dialog and tell the page its name only', async () => {
    const state = await make().answer({ type: 'choose-folder' });
    expect(state.feed).toEqual({ kind: 'folder', name: basename(folder) });
    expect(JSON.stringify(state)).not.toContain(tmpdir());
    expect(await make().answer({ type: 'state' })).toEqual(state);
  });

  test('stay as they are when the dialog is given up or the folder is gone', async () => {
    chosen = null;
    expect(await make().answer({ type: 'choose-folder' })).toMatchObject({ feed: null, outcome: null });
    chosen = join(folder, 'gone');
    expect(await make().answer({ type: 'choose-folder' })).toMatchObject({ feed: null, outcome: 'bad-folder' });
  });

  test.each(['http://a.example/', 'file:///etc', 'https://name:secret@a.example/', 'javascript:1', 'x', ''])(
    'take no address like %s',
    async (address) => {
      const state = await make().answer({ type: 'use-address', address });
      expect(state).toMatchObject({ feed: null, outcome: 'bad-address' });
      expect(stored).toBeNull();
    },
  );

  test('are looked for at the start when switched on, and no more when turned off', async () => {
    const updates = make();
    await updates.answer({ type: 'use-address', address: ' https://a.example/trefoil ' });
    await updates.atStart();
    expect(opened).toEqual([]);
    await updates.answer({ type: 'check-at-start', isOn: true });
    await make().atStart();
    expect(opened).toEqual([{ kind: 'address', address: 'https://a.example/trefoil' }]);
    await updates.answer({ type: 'turn-off' });
    await make().atStart();
    expect(opened).toHaveLength(1);
  });

  test('are downloaded only after a yes', async () => {
    const updates = make();
    await updates.answer({ type: 'choose-folder' });
    expect(await updates.answer({ type: 'check' })).toMatchObject({ outcome: 'declined', version: '9.0.0' });
    expect([questions, downloads]).toEqual([['9.0.0'], 0]);
    isAccepted = true;
    expect(await updates.answer({ type: 'check' })).toMatchObject({ outcome: 'ready', version: '9.0.0' });
    expect(downloads).toBe(1);
  });

  test('are asked about once, however often a person presses', async () => {
    const updates = make();
    await updates.answer({ type: 'choose-folder' });
    await Promise.all([updates.answer({ type: 'check' }), updates.answer({ type: 'check' })]);
    expect(questions).toEqual(['9.0.0']);
  });

  test('say so when there is none, and where this installation cannot be updated', async () => {
    const updates = make();
    await updates.answer({ type: 'choose-folder' });
    found = async () => ({ isUpdateAvailable: false, updateInfo: { version: '0.1.0' } });
    expect(await updates.answer({ type: 'check' })).toMatchObject({ outcome: 'current', version: null });
    found = async () => null;
    expect(await updates.answer({ type: 'check' })).toMatchObject({ outcome: 'not-updatable' });
    expect(questions).toEqual([]);
  });

  test('that are not what the list says are refused', async () => {
    const updates = make();
    await updates.answer({ type: 'choose-folder' });
    isAccepted = true;
    download = () => Promise.reject(Object.assign(new Error('no'), { code: 'ERR_CHECKSUM_MISMATCH' }));
    expect(await updates.answer({ type: 'check' })).toMatchObject({ outcome: 'wrong-file' });
  });

  test.each([
    [{ code: 'ENOENT' }, 'unreachable'],
    [{ message: 'net::ERR_NAME_NOT_RESOLVED' }, 'unreachable'],
    [{ code: 'ERR_UPDATER_CHANNEL_FILE_NOT_FOUND' }, 'unreachable'],
    [{ code: 'ERR_UPDATER_INVALID_SIGNATURE' }, 'wrong-file'],
    [{ code: 'ERR_UPDATER_INVALID_UPDATE_INFO' }, 'wrong-file'],
    [{ message: 'something else' }, 'failed'],
  ])('%o reads as %s', (error, outcome) => {
    expect(outcomeOf(error)).toBe(outcome);
  });
});

describe('a folder as feed', () => {
  const bytes = Buffer.from('an installer');
  const sha512 = createHash('sha512').update(bytes).digest('base64');
  const feed = new FolderFeed(folder);
  const target = join(folder, 'copy');
  writeFileSync(join(folder, 'latest.yml'), 'version: 9.0.0');
  writeFileSync(join(folder, 'Trefoil Setup 9.0.0.exe'), bytes);

  test('gives the list and the installer it names', async () => {
    expect(await feed.request({ path: '/latest.yml?noCache=1' })).toBe('version: 9.0.0');
    await feed.download(new URL('Trefoil Setup 9.0.0.exe', folderFeedUrl), target, { sha512 });
    expect(readFileSync(target)).toEqual(bytes);
  });

  test('refuses an installer with another hash, and one without', async () => {
    const url = new URL('Trefoil%20Setup%209.0.0.exe', folderFeedUrl);
    await expect(feed.download(url, target, { sha512: 'AAAA' })).rejects.toMatchObject({
      code: 'ERR_CHECKSUM_MISMATCH',
    });
    await expect(feed.download(url, target, {})).rejects.toMatchObject({ code: 'ERR_UPDATER_NO_CHECKSUM' });
  });

  test.each(['/..', '/%2e%2e%5cx', '/C:x', '/'])('has nothing outside itself: %s', async (path) => {
    await expect(feed.request({ path })).rejects.toMatchObject({ code: 'ERR_UPDATER_INVALID_UPDATE_INFO' });
  });

  test('takes the last part of a longer path', async () => {
    await expect(feed.request({ path: '/../../etc/passwd' })).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
