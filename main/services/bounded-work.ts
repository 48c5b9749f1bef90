/** Runs a bounded number of pieces of work at once, newest first: what a page asked for last is what it shows now. */
import { throwIfCancelled, TrefoilError } from '#common/errors.ts';

interface Waiting {
  start(): void;
}

export class BoundedWork {
  private readonly parallel: number;
  private readonly maximumWaiting: number;
  private readonly waiting: Waiting[] = [];
  private running = 0;

  constructor(parallel: number, maximumWaiting: number) {
    this.parallel = parallel;
    this.maximumWaiting = maximumWaiting;
  }

  /** Throws 'cancelled' when the signal fires before the work starts, 'server-busy' when too much waits already. */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    throwIfCancelled(signal);
    if (this.running >= this.parallel) await this.turn(signal);
    this.running += 1;
    try {
      throwIfCancelled(signal);
      return await work();
    } finally {
      this.running -= 1;
      this.waiting.pop()?.start();
    }
  }

  private turn(signal: AbortSignal | undefined): Promise<void> {
    if (this.waiting.length >= this.maximumWaiting) {
      throw new TrefoilError('server-busy', 'Too many pictures were asked for at once.', 'Ask again in a moment.');
    }
    return new Promise((resolve) => {
      const waiting: Waiting = { start: resolve };
      this.waiting.push(waiting);
      signal?.addEventListener(
        'abort',
        () => {
          const index = this.waiting.indexOf(waiting);
          if (index >= 0) this.waiting.splice(index, 1);
          resolve();
        },
        { once: true },
      );
    });
  }
}
