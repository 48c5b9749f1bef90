/** One feature vector an image out of what an encoder gives: a vector, tokens (vision transformers) or a map. Pure. */
import type { EncoderCard } from '#common/domain/encoder-card.ts';
import { TrefoilError } from '#common/errors.ts';

type Pooling = Pick<EncoderCard, 'pooling' | 'prefixTokens' | 'features'>;

const axes: Readonly<Record<EncoderCard['pooling'], { readonly count: number; readonly shape: string }>> = {
  none: { count: 2, shape: '[batch, features]' },
  'class-token': { count: 3, shape: '[batch, tokens, features]' },
  'patch-mean': { count: 3, shape: '[batch, tokens, features]' },
  'class-and-patch-mean': { count: 3, shape: '[batch, tokens, features]' },
  'map-mean': { count: 4, shape: '[batch, features, height, width]' },
};

/** Throws `invalid-input` when an output of so many axes cannot be pooled as the card says. */
export function pooledFeatures(axisCount: number, { pooling }: Pooling, name: string): void {
  const { count, shape } = axes[pooling];
  if (axisCount === count) return;
  const fitting = (Object.keys(axes) as EncoderCard['pooling'][]).filter((key) => axes[key].count === axisCount);
  throw new TrefoilError(
    'invalid-input',
    `The output of ${name} has ${axisCount} axes; "${pooling}" takes ${shape}.`,
    fitting.length === 0
      ? 'Choose another output: none of the ways to pool fits this one.'
      : `Set the pooling in the card to one of: ${fitting.join(', ')}.`,
  );
}

/** `values` of shape `dims` -> [dims[0], features] row-major. Throws `invalid-input` where the card does not fit. */
export function poolFeatures(
  values: Float32Array,
  dims: readonly number[],
  card: Pooling,
  name: string,
): Float32Array<ArrayBuffer> {
  pooledFeatures(dims.length, card, name);
  const images = dims[0] as number;
  const perImage = values.length / images;
  const pool = poolings(card, dims, name);
  const first = pool(values.subarray(0, perImage));
  if (card.features !== undefined && first.length !== card.features) {
    throw new TrefoilError(
      'invalid-input',
      `${name} gives ${first.length} numbers a tile, the card says ${card.features}.`,
      'Correct the card: another output or another pooling may be meant.',
    );
  }
  const result = new Float32Array(images * first.length);
  for (let image = 0; image < images; image += 1) {
    result.set(pool(values.subarray(image * perImage, (image + 1) * perImage)), image * first.length);
  }
  return result;
}

function poolings(
  { pooling, prefixTokens }: Pooling,
  dims: readonly number[],
  name: string,
): (image: Float32Array) => Float32Array {
  const [, second = 0, third = 0, fourth = 0] = dims;
  const patchMean = (image: Float32Array): Float32Array => {
    const patches = second - prefixTokens;
    const mean = new Float32Array(third);
    for (let feature = 0; feature < third; feature += 1) {
      let sum = 0;
      for (let token = prefixTokens; token < second; token += 1) sum += image[token * third + feature] as number;
      mean[feature] = sum / patches;
    }
    return mean;
  };
  if ((pooling === 'patch-mean' || pooling === 'class-and-patch-mean') && second <= prefixTokens) {
    throw new TrefoilError(
      'invalid-input',
      `${name} gives ${second} tokens an image, of which the card calls ${prefixTokens} no patches.`,
      'Correct "prefixTokens" in the card.',
    );
  }
  switch (pooling) {
    case 'none':
      return (image) => image;
    case 'class-token':
      return (image) => image.subarray(0, third);
    case 'patch-mean':
      return patchMean;
    case 'class-and-patch-mean':
      return (image) => Float32Array.from([...image.subarray(0, third), ...patchMean(image)]);
    case 'map-mean':
      return (image) => {
        const area = third * fourth;
        return Float32Array.from({ length: second }, (_, feature) => {
          let sum = 0;
          for (let at = 0; at < area; at += 1) sum += image[feature * area + at] as number;
          return sum / area;
        });
      };
    default: {
      const never: never = pooling;
      return never;
    }
  }
}
