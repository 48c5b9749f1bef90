/** The runs that train in this process right now, and the handles to hold or end them. Knows nothing of what is on disk. */
import { TrefoilError } from '#common/errors.ts';
import type { PausableEngine } from './engine-process.ts';

class RunControl implements Disposable {
  readonly signal: AbortSignal;
  isPaused = false;
  private readonly controller = new AbortController();
  private engine: PausableEngine | null = null;
  private readonly onEnd: () => void;

  constructor(signal: AbortSignal | undefined, onEnd: () => void) {
    this.signal = signal === undefined ? this.controller.signal : AbortSignal.any([signal, this.controller.signal]);
    this.onEnd = onEnd;
  }

  attach(engine: PausableEngine): void {
    this.engine = engine;
  }

  /** A process that just started, also after a crash, does not know that it is to wait. */
  engineStarted(): void {
    if (this.isPaused) this.engine?.pause();
  }

  setPaused(isPaused: boolean): void {
    this.isPaused = isPaused;
    if (isPaused) this.engine?.pause();
    else this.engine?.resume();
  }

  stop(): void {
    this.controller.abort();
  }

  [Symbol.dispose](): void {
    this.onEnd();
  }
}

export class RunningRuns {
  private readonly controls = new Map<string, RunControl>();

  /** To be disposed of when the run ends. Throws 'project-busy' when it trains already. */
  enter(project: string, run: string, signal: AbortSignal | undefined): RunControl {
    const key = `${project}/${run}`;
    if (this.controls.has(key)) {
      throw new TrefoilError('project-busy', `The run ${run} is training already.`, 'Wait for it or stop it first.');
    }
    const control = new RunControl(signal, () => this.controls.delete(key));
    this.controls.set(key, control);
    return control;
  }

  find(project: string, run: string): RunControl | null {
    return this.controls.get(`${project}/${run}`) ?? null;
  }

  /** Throws 'invalid-input' when it does not train. */
  require(project: string, run: string): RunControl {
    const control = this.find(project, run);
    if (control !== null) return control;
    throw new TrefoilError('invalid-input', `The run ${run} is not training.`, 'Start or resume it first.', { run });
  }
}
