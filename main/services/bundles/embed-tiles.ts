/**
 * Second stage: features of every tile by the model's encoder. It runs in onnxruntime on the processor, on every machine the same
 * program: a map must not depend on which GPU is there (docs/decisions/0011-bundles.md).
 */
import { TrefoilError } from '#common/errors.ts';
import { throwIfCancelled } from '#common/errors.ts';
import type { StageContext } from '#common/stage.ts';
import type { ModelBundle } from '../../bundles/read-bundle.ts';
import { readEmbeddings, writeEmbeddings, type Embeddings } from '../../engine/embeddings-file.ts';
import { openOnnxEncoder } from '../../engine/onnx/onnx-encoder.ts';
import { openTileStore } from '../../tiles/tile-store.ts';
import { tissueAugmentation } from '#common/domain/pretrain.ts';
import { createViewSource } from '../../triplets/view-source.ts';
import { manifestOf } from './cut-tiles.ts';
import { readStageFile, slideTiles } from './slide-files.ts';

/** Tiles a call of the encoder: the same everywhere, so that sums come in one order. */
const batch = 32;

export interface EmbedTilesInput {
  /** File of the first stage. */
  readonly tiles: string;
  readonly out: string;
  readonly workers: number;
}

/** Throws `shard-corrupt` for damaged pixels, `invalid-input` for tiles of another model. */
export async function embedTiles(
  model: ModelBundle,
  { tiles: tilesFile, out, workers }: EmbedTilesInput,
  context: StageContext,
): Promise<Embeddings['header']> {
  const { value: tiles, sha256 } = await readStageFile(tilesFile, slideTiles, 'tiles');
  requireModel(tiles.model, model, tilesFile);
  const known = await knownEmbeddings(out);
  if (known?.provenance['model'] === model.sha256 && known.provenance['tiles'] === sha256) return known;

  const { viewPx, features } = model.manifest.encoder;
  const manifest = manifestOf(tiles, tilesFile);
  const store = openTileStore(manifest);
  // The plain view is resized and normalised only: seed and augmentation have no part in it.
  const views = createViewSource({ tiles: store, viewPx, seed: 0, augmentation: tissueAugmentation, workers });
  try {
    await store.verify(context);
    const encoder = await openOnnxEncoder(await model.read('encoder.onnx'), 'encoder.onnx', {
      threads: workers,
    });
    try {
      if (encoder.viewPx !== viewPx || encoder.features !== features) {
        throw new TrefoilError(
          'file-invalid',
          `The model's encoder takes ${encoder.viewPx} px and gives ${encoder.features} features; its manifest says ${viewPx} and ${features}.`,
          'Write the model again.',
        );
      }
      const count = manifest.count;
      const blocks = async function* (): AsyncGenerator<Float32Array> {
        for (let start = 0; start < count; start += batch) {
          throwIfCancelled(context.signal);
          const indices = Array.from({ length: Math.min(batch, count - start) }, (_, index) => start + index);
          yield await encoder.run(await views.plainViews(indices), indices.length, viewPx);
          context.onProgress?.({ stage: 'Computing features', done: start + indices.length, total: count });
        }
      };
      const provenance = { model: model.sha256, tiles: sha256, engine: 'onnxruntime-node' };
      await writeEmbeddings(out, { count, dimension: features, provenance }, blocks());
    } finally {
      await encoder.close();
    }
  } finally {
    // Closes the tiles too.
    await views.close();
  }
  return (await readEmbeddings(out)).header;
}

export function requireModel(stated: string, model: ModelBundle, file: string): void {
  if (stated === model.sha256) return;
  throw new TrefoilError(
    'invalid-input',
    `${file} was made with another model.`,
    'Begin again with "trefoil stage tiles" and this model.',
  );
}

async function knownEmbeddings(path: string): Promise<Embeddings['header'] | null> {
  try {
    return (await readEmbeddings(path)).header;
  } catch (error) {
    if (error instanceof TrefoilError) return null;
    throw error;
  }
}
