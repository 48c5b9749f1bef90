/** Starts the real command line as its own process, the way a user does; for tests that kill it or read its JSON. */
import { spawn, type ChildProcess } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const cli = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..', 'main', 'entries', 'cli.ts');

export interface Finished {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function startTrefoil(...args: string[]): {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
} {
  // A group of its own, so that the engine's process can be killed together with it.
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', cli, ...args], { detached: true });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const finished = new Promise<Finished>((done, fail) => {
    child.on('error', fail);
    child.on('close', (exitCode, signal) => done({ exitCode, signal, stdout, stderr }));
  });
  return { child, finished };
}

/** Runs a command with --json to its end; a failure of the command fails the test with its text. */
export async function trefoilJson<T>(...args: string[]): Promise<T> {
  const { exitCode, stdout, stderr } = await startTrefoil(...args, '--json').finished;
  if (exitCode !== 0) throw new Error(`trefoil ${args.join(' ')} ended with ${exitCode}:\n${stdout}\n${stderr}`);
  return JSON.parse(stdout) as T;
}

/** SIGKILL to the command and everything it started, as a power cut would. */
export function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}

export const projectRoot = join(dirname(cli), '..', '..');
