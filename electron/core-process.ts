/**
 * The core's process as the shell owns it: started, watched, started again when it dies, ended with the app. One class does all
 * of it, so that there is one place to look when something is left running. It knows no window; it tells listeners.
 */
import type { ChildProcess } from 'node:child_process';
import type { Channel } from '#common/contract/channel.ts';
import { fromCore, type FromShell } from '#common/contract/shell-link.ts';

export type CoreState = 'starting' | 'ready' | 'restarting' | 'failed' | 'stopped';

export interface CoreReady {
  readonly version: string;
  readonly socket: string;
  readonly token: string;
}

export interface CoreProcessOptions {
  /** Starts the process with an IPC channel and piped output. */
  readonly spawn: () => ChildProcess;
  /** Every line of the process's output and of its life. */
  readonly log: (line: string) => void;
  readonly onState: (state: CoreState, reason: string) => void;
  readonly now: () => number;
}

/** A core that has not said it is ready by then will not be. */
const readyMs = 30_000;
const pingEveryMs = 10_000;
/** So many pings in a row without a word: it hangs. Counted and not timed: a computer that slept must not look like it. */
const mostUnanswered = 6;
const restartWaitsMs = [0, 500, 2000, 5000] as const;
/** More deaths than this within `deathWindowMs`, and a person must decide. */
const mostDeaths = 4;
const deathWindowMs = 120_000;
/** The core stops jobs at a checkpoint first. */
const quitMs = 20_000;

export class CoreProcess {
  private readonly options: CoreProcessOptions;
  private child: ChildProcess | null = null;
  private state: CoreState = 'stopped';
  private ready: CoreReady | null = null;
  private deaths: number[] = [];
  private timers = new Set<ReturnType<typeof setTimeout>>();
  private readonly pages = new Map<number, Page>();
  private readonly allowing = new Map<number, (ids: readonly string[] | null) => void>();
  private nextId = 1;
  private unanswered = 0;
  private startFailure: string | null = null;
  private stopping: Promise<void> | null = null;

  constructor(options: CoreProcessOptions) {
    this.options = options;
  }

  /** Null while there is none to talk to. */
  get readiness(): CoreReady | null {
    return this.state === 'ready' ? this.ready : null;
  }

  get current(): CoreState {
    return this.state;
  }

  /** Also for "restart" after too many deaths. */
  start(): void {
    if (this.child !== null || this.stopping !== null) return;
    if (this.state === 'failed') this.deaths = [];
    this.launch('starting');
  }

  /** A page of its own line to the core; it ends when the core does. */
  openPage(): Channel {
    const id = this.nextId++;
    const page: Page = { messages: [], closes: [] };
    this.pages.set(id, page);
    this.send({ type: 'open', page: id });
    return {
      send: (text) => {
        if (this.pages.get(id) === page) this.send({ type: 'text', page: id, text });
      },
      onMessage: (listener) => void page.messages.push(listener),
      onClose: (listener) => void page.closes.push(listener),
      close: () => {
        if (this.pages.get(id) !== page) return;
        this.send({ type: 'close', page: id });
        this.dropPage(id);
      },
    };
  }

  /** Ids of files a person chose; null when the core went away meanwhile. */
  allow(paths: readonly { readonly path: string; readonly isFolder: boolean }[]): Promise<readonly string[] | null> {
    if (this.state !== 'ready') return Promise.resolve(null);
    const id = this.nextId++;
    return new Promise((done) => {
      this.allowing.set(id, done);
      this.send({ type: 'allow', id, paths: [...paths] });
    });
  }

  /** Asks it to end, waits, and ends it. Resolves when it is gone. */
  stop(): Promise<void> {
    this.stopping ??= this.end();
    return this.stopping;
  }

  private async end(): Promise<void> {
    this.clearTimers();
    const { child } = this;
    if (child !== null) {
      const gone = new Promise<void>((done) => child.once('exit', () => done()));
      this.send({ type: 'quit' });
      const killer = setTimeout(() => {
        this.options.log('core: did not end in time, killed');
        child.kill('SIGKILL');
      }, quitMs);
      await gone;
      clearTimeout(killer);
    }
    this.change('stopped', 'ended with the app');
  }

  private launch(state: 'starting' | 'restarting'): void {
    this.change(state, '');
    this.startFailure = null;
    const child = this.options.spawn();
    this.child = child;
    this.unanswered = 0;
    this.options.log(`core ${child.pid ?? 'without pid'}: started`);
    for (const stream of [child.stdout, child.stderr])
      logLines(stream, (line) => this.options.log(`core ${child.pid}: ${line}`));
    child.on('message', (message) => this.receive(child, message));
    child.once('error', (error) => {
      this.options.log(`core: ${error.message}`);
      // A process that never was sends no 'exit'.
      if (child.pid === undefined) this.died(child, `it could not be started (${error.message})`);
    });
    child.once('exit', (code, signal) => this.died(child, exitReason(code, signal)));
    this.after(readyMs, () => {
      if (this.child === child && this.state !== 'ready') this.kill(child, `not ready within ${readyMs / 1000} s`);
    });
    this.watch(child);
  }

  private watch(child: ChildProcess): void {
    this.after(pingEveryMs, () => {
      if (this.child !== child) return;
      if (this.state === 'ready') {
        if (this.unanswered >= mostUnanswered) return this.kill(child, `did not answer ${mostUnanswered} pings`);
        this.unanswered += 1;
        this.send({ type: 'ping', id: this.nextId++ });
      }
      this.watch(child);
    });
  }

  private kill(child: ChildProcess, reason: string): void {
    this.options.log(`core ${child.pid ?? ''}: ${reason}, killed`);
    child.kill('SIGKILL');
  }

  private receive(child: ChildProcess, message: unknown): void {
    if (this.child !== child) return;
    const parsed = fromCore.safeParse(message);
    if (!parsed.success) return this.options.log(`core ${child.pid ?? ''}: sent what is no message`);
    this.unanswered = 0;
    const said = parsed.data;
    switch (said.type) {
      case 'ready':
        this.options.log(`core ${child.pid ?? ''}: ready`);
        this.ready = { version: said.version, socket: said.socket, token: said.token };
        return this.change('ready', '');
      case 'failed':
        this.startFailure = `${said.message} ${said.hint}`;
        return;
      case 'text':
        for (const listener of this.pages.get(said.page)?.messages ?? []) listener(said.text);
        return;
      case 'close':
        return this.dropPage(said.page);
      case 'pong':
        return;
      case 'allowed':
        this.allowing.get(said.id)?.(said.ids);
        this.allowing.delete(said.id);
        return;
    }
  }

  private died(child: ChildProcess, reason: string): void {
    if (this.child !== child) return;
    this.child = null;
    this.ready = null;
    this.clearTimers();
    this.options.log(`core ${child.pid ?? ''}: ended, ${reason}`);
    for (const id of [...this.pages.keys()]) this.dropPage(id);
    for (const done of this.allowing.values()) done(null);
    this.allowing.clear();
    if (this.stopping !== null) return;
    const now = this.options.now();
    this.deaths = [...this.deaths.filter((at) => now - at < deathWindowMs), now];
    const told = this.startFailure ?? reason;
    if (this.deaths.length > mostDeaths) return this.change('failed', told);
    this.change('restarting', told);
    const wait = restartWaitsMs[Math.min(this.deaths.length - 1, restartWaitsMs.length - 1)] ?? 0;
    this.after(wait, () => this.launch('restarting'));
  }

  private dropPage(id: number): void {
    const page = this.pages.get(id);
    if (!this.pages.delete(id)) return;
    for (const listener of page?.closes ?? []) listener();
  }

  private send(message: FromShell): void {
    if (this.child?.connected === true) this.child.send(message, () => undefined);
  }

  private change(state: CoreState, reason: string): void {
    this.state = state;
    this.options.onState(state, reason);
  }

  private after(milliseconds: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      run();
    }, milliseconds);
    this.timers.add(timer);
  }

  private clearTimers(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }
}

interface Page {
  readonly messages: ((text: string) => void)[];
  readonly closes: (() => void)[];
}

/** What an exit means, in words. */
export function exitReason(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal === 'SIGKILL') return 'it was killed (by a person, or by the system for want of memory)';
  if (signal === 'SIGSEGV' || signal === 'SIGBUS' || signal === 'SIGABRT') return `it crashed (${signal})`;
  if (signal !== null) return `it was ended by ${signal}`;
  return code === 0 ? 'it ended by itself' : `it ended with code ${code ?? 'unknown'}`;
}

function logLines(stream: NodeJS.ReadableStream | null, log: (line: string) => void): void {
  let rest = '';
  // As text, so that a letter of several bytes is not cut in two.
  stream?.setEncoding('utf8');
  stream?.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = (lines.pop() ?? '').slice(0, 10_000);
    for (const line of lines) log(line);
  });
}
