/**
 * The losses of VICReg (Bardes et al. 2022, arXiv 2105.04906, formulas 1 to 6) and Barlow Twins (Zbontar et al. 2021, arXiv
 * 2103.03230, formula 1) and their gradients with respect to both projections. Plain float64 arithmetic.
 *
 * Both need sums over all pairs of features (width^2). Those sums equal sums over all pairs of rows (batch^2):
 * |A'A|^2 = |AA'|^2 and |A'B|^2 = <AA', BB'>, so nothing of size width^2 is ever made.
 */
import { pairsOf, type Objective } from '#common/domain/objective.ts';
import { barlowTwins, vicreg } from '../decorrelation.ts';

interface PairLoss {
  readonly loss: number;
  readonly first: Float64Array;
  readonly second: Float64Array;
}

/** `projections` is row-major [views * batch, width]; so is the gradient. */
export function decorrelationLoss(
  objective: Objective,
  projections: Float32Array,
  batch: number,
  width: number,
): { readonly loss: number; readonly gradient: Float32Array } {
  const gradient = new Float64Array(projections.length);
  const size = batch * width;
  let loss = 0;
  for (const { first, second, weight } of pairsOf(objective)) {
    const a = projections.subarray(first * size, (first + 1) * size);
    const b = projections.subarray(second * size, (second + 1) * size);
    const pair = objective.method === 'vicreg' ? vicregPair(a, b, batch, width) : barlowPair(a, b, batch, width);
    loss += weight * pair.loss;
    for (let at = 0; at < size; at += 1) {
      gradient[first * size + at] = value(gradient, first * size + at) + weight * value(pair.first, at);
      gradient[second * size + at] = value(gradient, second * size + at) + weight * value(pair.second, at);
    }
  }
  return { loss, gradient: Float32Array.from(gradient) };
}

function vicregPair(a: Float32Array, b: Float32Array, batch: number, width: number): PairLoss {
  const first = spreadTerms(a, batch, width);
  const second = spreadTerms(b, batch, width);
  let squares = 0;
  const slope = (2 * vicreg.invariance) / (batch * width);
  for (let at = 0; at < a.length; at += 1) {
    const difference = value(a, at) - value(b, at);
    squares += difference * difference;
    first.gradient[at] = value(first.gradient, at) + slope * difference;
    second.gradient[at] = value(second.gradient, at) - slope * difference;
  }
  const loss = (vicreg.invariance * squares) / (batch * width) + first.loss + second.loss;
  return { loss, first: first.gradient, second: second.gradient };
}

/** Variance (half of each view's hinge) and covariance of one view. */
function spreadTerms(z: Float32Array, batch: number, width: number): { loss: number; gradient: Float64Array } {
  const { centred, variances } = centre(z, batch, width);
  const gram = rowProducts(centred, batch, width);
  const free = batch - 1;
  let hinge = 0;
  let diagonal = 0;
  // Per column: what its centred values are multiplied with for the variance term and for the diagonal of the covariance.
  const factors = new Float64Array(width);
  for (let column = 0; column < width; column += 1) {
    const variance = (value(variances, column) * batch) / free;
    const deviation = Math.sqrt(variance + vicreg.epsilon);
    diagonal += variance * variance;
    let factor = (-4 * vicreg.covariance * variance) / (width * free);
    if (deviation < 1) {
      hinge += 1 - deviation;
      factor -= vicreg.variance / (2 * width * free * deviation);
    }
    factors[column] = factor;
  }
  let pairs = 0;
  for (const product of gram) pairs += product * product;
  const covariance = (pairs / (free * free) - diagonal) / width;
  const gradient = multiply(gram, centred, batch, width, (4 * vicreg.covariance) / (width * free * free));
  for (let at = 0; at < gradient.length; at += 1) {
    gradient[at] = value(gradient, at) + value(factors, at % width) * value(centred, at);
  }
  return { loss: (vicreg.variance * hinge) / (2 * width) + vicreg.covariance * covariance, gradient };
}

function barlowPair(a: Float32Array, b: Float32Array, batch: number, width: number): PairLoss {
  const [first, second] = [standardise(a, batch, width), standardise(b, batch, width)];
  const grams = [rowProducts(first.values, batch, width), rowProducts(second.values, batch, width)] as const;
  let pairs = 0;
  grams[0].forEach((product, at) => (pairs += product * value(grams[1], at)));
  let onDiagonal = 0;
  let diagonal = 0;
  const factors = new Float64Array(width);
  for (let column = 0; column < width; column += 1) {
    let correlation = 0;
    for (let at = column; at < a.length; at += width) correlation += value(first.values, at) * value(second.values, at);
    correlation /= batch;
    onDiagonal += (1 - correlation) ** 2;
    diagonal += correlation ** 2;
    factors[column] = (-2 * (1 - correlation) - 2 * barlowTwins.redundancy * correlation) / batch;
  }
  const { scale, redundancy } = barlowTwins;
  const loss = scale * (onDiagonal + redundancy * (pairs / batch ** 2 - diagonal));
  const gradientOf = (own: Standardised, other: Standardised, otherGram: Float64Array): Float64Array => {
    const gradient = multiply(otherGram, own.values, batch, width, (2 * redundancy) / batch ** 2);
    for (let at = 0; at < gradient.length; at += 1) {
      gradient[at] = scale * (value(gradient, at) + value(factors, at % width) * value(other.values, at));
    }
    return throughStandardisation(gradient, own, batch, width);
  };
  return { loss, first: gradientOf(first, second, grams[1]), second: gradientOf(second, first, grams[0]) };
}

interface Standardised {
  readonly values: Float64Array;
  readonly inverseDeviations: Float64Array;
}

function centre(z: Float32Array, batch: number, width: number): { centred: Float64Array; variances: Float64Array } {
  const centred = Float64Array.from(z);
  const variances = new Float64Array(width);
  for (let column = 0; column < width; column += 1) {
    let sum = 0;
    for (let at = column; at < z.length; at += width) sum += value(z, at);
    const mean = sum / batch;
    let squares = 0;
    for (let at = column; at < z.length; at += width) {
      const difference = value(z, at) - mean;
      centred[at] = difference;
      squares += difference * difference;
    }
    variances[column] = squares / batch;
  }
  return { centred, variances };
}

function standardise(z: Float32Array, batch: number, width: number): Standardised {
  const { centred, variances } = centre(z, batch, width);
  const inverseDeviations = variances.map((variance) => 1 / Math.sqrt(variance + barlowTwins.epsilon));
  return { values: centred.map((item, at) => item * value(inverseDeviations, at % width)), inverseDeviations };
}

/** As through a batch norm without weights. */
function throughStandardisation(
  gradient: Float64Array,
  { values, inverseDeviations }: Standardised,
  batch: number,
  width: number,
): Float64Array {
  for (let column = 0; column < width; column += 1) {
    let sum = 0;
    let along = 0;
    for (let at = column; at < gradient.length; at += width) {
      sum += value(gradient, at);
      along += value(gradient, at) * value(values, at);
    }
    for (let at = column; at < gradient.length; at += width) {
      const rest = value(gradient, at) - sum / batch - (value(values, at) * along) / batch;
      gradient[at] = rest * value(inverseDeviations, column);
    }
  }
  return gradient;
}

/** [batch, batch]: products of every two rows. */
function rowProducts(rows: Float64Array, batch: number, width: number): Float64Array {
  const gram = new Float64Array(batch * batch);
  for (let i = 0; i < batch; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = 0;
      for (let column = 0; column < width; column += 1) {
        sum += value(rows, i * width + column) * value(rows, j * width + column);
      }
      gram[i * batch + j] = sum;
      gram[j * batch + i] = sum;
    }
  }
  return gram;
}

/** share * gram * rows */
function multiply(gram: Float64Array, rows: Float64Array, batch: number, width: number, share: number): Float64Array {
  const result = new Float64Array(rows.length);
  for (let i = 0; i < batch; i += 1) {
    for (let j = 0; j < batch; j += 1) {
      const factor = share * value(gram, i * batch + j);
      for (let column = 0; column < width; column += 1) {
        result[i * width + column] = value(result, i * width + column) + factor * value(rows, j * width + column);
      }
    }
  }
  return result;
}

function value(values: ArrayLike<number>, at: number): number {
  return values[at] as number;
}
