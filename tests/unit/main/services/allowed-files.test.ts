import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AllowedFiles } from '#main/services/allowed-files.ts';
import { createFilesService } from '#main/services/files-service.ts';

describe('the file browser', () => {
  let root = '';
  let allowed = '';
  let files: AllowedFiles;

  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'trefoil-files-')));
    allowed = join(root, 'Schnitte 組織');
    mkdirSync(join(allowed, 'inner'), { recursive: true });
    mkdirSync(join(allowed, 'project'));
    writeFileSync(join(allowed, 'project', 'project.sqlite'), '');
    mkdirSync(join(root, 'secret'));
    writeFileSync(join(root, 'secret', 'hidden.svs'), 'x');
    for (const name of ['B 10.svs', 'B 2.SVS', 'a.png', 'labels.csv', 'regions.geojson', 'notes.txt', '.hidden']) {
      writeFileSync(join(allowed, name), 'abc');
    }
    files = new AllowedFiles([allowed, join(root, 'not there')]);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const listRoot = async () => {
    const service = createFilesService(files);
    const [folder] = await service.roots({});
    return service.list({ folder: folder!.id });
  };

  it('lists folders first, then files by name and number, with what they are', async () => {
    const { entries, trail, leftOut } = await listRoot();
    expect(entries.map(({ name, kind, isProject }) => [name, kind, isProject])).toEqual([
      ['inner', 'folder', false],
      ['project', 'folder', true],
      ['a.png', 'image', false],
      ['B 2.SVS', 'slide', false],
      ['B 10.svs', 'slide', false],
      ['labels.csv', 'csv', false],
      ['notes.txt', 'other', false],
      ['regions.geojson', 'geojson', false],
    ]);
    expect(entries[2]).toMatchObject({ byteLength: 3, modifiedAt: expect.stringMatching(/^20/) });
    expect(trail.map(({ name }) => name)).toEqual(['Schnitte 組織']);
    expect(leftOut).toBe(0);
  });

  it('shows no path in an id, gives the same id again, and turns it into the path', async () => {
    const { entries } = await listRoot();
    const again = await listRoot();
    const id = entries[2]!.id;
    expect(again.entries[2]!.id).toBe(id);
    expect(Buffer.from(id, 'base64url').toString('latin1')).not.toContain('a.png');
    expect(files.resolveReference({ id })).toBe(join(allowed, 'a.png'));
    expect(() => new AllowedFiles([allowed]).resolveReference({ id })).toThrow(
      expect.objectContaining({ code: 'not-found' }),
    );
  });

  it('walks down and keeps the trail within the allowed folder', async () => {
    const { entries } = await listRoot();
    const inner = await createFilesService(files).list({ folder: entries[0]!.id });
    expect(inner.trail.map(({ name }) => name)).toEqual(['Schnitte 組織', 'inner']);
  });

  it('neither lists nor follows links that leave the allowed folders', async () => {
    symlinkSync(join(root, 'secret'), join(allowed, 'way out'));
    symlinkSync(join(root, 'secret', 'hidden.svs'), join(allowed, 'file out.svs'));
    symlinkSync(join(root, 'nowhere'), join(allowed, 'dangling'));
    symlinkSync(join(allowed, 'a.png'), join(allowed, 'inside.png'));
    const { entries, trail } = await listRoot();
    const names = entries.map(({ name }) => name);
    expect(names).toContain('inside.png');
    for (const name of ['way out', 'file out.svs', 'dangling']) {
      expect(names).not.toContain(name);
      expect(() => files.resolveReference({ folder: trail[0]!.id, name })).toThrow(
        expect.objectContaining({ code: name === 'dangling' ? 'file-not-found' : 'not-allowed' }),
      );
    }
  });

  it('refuses an id whose folder became a link to elsewhere after it was listed', async () => {
    const { entries } = await listRoot();
    const { id } = entries[0]!;
    renameSync(join(allowed, 'inner'), join(allowed, 'moved'));
    symlinkSync(join(root, 'secret'), join(allowed, 'inner'));
    expect(() => files.resolveReference({ id })).toThrow(expect.objectContaining({ code: 'not-allowed' }));
    expect(() => files.resolveReference({ folder: id, name: 'new' })).toThrow(
      expect.objectContaining({ code: 'not-allowed' }),
    );
  });

  it.each(['..', '.', '', 'a/b', '..\\b', '../secret', '/etc', 'nul\0', 'C:x', 'dot.', ' space'])(
    'refuses %j as a name',
    async (name) => {
      const { trail } = await listRoot();
      expect(() => files.resolveReference({ folder: trail[0]!.id, name })).toThrow(
        expect.objectContaining({ code: 'invalid-input' }),
      );
    },
  );

  it('gives the path of something yet to be made', async () => {
    const { trail } = await listRoot();
    expect(files.resolveReference({ folder: trail[0]!.id, name: 'Neues Projekt' })).toBe(
      join(allowed, 'Neues Projekt'),
    );
  });

  it('answers a vanished folder, a file taken for a folder and an unknown id with typed errors', async () => {
    const service = createFilesService(files);
    const { entries } = await listRoot();
    rmSync(join(allowed, 'inner'), { recursive: true });
    await expect(service.list({ folder: entries[0]!.id })).rejects.toMatchObject({ code: 'file-not-found' });
    await expect(service.list({ folder: entries[2]!.id })).rejects.toMatchObject({ code: 'file-unreadable' });
    await expect(service.list({ folder: 'guessed' })).rejects.toMatchObject({ code: 'not-found' });
  });

  it('lets a page open one remembered project outside the allowed folders and nothing beside it', () => {
    const project = join(root, 'secret');
    const id = files.allowOne(project);
    expect(files.resolveReference({ id })).toBe(project);
    expect(() => files.resolveReference({ folder: id, name: 'hidden.svs' })).toThrow(
      expect.objectContaining({ code: 'not-allowed' }),
    );
  });

  it('names an allowed folder inside another only once', () => {
    expect(new AllowedFiles([root, allowed]).roots()).toEqual([root]);
  });
});
