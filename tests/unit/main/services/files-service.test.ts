/** What the file browser is told of a folder: narrowed by name and kind before anything is left out. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AllowedFiles } from '#main/services/allowed-files.ts';
import { createFilesService } from '#main/services/files-service.ts';

let root: string;
let files: AllowedFiles;

beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'trefoil-files-')));
  for (const folder of ['Gewebe', 'large']) mkdirSync(join(root, folder));
  for (const name of ['Probe 1.svs', 'Gewebe.csv', 'gewebe 2.SVS', 'Mu\u0308ller.png'])
    writeFileSync(join(root, name), '');
  symlinkSync(join(root, 'large'), join(root, 'link to large'));
  for (let index = 0; index < 5010; index += 1) writeFileSync(join(root, 'large', `tile ${index}.png`), '');
  files = new AllowedFiles([root]);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function list(folder: string, input: { match?: string; kinds?: ('slide' | 'image')[] }) {
  const answer = await createFilesService(files).list({ folder: files.idOf(folder), ...input });
  return { names: answer.entries.map(({ name }) => name), leftOut: answer.leftOut };
}

test('everything is listed, folders first, when nothing is asked for', async () => {
  const { names } = await list(root, {});
  expect(names).toEqual([
    'Gewebe',
    'large',
    'link to large',
    'gewebe 2.SVS',
    'Gewebe.csv',
    'Mu\u0308ller.png',
    'Probe 1.svs',
  ]);
});

test('a part of the name finds what has it, whatever its capitals and however its umlauts are written', async () => {
  expect((await list(root, { match: 'geWEBE' })).names).toEqual(['Gewebe', 'gewebe 2.SVS', 'Gewebe.csv']);
  expect((await list(root, { match: ' müll ' })).names).toEqual(['Mu\u0308ller.png']);
  expect((await list(root, { match: 'nothing' })).names).toEqual([]);
});

test('files of other kinds are no part of the list, folders and links to them are', async () => {
  expect((await list(root, { kinds: ['slide'] })).names).toEqual([
    'Gewebe',
    'large',
    'link to large',
    'gewebe 2.SVS',
    'Probe 1.svs',
  ]);
});

test('a folder of thousands says how many it left out, and a part of the name finds each of them', async () => {
  const whole = await list(join(root, 'large'), {});
  expect([whole.names.length, whole.leftOut]).toEqual([5000, 10]);
  for (const name of ['tile 5009.png', 'tile 4321.png']) {
    expect(await list(join(root, 'large'), { match: name })).toEqual({ names: [name], leftOut: 0 });
  }
});
