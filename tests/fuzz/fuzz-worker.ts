/**
 * A process that damages and reads slides, one case after the other, and tells its parent about each: before it starts and
 * when it ended. What kills or stops this process is then known by its number. Started by run-fuzz.ts.
 *   node fuzz-worker.ts FOLDER
 */
import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RandomStream } from '#common/random.ts';
import { bombs } from './coded-samples.ts';
import { mutateJpeg, mutatePng } from './mutate-bytes.ts';
import { mutateTiff } from './mutate-tiff.ts';
import { runCase } from './run-case.ts';
import { seedFiles, type FuzzReader, type SeedFile } from './seed-files.ts';
import { tiffStructure } from './tiff-structure.ts';

export interface FuzzRequest {
  readonly seed: number;
  readonly first: number;
  readonly count: number;
  readonly step: number;
  /** null: all. */
  readonly readers: readonly FuzzReader[] | null;
  /** Goes wrong in its second case, to test those who watch. */
  readonly plant?: 'crash' | 'untyped' | 'hang' | undefined;
}

export type FuzzMessage =
  | { readonly type: 'start'; readonly index: number; readonly file: string }
  | {
      readonly type: 'end';
      readonly index: number;
      readonly reader: FuzzReader;
      readonly outcome: string;
      /** The stack of what is no TrefoilError; null when all is well. */
      readonly defect: string | null;
      readonly largestBytes: number;
      readonly processorMs: number;
      readonly peakRssBytes: number;
      readonly openFiles: number;
    }
  | { readonly type: 'done' };

const folder = process.argv[2] ?? '.';
const send = (message: FuzzMessage): void => void process.send?.(message);

/** Regular files this process has open; 0 where the system does not tell. */
function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    // Only Linux lists them; the check runs there.
    return 0;
  }
}

process.on('message', (request: FuzzRequest) => void work(request));

async function work({ seed, first, count, step, readers, plant }: FuzzRequest): Promise<void> {
  const all = await seedFiles();
  const files = readers === null ? all : all.filter(({ reader }) => readers.includes(reader));
  const structures = new Map(
    files.filter(({ structure }) => structure === 'tiff').map((file) => [file.name, tiffStructure(file.bytes)]),
  );
  const allBombs = structures.size === 0 ? [] : await bombs();
  const damage = (file: SeedFile, random: RandomStream): Buffer => {
    const structure = structures.get(file.name);
    if (structure) return mutateTiff(file.bytes, structure, random, allBombs);
    return file.structure === 'png' ? mutatePng(file.bytes, random) : mutateJpeg(file.bytes, random);
  };
  for (let index = first; index < first + count * step; index += step) {
    const file = files[index % files.length] as SeedFile;
    const path = join(folder, `case.${file.structure}`);
    await writeFile(path, damage(file, RandomStream.of('slides', seed, index)));
    send({ type: 'start', index, file: file.name });
    const before = process.cpuUsage();
    let outcome = 'defect';
    let largestBytes = 0;
    let defect: string | null = null;
    try {
      if (index === 1 && plant !== undefined) goWrong(plant);
      ({ outcome, largestBytes } = await runCase(path));
    } catch (error) {
      defect = error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
    const { user, system } = process.cpuUsage(before);
    const processorMs = (user + system) / 1000;
    const peakRssBytes = process.resourceUsage().maxRSS * 1024;
    const { reader } = file;
    send({
      type: 'end',
      index,
      reader,
      outcome,
      defect,
      largestBytes,
      processorMs,
      peakRssBytes,
      openFiles: openFiles(),
    });
  }
  send({ type: 'done' });
}

function goWrong(how: 'crash' | 'untyped' | 'hang'): void {
  if (how === 'crash') process.kill(process.pid, 'SIGSEGV');
  if (how === 'untyped') throw new Error('planted');
  for (;;);
}
