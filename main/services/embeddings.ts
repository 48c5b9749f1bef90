/**
 * Embeddings of a run for tiles of the project: computed once in the engine's process and kept as files named by what they
 * are of, so the same question is never computed twice and never answered with the wrong file.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TrefoilError } from '#common/errors.ts';
import type { StageContext } from '#common/stage.ts';
import { readEmbeddings } from '../engine/embeddings-file.ts';
import { writeFileAtomically } from '../files/atomic-file.ts';
import { runInEngine } from './engine-process.ts';
import { writeOwnEmbeddings } from './own-encoder/own-embeddings.ts';
import type { OpenProject } from './open-projects.ts';
import type { StoredRun } from './runs-service.ts';
import type { TileSet } from './tile-sets.ts';

export interface TileEmbeddings {
  readonly dimension: number;
  /** [tiles, dimension] row-major, in the order of the tiles asked for. */
  readonly values: Float32Array;
}

export interface EmbeddingRequest {
  readonly run: StoredRun;
  readonly set: TileSet;
  /** 'untrained': the same network with its random start, the baseline beside every result. */
  readonly weights: 'trained' | 'untrained';
  /** Tile indices; null for every tile of the set. */
  readonly tiles: readonly number[] | null;
}

/** Embeddings that were computed before, without starting the network; null when there are none. */
export async function readyEmbeddings(
  project: OpenProject,
  { run, set, weights, tiles }: EmbeddingRequest,
): Promise<TileEmbeddings | null> {
  const path = embeddingsPath(project, { run, set, weights, tiles });
  return existsSync(path) ? await readKnown(path) : null;
}

/** Where they are kept; named by what they are of. */
export function embeddingsPath(project: OpenProject, { run, set, weights, tiles }: EmbeddingRequest): string {
  const { settings, seed } = run.request;
  const source = weights === 'trained' ? run.id : { network: settings.network, seed, viewPx: settings.viewPx };
  return join(project.directory, 'embeddings', `${hash([source, set.id, tiles])}.f32`);
}

export async function embeddingsOf(
  project: OpenProject,
  { run, set, weights, tiles }: EmbeddingRequest,
  context: StageContext,
): Promise<TileEmbeddings> {
  const { settings, seed } = run.request;
  const imported = weights === 'trained' ? run.request.imported : undefined;
  if (weights === 'trained' && imported === undefined && run.summary.checkpoint === null) {
    throw new TrefoilError(
      'no-run',
      `Run ${run.id} has no finished encoder.`,
      'Finish it with "trefoil pretrain PROJECT --resume".',
    );
  }
  const folder = join(project.directory, 'embeddings');
  await mkdir(folder, { recursive: true });
  const output = embeddingsPath(project, { run, set, weights, tiles });
  const known = await readyEmbeddings(project, { run, set, weights, tiles });
  if (known !== null) return known;

  const manifest = join(folder, `${set.id}.json`);
  await writeFileAtomically(manifest, Buffer.from(JSON.stringify(set.manifest)));
  if (imported !== undefined) {
    await writeOwnEmbeddings(project, { imported, set, manifest, tiles, output }, context);
    return readWritten(output);
  }
  await runInEngine(
    {
      kind: 'embed',
      tiles: manifest,
      seed,
      settings,
      workers: 1,
      checkpoint: weights === 'trained' ? join(project.directory, run.summary.checkpoint ?? '') : null,
      indices: tiles === null ? null : [...tiles],
      output,
    },
    context,
  );
  return readWritten(output);
}

async function readWritten(path: string): Promise<TileEmbeddings> {
  const { header, data } = await readEmbeddings(path);
  return { dimension: header.dimension, values: data };
}

/** A damaged file is not an answer: null makes it be computed again. */
async function readKnown(path: string): Promise<TileEmbeddings | null> {
  try {
    const { header, data } = await readEmbeddings(path);
    return { dimension: header.dimension, values: data };
  } catch (error) {
    if (error instanceof TrefoilError) return null;
    throw error;
  }
}

function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 24);
}
