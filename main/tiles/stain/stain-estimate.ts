/**
 * A slide's stains in numbers, from a sample of its tissue's pixels: the two stain colours after Macenko et al. (ISBI 2009)
 * and mean and spread of colour after Reinhard et al. (IEEE CG&A 2001). Pure; where the pixels come from is sample-tissue.ts.
 *
 * Macenko: optical density -ln((I + 1) / 240), pixels fainter than 0.15 in any channel left out, the plane of the two largest
 * eigenvectors of their covariance, the stains at the 1st and 99th percentile of the angle in it; strengths by least squares.
 * Reinhard: mean and standard deviation in Ruderman's l-alpha-beta of cone responses.
 */
import { largestEigenvectors, type Vector } from './eigenvectors.ts';

export interface Stain {
  /** Optical density of one unit of stain: red, green, blue; length 1. */
  readonly vector: Vector;
  /** 99th percentile of the amount of stain in a pixel. */
  readonly strength: number;
  /** The colour of that amount alone on glass, 0..255 each. */
  readonly colour: Vector;
}

export interface StainEstimate {
  /** Pixels that were looked at, and those that were dark enough for Macenko. */
  readonly pixels: number;
  readonly stainedPixels: number;
  /** null when too few pixels are stained, or all in one colour. */
  readonly macenko: { readonly haematoxylin: Stain; readonly eosin: Stain } | null;
  readonly reinhard: {
    readonly mean: Vector;
    readonly deviation: Vector;
    /** The mean as a colour, 0..255 each. */
    readonly colour: Vector;
  } | null;
}

const light = 240;
const faintest = 0.15;
const percentile = 0.01;
const leastPixels = 500;
/** Second over first eigenvalue below which there is one stain only. */
const flattest = 1e-3;

/** `rgb`: three bytes a pixel. */
export function estimateStains(rgb: Uint8Array): StainEstimate {
  const pixels = Math.floor(rgb.length / 3);
  const densities = stainedDensities(rgb);
  return {
    pixels,
    stainedPixels: densities.length / 3,
    macenko: densities.length / 3 < leastPixels ? null : macenko(densities),
    reinhard: pixels < leastPixels ? null : reinhard(rgb),
  };
}

function stainedDensities(rgb: Uint8Array): Float64Array {
  const table = Float64Array.from({ length: 256 }, (_, value) => -Math.log((value + 1) / light));
  const densities = new Float64Array(rgb.length);
  let count = 0;
  for (let at = 0; at + 2 < rgb.length; at += 3) {
    const red = table[rgb[at] as number] as number;
    const green = table[rgb[at + 1] as number] as number;
    const blue = table[rgb[at + 2] as number] as number;
    if (red < faintest || green < faintest || blue < faintest) continue;
    densities[count] = red;
    densities[count + 1] = green;
    densities[count + 2] = blue;
    count += 3;
  }
  return densities.subarray(0, count);
}

function macenko(densities: Float64Array): StainEstimate['macenko'] {
  const { vectors, values } = largestEigenvectors(covariance(densities));
  if (values[1] <= flattest * values[0]) return null;
  // An eigenvector's sign is nobody's choice: both are turned towards more density.
  const [first, second] = vectors.map((vector) => (sumOf(vector) < 0 ? scaled(vector, -1) : vector)) as [
    Vector,
    Vector,
  ];
  const count = densities.length / 3;
  const angles = new Float64Array(count);
  for (let pixel = 0; pixel < count; pixel += 1) {
    angles[pixel] = Math.atan2(projection(densities, pixel, second), projection(densities, pixel, first));
  }
  angles.sort();
  const low = alongAngle(first, second, quantile(angles, percentile));
  const high = alongAngle(first, second, quantile(angles, 1 - percentile));
  // Haematoxylin is the one that takes more of the red.
  const [haematoxylin, eosin] = low[0] > high[0] ? [low, high] : [high, low];
  const strengths = amounts(densities, haematoxylin, eosin);
  if (strengths === null) return null;
  return {
    haematoxylin: stainOf(haematoxylin, strengths[0]),
    eosin: stainOf(eosin, strengths[1]),
  };
}

/** Population-independent: divided by n - 1, as numpy.cov. */
function covariance(densities: Float64Array): number[][] {
  const count = densities.length / 3;
  const means = [0, 0, 0];
  densities.forEach((value, at) => (means[at % 3] = (means[at % 3] as number) + value / count));
  const sums = [0, 1, 2].map(() => [0, 0, 0]);
  for (let at = 0; at < densities.length; at += 3) {
    for (let row = 0; row < 3; row += 1) {
      const a = (densities[at + row] as number) - (means[row] as number);
      const sum = sums[row] as number[];
      for (let column = 0; column < 3; column += 1) {
        sum[column] = (sum[column] as number) + a * ((densities[at + column] as number) - (means[column] as number));
      }
    }
  }
  return sums.map((row) => row.map((value) => value / Math.max(1, count - 1)));
}

/** 99th percentiles of how much of either stain makes each pixel (least squares); null when the two are one. */
function amounts(densities: Float64Array, first: Vector, second: Vector): readonly [number, number] | null {
  const cosine = dot(first, second);
  const determinant = 1 - cosine * cosine;
  if (determinant < 1e-6) return null;
  const count = densities.length / 3;
  const of = [new Float64Array(count), new Float64Array(count)] as const;
  for (let pixel = 0; pixel < count; pixel += 1) {
    const a = projection(densities, pixel, first);
    const b = projection(densities, pixel, second);
    of[0][pixel] = (a - cosine * b) / determinant;
    of[1][pixel] = (b - cosine * a) / determinant;
  }
  return [quantile(of[0].sort(), 0.99), quantile(of[1].sort(), 0.99)];
}

function stainOf(vector: Vector, strength: number): Stain {
  const colour = vector.map((density) => clampByte(light * Math.exp(-density * strength))) as unknown as Vector;
  return { vector, strength, colour };
}

/** Ruderman's matrices as Reinhard et al. print them. */
const coneOfRgb = [
  [0.3811, 0.5783, 0.0402],
  [0.1967, 0.7244, 0.0782],
  [0.0241, 0.1288, 0.8444],
] as const;
const rgbOfCone = [
  [4.4679, -3.5873, 0.1193],
  [-1.2186, 2.3809, -0.1624],
  [0.0497, -0.2439, 1.2045],
] as const;

function reinhard(rgb: Uint8Array): NonNullable<StainEstimate['reinhard']> {
  const count = Math.floor(rgb.length / 3);
  const sums = [0, 0, 0];
  const squares = [0, 0, 0];
  for (let at = 0; at < count * 3; at += 3) {
    // Black has no logarithm: one grey level stands for none.
    const pixel = [0, 1, 2].map((c) => Math.max(1, rgb[at + c] as number) / 255);
    const [l, m, s] = coneOfRgb.map((row) => Math.log10(dot(row, pixel as unknown as Vector))) as [
      number,
      number,
      number,
    ];
    [(l + m + s) / Math.sqrt(3), (l + m - 2 * s) / Math.sqrt(6), (l - m) / Math.sqrt(2)].forEach((value, c) => {
      sums[c] = (sums[c] as number) + value;
      squares[c] = (squares[c] as number) + value * value;
    });
  }
  const mean = sums.map((sum) => sum / count) as unknown as Vector;
  const deviation = squares.map((sum, c) =>
    Math.sqrt(Math.max(0, sum / count - (mean[c] as number) ** 2)),
  ) as unknown as Vector;
  return { mean, deviation, colour: colourOfMean(mean) };
}

function colourOfMean([l, alpha, beta]: Vector): Vector {
  const [a, b, c] = [l / Math.sqrt(3), alpha / Math.sqrt(6), beta / Math.sqrt(2)];
  const cones = [a + b + c, a + b - c, a - 2 * b].map((value) => 10 ** value) as unknown as Vector;
  return rgbOfCone.map((row) => clampByte(255 * dot(row, cones))) as unknown as Vector;
}

/** Linear interpolation between sorted values, as numpy.percentile. */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const low = Math.floor(at);
  const below = sorted[low] as number;
  return below + (at - low) * ((sorted[Math.min(low + 1, sorted.length - 1)] as number) - below);
}

function projection(densities: Float64Array, pixel: number, vector: Vector): number {
  const at = pixel * 3;
  return (
    (densities[at] as number) * vector[0] +
    (densities[at + 1] as number) * vector[1] +
    (densities[at + 2] as number) * vector[2]
  );
}

function alongAngle(first: Vector, second: Vector, angle: number): Vector {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const vector = first.map((value, i) => value * c + (second[i] as number) * s) as unknown as Vector;
  const length = Math.sqrt(dot(vector, vector));
  return scaled(vector, (sumOf(vector) < 0 ? -1 : 1) / length);
}

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function sumOf([a, b, c]: Vector): number {
  return a + b + c;
}

function scaled([a, b, c]: Vector, factor: number): Vector {
  return [a * factor, b * factor, c * factor];
}

function clampByte(value: number): number {
  return Math.min(255, Math.max(0, Math.round(value)));
}
