/**
 * The encoder in forms other programs load: safetensors under torchvision's names, and ONNX with a card that says how images
 * must be prepared. The ONNX file is run before it is handed out and must give the engine's own features.
 */
import { join } from 'node:path';
import { imageNetMean, imageNetStandardDeviation } from '#common/domain/view-parameters.ts';
import { TrefoilError } from '#common/errors.ts';
import type { StageContext } from '#common/stage.ts';
import { readCheckpoint } from '../engine/checkpoint-store.ts';
import { encoderModel, onnxInput, onnxOutput } from '../engine/onnx/encoder-model.ts';
import { openOnnxEncoder } from '../engine/onnx/onnx-encoder.ts';
import { networks, type EngineState } from '../engine/port.ts';
import { encoderTensors, writeSafetensors } from '../engine/safetensors.ts';
import { openTileStore } from '../tiles/tile-store.ts';
import { createViewSource } from '../triplets/view-source.ts';
import { trefoilVersion } from './app-service.ts';
import { embeddingsOf } from './embeddings.ts';
import type { OpenProject } from './open-projects.ts';
import type { StoredRun } from './stored-runs.ts';
import type { TileSet } from './tile-sets.ts';

const checkedTiles = 16;
/** Of the features' root mean square. Mixed precision computes features in 16-bit floats, whose step is 5e-4. */
const tolerances = { float32: 1e-3, mixed: 1e-2 } as const;

export function encoderSafetensors(run: StoredRun, state: EngineState): Uint8Array {
  const { settings, seed } = run.request;
  return writeSafetensors(encoderTensors(state), {
    format: 'pt',
    network: settings.network,
    method: settings.method,
    seed: String(seed),
    viewPx: String(settings.viewPx),
    mean: imageNetMean.join(),
    std: imageNetStandardDeviation.join(),
    trefoil: trefoilVersion(),
    use: 'research use only',
  });
}

/** State of the run's last checkpoint. Throws `no-run` when there is none. */
export async function encoderState(project: OpenProject, run: StoredRun): Promise<EngineState> {
  const { imported } = run.request;
  if (imported !== undefined) {
    throw new TrefoilError(
      'invalid-input',
      `The encoder "${imported.name}" came from elsewhere: Trefoil has no weights of its own to export.`,
      'Pass on the ONNX file you imported, with its card; its licence applies.',
    );
  }
  if (run.summary.checkpoint === null) {
    throw new TrefoilError(
      'no-run',
      `Run ${run.id} has no finished encoder.`,
      'Finish it with "trefoil pretrain --resume".',
    );
  }
  return (await readCheckpoint(join(project.directory, run.summary.checkpoint))).state;
}

export interface EncoderOnnx {
  readonly model: Uint8Array;
  /** JSON beside the model. */
  readonly card: string;
}

/** Throws `internal` when onnxruntime's features of the project's own tiles are not the engine's. */
export async function encoderOnnx(
  project: OpenProject,
  run: StoredRun,
  set: TileSet,
  state: EngineState,
  context: StageContext,
): Promise<EncoderOnnx> {
  const { settings, seed } = run.request;
  const network = networks[settings.network];
  const model = encoderModel({
    network,
    state,
    viewPx: settings.viewPx,
    producerVersion: trefoilVersion(),
    metadata: {
      network: settings.network,
      method: settings.method,
      seed: String(seed),
      mean: imageNetMean.join(),
      std: imageNetStandardDeviation.join(),
      mpp: String(set.settings.mpp),
      tile_px: String(set.settings.sizePx),
      use: 'research use only',
    },
  });
  const check = await compareWithEngine(project, run, set, model, context);
  const card = {
    notice: 'For research use only. Not a medical device; not for diagnosis.',
    model: 'encoder.onnx',
    network: settings.network,
    method: settings.method,
    seed,
    input: {
      name: onnxInput,
      type: 'float32',
      shape: ['batch', 3, settings.viewPx, settings.viewPx],
      preparation: [
        `tile of ${set.settings.sizePx} px at ${set.settings.mpp} micrometres per pixel, RGB`,
        `resized to ${settings.viewPx} px, bilinear with antialiasing (torchvision resize)`,
        'divided by 255, mean subtracted, divided by std, each channel by its own',
      ],
      mean: imageNetMean,
      std: imageNetStandardDeviation,
    },
    output: { name: onnxOutput, type: 'float32', shape: ['batch', network.features] },
    // The same as "trefoil encoder import" reads it.
    preprocessing: {
      inputPx: settings.viewPx,
      mpp: (set.settings.sizePx * set.settings.mpp) / settings.viewPx,
      mean: imageNetMean,
      std: imageNetStandardDeviation,
      features: network.features,
    },
    check,
    trefoil: trefoilVersion(),
  };
  return { model, card: `${JSON.stringify(card, null, 2)}\n` };
}

async function compareWithEngine(
  project: OpenProject,
  run: StoredRun,
  set: TileSet,
  model: Uint8Array,
  context: StageContext,
): Promise<Record<string, string | number>> {
  const { settings, seed } = run.request;
  const { viewPx } = settings;
  const { dimension, values } = await embeddingsOf(project, { run, set, weights: 'trained', tiles: null }, context);
  const count = Math.min(checkedTiles, set.manifest.count);
  const tiles = Array.from({ length: count }, (_, index) => Math.floor((index * set.manifest.count) / count));
  const views = createViewSource({
    tiles: openTileStore(set.manifest),
    viewPx,
    seed,
    augmentation: settings.augmentation,
    workers: 0,
  });
  try {
    const images = await views.plainViews(tiles);
    const encoder = await openOnnxEncoder(model, 'encoder.onnx');
    try {
      const found = await encoder.run(images, count, viewPx);
      let largest = 0;
      let squares = 0;
      tiles.forEach((tile, row) => {
        for (let column = 0; column < dimension; column += 1) {
          const expected = values[tile * dimension + column] as number;
          const difference = Math.abs(expected - (found[row * dimension + column] as number));
          // Written so that NaN counts as a difference.
          if (!(difference <= largest)) largest = difference;
          squares += expected * expected;
        }
      });
      const typical = Math.sqrt(squares / (count * dimension));
      const tolerance = run.summary.engine?.precision === 'mixed-float16' ? tolerances.mixed : tolerances.float32;
      if (!(largest <= tolerance * Math.max(typical, 1))) {
        throw new TrefoilError(
          'internal',
          `The ONNX form of the encoder gives other features than the engine (difference ${largest} at a typical size of ${typical}).`,
          'Nothing was exported. Please report this with the run card.',
        );
      }
      return { tiles: count, largestDifference: largest, typicalFeature: typical, tolerance, by: 'onnxruntime-node' };
    } finally {
      await encoder.close();
    }
  } finally {
    // Closes the tiles too.
    await views.close();
  }
}
