/**
 * When to refresh the classifier after labels change, as a pure reducer: the page's store keeps the state and obeys. It waits for
 * a pause in labelling, but not for ever; one refresh runs at a time; what changed meanwhile is refreshed once afterwards; after
 * a failure it waits for the next change instead of trying again. No clock in here: times come in as milliseconds.
 */
export interface RefreshState {
  /** Version of the labels last heard of, and of those the newest classifier was trained on. */
  readonly labelsVersion: string | null;
  readonly trainedVersion: string | null;
  /** Version a refresh was started for; null while none runs. */
  readonly runningVersion: string | null;
  /** Version whose refresh failed or was cancelled: not tried again. */
  readonly givenUpVersion: string | null;
  readonly canTrain: boolean;
  /** First and last change not yet refreshed. */
  readonly firstChangeMs: number | null;
  readonly lastChangeMs: number | null;
}

export type RefreshEvent =
  /** The answer of classifier.state, asked for after every change. */
  | {
      readonly type: 'labels';
      readonly labelsVersion: string;
      readonly trainedVersion: string | null;
      readonly canTrain: boolean;
      readonly atMs: number;
    }
  | { readonly type: 'started' }
  | { readonly type: 'finished' }
  | { readonly type: 'failed' };

/** `start` now, `wait` and ask again at `atMs`, or nothing to do. */
export type RefreshDecision =
  | { readonly do: 'start' }
  | { readonly do: 'wait'; readonly atMs: number }
  | { readonly do: 'nothing'; readonly why: 'up-to-date' | 'running' | 'cannot-train' | 'failed-before' };

/** A person labels a tile every two to three seconds; this pause means a look at the result. */
export const quietMs = 3000;
/** In a long run of labels the result is still not older than this. */
export const longestWaitMs = 20_000;

export const initialRefreshState: RefreshState = {
  labelsVersion: null,
  trainedVersion: null,
  runningVersion: null,
  givenUpVersion: null,
  canTrain: false,
  firstChangeMs: null,
  lastChangeMs: null,
};

export function nextRefreshState(state: RefreshState, event: RefreshEvent): RefreshState {
  switch (event.type) {
    case 'labels': {
      const { labelsVersion, trainedVersion, canTrain, atMs } = event;
      const isChange = labelsVersion !== state.labelsVersion;
      const isPending = labelsVersion !== trainedVersion;
      return {
        ...state,
        labelsVersion,
        trainedVersion,
        canTrain,
        firstChangeMs: isPending ? (state.firstChangeMs ?? atMs) : null,
        lastChangeMs: isPending ? (isChange ? atMs : (state.lastChangeMs ?? atMs)) : null,
      };
    }
    case 'started':
      return { ...state, runningVersion: state.labelsVersion, firstChangeMs: null, lastChangeMs: null };
    case 'finished':
      return { ...state, trainedVersion: state.runningVersion, runningVersion: null, givenUpVersion: null };
    case 'failed':
      return { ...state, runningVersion: null, givenUpVersion: state.runningVersion };
  }
}

export function decideRefresh(state: RefreshState, nowMs: number): RefreshDecision {
  if (state.runningVersion !== null) return { do: 'nothing', why: 'running' };
  if (state.labelsVersion === null || state.labelsVersion === state.trainedVersion) {
    return { do: 'nothing', why: 'up-to-date' };
  }
  if (!state.canTrain) return { do: 'nothing', why: 'cannot-train' };
  if (state.labelsVersion === state.givenUpVersion) return { do: 'nothing', why: 'failed-before' };
  // Changed while a refresh ran, and quiet since: due at once.
  if (state.lastChangeMs === null || state.firstChangeMs === null) return { do: 'start' };
  const dueMs = Math.min(state.lastChangeMs + quietMs, state.firstChangeMs + longestWaitMs);
  return nowMs >= dueMs ? { do: 'start' } : { do: 'wait', atMs: dueMs };
}
