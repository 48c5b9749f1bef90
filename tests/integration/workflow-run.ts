/** Runs the workflow of resources/workflow with Debian's snakemake on generated slides, as a person with a folder of slides does. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { killGroup, projectRoot } from './command-line.ts';

export const hasSnakemake = spawnSync('snakemake', ['--version']).error === undefined;

export interface WorkflowFolder {
  readonly slides: string;
  readonly model: string;
  readonly out: string;
  /** Where snakemake keeps its own notes. */
  readonly work: string;
}

/** Ends with snakemake's exit code and output, or null when it was killed after `killAfterMs`. */
export async function runWorkflow(
  { slides, model, out, work }: WorkflowFolder,
  killAfterMs: number | null,
  more: readonly string[] = [],
): Promise<{ readonly exitCode: number | null; readonly output: string }> {
  const trefoil = `${process.execPath} --disable-warning=ExperimentalWarning ${join(projectRoot, 'main', 'entries', 'cli.ts')}`;
  const args = ['--snakefile', join(projectRoot, 'resources', 'workflow', 'Snakefile'), '--cores', '2', '--nolock'];
  const config = [
    '--config',
    `slides=${slides}`,
    `model=${model}`,
    `out=${out}`,
    `trefoil=${trefoil}`,
    'mpp=1',
    'threads=1',
  ];
  const child = spawn('snakemake', [...args, '--rerun-incomplete', ...more, ...config], { cwd: work, detached: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const timer = killAfterMs === null ? null : setTimeout(() => killGroup(child), killAfterMs);
  const exitCode = await new Promise<number | null>((done, failed) => {
    child.on('close', (code) => done(code));
    child.on('error', failed);
  });
  if (timer !== null) clearTimeout(timer);
  return { exitCode, output };
}

/** Relative name -> SHA-256 of everything below a folder. */
export function digests(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(
    paths.map((path) => [path.slice(folder.length + 1), createHash('sha256').update(readFileSync(path)).digest('hex')]),
  );
}
