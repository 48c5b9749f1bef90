/**
 * Pretraining runs: settings fixed at the start, work done in the engine's process, state kept so that a run that was
 * stopped, cancelled or killed goes on exactly where it was.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { implementService, type ClientOf } from '#common/contract/service.ts';
import { runsCalls } from '#common/contract/runs.ts';
import type { RunId } from '#common/domain/identifiers.ts';
import { RandomStream } from '#common/random.ts';
import { toErrorReport } from '#common/errors.ts';
import type { StageContext } from '#common/stage.ts';
import { engineChoice, type EngineChoice } from '#common/domain/engine-choice.ts';
import type { PretrainJob } from '../engine/process/job.ts';
import type { EngineEvent } from '../engine/process/messages.ts';
import { writeFileAtomically } from '../files/atomic-file.ts';
import { findRun, listRuns, saveRun } from '../store/run-rows.ts';
import { openTileStore } from '../tiles/tile-store.ts';
import { neighbourStep } from '../triplets/neighbour-graph.ts';
import { runInEngine } from './engine-process.ts';
import { labelledTiles, type LabelledTiles } from './labelled-tiles.ts';
import { newId, type OpenProject, type OpenProjects } from './open-projects.ts';
import {
  resolveSlides,
  runFolder,
  summarise,
  trainingTiles,
  type StoredRun,
  type StoredRunSummary,
} from './stored-runs.ts';
import { runQueries } from './run-queries.ts';
import { requestedSettings } from './run-settings.ts';
import { RunningRuns } from './running-runs.ts';
import { loadTileSet, requireCurrentTileSet, type TileSet } from './tile-sets.ts';

export type { StoredRun, StoredRunSummary };

const nothingYet: StoredRunSummary = {
  engine: null,
  steps: 0,
  finalLoss: null,
  zStd: null,
  effectiveRank: null,
  knnAccuracy: null,
  tripletsPerSecond: null,
  verdict: null,
  checkpoint: null,
};

export function createRunsService(projects: OpenProjects, now: () => Date): ClientOf<typeof runsCalls> {
  const running = new RunningRuns();
  return implementService('runs', runsCalls, {
    ...runQueries(projects, running),
    pretrain: async (input, context) => {
      const project = projects.get(input.project);
      const choice = { ...engineChoice.parse(input), gentle: input.gentle };
      if (input.resume !== undefined) {
        const run = findRunToResume(project, input.resume);
        if (run.status === 'finished') return summarise(run);
        return summarise(
          await execute(project, run, loadTileSet(project, run.tileSet), true, choice, running, context),
        );
      }
      const set = requireCurrentTileSet(project);
      const { seed } = input;
      const run: StoredRun = {
        id: newId('run') as RunId,
        createdAt: now().toISOString(),
        tileSet: set.id,
        status: 'running',
        request: {
          settings: requestedSettings(input),
          seed,
          excludedSlides: resolveSlides(project, input.excludeSlides),
        },
        summary: nothingYet,
      };
      return summarise(await execute(project, run, set, false, choice, running, context));
    },

    list: async ({ project }) =>
      listRuns<StoredRunSummary>(projects.get(project).database).map((run) => summarise(run)),
  });
}

/** 'last' is the newest run that is not finished, or the newest at all; a finished run has nothing left to do. */
function findRunToResume(project: OpenProject, id: string): StoredRun {
  const unfinished = (run: StoredRun): boolean => run.status !== 'finished';
  const isThere = listRuns<StoredRunSummary>(project.database).some(unfinished);
  return findRun(project.database, id, id === 'last' && isThere ? unfinished : () => true, 'unfinished');
}

async function execute(
  project: OpenProject,
  start: StoredRun,
  set: TileSet,
  isResumed: boolean,
  { gentle, ...engine }: EngineChoice & { readonly gentle: boolean },
  running: RunningRuns,
  context: StageContext,
): Promise<StoredRun> {
  using control = running.enter(project.id, start.id, context.signal);
  const { settings, seed, excludedSlides } = start.request;
  const folder = runFolder(project, start.id);
  await mkdir(folder, { recursive: true });
  if (isResumed) await checkTilesUnchanged(set, { ...context, signal: control.signal });
  await writeFileAtomically(
    join(folder, 'settings.json'),
    Buffer.from(`${JSON.stringify({ seed, ...settings }, null, 2)}\n`),
  );
  const tiles = join(folder, 'tiles.json');
  await writeFileAtomically(tiles, Buffer.from(JSON.stringify(set.manifest)));

  let run: StoredRun = { ...start, status: 'running' };
  const update = (change: Partial<StoredRunSummary>, status: StoredRun['status'] = run.status): void => {
    run = { ...run, status, summary: { ...run.summary, ...change } };
    saveRun(project.database, run);
  };
  update({});
  try {
    const { result } = await runInEngine(
      {
        kind: 'pretrain',
        tiles,
        seed,
        settings,
        engine,
        gentle,
        workers: 1,
        runDir: folder,
        trainingTiles: trainingTiles(set, excludedSlides),
        neighbourStep: neighbourStep(set.settings.sizePx, set.settings.stridePx),
        labelled: monitoredLabels(labelledTiles(project.database, set), seed),
      },
      { ...context, signal: control.signal },
      (event) => {
        if (event.type === 'engine') control.engineStarted();
        const change = changeFrom(event);
        if (change !== null) update(change);
      },
      (engine) => control.attach(engine),
    );
    const { level, sentence } = result.verdict;
    update(
      {
        steps: result.steps,
        finalLoss: result.finalLoss,
        zStd: result.zStd,
        effectiveRank: result.effectiveRank,
        knnAccuracy: result.knnAccuracy,
        tripletsPerSecond: result.tripletsPerSecond,
        verdict: { level, sentence },
        checkpoint: `runs/${run.id}/${result.checkpoint.slice(folder.length + 1).replaceAll('\\', '/')}`,
      },
      'finished',
    );
    return run;
  } catch (error) {
    const { code } = toErrorReport(error);
    update({}, code === 'training-diverged' ? 'failed' : 'stopped');
    throw error;
  }
}

/** kNN once an epoch needs no more tiles than this to tell a trend. */
const monitoredTiles = 600;

/** Labels for the kNN monitor, leaving one slide out; null when there are too few classes or slides for that. */
function monitoredLabels(labelled: LabelledTiles, seed: number): PretrainJob['labelled'] {
  const groups = [...new Set(labelled.slideOf)];
  if (new Set(labelled.classOf).size < 2 || groups.length < 2) return null;
  const rows = RandomStream.of('knn-monitor', seed)
    .shuffled([...labelled.tiles.keys()])
    .slice(0, monitoredTiles)
    .sort((a, b) => a - b);
  return {
    tiles: rows.map((row) => labelled.tiles[row] ?? 0),
    classes: rows.map((row) => labelled.classOf[row] ?? 0),
    groups: rows.map((row) => groups.indexOf(labelled.slideOf[row] ?? '')),
  };
}

function changeFrom(event: EngineEvent): Partial<StoredRunSummary> | null {
  if (event.type === 'engine') {
    const { engine, backend, reason, precision } = event.description;
    return { engine: { engine, backend, reason, precision, memoryBytes: event.plan.totalBytes } };
  }
  if (event.type === 'verdict') {
    return { verdict: { level: event.verdict.level, sentence: event.verdict.sentence } };
  }
  return null;
}

/** A resumed run must see the very tiles it started with. */
async function checkTilesUnchanged(set: TileSet, context: StageContext): Promise<void> {
  const store = openTileStore(set.manifest);
  try {
    await store.verify(context);
  } finally {
    await store.close();
  }
}
