/** Processes below the core, found where Linux lists them; to kill the engine alone in mid-run. */
import { readdirSync, readFileSync } from 'node:fs';

/** Process ids of the engines the core has started; empty while none runs. */
export function enginesOf(core: number): number[] {
  return descendants(core).filter((process) => /entries\/engine\.ts/.test(read(`/proc/${process}/cmdline`)));
}

function descendants(parent: number): number[] {
  const children = tasks(parent).flatMap((task) =>
    read(`/proc/${parent}/task/${task}/children`).trim().split(' ').filter(Boolean).map(Number),
  );
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function tasks(process: number): string[] {
  try {
    return readdirSync(`/proc/${process}/task`);
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
