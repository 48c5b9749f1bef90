/**
 * Keeps a drive that does not answer from holding up everything else. A system call that hangs cannot be ended and keeps one
 * of the process's few file threads (libuv's pool), so: a limit in time, few calls in flight a folder, and none at all to a
 * folder whose last call still hangs. Knows no format; which errors of the system mean what is slide-file.ts.
 */
import { basename, dirname } from 'node:path';
import { TrefoilError, throwIfCancelled } from '#common/errors.ts';

/** A disk that must spin up or a slow server answers within seconds; a dead one never. */
export const stallLimitMs = 30_000;
/** Enough to keep a disk busy; a hanging drive costs no more threads than this before it is noticed. */
const callsInFlight = 2;

interface Folder {
  inFlight: number;
  /** Calls that have hung longer than the limit and did not return yet. */
  stuck: number;
  readonly waiting: Set<Waiting>;
}

interface Waiting {
  readonly start: () => void;
  readonly refuse: (error: TrefoilError) => void;
}

export class SlideDrives {
  readonly #limitMs: number;
  readonly #folders = new Map<string, Folder>();

  constructor(limitMs: number = stallLimitMs) {
    this.#limitMs = limitMs;
  }

  /** Calls that hang now. While there are any, `process.exit` would wait for them too. */
  get stuckCalls(): number {
    return [...this.#folders.values()].reduce((sum, folder) => sum + folder.stuck, 0);
  }

  /** Calls under way, hanging or not; 0 when nothing is left behind. */
  get callsUnderWay(): number {
    return [...this.#folders.values()].reduce((sum, folder) => sum + folder.inFlight, 0);
  }

  /**
   * Runs one file operation of `path`. Rejects with `file-unreadable` when it takes too long and with `cancelled` as soon
   * as `signal` says so; what the operation gives after that is handed to `discard`.
   */
  async run<T>(
    path: string,
    operation: () => Promise<T>,
    options: { readonly signal?: AbortSignal | undefined; readonly discard?: (late: T) => void } = {},
  ): Promise<T> {
    const { signal } = options;
    throwIfCancelled(signal);
    const key = dirname(path);
    const folder = this.#folders.get(key) ?? { inFlight: 0, stuck: 0, waiting: new Set() };
    this.#folders.set(key, folder);
    if (folder.stuck > 0) throw stalled(path, this.#limitMs);
    await this.#take(folder, signal);
    if (signal?.aborted === true) {
      this.#release(key, folder);
      throw cancelled(signal);
    }
    return new Promise<T>((done, failed) => {
      let isStuck = false;
      let isLate = false;
      const giveUp = (error: TrefoilError): void => {
        isLate = true;
        signal?.removeEventListener('abort', cancel);
        failed(error);
      };
      const cancel = (): void => giveUp(cancelled(signal));
      const timer = setTimeout(() => {
        isStuck = true;
        folder.stuck += 1;
        const error = stalled(path, this.#limitMs);
        giveUp(error);
        for (const { refuse } of [...folder.waiting]) refuse(error);
      }, this.#limitMs);
      timer.unref();
      const finish = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', cancel);
        if (isStuck) folder.stuck -= 1;
        this.#release(key, folder);
      };
      signal?.addEventListener('abort', cancel, { once: true });
      void operation().then(
        (value) => {
          finish();
          if (isLate) options.discard?.(value);
          else done(value);
        },
        (error: unknown) => {
          finish();
          if (!isLate) failed(error as Error);
        },
      );
    });
  }

  /** A place among the folder's calls; whoever gives one up hands it on (`#release`). */
  #take(folder: Folder, signal: AbortSignal | undefined): Promise<void> {
    if (folder.inFlight < callsInFlight) {
      folder.inFlight += 1;
      return Promise.resolve();
    }
    return new Promise((start, refuse) => {
      const leave = (): void => {
        folder.waiting.delete(entry);
        signal?.removeEventListener('abort', cancel);
      };
      const entry: Waiting = {
        start: () => {
          leave();
          start();
        },
        refuse: (error) => {
          leave();
          refuse(error);
        },
      };
      const cancel = (): void => entry.refuse(cancelled(signal));
      signal?.addEventListener('abort', cancel, { once: true });
      folder.waiting.add(entry);
    });
  }

  #release(key: string, folder: Folder): void {
    const [first] = folder.waiting;
    if (first !== undefined) {
      first.start();
      return;
    }
    folder.inFlight -= 1;
    if (folder.inFlight === 0) this.#folders.delete(key);
  }
}

function cancelled(signal: AbortSignal | undefined): TrefoilError {
  try {
    throwIfCancelled(signal);
  } catch (error) {
    if (error instanceof TrefoilError) return error;
  }
  return new TrefoilError('cancelled', 'The reading was cancelled.', 'Start it again.');
}

function stalled(path: string, limitMs: number): TrefoilError {
  return new TrefoilError(
    'file-unreadable',
    `The drive of ${basename(path)} has not answered for ${Math.round(limitMs / 1000)} seconds.`,
    'Check the network connection or the cable of the drive, then try again. Other slides can be used meanwhile.',
    { stalled: true },
  );
}
