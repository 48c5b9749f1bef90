/**
 * Reference tensors: every weight and image of the reference networks is a function of its name, so nothing large is stored.
 * The same functions as in tests/golden/generate.py, which computed the reference values with PyTorch.
 */
import { fnv1a } from '#common/random.ts';
import { parameterSpecifications } from './network-parameters.ts';
import type { NetworkDefinition } from './port.ts';

/** `count` values uniform in [-1, 1): mulberry32 over counters that start at the name's hash. */
export function fill(name: string, count: number): Float64Array {
  const seed = fnv1a(name);
  const values = new Float64Array(count);
  for (let i = 0; i < count; i += 1) {
    const a = (seed + Math.imul(i + 1, 0x6d2b79f5)) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t = (t ^ (t + Math.imul(t ^ (t >>> 7), t | 61))) >>> 0;
    t = (t ^ (t >>> 14)) >>> 0;
    values[i] = (t / 2 ** 32) * 2 - 1;
  }
  return values;
}

/** The golden start values of every parameter, by name. */
export function goldenParameters(network: NetworkDefinition): Map<string, Float32Array> {
  return new Map(
    parameterSpecifications(network).map(({ name, shape }) => {
      const count = shape.reduce((product, extent) => product * extent, 1);
      let scale = 0.1;
      let shift = 0;
      const [outputs = 1, inputs = 1, height = 1, width = 1] = shape;
      if (shape.length === 4) scale = Math.sqrt(3) * Math.sqrt(2 / (outputs * height * width));
      else if (shape.length === 2) scale = Math.sqrt(3) * Math.sqrt(1 / inputs);
      else if (name.endsWith('weight')) shift = 1;
      return [name, Float32Array.from(fill(name, count), (value) => value * scale + shift)] as const;
    }),
  );
}

/** Smooth colour field plus noise, float32 NHWC [count, sizePx, sizePx, 3]. */
export function goldenImages(name: string, count: number, sizePx: number): Float32Array {
  const phase = fill(`${name}/phase`, count * 9).map((value) => value * Math.PI);
  const noise = fill(`${name}/noise`, count * 3 * sizePx * sizePx);
  const phaseAt = (index: number): number => phase[index] ?? 0;
  const images = new Float32Array(count * sizePx * sizePx * 3);
  for (let image = 0; image < count; image += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      const at = (image * 3 + channel) * 3;
      for (let y = 0; y < sizePx; y += 1) {
        for (let x = 0; x < sizePx; x += 1) {
          const smooth =
            Math.sin(((2 * Math.PI * x) / (sizePx - 1)) * 2 + phaseAt(at)) +
            Math.cos(((2 * Math.PI * y) / (sizePx - 1)) * 3 + phaseAt(at + 1));
          const grain = (noise[((image * 3 + channel) * sizePx + y) * sizePx + x] ?? 0) * 0.9;
          images[((image * sizePx + y) * sizePx + x) * 3 + channel] = smooth * 0.8 + grain + phaseAt(at + 2) * 0.1;
        }
      }
    }
  }
  return images;
}
