/**
 * What the command line prints: results for a person or, with --json, exactly one JSON document on standard output;
 * progress and errors for a person on standard error. Exit codes are documented in docs/command-line.md.
 */
import type { Writable } from 'node:stream';
import { toErrorReport, type ErrorReport } from '#common/errors.ts';
import type { StageProgress } from '#common/stage.ts';

export const exitCodes = { done: 0, failed: 1, usage: 2, defect: 70, cancelled: 130 } as const;

export interface Output {
  readonly json: boolean;
  /** Prints the result in the form asked for. A part that was refused makes the whole command end with `failed`. */
  result(value: unknown, asText: () => string, refused?: readonly unknown[]): void;
  /** Of a command that was not thrown out of. */
  exitCode(): number;
  progress(progress: StageProgress): void;
  /** A line for a person, e.g. the guard's verdict. Silent with --json. */
  note(text: string): void;
  failure(error: unknown): number;
}

export function createOutput(
  json: boolean,
  out: Writable,
  err: Writable & { isTTY?: boolean },
  now: () => number,
): Output {
  const line = new ProgressLine(err, now);
  let exitCode: number = exitCodes.done;
  return {
    json,
    exitCode: () => exitCode,
    result(value, asText, refused = []) {
      line.clear();
      if (refused.length > 0) exitCode = exitCodes.failed;
      out.write(json ? `${JSON.stringify(value, null, 2)}\n` : `${withoutControls(asText())}\n`);
    },
    progress(progress) {
      if (!json) line.show(progress);
    },
    note(text) {
      if (json) return;
      line.clear();
      err.write(`${text}\n`);
    },
    failure(error) {
      line.clear();
      const report = toErrorReport(error);
      if (json) out.write(`${JSON.stringify({ error: report }, null, 2)}\n`);
      err.write(`${withoutControls(report.message)}\n${withoutControls(report.hint)}\n`);
      if (report.code === 'internal' && typeof report.details['stack'] === 'string')
        err.write(`${report.details['stack']}\n`);
      return exitCodeOf(report);
    },
  };
}

/** Names come from files: none may move the cursor, colour the terminal or do what escape sequences do. Lines stay lines. */
function withoutControls(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
}

function exitCodeOf(report: ErrorReport): number {
  if (report.code === 'cancelled') return exitCodes.cancelled;
  if (report.code === 'internal') return exitCodes.defect;
  return report.code === 'invalid-input' ? exitCodes.usage : exitCodes.failed;
}

/** One line redrawn on a terminal; in a log one line a stage and one every 15 seconds. */
class ProgressLine {
  private readonly stream: Writable & { isTTY?: boolean };
  private readonly now: () => number;
  private stage = '';
  private startedAt = 0;
  private startedDone = 0;
  private shownAt = -Infinity;
  private shown = false;

  constructor(stream: Writable & { isTTY?: boolean }, now: () => number) {
    this.stream = stream;
    this.now = now;
  }

  show(progress: StageProgress): void {
    const time = this.now();
    const isNew = progress.stage !== this.stage;
    if (isNew) {
      this.clear();
      this.stage = progress.stage;
      this.startedAt = time;
      this.startedDone = progress.done;
    }
    const interval = this.stream.isTTY === true ? 100 : 15_000;
    if (!isNew && time - this.shownAt < interval && progress.done < progress.total) return;
    this.shownAt = time;
    const text = this.describe(progress, time);
    if (this.stream.isTTY === true) {
      this.stream.write(`\r\u001b[2K${text}`);
      this.shown = true;
    } else {
      this.stream.write(`${text}\n`);
    }
  }

  clear(): void {
    if (this.shown) this.stream.write('\r\u001b[2K');
    this.shown = false;
  }

  private describe(progress: StageProgress, time: number): string {
    const percent = progress.total > 0 ? Math.floor((100 * progress.done) / progress.total) : 100;
    const seconds = (time - this.startedAt) / 1000;
    const done = progress.done - this.startedDone;
    const left = done > 0 && progress.done < progress.total ? ((progress.total - progress.done) / done) * seconds : 0;
    const timeLeft = left > 2 ? `, ${formatDuration(left)} left` : '';
    const note = progress.note === undefined || progress.note === '' ? '' : `  ${progress.note}`;
    return `${progress.stage}: ${percent} % (${progress.done} of ${progress.total}${timeLeft})${note}`;
  }
}

/** 75 -> "1 min 15 s". */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
