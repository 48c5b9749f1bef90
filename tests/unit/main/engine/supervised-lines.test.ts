/** Answers kept line by line: whole ones stay, torn ones go. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SupervisedLines } from '#main/engine/supervised-lines.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trefoil-supervised-'));
  path = join(folder, 'lines.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

async function reopened(): Promise<readonly (readonly number[])[]> {
  const written = await SupervisedLines.open(path);
  await written.close();
  return written.lines;
}

test('what was written is there again', async () => {
  const written = await SupervisedLines.open(path);
  await written.append([1, 0, 2]);
  await written.append([]);
  await written.close();
  expect(await reopened()).toEqual([[1, 0, 2], []]);
});

test.each([
  ['a line without its end', '[1]\n[2,', [[1]]],
  ['a line of zeroes from a power cut', '[1]\n\0\0\0\n[2]\n', [[1]]],
  ['something that is no list of classes', '[1]\n{"a":1}\n[2]\n', [[1]]],
  ['nothing sound at all', 'hello', []],
])('%s is cut off with all behind it', async (_what, text, expected) => {
  writeFileSync(path, text);
  const written = await SupervisedLines.open(path);
  expect(written.lines).toEqual(expected);
  await written.append([7]);
  await written.close();
  expect(await reopened()).toEqual([...expected, [7]]);
  expect(readFileSync(path, 'utf8').endsWith('[7]\n')).toBe(true);
});
