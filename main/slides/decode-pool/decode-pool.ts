/**
 * Decodes tiles in worker threads, so that a slow codec (JPEG 2000, LZW, LERC ...) never holds up the core's own thread.
 * Newest first: what was asked for last is what a person sees. A worker that crashes or hangs costs its tile only and is
 * replaced. Codecs that leave the calling thread by themselves (sharp, zlib) do not come here: holds-up-its-thread.ts.
 */
import { Worker } from 'node:worker_threads';
import { throwIfCancelled, TrefoilError } from '#common/errors.ts';
import { UndecodableTile, type CodedTile, type DecodeTile } from '../codecs/coded-tile.ts';
import { decodeCodedTile } from '../codecs/decode-coded-tile.ts';
import type { DecodeReply } from './decode-worker.ts';
import { holdsUpItsThread } from './holds-up-its-thread.ts';

export interface DecodePoolOptions {
  /** Threads; they are started when there is work for them. */
  readonly threads: number;
  /** A tile that takes longer is given up; 20 s when not given. */
  readonly longestMs?: number;
  /** Tiles that may wait; 4096 when not given. More are refused with 'server-busy'. */
  readonly maximumWaiting?: number;
  /** For tests: another worker, and which tiles go to it. */
  readonly worker?: URL;
  readonly sendsToThread?: (tile: CodedTile) => boolean;
}

interface Job {
  readonly tile: CodedTile;
  done(pixels: Uint8Array): void;
  failed(error: unknown): void;
}

interface Thread {
  readonly worker: Worker;
  job: Job | null;
  timer: NodeJS.Timeout | null;
}

const ownWorker = new URL('./decode-worker.ts', import.meta.url);

export class DecodePool {
  readonly #options: Required<DecodePoolOptions>;
  readonly #threads = new Set<Thread>();
  readonly #waiting: Job[] = [];
  #isClosed = false;
  /** Tiles given to a thread so far. */
  startedCount = 0;

  constructor(options: DecodePoolOptions) {
    this.#options = {
      longestMs: 20_000,
      maximumWaiting: 4096,
      worker: ownWorker,
      sendsToThread: holdsUpItsThread,
      ...options,
    };
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  get threadCount(): number {
    return this.#threads.size;
  }

  /** A reader's decoder. Rejects with UndecodableTile also when the thread crashes over the tile or takes too long. */
  readonly decode: DecodeTile = async (tile, signal) => {
    throwIfCancelled(signal);
    if (!this.#options.sendsToThread(tile)) return decodeCodedTile(tile, signal);
    if (this.#isClosed) throw closing();
    if (this.#waiting.length >= this.#options.maximumWaiting) {
      throw new TrefoilError('server-busy', 'Too many tiles were asked for at once.', 'Ask again in a moment.');
    }
    return new Promise<Uint8Array>((done, failed) => {
      const job: Job = {
        tile,
        done: (pixels) => {
          signal?.removeEventListener('abort', leave);
          done(pixels);
        },
        failed: (error) => {
          signal?.removeEventListener('abort', leave);
          failed(error as Error);
        },
      };
      // A tile in a thread is finished, which is quicker than another thread; one that waits is never started.
      const leave = (): void => {
        const index = this.#waiting.indexOf(job);
        if (index >= 0) this.#waiting.splice(index, 1);
        try {
          throwIfCancelled(signal);
        } catch (error) {
          job.failed(error);
        }
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.push(job);
      this.#next();
    });
  };

  /** Ends the threads; tiles that wait or are in work fail with 'cancelled'. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const job of this.#waiting.splice(0)) job.failed(closing());
    const threads = [...this.#threads];
    for (const thread of threads) this.#end(thread, closing());
    await Promise.all(threads.map(({ worker }) => worker.terminate()));
  }

  #next(): void {
    while (this.#waiting.length > 0 && !this.#isClosed) {
      const idle = [...this.#threads].find(({ job }) => job === null);
      if (idle === undefined && this.#threads.size >= this.#options.threads) return;
      const job = this.#waiting.pop();
      if (job !== undefined) this.#give(idle ?? this.#start(), job);
    }
  }

  #give(thread: Thread, job: Job): void {
    thread.job = job;
    this.startedCount += 1;
    // Copies of the stored bytes, which are small, so that the reader keeps its own; the copies are moved.
    const planes = job.tile.planes.map((plane) => plane && Uint8Array.from(plane));
    const moved = planes.flatMap((plane) => (plane === null ? [] : [plane.buffer]));
    thread.worker.ref();
    thread.timer = setTimeout(() => {
      this.#end(thread, new UndecodableTile(`was given up after ${this.#options.longestMs / 1000} s of decoding`));
    }, this.#options.longestMs);
    const { jpegTables, palette } = job.tile;
    const tile: CodedTile = {
      ...job.tile,
      planes,
      jpegTables: jpegTables && Uint8Array.from(jpegTables),
      palette: palette && Uint16Array.from(palette),
    };
    thread.worker.postMessage(tile, moved);
  }

  #start(): Thread {
    const worker = new Worker(this.#options.worker);
    const thread: Thread = { worker, job: null, timer: null };
    this.#threads.add(thread);
    worker.on('message', (reply: DecodeReply) => {
      const job = this.#free(thread);
      if ('pixels' in reply) job?.done(reply.pixels);
      else if ('undecodable' in reply) job?.failed(new UndecodableTile(reply.undecodable));
      else job?.failed(TrefoilError.fromReport(reply.error));
      this.#next();
    });
    worker.on('error', (error) => {
      this.#end(thread, new UndecodableTile('made its decoder stop', { cause: error }));
    });
    worker.on('exit', () => this.#end(thread, new UndecodableTile('made its decoder end')));
    return thread;
  }

  #free(thread: Thread): Job | null {
    const { job } = thread;
    if (thread.timer !== null) clearTimeout(thread.timer);
    thread.timer = null;
    thread.job = null;
    // An idle thread keeps no process alive.
    thread.worker.unref();
    return job;
  }

  #end(thread: Thread, reason: unknown): void {
    this.#threads.delete(thread);
    this.#free(thread)?.failed(reason);
    void thread.worker.terminate();
    this.#next();
  }
}

function closing(): TrefoilError {
  return new TrefoilError('cancelled', 'Trefoil is closing.', 'Start it again.');
}
