/** The refresh schedule as a person's afternoon: labels come, pause, fail, come while it runs. */
import { describe, expect, it } from 'vitest';
import {
  decideRefresh,
  initialRefreshState,
  longestWaitMs,
  nextRefreshState,
  quietMs,
  type RefreshEvent,
  type RefreshState,
} from '#common/refresh-schedule.ts';

const labels = (labelsVersion: string, atMs: number, trainedVersion: string | null = null): RefreshEvent => ({
  type: 'labels',
  labelsVersion,
  trainedVersion,
  canTrain: true,
  atMs,
});
const after = (...events: RefreshEvent[]): RefreshState => events.reduce(nextRefreshState, initialRefreshState);

describe('the refresh schedule', () => {
  it('waits for a pause after the last label', () => {
    const state = after(labels('1', 0), labels('2', 1000));
    expect(decideRefresh(state, 1000)).toEqual({ do: 'wait', atMs: 1000 + quietMs });
    expect(decideRefresh(state, 1000 + quietMs)).toEqual({ do: 'start' });
  });

  it('asks the same version again without beginning to wait anew', () => {
    const state = after(labels('1', 0), labels('1', 2000));
    expect(decideRefresh(state, 2000)).toEqual({ do: 'wait', atMs: quietMs });
  });

  it('does not wait for ever while labels keep coming', () => {
    const events = Array.from({ length: 40 }, (_, i) => labels(String(i), i * 1000));
    expect(decideRefresh(after(...events.slice(0, 19)), 18_000)).toEqual({ do: 'wait', atMs: longestWaitMs });
    expect(decideRefresh(after(...events.slice(0, 21)), 20_000)).toEqual({ do: 'start' });
  });

  it('runs one at a time and goes again once for what changed meanwhile', () => {
    const running = after(labels('1', 0), { type: 'started' }, labels('2', 5000), labels('3', 6000));
    expect(decideRefresh(running, 60_000)).toEqual({ do: 'nothing', why: 'running' });
    const finished = nextRefreshState(running, { type: 'finished' });
    expect(decideRefresh(finished, 6500)).toEqual({ do: 'wait', atMs: 6000 + quietMs });
    expect(decideRefresh(finished, 10_000)).toEqual({ do: 'start' });
  });

  it('rests when the classifier is up to date, also after undo', () => {
    expect(decideRefresh(initialRefreshState, 0)).toEqual({ do: 'nothing', why: 'up-to-date' });
    const done = after(labels('1', 0), { type: 'started' }, { type: 'finished' });
    expect(decideRefresh(done, 1e6)).toEqual({ do: 'nothing', why: 'up-to-date' });
    const undone = [labels('2', 1e6, '1'), labels('1', 1e6 + 1, '1')].reduce(nextRefreshState, done);
    expect(decideRefresh(undone, 2e6)).toEqual({ do: 'nothing', why: 'up-to-date' });
  });

  it('does not try a failed one again until the labels change', () => {
    const failed = after(labels('1', 0), { type: 'started' }, { type: 'failed' }, labels('1', 9000));
    expect(decideRefresh(failed, 1e6)).toEqual({ do: 'nothing', why: 'failed-before' });
    expect(decideRefresh(nextRefreshState(failed, labels('2', 1e6)), 2e6)).toEqual({ do: 'start' });
  });

  it('does nothing while something is missing', () => {
    const state = nextRefreshState(initialRefreshState, {
      type: 'labels',
      labelsVersion: '1',
      trainedVersion: null,
      canTrain: false,
      atMs: 0,
    });
    expect(decideRefresh(state, 1e6)).toEqual({ do: 'nothing', why: 'cannot-train' });
  });
});
