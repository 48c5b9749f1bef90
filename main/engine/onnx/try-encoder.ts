/**
 * The trial before an encoder is used: one image, two images, the same again. It tells the number of features, whether an image's
 * features depend on the image, on its company in the batch or on chance, and how long a tile takes.
 */
import type { EncoderCheck, EncoderProvider } from '#common/domain/encoder-card.ts';
import { TrefoilError } from '#common/errors.ts';
import type { OwnEncoder } from './own-encoder.ts';

export interface TrialInput {
  readonly encoder: OwnEncoder;
  readonly name: string;
  readonly provider: EncoderProvider;
  /** Two prepared images that look nothing alike. */
  readonly images: readonly [Float32Array, Float32Array];
  readonly inputPx: number;
  readonly nowMs: () => number;
}

/** Of the features' root mean square. Sixteen-bit arithmetic on a GPU differs by some 1e-3. */
const refusedDifference = 0.05;
const warnedDifference = 1e-3;

/** Throws `file-unsupported` for features that are no features: not finite, the same for every image, random. */
export async function tryEncoder({
  encoder,
  name,
  provider,
  images,
  inputPx,
  nowMs,
}: TrialInput): Promise<EncoderCheck> {
  const [one, two] = images;
  const both = Float32Array.from({ length: one.length * 2 }, (_, at) =>
    at < one.length ? (one[at] as number) : (two[at - one.length] as number),
  );
  const alone = await encoder.run(one, 1);
  const features = alone.length;
  const warnings: string[] = [];
  let isBatchFixed = encoder.fixedBatch !== null;
  let batch = encoder.fixedBatch ?? (inputPx <= 256 ? 16 : inputPx <= 512 ? 8 : 2);
  const startMs = nowMs();
  let pair: Float32Array;
  try {
    pair = await encoder.run(both, 2);
  } catch (error) {
    if (!(error instanceof TrefoilError) || error.code === 'out-of-memory' || isBatchFixed) throw error;
    // Exported with a batch axis by name, but with one image built in.
    warnings.push('It takes one image at a time although it says otherwise; that is slower.');
    isBatchFixed = true;
    batch = 1;
    const second = await encoder.run(two, 1);
    pair = Float32Array.from([...alone, ...second]);
  }
  const secondsPerTile = (nowMs() - startMs) / 2000;
  const again = await encoder.run(one, 1);
  if (pair.length !== 2 * features || !pair.every(Number.isFinite) || !alone.every(Number.isFinite)) {
    throw refused(
      name,
      'gives features that are no numbers for a plain test image',
      'Check mean, std and value range.',
    );
  }
  const typical = rootMeanSquare(alone);
  const inCompany = pair.subarray(0, features);
  const other = pair.subarray(features);
  const repeatDifference = typical === 0 ? 0 : largestDifference(alone, again) / typical;
  const companyDifference = typical === 0 ? 0 : largestDifference(alone, inCompany) / typical;
  if (typical === 0 || largestDifference(inCompany, other) / typical < 1e-6) {
    throw refused(
      name,
      'gives the same features for two images that look nothing alike',
      'Check the card: mean, std and value range, and the output that is meant.',
    );
  }
  if (repeatDifference > refusedDifference) {
    throw refused(
      name,
      'gives other features each time it sees the same image',
      'Export it in evaluation mode: dropout and random augmentation must be off.',
    );
  }
  if (companyDifference > refusedDifference) {
    throw refused(
      name,
      'gives an image other features when another image is in the batch',
      'Export it in evaluation mode: batch norm must use its stored statistics.',
    );
  }
  if (Math.max(repeatDifference, companyDifference) > warnedDifference) {
    warnings.push(
      `Features differ by ${(100 * Math.max(repeatDifference, companyDifference)).toFixed(1)} % from pass to pass.`,
    );
  }
  return {
    features,
    batch,
    isBatchFixed,
    provider,
    repeatDifference,
    companyDifference,
    secondsPerTile,
    warnings,
  };
}

function refused(name: string, what: string, hint: string): TrefoilError {
  return new TrefoilError('file-unsupported', `${name} ${what}.`, hint);
}

function rootMeanSquare(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}

function largestDifference(one: Float32Array, other: Float32Array): number {
  return one.reduce((most, value, at) => Math.max(most, Math.abs(value - (other[at] as number))), 0);
}
