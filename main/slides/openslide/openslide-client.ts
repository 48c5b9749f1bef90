/**
 * Starts the process that holds OpenSlide and asks it one thing at a time. A process that dies or does not answer is ended
 * and a fresh one opens the slide again with the next question, a few times; then the slide is given up.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { throwIfCancelled, TrefoilError } from '#common/errors.ts';
import { openSlideHint } from './library-places.ts';
import type { Answers, OpenSlideAnswer, OpenSlideFailure, OpenSlideRequest } from './messages.ts';

const entry = fileURLToPath(new URL('./openslide-process.ts', import.meta.url));
/** A drive that has not given a tile in this time has stalled. */
const answerMs = 60_000;
const maximumDeaths = 3;

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

export interface OpenSlideClientOptions {
  /** How messages name the file. */
  readonly name: string;
  readonly libraries: readonly string[];
}

export class OpenSlideClient {
  readonly #options: OpenSlideClientOptions;
  #child: ChildProcess | null = null;
  #waiting = new Map<number, Waiting>();
  #queue: Promise<unknown> = Promise.resolve();
  #nextId = 1;
  #deaths = 0;
  #isOpen = false;
  #path: string | null = null;
  #closed = false;

  constructor(options: OpenSlideClientOptions) {
    this.#options = options;
  }

  /** Throws `file-unsupported` (no library, or it does not know the file), `file-invalid`, `file-unreadable`. */
  async open(path: string): Promise<Answers['open']> {
    this.#path = path;
    return this.#inTurn(() => this.#open(path));
  }

  async version(): Promise<string> {
    return this.#inTurn(() => this.#ask({ kind: 'version', libraries: this.#options.libraries }));
  }

  async ask<Kind extends 'read' | 'associated' | 'profile'>(
    request: Extract<OpenSlideRequest, { kind: Kind }>,
    signal?: AbortSignal,
  ): Promise<Answers[Kind]> {
    return this.#inTurn(async () => {
      throwIfCancelled(signal);
      if (!this.#isOpen && this.#path !== null) await this.#open(this.#path);
      return this.#ask(request);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#end();
  }

  async #open(path: string): Promise<Answers['open']> {
    const opened = await this.#ask<'open'>({ kind: 'open', libraries: this.#options.libraries, path });
    this.#isOpen = true;
    return opened;
  }

  /** One question at a time: what is cancelled while it waits is never asked. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #ask<Kind extends OpenSlideRequest['kind']>(
    request: Extract<OpenSlideRequest, { kind: Kind }>,
  ): Promise<Answers[Kind]> {
    const child = this.#start();
    const id = this.#nextId++;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Answers[Kind]>((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        timer = setTimeout(() => {
          this.#deaths++;
          this.#waiting.delete(id);
          reject(this.#failed('file-unreadable', 'has not been read for a minute', 'Check its drive and try again.'));
          this.#end();
        }, answerMs);
        child.send({ id, request }, (error) => {
          if (error && this.#waiting.delete(id)) reject(this.#died(error.message));
        });
      });
    } finally {
      clearTimeout(timer);
    }
  }

  #start(): ChildProcess {
    if (this.#child) return this.#child;
    if (this.#closed) throw this.#failed('file-unreadable', 'was closed', 'Open the slide again.');
    if (this.#deaths >= maximumDeaths) throw this.#died('it was started again several times');
    // The library prints warnings; they would mix with the command line's own output.
    const child = fork(entry, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      execArgv: [],
    });
    this.#child = child;
    child.on('message', (message: OpenSlideAnswer) => {
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if ('failure' in message) waiting?.reject(this.#explain(message.failure));
      else waiting?.resolve(message.value as never);
    });
    const gone = (what: string): void => {
      if (this.#child !== child) return;
      this.#child = null;
      this.#isOpen = false;
      this.#deaths++;
      for (const { reject } of this.#waiting.values()) reject(this.#died(what));
      this.#waiting.clear();
    };
    child.on('error', (error) => gone(error.message));
    child.on('exit', (code, signal) => gone(signal ?? `exit code ${code ?? 0}`));
    // A slide that is open in the background must not keep the program from ending.
    child.unref();
    child.channel?.unref();
    return child;
  }

  #end(): void {
    const child = this.#child;
    this.#child = null;
    this.#isOpen = false;
    for (const { reject } of this.#waiting.values()) {
      reject(this.#failed('file-unreadable', 'was closed while it was being read', 'Open the slide again.'));
    }
    this.#waiting.clear();
    child?.kill('SIGKILL');
  }

  #explain({ reason, text }: OpenSlideFailure): TrefoilError {
    switch (reason) {
      case 'missing':
        return new TrefoilError(
          'file-unsupported',
          `${this.#options.name} is in a format that Trefoil reads through the OpenSlide library, which is not installed.`,
          openSlideHint(process.platform),
          { reader: 'openslide' },
        );
      case 'refused':
        return this.#failed(
          'file-unsupported',
          'is in a format that neither Trefoil nor OpenSlide knows',
          'Export it once as a pyramidal TIFF with JPEG tiles, e.g. in QuPath: File > Export images > OME TIFF.',
        );
      case 'damaged':
        return this.#failed(
          'file-invalid',
          `cannot be read by OpenSlide: ${text}`,
          'Copy the slide again from its source, with all files that belong to it.',
        );
    }
  }

  #died(what: string): TrefoilError {
    return this.#failed(
      'file-invalid',
      `made the OpenSlide library stop (${what})`,
      'The file may be damaged: copy it again from its source. Other slides are not touched.',
    );
  }

  #failed(code: 'file-invalid' | 'file-unsupported' | 'file-unreadable', what: string, hint: string): TrefoilError {
    return new TrefoilError(code, `${this.#options.name} ${what}.`, hint, { reader: 'openslide' });
  }
}
