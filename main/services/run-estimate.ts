/**
 * How long a run will take, from a measured rate and never from a guess: that of the newest earlier run with the same
 * network, view and batch, or of a few real steps in the engine, thrown away after.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import type { runsCalls } from '#common/contract/runs.ts';
import { counted } from '#common/counted.ts';
import type { PretrainSettings } from '#common/domain/pretrain.ts';
import type { StageContext } from '#common/stage.ts';
import { listRuns } from '../store/run-rows.ts';
import { neighbourStep } from '../triplets/neighbour-graph.ts';
import { runInEngine } from './engine-process.ts';
import type { OpenProject } from './open-projects.ts';
import { requestedSettings } from './run-settings.ts';
import { resolveSlides, trainingTiles, type StoredRunSummary } from './stored-runs.ts';
import { requireCurrentTileSet, type TileSet } from './tile-sets.ts';

type Input = z.output<typeof runsCalls.estimate.input>;
type Estimate = z.output<typeof runsCalls.estimate.output>;

const measuredSteps = 4;

export async function estimateRun(project: OpenProject, input: Input, context: StageContext): Promise<Estimate> {
  const settings = requestedSettings(input);
  const set = requireCurrentTileSet(project);
  const tiles = trainingTiles(set, resolveSlides(project, input.excludeSlides));
  const triplets = tiles?.length ?? set.manifest.count;
  // Full batches only; what is left over comes with the next epoch's shuffle.
  const stepsPerEpoch = Math.floor(triplets / settings.batch);
  const steps = stepsPerEpoch * settings.epochs;
  const counts = { triplets, stepsPerEpoch, steps };
  if (stepsPerEpoch === 0) {
    const sentence = `${counted(triplets, 'tile does', 'tiles do')} not fill one batch of ${settings.batch}: choose a smaller batch or make more tiles.`;
    return { ...counts, tripletsPerSecond: null, seconds: null, source: 'unknown', sentence };
  }
  const known = input.measure ? await measureRate(set, tiles, settings, context) : rateOfEarlierRun(project, settings);
  if (known === null) {
    const sentence = 'Not known yet on this machine: measure a few steps to see the time.';
    return { ...counts, tripletsPerSecond: null, seconds: null, source: 'unknown', sentence };
  }
  const seconds = (steps * settings.batch) / known;
  return {
    ...counts,
    tripletsPerSecond: known,
    seconds,
    source: input.measure ? 'measured-now' : 'earlier-run',
    sentence: `About ${inWords(seconds)}, ${input.measure ? `from ${measuredSteps} steps measured just now` : 'from the rate of an earlier run of the same kind'}; the monitors after each epoch come on top.`,
  };
}

function rateOfEarlierRun(project: OpenProject, wanted: PretrainSettings): number | null {
  const run = listRuns<StoredRunSummary>(project.database).findLast(({ request: { settings }, summary }) => {
    const isAlike =
      settings.network === wanted.network &&
      settings.viewPx === wanted.viewPx &&
      settings.batch === wanted.batch &&
      settings.method === wanted.method;
    return isAlike && (summary.tripletsPerSecond ?? 0) > 0;
  });
  return run?.summary.tripletsPerSecond ?? null;
}

/** Triplets a second; null when the steps were too few to tell. */
async function measureRate(
  set: TileSet,
  tiles: readonly number[] | null,
  settings: PretrainSettings,
  context: StageContext,
): Promise<number | null> {
  const folder = await mkdtemp(join(tmpdir(), 'trefoil-measure-'));
  try {
    const manifest = join(folder, 'tiles.json');
    await writeFile(manifest, JSON.stringify(set.manifest));
    const all = tiles ?? Array.from({ length: set.manifest.count }, (_, tile) => tile);
    const { result } = await runInEngine(
      {
        kind: 'pretrain',
        tiles: manifest,
        seed: 1,
        settings: { ...settings, epochs: 1, warmupEpochs: 0, monitorTiles: 2 },
        workers: 1,
        runDir: folder,
        trainingTiles: all.slice(0, measuredSteps * settings.batch),
        neighbourStep: neighbourStep(set.settings.sizePx, set.settings.stridePx),
        labelled: null,
      },
      { signal: context.signal, onProgress: context.onProgress },
    );
    return result.tripletsPerSecond;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function inWords(seconds: number): string {
  if (seconds < 90) return `${Math.max(2, Math.ceil(seconds))} seconds`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} minutes`;
  return `${(seconds / 3600).toFixed(1)} hours`;
}
