/**
 * Killing Trefoil at any moment loses nothing: after a rerun the shards are byte-identical and pretraining ends with the
 * same loss and the same weights as without the kills. Real processes, SIGKILL to the whole group, seeded moments.
 */
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RandomStream } from '#common/random.ts';
import { writePyramidTiff } from '#tests/fixtures/tiff/write-tiff.ts';
import { killGroup, startTrefoil, trefoilJson } from './command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'trefoil-kill-'));
const kills = 20;

beforeAll(async () => {
  await writePyramidTiff(join(folder, 'tissue.tif'), {
    width: 4600,
    height: 4600,
    tilePx: 256,
    compression: 'jpeg',
    levels: 3,
    mpp: 1,
    pixel: (x, y) => {
      const inTissue = Math.hypot(x - 2300, y - 2300) < 2200;
      const grain = 30 * Math.sin(x / 7) * Math.cos(y / 11);
      return inTissue ? [190 + grain, 110 + grain, 160 - grain] : [243, 243, 243];
    },
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function newProject(name: string): Promise<string> {
  const project = join(folder, name);
  await trefoilJson('project', 'create', project);
  await trefoilJson('slides', 'add', project, join(folder, 'tissue.tif'));
  return project;
}

/** Starts the command again and again, killing it after a seeded delay, until it was killed `count` times; then lets it end. */
async function runWithKills(seed: string, longestMs: number, count: number, command: () => string[]): Promise<void> {
  const random = RandomStream.of('kill', seed);
  let killed = 0;
  while (killed < count) {
    const { child, finished } = startTrefoil(...command());
    const timer = delay(random.nextUniform(50, longestMs)).then(() => killGroup(child));
    const result = await finished;
    await timer;
    if (result.signal === 'SIGKILL') killed += 1;
    else if (result.exitCode !== 0) throw new Error(`ended with ${result.exitCode}:\n${result.stderr}`);
    // Finished before its kill: the next start has less to do, which is a case worth having too.
    else killed += 1;
  }
  const { exitCode, stderr } = await startTrefoil(...command()).finished;
  if (exitCode !== 0) throw new Error(`ended with ${exitCode}:\n${stderr}`);
}

/** SHA-256 of every file below a folder that matches, by name. */
function digests(directory: string, pattern: RegExp): Record<string, string> {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => pattern.test(name))
    .sort();
  // The slide's id is drawn anew in every project and part of the names.
  return Object.fromEntries(
    names.map((name) => [
      name.replace(/slide-[0-9a-f]{8}-[0-9a-f]{4}/, 'slide'),
      createHash('sha256')
        .update(readFileSync(join(directory, name)))
        .digest('hex'),
    ]),
  );
}

describe('after being killed at random moments', () => {
  it(`extraction gives byte-identical shards (${kills} kills)`, async () => {
    const calm = await newProject('calm');
    await trefoilJson('tiles', calm, '--size', '64', '--mpp', '1', '--min-focus', '0');
    const restless = await newProject('restless');
    await runWithKills('extraction', 2500, kills, () => [
      'tiles',
      restless,
      '--size',
      '64',
      '--mpp',
      '1',
      '--min-focus',
      '0',
    ]);
    const expected = digests(join(calm, 'tiles'), /\.rgb$/);
    expect(Object.keys(expected).length).toBeGreaterThan(3);
    expect(digests(join(restless, 'tiles'), /\.rgb$/)).toEqual(expected);
  });

  it(`pretraining ends with the same loss and weights (${kills} kills)`, async () => {
    const pretrain = ['--recipe', 'quick', '--epochs', '10', '--batch', '16'];
    const calm = await newProject('calm-training');
    await trefoilJson('tiles', calm, '--size', '128', '--mpp', '4', '--min-focus', '0');
    const restless = join(folder, 'restless-training');
    cpSync(calm, restless, { recursive: true });
    interface Run {
      readonly status: string;
      readonly finalLoss: number;
      readonly steps: number;
    }
    const expected = await trefoilJson<Run>('pretrain', calm, ...pretrain);
    let started = false;
    await runWithKills('pretraining', 4000, kills, () => {
      const runs = started ? readdirSync(join(restless, 'runs')) : [];
      started = true;
      return runs.length === 0 ? ['pretrain', restless, ...pretrain] : ['pretrain', restless, '--resume', runs[0]!];
    });
    const [run] = await trefoilJson<Run[]>('runs', restless);
    expect(run).toMatchObject({ status: 'finished', steps: expected.steps, finalLoss: expected.finalLoss });
    const last = (project: string) => Object.values(digests(join(project, 'runs'), /\.safetensors$/)).at(-1);
    expect(last(restless)).toBe(last(calm));
  });
});
