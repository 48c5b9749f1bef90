/** The triplets of tests/golden/generate-decorrelation.py with PyTorch's loss and gradient. */
import { readFileSync } from 'node:fs';
import type { MethodName } from '#common/domain/pretrain.ts';
import { fill } from '#main/engine/reference-tensors.ts';

interface StoredCase {
  readonly method: MethodName;
  readonly batch: number;
  readonly width: number;
  readonly neighbourWeight: number;
  readonly scale: number;
  readonly loss: number;
  /** By view. */
  readonly gradientNorms: readonly number[];
  /** The first twelve values, by view. */
  readonly gradientFirst: readonly (readonly number[])[];
}

const file = new URL('../golden/decorrelation.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: StoredCase[] };

export const decorrelationCases = cases.map((item) => {
  const { batch, width, scale, gradientNorms } = item;
  const name = `decorrelation/${batch}x${width}`;
  const shared = fill(`${name}/shared`, batch * width);
  const own = fill(`${name}/z`, gradientNorms.length * batch * width);
  return { ...item, projections: Float32Array.from(own, (value, at) => (value + shared[at % shared.length]!) * scale) };
});
