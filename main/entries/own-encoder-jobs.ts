/**
 * The engine process's jobs with an encoder that was trained elsewhere: look at it and try it out, or compute features of tiles.
 * Started through entries/engine.ts only.
 */
import { encoderView } from '#common/domain/encoder-view.ts';
import { RandomStream } from '#common/random.ts';
import { throwIfCancelled, TrefoilError } from '#common/errors.ts';
import { writeEmbeddings } from '../engine/embeddings-file.ts';
import { openOwnEncoder } from '../engine/onnx/own-encoder.ts';
import { PartialFeatures } from '../engine/onnx/partial-features.ts';
import { tryEncoder } from '../engine/onnx/try-encoder.ts';
import type { EncodeJob, EncodeResult, InspectEncoderJob, InspectEncoderResult } from '../engine/process/job.ts';
import type { JobContext } from '../engine/process/serve-jobs.ts';
import type { TileSetManifest } from '../tiles/tile-set.ts';
import { openTileStore } from '../tiles/tile-store.ts';
import { encoderInput } from '../triplets/encoder-input.ts';

export async function inspectEncoder(job: InspectEncoderJob, { signal }: JobContext): Promise<InspectEncoderResult> {
  const { file, name, card, provider } = job;
  const encoder = await openOwnEncoder(file, name, card, provider);
  try {
    throwIfCancelled(signal);
    const check = card === null ? null : await trial();
    const copy = (list: typeof encoder.inputs) => list.map((item) => ({ ...item, shape: [...item.shape] }));
    return { kind: 'inspect-encoder', inputs: copy(encoder.inputs), outputs: copy(encoder.outputs), check };
  } finally {
    await encoder.close();
  }

  async function trial() {
    if (card === null) return null;
    const { inputPx } = card;
    const prepare = encoderInput(card, inputPx, { cropPx: inputPx, offsetPx: 0 });
    const image = (colour: readonly [number, number, number], stripePx: number): Float32Array => {
      const random = RandomStream.of('encoder-trial', stripePx);
      const pixels = Uint8Array.from({ length: inputPx * inputPx * 3 }, (_, at) => {
        const column = Math.floor(at / 3) % inputPx;
        const stripe = Math.floor(column / stripePx) % 2 === 0 ? 0 : 40;
        return Math.max(0, (colour[at % 3] as number) - stripe - random.nextInteger(30));
      });
      return prepare(pixels, 1);
    };
    const images = [image([230, 170, 210], 8), image([120, 90, 180], 3)] as const;
    return tryEncoder({ encoder, name, provider, images, inputPx, nowMs: () => performance.now() });
  }
}

export async function encode(
  job: EncodeJob,
  manifest: TileSetManifest,
  { signal, onEvent }: JobContext,
): Promise<EncodeResult> {
  const { card, features, batch } = job;
  const indices = job.indices ?? Array.from({ length: manifest.count }, (_, tile) => tile);
  const view = encoderView(card, { sizePx: manifest.sizePx, mpp: job.tileMpp });
  const prepare = encoderInput(card, manifest.sizePx, view);
  const encoder = await openOwnEncoder(job.file, job.name, card, job.provider);
  const tiles = openTileStore(manifest);
  const partial = await PartialFeatures.open(job.output, features);
  try {
    while (partial.rows < indices.length) {
      throwIfCancelled(signal);
      const part = indices.slice(partial.rows, partial.rows + batch);
      const block = await encoder.run(prepare(await tiles.read(part), part.length), part.length);
      if (block.length !== part.length * features || !block.every(Number.isFinite)) {
        throw new TrefoilError(
          'file-unsupported',
          `${job.name} gave features that are no numbers, or not ${features} of them, for tiles ${part[0] ?? 0} and following.`,
          'Check mean, std and value range in the card.',
        );
      }
      await partial.append(block);
      onEvent({ type: 'embedding', done: partial.rows, total: indices.length });
    }
    const provenance = {
      network: job.name.slice(0, 200),
      sha256: job.sha256,
      viewPx: String(card.inputPx),
      mpp: String(view.mpp),
      engine: `onnxruntime ${job.provider}`,
    };
    await writeEmbeddings(
      job.output,
      { count: indices.length, dimension: features, provenance },
      partial.blocks(Math.max(1, Math.floor(4e6 / features))),
    );
    await partial.remove();
    return { kind: 'encode', output: job.output, count: indices.length, dimension: features };
  } finally {
    await partial.close().catch(() => undefined);
    await tiles.close();
    await encoder.close();
  }
}
