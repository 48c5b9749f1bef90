/** Runs for the page: their state, curves, comparison, and holding or ending one that trains. Starting one is in runs-service.ts. */
import { join } from 'node:path';
import type { runsCalls, RunState } from '#common/contract/runs.ts';
import type { ServiceOf } from '#common/contract/service.ts';
import type { ImportedEncoder } from '#common/domain/encoder-card.ts';
import type { ColourChoice } from '#common/domain/slide.ts';
import { TrefoilError } from '#common/errors.ts';
import { networks } from '../engine/port.ts';
import { recipes } from '../engine/recipe.ts';
import { findRun, listRuns } from '../store/run-rows.ts';
import type { OpenProject, OpenProjects } from './open-projects.ts';
import { estimateRun } from './run-estimate.ts';
import { RecentMetrics } from './recent-metrics.ts';
import { metricsSince } from './run-metrics.ts';
import { describeRunRemoval, removeRun } from './run-removal.ts';
import type { RunningRuns } from './running-runs.ts';
import { runFolder, summarise, type StoredRun, type StoredRunSummary } from './stored-runs.ts';
import { currentTileSetId, loadTileSet } from './tile-sets.ts';

type RunQueries = Omit<ServiceOf<typeof runsCalls>, 'pretrain' | 'list'>;

export function runQueries(projects: OpenProjects, running: RunningRuns): RunQueries {
  const recentMetrics = new RecentMetrics();
  const stateOf = (project: OpenProject, run: StoredRun): RunState => describe(project, run, running);
  const control = async (
    { project: id, run }: { readonly project: string; readonly run: string },
    act: (control: ReturnType<RunningRuns['require']>) => void,
  ): Promise<RunState> => {
    const project = projects.get(id);
    const stored = requireRun(project, run);
    act(running.require(project.id, stored.id));
    projects.notify(project.id, ['runs']);
    return stateOf(project, requireRun(project, run));
  };
  return {
    states: async ({ project: id }) => {
      const project = projects.get(id);
      return listRuns<StoredRunSummary>(project.database)
        .map((run) => stateOf(project, run))
        .reverse();
    },
    details: async ({ project: id, run }) => {
      const project = projects.get(id);
      const stored = requireRun(project, run);
      const colour = colourOfTiles(project, stored.tileSet);
      const { settings, imported } = stored.request;
      return { state: stateOf(project, stored), settings, colour, imported: imported ?? null };
    },
    metrics: async ({ project: id, run, after, limit }) => {
      const project = projects.get(id);
      const stored = requireRun(project, run);
      const lines = await recentMetrics.read(join(runFolder(project, stored.id), 'metrics.jsonl'));
      return { ...metricsSince(lines, after ?? null, limit), state: stateOf(project, stored).state };
    },
    pause: (input) => control(input, (run) => run.setPaused(true)),
    continue: (input) => control(input, (run) => run.setPaused(false)),
    stop: (input) => control(input, (run) => run.stop()),
    removal: async ({ project, run }) => describeRunRemoval(projects.get(project), run),
    remove: async (input) => removeRun(projects, running, input),
    compare: async ({ project: id, runs }) => {
      const project = projects.get(id);
      const stored = runs.map((run) => requireRun(project, run));
      const states = stored.map((run) => stateOf(project, run));
      return { runs: states, differences: differencesOf(stored), sentence: compareInWords(states) };
    },
    recipes: async () =>
      Object.values(recipes).map(({ name, description, origin, settings }) => ({
        name,
        description,
        origin,
        settings,
      })),
    estimate: async (input, context) => estimateRun(projects.get(input.project), input, context),
  };
}

/** A tile set that is gone or damaged must not hide the run. */
function colourOfTiles(project: OpenProject, tileSet: string): ColourChoice | null {
  try {
    return loadTileSet(project, tileSet).colour;
  } catch (error) {
    if (error instanceof TrefoilError) return null;
    throw error;
  }
}

function requireRun(project: OpenProject, id: string): StoredRun {
  return findRun<StoredRunSummary>(project.database, id, () => true, '');
}

function describe(project: OpenProject, run: StoredRun, running: RunningRuns): RunState {
  const control = running.find(project.id, run.id);
  const state =
    control !== null
      ? control.isPaused
        ? 'paused'
        : 'running'
      : run.status === 'running'
        ? 'interrupted'
        : run.status;
  const { features, projection } = networks[run.request.settings.network];
  const { imported } = run.request;
  return {
    ...summarise(run),
    features: imported?.check.features ?? features,
    healthyZStd: 1 / Math.sqrt(projection),
    tileSet: run.tileSet,
    isOfCurrentTiles: run.tileSet === currentTileSetId(project),
    state,
    canResume: state === 'interrupted' || state === 'stopped' || state === 'failed',
    // An engine that never came up has left no checkpoint.
    sentence:
      imported !== undefined
        ? importedInWords(imported)
        : stateInWords(state, run.summary.verdict?.sentence ?? null, run.summary.engine !== null),
  };
}

function importedInWords({ check, isCopied }: ImportedEncoder): string {
  const place = isCopied ? 'It is copied into the project.' : 'Its file stays where it is and is checked before use.';
  return `An encoder from elsewhere, nothing was trained here: ${check.features} numbers a tile, tried out with onnxruntime (${check.provider}). ${place}`;
}

function stateInWords(state: RunState['state'], verdict: string | null, hasBegun: boolean): string {
  if (!hasBegun && (state === 'stopped' || state === 'interrupted')) {
    return 'It ended before its first step. Resumed, it starts from the beginning.';
  }
  switch (state) {
    case 'running':
      return verdict ?? 'Training; the first verdict comes with the first monitor.';
    case 'paused':
      return 'Paused after a checkpoint; nothing is computed until it goes on.';
    case 'interrupted':
      return 'Trefoil ended while this run was training. It goes on from its last checkpoint.';
    case 'stopped':
      return 'Stopped with a checkpoint; it can go on where it was.';
    case 'failed':
      return verdict ?? 'Training diverged.';
    case 'finished':
      return verdict ?? 'Finished.';
    default: {
      const never: never = state;
      return never;
    }
  }
}

function differencesOf(runs: readonly StoredRun[]): { setting: string; values: string[] }[] {
  const flat = runs.map(({ request }) => ({
    seed: String(request.seed),
    'excluded slides': request.excludedSlides.join(', ') || 'none',
    ...Object.fromEntries(
      Object.entries({ ...request.settings, ...request.settings.augmentation })
        .filter(([name]) => name !== 'augmentation')
        .map(([name, value]) => [name, Array.isArray(value) ? value.join(' to ') : String(value)]),
    ),
  })) as Record<string, string>[];
  return Object.keys(flat[0] ?? {}).flatMap((setting) => {
    const values = flat.map((settings) => settings[setting] ?? '');
    return new Set(values).size > 1 ? [{ setting, values }] : [];
  });
}

/** Losses of different methods and view sizes do not compare; kNN on the same labels and tiles does. */
function compareInWords(states: readonly RunState[]): string {
  const judged = states.filter((state) => state.knnAccuracy !== null);
  if (judged.length < 2) return 'Too few labels when they trained: compare the classifiers made from them instead.';
  if (new Set(judged.map((state) => state.tileSet)).size > 1) {
    return 'These runs saw different tiles, so their figures do not compare; compare the classifiers made from them.';
  }
  const [best, next] = judged.toSorted((a, b) => (b.knnAccuracy ?? 0) - (a.knnAccuracy ?? 0));
  const gap = (best?.knnAccuracy ?? 0) - (next?.knnAccuracy ?? 0);
  if (gap < 0.02) return 'No run is clearly ahead: nearest neighbours judge them alike within .02.';
  return `Nearest neighbours judge ${best?.run ?? ''} ${gap.toFixed(2).replace(/^0/, '')} better than the next; without an interval, so let a classifier confirm it.`;
}
