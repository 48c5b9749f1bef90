/**
 * 10,000 damaged slides of every format and codec: only typed errors with a hint, bounded buffers, memory and time, no file
 * left open, no process lost. `npm run fuzz` runs more of them, and one again by its number.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCase } from '#tests/fuzz/run-case.ts';
import { runFuzz } from '#tests/fuzz/run-fuzz.ts';
import { fuzzReaders, seedFiles } from '#tests/fuzz/seed-files.ts';

const cases = 10_000;
/** Half a minute of one core; far more for machines that do much else meanwhile. */
const patienceMs = 900_000;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trefoil-seeds-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the fuzz run', () => {
  it('damages files that are sound: each is read in every way', async () => {
    const seeds = await seedFiles();
    expect(new Set(seeds.map(({ reader }) => reader))).toEqual(new Set(fuzzReaders));
    for (const { name, bytes, structure } of seeds) {
      const path = join(folder, `${name}.${structure}`);
      await writeFile(path, bytes);
      expect([name, (await runCase(path)).outcome]).toEqual([name, 'read']);
    }
  });

  it(
    `${cases} damaged slides give pixels or a typed error, in bounded memory and time`,
    { timeout: patienceMs },
    async () => {
      const { findings, outcomes, done } = await runFuzz({ cases, seed: 7, readers: null, processes: 1 });
      expect(findings).toEqual([]);
      expect(done).toBe(cases);
      // The damage must reach past the header: some files read, many broken in different ways.
      for (const reader of fuzzReaders) {
        expect([...(outcomes.get(reader) ?? new Map()).keys()], reader).toEqual(
          expect.arrayContaining(['read', 'file-invalid']),
        );
      }
      const all = [...outcomes.values()].flatMap((own) => [...own.keys()]);
      expect(all).toEqual(expect.arrayContaining(['file-truncated', 'file-unsupported', 'limit-exceeded']));
    },
  );

  it('finds what is planted: an endless case, a crash, an untyped failure', async () => {
    const plant = (name: 'crash' | 'untyped' | 'hang') =>
      runFuzz({
        cases: 3,
        seed: 7,
        readers: ['png'],
        processes: 1,
        plant: name,
        caseMs: name === 'hang' ? 5000 : 60_000,
      });
    expect((await plant('crash')).findings).toMatchObject([{ index: 1, what: 'crash' }]);
    expect((await plant('untyped')).findings).toMatchObject([{ index: 1, what: 'untyped' }]);
    expect((await plant('hang')).findings).toMatchObject([{ index: 1, what: 'hang' }]);
    // The cases after it are run all the same.
    expect((await plant('crash')).done).toBe(2);
  });
});
