/**
 * Runs fuzz cases in processes of their own and watches them: an untyped failure, a case that takes too long, a process that
 * dies, too much memory, files left open. Every finding has the case's number, with which it can be run again.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FuzzMessage, FuzzRequest } from './fuzz-worker.ts';
import type { FuzzReader } from './seed-files.ts';

export interface FuzzOptions {
  readonly cases: number;
  readonly seed: number;
  readonly readers: readonly FuzzReader[] | null;
  readonly processes: number;
  /** Run this one case only. */
  readonly only?: number;
  readonly plant?: FuzzRequest['plant'];
  /** A case that takes longer by the clock counts as one that never ends. */
  readonly caseMs?: number;
  readonly onProgress?: (done: number) => void;
}

export interface Finding {
  readonly index: number;
  readonly file: string;
  readonly what: 'untyped' | 'slow' | 'hang' | 'crash' | 'memory' | 'open-files';
  readonly details: string;
}

export interface FuzzResult {
  readonly done: number;
  readonly findings: readonly Finding[];
  /** Cases by reader and outcome. */
  readonly outcomes: ReadonlyMap<FuzzReader, ReadonlyMap<string, number>>;
  readonly largestBufferBytes: number;
  readonly largestPeakRssBytes: number;
  readonly slowestMs: number;
}

export const fuzzLimits = {
  /** Of the processor, so that a busy machine does not matter; a bomb of 64 MiB takes most of it. */
  caseProcessorMs: 8000,
  /** Of the clock: a case that waits for ever. */
  caseMs: 90_000,
  /** One buffer a file may make the readers ask for (memory-guard.ts). */
  bufferBytes: 256 * 1024 * 1024,
  /** Peak of a whole process: Node.js with all decoders at rest, four tiles at their bound, one image at its. */
  peakRssBytes: 1536 * 1024 * 1024,
  /** Files a process has open at rest vary by the threads of its decoders; more than this is a leak. */
  openFilesMore: 8,
} as const;

export async function runFuzz(options: FuzzOptions): Promise<FuzzResult> {
  const findings: Finding[] = [];
  const outcomes = new Map<FuzzReader, Map<string, number>>();
  let done = 0;
  const largest = { buffer: 0, rss: 0, ms: 0 };
  const count = (message: Extract<FuzzMessage, { type: 'end' }>): void => {
    done += 1;
    const own = outcomes.get(message.reader) ?? new Map<string, number>();
    outcomes.set(message.reader, own.set(message.outcome, (own.get(message.outcome) ?? 0) + 1));
    largest.buffer = Math.max(largest.buffer, message.largestBytes);
    largest.rss = Math.max(largest.rss, message.peakRssBytes);
    largest.ms = Math.max(largest.ms, message.processorMs);
    options.onProgress?.(done);
  };
  const { processes, cases, seed, readers, only, plant, caseMs = fuzzLimits.caseMs } = options;
  const parts: FuzzRequest[] =
    only === undefined
      ? Array.from({ length: processes }, (_, part) => ({
          seed,
          first: part,
          step: processes,
          count: Math.ceil((cases - part) / processes),
          readers,
          plant,
        }))
      : [{ seed, first: only, step: 1, count: 1, readers }];
  await Promise.all(parts.map((part) => runPart(part, { caseMs, find: (finding) => findings.push(finding), count })));
  return {
    done,
    findings: findings.sort((a, b) => a.index - b.index),
    outcomes,
    largestBufferBytes: largest.buffer,
    largestPeakRssBytes: largest.rss,
    slowestMs: largest.ms,
  };
}

interface Listener {
  readonly caseMs: number;
  readonly find: (finding: Finding) => void;
  readonly count: (message: Extract<FuzzMessage, { type: 'end' }>) => void;
}

/** Goes on in a new process after one that died or was stopped. */
async function runPart(part: FuzzRequest, listener: Listener): Promise<void> {
  let left = part;
  while (left.count > 0) {
    const stoppedAt = await runProcess(left, listener);
    if (stoppedAt === null) return;
    const finished = (stoppedAt - left.first) / left.step + 1;
    left = { ...left, first: stoppedAt + left.step, count: left.count - finished };
  }
}

/** null when all cases were run, else the number of the case in which the process ended. */
async function runProcess(request: FuzzRequest, listener: Listener): Promise<number | null> {
  const folder = mkdtempSync(join(tmpdir(), 'trefoil-fuzz-'));
  const child = fork(new URL('./fuzz-worker.ts', import.meta.url), [folder], {
    execArgv: ['--disable-warning=ExperimentalWarning', '--max-old-space-size=1024'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // Under a test runner the process would load the runner's own hooks.
    env: { ...process.env, NODE_OPTIONS: undefined },
  });
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-4000)));
  const watch = new Watch(child, request, listener);
  child.send(request);
  const [code, signal] = await new Promise<[number | null, string | null]>((ended) =>
    child.once('close', (exitCode, exitSignal) => ended([exitCode, exitSignal])),
  );
  watch.stop();
  rmSync(folder, { recursive: true, force: true });
  if (watch.isDone) return null;
  if (!watch.isStarted) throw new Error(`The fuzz process did not start: ${errors}`);
  if (!watch.isStopped) watch.report('crash', `exit code ${code}, signal ${signal}\n${errors}`);
  return watch.index;
}

/** What one process is doing, and the limits on it. */
class Watch {
  index: number;
  isDone = false;
  isStopped = false;
  isStarted = false;
  private file = '';
  private startedAt = performance.now();
  private baseFiles: number | null = null;
  private reportedRss = 0;
  private seen = 0;
  private readonly child: ChildProcess;
  private readonly listener: Listener;
  private readonly timer: NodeJS.Timeout;

  constructor(child: ChildProcess, request: FuzzRequest, listener: Listener) {
    this.child = child;
    this.listener = listener;
    this.index = request.first;
    child.on('message', (message: FuzzMessage) => {
      if (message.type === 'start') {
        this.isStarted = true;
        this.index = message.index;
        this.file = message.file;
        this.startedAt = performance.now();
      } else if (message.type === 'end') {
        this.startedAt = performance.now();
        this.judge(message);
        listener.count(message);
      } else {
        this.isDone = true;
        child.kill('SIGKILL');
      }
    });
    this.timer = setInterval(() => this.look(), 250);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  report(what: Finding['what'], details: string): void {
    this.listener.find({ index: this.index, file: this.file, what, details });
  }

  private judge(message: Extract<FuzzMessage, { type: 'end' }>): void {
    const { defect, processorMs, largestBytes, peakRssBytes, openFiles } = message;
    if (defect !== null) this.report('untyped', defect);
    if (processorMs > fuzzLimits.caseProcessorMs) this.report('slow', `${Math.round(processorMs)} ms of the processor`);
    if (largestBytes > fuzzLimits.bufferBytes) this.report('memory', `one buffer of ${largestBytes} bytes`);
    if (peakRssBytes > Math.max(fuzzLimits.peakRssBytes, this.reportedRss)) {
      // The peak of a process never falls: told once, and again only when it rises.
      this.reportedRss = peakRssBytes;
      this.report('memory', `${Math.round(peakRssBytes / 2 ** 20)} MiB at its peak`);
    }
    this.seen += 1;
    // Decoders open their own threads' files with the first cases.
    if (this.seen === 200) this.baseFiles = openFiles;
    if (this.baseFiles !== null && openFiles > this.baseFiles + fuzzLimits.openFilesMore) {
      this.report('open-files', `${openFiles} files open, ${this.baseFiles} at the beginning`);
      this.baseFiles = openFiles;
    }
  }

  private look(): void {
    if (performance.now() - this.startedAt > this.listener.caseMs)
      this.end('hang', `longer than ${this.listener.caseMs} ms`);
    else if (residentBytes(this.child.pid) > 2 * fuzzLimits.peakRssBytes)
      this.end('memory', 'twice the bound, stopped');
  }

  private end(what: Finding['what'], details: string): void {
    if (this.isStopped) return;
    this.isStopped = true;
    this.report(what, details);
    this.child.kill('SIGKILL');
  }
}

function residentBytes(pid: number | undefined): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096;
  } catch {
    // Already gone, or a system without /proc; then the peak each case tells is what there is.
    return 0;
  }
}
