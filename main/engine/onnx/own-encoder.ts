/**
 * An encoder that was trained elsewhere, run by onnxruntime as its card says: images in, one feature vector each out. Belongs
 * into a process of its own, because a model may crash the runtime or fill the memory. Preparing images is not done here.
 */
import type { EncoderCard, EncoderProvider } from '#common/domain/encoder-card.ts';
import { TrefoilError } from '#common/errors.ts';
import { poolFeatures, pooledFeatures } from './pool-features.ts';

export interface DeclaredTensor {
  readonly name: string;
  readonly type: string;
  /** A name stands for any size. */
  readonly shape: readonly (number | string)[];
}

export interface OwnEncoder {
  readonly inputs: readonly DeclaredTensor[];
  readonly outputs: readonly DeclaredTensor[];
  /** null when the model takes any number of images. */
  readonly fixedBatch: number | null;
  /** Prepared images in the card's layout -> [count, features]; a fixed batch is filled up with empty images. */
  run(images: Float32Array, count: number): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Only what the model declares; null for the card leaves the shapes unchecked, and `run` must not be called. */
export async function openOwnEncoder(
  file: string,
  name: string,
  card: EncoderCard | null,
  provider: EncoderProvider,
): Promise<OwnEncoder> {
  const runtime = await import('onnxruntime-node');
  const { InferenceSession, Tensor } = runtime;
  requireProvider(runtime.listSupportedBackends(), provider);
  const session = await InferenceSession.create(file, {
    executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
    logSeverityLevel: 3,
  }).catch((error: unknown) => {
    throw asTyped(name, error);
  });
  const tensors = (list: typeof session.inputMetadata): DeclaredTensor[] =>
    list.map((item) =>
      item.isTensor
        ? { name: item.name, type: item.type, shape: [...item.shape] }
        : { name: item.name, type: 'not a tensor', shape: [] },
    );
  const inputs = tensors(session.inputMetadata);
  const outputs = tensors(session.outputMetadata);
  const close = (): Promise<void> => session.release();
  try {
    const batch = inputs[0]?.shape[0];
    const fixedBatch = typeof batch === 'number' && batch > 0 ? batch : null;
    if (card === null) return { inputs, outputs, fixedBatch, run: () => Promise.reject(new Error('no card')), close };
    const input = requireInput(name, inputs, card);
    const output = requireOutput(name, outputs, card);
    const { inputPx, layout } = card;
    const imageValues = inputPx * inputPx * 3;
    const runOnce = async (images: Float32Array, count: number): Promise<Float32Array> => {
      const shape = layout === 'NCHW' ? [count, 3, inputPx, inputPx] : [count, inputPx, inputPx, 3];
      const feeds = { [input.name]: new Tensor('float32', images, shape) };
      const result = await session.run(feeds, [output.name]).catch((error: unknown) => {
        throw asTyped(name, error);
      });
      const values = result[output.name];
      if (values === undefined || !(values.data instanceof Float32Array) || values.dims[0] !== count) {
        throw unsupported(
          `${name} gives [${values?.dims.join(', ') ?? ''}] for ${count} images.`,
          'The first axis of the output must be the images: export the model with a batch axis.',
        );
      }
      return poolFeatures(values.data, values.dims, card, name);
    };
    return {
      inputs,
      outputs,
      fixedBatch,
      async run(images, count) {
        if (fixedBatch === null || fixedBatch === count) return runOnce(images, count);
        const parts: Float32Array[] = [];
        for (let start = 0; start < count; start += fixedBatch) {
          const own = images.subarray(start * imageValues, Math.min(count, start + fixedBatch) * imageValues);
          const filled = new Float32Array(fixedBatch * imageValues);
          filled.set(own);
          const features = await runOnce(filled, fixedBatch);
          parts.push(features.subarray(0, (own.length / imageValues) * (features.length / fixedBatch)));
        }
        const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
        let at = 0;
        for (const part of parts) {
          all.set(part, at);
          at += part.length;
        }
        return all;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function requireProvider(backends: readonly { readonly name: string }[], provider: EncoderProvider): void {
  const names = backends.map((backend) => backend.name);
  if (names.includes(provider)) return;
  throw new TrefoilError(
    'engine-unavailable',
    `onnxruntime has no "${provider}" on this system.`,
    `Choose one of: ${names.filter((name) => ['cpu', 'coreml', 'dml', 'webgpu'].includes(name)).join(', ')}.`,
  );
}

function requireInput(name: string, inputs: readonly DeclaredTensor[], card: EncoderCard): DeclaredTensor {
  const [input, ...others] = inputs;
  const hint = 'Export the encoder with one float32 image input, [batch, 3, side, side] or [batch, side, side, 3].';
  if (input === undefined || others.length > 0) throw unsupported(`${name} has ${inputs.length} inputs.`, hint);
  if (input.type !== 'float32') throw unsupported(`${name} takes ${input.type} numbers.`, hint);
  if (input.shape.length !== 4) {
    throw unsupported(`${name} takes an input with ${input.shape.length} axes, [${input.shape.join(', ')}].`, hint);
  }
  const isChannelsFirst = card.layout === 'NCHW';
  const channels = input.shape[isChannelsFirst ? 1 : 3];
  const sides = isChannelsFirst ? input.shape.slice(2) : input.shape.slice(1, 3);
  if (typeof channels === 'number' && channels !== 3) {
    const other = input.shape[isChannelsFirst ? 3 : 1];
    throw mismatch(
      `${name} takes [${input.shape.join(', ')}], which is not ${card.layout} with three channels.`,
      other === 3
        ? `Set the layout to ${isChannelsFirst ? 'NHWC' : 'NCHW'} in the card.`
        : 'Only encoders of three-channel images can be used.',
    );
  }
  if (sides.some((side) => typeof side === 'number' && side !== card.inputPx)) {
    throw mismatch(
      `${name} takes images of ${sides.join(' x ')} px, the card says ${card.inputPx}.`,
      'Correct the input size in the card.',
    );
  }
  return input;
}

function requireOutput(name: string, outputs: readonly DeclaredTensor[], card: EncoderCard): DeclaredTensor {
  const names = outputs.map((output) => output.name).join(', ');
  const output = card.output === undefined ? outputs[0] : outputs.find((item) => item.name === card.output);
  if (output === undefined) {
    throw mismatch(`${name} has no output "${card.output ?? ''}".`, `Name one of these in the card: ${names}.`);
  }
  if (card.output === undefined && outputs.length > 1) {
    throw mismatch(`${name} has ${outputs.length} outputs.`, `Name the one to use in the card: ${names}.`);
  }
  if (output.type !== 'float32') {
    throw unsupported(`The output ${output.name} of ${name} is ${output.type}.`, 'Export it with float32 outputs.');
  }
  // Axes with names are known only after a run; the number of axes is known at once.
  if (output.shape.length > 0) pooledFeatures(output.shape.length, card, name);
  return output;
}

function unsupported(message: string, hint: string): TrefoilError {
  return new TrefoilError('file-unsupported', message, hint);
}

function mismatch(message: string, hint: string): TrefoilError {
  return new TrefoilError('invalid-input', message, hint);
}

/** onnxruntime's failures carry one line of text each; sorted by what a person can do. */
function asTyped(name: string, error: unknown): TrefoilError {
  const text = error instanceof Error ? error.message : String(error);
  const details = { reason: text.slice(0, 500) };
  if (/alloc|out of memory|bad_alloc/i.test(text)) {
    return new TrefoilError(
      'out-of-memory',
      `There is not enough memory to run ${name}.`,
      'Close other programs or use a smaller encoder.',
      details,
      error,
    );
  }
  if (/not a registered function\/op|No Op registered|custom op|is not implemented|NOT_IMPLEMENTED|opset/i.test(text)) {
    return new TrefoilError(
      'file-unsupported',
      `${name} uses an operator that onnxruntime does not have here: ${firstLine(text)}`,
      'Export the encoder with standard ONNX operators (opset 17 or so).',
      details,
      error,
    );
  }
  if (/external data|external_data|cannot get file size|filesystem error/i.test(text)) {
    return new TrefoilError(
      'file-not-found',
      `Weights of ${name} lie in another file that cannot be read: ${firstLine(text)}`,
      'Keep the .onnx file together with its data files, under their names.',
      details,
      error,
    );
  }
  return new TrefoilError(
    'file-invalid',
    `onnxruntime cannot run ${name}: ${firstLine(text)}`,
    'Check that the file is whole, and that the card says how the images must be prepared.',
    details,
    error,
  );
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').slice(0, 240);
}
