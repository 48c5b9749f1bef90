/**
 * One checkpoint: the engine's tensors as safetensors (PyTorch names) and, in its metadata, the position in the run. Bytes in,
 * bytes out; files are checkpoint-store.ts. No clock and no path is inside, so the same training state is the same bytes.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { PretrainSettings } from '#common/domain/pretrain.ts';
import { TrefoilError } from '#common/errors.ts';
import type { GuardState } from './collapse-guard.ts';
import type { EngineState } from './port.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';

export const checkpointFormat = 'trefoil-checkpoint-1';

/** Where a run stands after `step` completed steps. Generator keys follow from (seed, epoch, tile, view), so the seed suffices. */
const checkpointPosition = z.object({
  /** Of settings, seed and tiles: a checkpoint only continues the very run that wrote it. */
  settingsHash: z.string(),
  seed: z.number().int(),
  step: z.number().int().min(0),
  /** Completed epochs; the step within the current one is step - epoch * stepsPerEpoch. */
  epoch: z.number().int().min(0),
  stepInEpoch: z.number().int().min(0),
  /** Sums over the current epoch, for its mean. */
  lossSum: z.number(),
  zStdSum: z.number(),
  zStdCount: z.number().int().min(0),
  skippedSteps: z.number().int().min(0),
  lastLoss: z.number().nullable(),
  lastZStd: z.number().nullable(),
  /** The last epoch's monitors. */
  measured: z
    .object({
      effectiveRank: z.number(),
      embeddingStd: z.number(),
      knnAccuracy: z.number().nullable(),
      knnBalancedAccuracy: z.number().nullable(),
    })
    .nullable(),
  /** Dynamic loss scale and clean steps since it last changed; null for engines in float32. */
  lossScale: z.object({ scale: z.number(), cleanSteps: z.number().int() }).nullable(),
  guard: z.custom<GuardState>((value) => typeof value === 'object' && value !== null && 'level' in value),
});
export type CheckpointPosition = z.output<typeof checkpointPosition>;

export interface Checkpoint {
  readonly position: CheckpointPosition;
  readonly state: EngineState;
}

export function encodeCheckpoint({ position, state }: Checkpoint): Uint8Array {
  const text = JSON.stringify(position);
  return writeSafetensors(state, {
    format: checkpointFormat,
    position: text,
    sha256: digest(text, state),
  });
}

/** Throws checkpoint-invalid, naming `path`, for anything but the exact bytes that were written. */
export function decodeCheckpoint(bytes: Uint8Array, path: string): Checkpoint {
  let decoded: ReturnType<typeof readSafetensors>;
  try {
    decoded = readSafetensors(bytes);
  } catch (error) {
    throw invalid(path, 'it is cut off or damaged', error);
  }
  const { format, position: text, sha256 } = decoded.metadata;
  if (format !== checkpointFormat || text === undefined) {
    throw invalid(path, `its format is ${format ?? 'unknown'}, not ${checkpointFormat}`);
  }
  if (digest(text, decoded.tensors) !== sha256) throw invalid(path, 'its checksum does not match its content');
  const parsed = checkpointPosition.safeParse(JSON.parse(text));
  if (!parsed.success) throw invalid(path, 'its position in the run cannot be read', parsed.error);
  return { position: parsed.data, state: decoded.tensors };
}

/** Identity of a run's future: same hash, same result. */
export function runHash(parts: {
  readonly settings: PretrainSettings;
  readonly seed: number;
  readonly tiles: number;
  /** Fingerprint of the tiles and neighbours, e.g. the manifest's checksum. */
  readonly data: string;
}): string {
  const { settings, seed, tiles, data } = parts;
  // How often it looks or saves does not change what a run computes, so that much may be changed before a resume.
  const {
    monitorEverySteps: _m,
    checkpointEveryEpochs: _e,
    checkpointEverySteps: _s,
    checkpointEveryMinutes: _t,
    ...rest
  } = settings;
  return createHash('sha256')
    .update(canonicalJson({ settings: rest, seed, tiles, data }))
    .digest('hex');
}

export function invalid(path: string, why: string, cause?: unknown): TrefoilError {
  return new TrefoilError(
    'checkpoint-invalid',
    `The checkpoint ${path} cannot be used: ${why}.`,
    'Delete it to go on from the one before it, or start a new run.',
    { path },
    cause,
  );
}

function digest(position: string, state: EngineState): string {
  const hash = createHash('sha256').update(position);
  for (const name of [...state.keys()].sort()) {
    const tensor = state.get(name);
    if (tensor === undefined) continue;
    hash.update(`\n${name}:${tensor.shape.join(',')}\n`);
    hash.update(new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength));
  }
  return hash.digest('hex');
}

/** JSON with sorted keys, so that the order in which settings were given does not matter. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
}
