/**
 * The checkpoints of one run on disk: `step-<number>.safetensors`, written beside the target, synced and renamed; the last two
 * are kept, and the older one is used when the newest is damaged. Nothing else may write into its folder.
 */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TrefoilError } from '#common/errors.ts';
import { asDiskFull, writeFileAtomically, type WriteFile } from '../files/atomic-file.ts';
import { decodeCheckpoint, encodeCheckpoint, invalid, type Checkpoint } from './checkpoint.ts';

const kept = 2;
const pattern = /^step-(\d+)\.safetensors$/;

export interface FoundCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly path: string;
  /** Newer files that could not be used. */
  readonly damaged: readonly string[];
}

export class CheckpointStore {
  readonly folder: string;
  private readonly writeFile: WriteFile;

  /** `writeFile` must be atomic; it is replaced in tests to fail like a full disk. */
  constructor(folder: string, writeFile: WriteFile = writeFileAtomically) {
    this.folder = folder;
    this.writeFile = writeFile;
  }

  /** Throws disk-full or training-diverged (a weight is no number); the checkpoints already there stay. Returns the path. */
  async save(checkpoint: Checkpoint): Promise<string> {
    assertFinite(checkpoint);
    const path = join(this.folder, `step-${String(checkpoint.position.step).padStart(9, '0')}.safetensors`);
    try {
      await mkdir(this.folder, { recursive: true });
      await this.writeFile(path, encodeCheckpoint(checkpoint));
    } catch (error) {
      throw asDiskFull(path, error);
    }
    const older = (await this.paths()).filter((other) => other !== path).slice(kept - 1);
    for (const other of older) await rm(other, { force: true });
    return path;
  }

  /** Newest first. */
  async paths(): Promise<string[]> {
    let names: string[];
    try {
      names = await readdir(this.folder);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    }
    return names
      .filter((name) => pattern.test(name))
      .sort()
      .reverse()
      .map((name) => join(this.folder, name));
  }

  /**
   * The newest whole checkpoint of the run with this hash, null when none was ever written. Throws checkpoint-invalid when there
   * are some and none can be used, or when they belong to other settings: going on silently from the start would hide the loss.
   */
  async newest(settingsHash: string): Promise<FoundCheckpoint | null> {
    const damaged: string[] = [];
    let failure: unknown = null;
    for (const path of await this.paths()) {
      try {
        const checkpoint = await readCheckpoint(path);
        if (checkpoint.position.settingsHash !== settingsHash) {
          throw invalid(path, 'it was written with other settings, another seed or other tiles');
        }
        // A damaged newer file is dropped, so that the next saves do not count it among the two that are kept.
        for (const bad of damaged) await rm(bad, { force: true });
        return { checkpoint, path, damaged };
      } catch (error) {
        if (!(error instanceof TrefoilError) || error.message.includes('other settings')) throw error;
        damaged.push(path);
        failure = error;
      }
    }
    if (failure !== null) throw failure;
    return null;
  }
}

/** Throws file-not-found or checkpoint-invalid. */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new TrefoilError(
        'file-not-found',
        `There is no checkpoint at ${path}.`,
        'Choose another run.',
        { path },
        error,
      );
    }
    throw error;
  }
  return decodeCheckpoint(bytes, path);
}

function assertFinite({ position, state }: Checkpoint): void {
  for (const [name, tensor] of state) {
    for (const value of tensor.data) {
      if (!Number.isFinite(value)) {
        throw new TrefoilError(
          'training-diverged',
          `Training has diverged: ${name} holds a value that is no number after step ${position.step}.`,
          'Start a new run with a smaller learning rate; the last good checkpoint is kept.',
          { step: position.step, tensor: name },
        );
      }
    }
  }
}
