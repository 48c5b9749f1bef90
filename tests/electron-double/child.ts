/** A core process as Node's child_process gives it, but in this process: its end of the pipe is `core`. */
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import type { ChildProcess } from 'node:child_process';

export class FakeChild extends EventEmitter {
  readonly pid: number;
  connected = true;
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  readonly killed: string[] = [];
  /** What the shell said. */
  readonly heard: unknown[] = [];
  onHeard: (message: unknown) => void = () => undefined;

  constructor(pid: number) {
    super();
    this.pid = pid;
  }

  /** The shell's side. Messages cross as JSON, as on the real pipe. */
  send(message: unknown, sent?: () => void): boolean {
    const copy: unknown = JSON.parse(JSON.stringify(message));
    this.heard.push(copy);
    queueMicrotask(() => {
      if (this.connected) this.onHeard(copy);
      sent?.();
    });
    return true;
  }

  /** The core's side. */
  say(message: unknown): void {
    if (this.connected) this.emit('message', JSON.parse(JSON.stringify(message)));
  }

  kill(signal: string = 'SIGTERM'): boolean {
    this.killed.push(signal);
    if (signal === 'SIGKILL') queueMicrotask(() => this.exit(null, 'SIGKILL'));
    return true;
  }

  exit(code: number | null, signal: NodeJS.Signals | null = null): void {
    if (!this.connected) return;
    this.connected = false;
    this.emit('exit', code, signal);
  }

  asChild(): ChildProcess {
    return this as unknown as ChildProcess;
  }
}
