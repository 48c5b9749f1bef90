/**
 * Runs an encoder in ONNX form with onnxruntime-node on the processor: the shapes it takes and gives, and features of images.
 * Whoever opens one closes it. The runtime is loaded on first use: most work needs none.
 */
import { TrefoilError } from '#common/errors.ts';

export interface OnnxEncoder {
  /** Side of the input images in pixels; null when the model takes any. */
  readonly viewPx: number | null;
  /** null when only a run tells. */
  readonly features: number | null;
  /** Normalised RGB images, float32 NHWC [count, viewPx, viewPx, 3] -> [count, features] row-major. */
  run(images: Float32Array, count: number, viewPx: number): Promise<Float32Array>;
  close(): Promise<void>;
}

/** From a file's path or its bytes. Throws `file-invalid` for what is no model, or one of another shape than an encoder's. */
export async function openOnnxEncoder(
  model: string | Uint8Array,
  name: string,
  { threads }: { readonly threads?: number } = {},
): Promise<OnnxEncoder> {
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const invalid = (what: string, cause?: unknown): TrefoilError =>
    new TrefoilError(
      'file-invalid',
      `${name} ${what}.`,
      'An encoder takes one float32 input [batch, 3, side, side] and gives [batch, features]: export it so from PyTorch with torch.onnx.export.',
      {},
      cause,
    );
  const options = { logSeverityLevel: 3, ...(threads === undefined ? {} : { intraOpNumThreads: threads }) } as const;
  // Two ways of the same call: the runtime types them apart.
  const opening =
    typeof model === 'string' ? InferenceSession.create(model, options) : InferenceSession.create(model, options);
  const session = await opening.catch((error: unknown) => {
    throw invalid('is no ONNX model that onnxruntime can run', error);
  });
  const release = (): Promise<void> => session.release();
  const [input, ...otherInputs] = session.inputMetadata;
  const [output] = session.outputMetadata;
  const isImages =
    input?.isTensor === true &&
    otherInputs.length === 0 &&
    input.type === 'float32' &&
    input.shape.length === 4 &&
    (typeof input.shape[1] !== 'number' || input.shape[1] === 3);
  if (!isImages || output?.isTensor !== true) {
    await release();
    throw invalid('does not take RGB images');
  }
  const side = input.shape[2];
  const given = output.shape[1];
  return {
    viewPx: typeof side === 'number' && side > 0 ? side : null,
    features: output.shape.length === 2 && typeof given === 'number' && given > 0 ? given : null,
    async run(images, count, viewPx) {
      const tensor = new Tensor('float32', toChannelsFirst(images, count, viewPx), [count, 3, viewPx, viewPx]);
      const result = (await session.run({ [input.name]: tensor }))[output.name];
      if (result === undefined || result.dims.length !== 2 || result.dims[0] !== count) {
        throw invalid(`gives [${result?.dims.join(', ') ?? ''}] for ${count} images`);
      }
      return Float32Array.from(result.data as Float32Array);
    },
    close: release,
  };
}

function toChannelsFirst(images: Float32Array, count: number, viewPx: number): Float32Array {
  const pixels = viewPx * viewPx;
  const result = new Float32Array(images.length);
  for (let image = 0; image < count; image += 1) {
    const start = image * pixels * 3;
    for (let pixel = 0; pixel < pixels; pixel += 1) {
      for (let channel = 0; channel < 3; channel += 1) {
        result[start + channel * pixels + pixel] = images[start + pixel * 3 + channel] as number;
      }
    }
  }
  return result;
}
