/** Turns a stage's progress into fraction, rate and time left. Each stage is measured by itself, from its first report on. */
import type { StageProgress } from '#common/stage.ts';

export interface MeasuredProgress {
  readonly stage: string;
  readonly note: string;
  readonly done: number;
  readonly total: number;
  readonly fraction: number | null;
  readonly ratePerSecond: number | null;
  readonly secondsLeft: number | null;
}

export const nothingMeasured: MeasuredProgress = {
  stage: '',
  note: '',
  done: 0,
  total: 0,
  fraction: null,
  ratePerSecond: null,
  secondsLeft: null,
};

/** Older reports fade with this time constant, so that the rate follows a machine that gets slower or faster. */
const fadeSeconds = 20;

export class JobProgress {
  private readonly nowMs: () => number;
  private stage: string | null = null;
  private done = 0;
  private atMs = 0;
  /** Faded sums of work and time; their ratio is the rate. */
  private workSum = 0;
  private secondsSum = 0;

  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
  }

  measure({ stage, done, total, note }: StageProgress): MeasuredProgress {
    const now = this.nowMs();
    if (stage !== this.stage || done < this.done) {
      this.stage = stage;
      this.workSum = 0;
      this.secondsSum = 0;
    } else if (done > this.done) {
      const seconds = (now - this.atMs) / 1000;
      const kept = Math.exp(-seconds / fadeSeconds);
      this.workSum = this.workSum * kept + (done - this.done);
      this.secondsSum = this.secondsSum * kept + seconds;
    } else {
      return this.describe(stage, note, done, total);
    }
    this.done = done;
    this.atMs = now;
    return this.describe(stage, note, done, total);
  }

  private describe(stage: string, note: string | undefined, done: number, total: number): MeasuredProgress {
    const rate = this.secondsSum > 0 && this.workSum > 0 ? this.workSum / this.secondsSum : null;
    return {
      stage,
      note: note ?? '',
      done,
      total,
      fraction: total > 0 ? Math.min(1, done / total) : null,
      ratePerSecond: rate,
      secondsLeft: rate === null ? null : Math.max(0, (total - done) / rate),
    };
  }
}
