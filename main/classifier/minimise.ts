/**
 * L-BFGS for a smooth convex function in float64: two-loop recursion over the last 10 steps (Nocedal and Wright,
 * Numerical Optimization, algorithm 7.4), Armijo backtracking. Not for functions that are not convex.
 */
export interface Minimum {
  readonly point: Float64Array;
  readonly iterations: number;
  /** The largest gradient entry fell below the tolerance. */
  readonly converged: boolean;
}

/** Returns the value and writes the gradient. */
export type Objective = (point: Float64Array, gradient: Float64Array) => number;

interface StepPair {
  readonly step: Float64Array;
  readonly change: Float64Array;
  readonly curvature: number;
}

const memory = 10;

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function addScaled(target: Float64Array, source: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i += 1) target[i] = (target[i] as number) + factor * (source[i] as number);
}

function largest(values: Float64Array): number {
  let maximum = 0;
  for (let i = 0; i < values.length; i += 1) maximum = Math.max(maximum, Math.abs(values[i] as number));
  return maximum;
}

export function minimise(
  objective: Objective,
  start: Float64Array,
  options: { readonly maxIterations: number; readonly gradientTolerance: number },
): Minimum {
  let point = start.slice();
  let gradient = new Float64Array(start.length);
  let value = objective(point, gradient);
  const pairs: StepPair[] = [];
  let iterations = 0;
  while (iterations < options.maxIterations && largest(gradient) > options.gradientTolerance) {
    iterations += 1;
    const direction = descent(gradient, pairs);
    const slope = dot(gradient, direction);
    let size = pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1;
    const nextGradient = new Float64Array(point.length);
    let next = point;
    let nextValue = value;
    let accepted = false;
    for (let attempt = 0; attempt < 40 && !accepted; attempt += 1) {
      next = point.slice();
      addScaled(next, direction, size);
      nextValue = objective(next, nextGradient);
      // Near the minimum the values agree to the last bits; there a smaller gradient decides.
      accepted =
        nextValue <= value + 1e-4 * size * slope ||
        (nextValue <= value + 1e-14 * Math.abs(value) && largest(nextGradient) < largest(gradient));
      size /= 2;
    }
    if (!accepted) {
      if (pairs.length === 0) break;
      // The curvature memory misleads: forget it and try steepest descent once.
      pairs.length = 0;
      continue;
    }
    const step = next.slice();
    addScaled(step, point, -1);
    const change = nextGradient.slice();
    addScaled(change, gradient, -1);
    const curvature = dot(step, change);
    if (curvature > 0) pairs.push({ step, change, curvature });
    if (pairs.length > memory) pairs.shift();
    point = next;
    gradient = nextGradient;
    value = nextValue;
  }
  return { point, iterations, converged: largest(gradient) <= options.gradientTolerance };
}

function descent(gradient: Float64Array, pairs: readonly StepPair[]): Float64Array {
  const direction = gradient.slice();
  const factors: number[] = [];
  for (const pair of [...pairs].reverse()) {
    const factor = dot(pair.step, direction) / pair.curvature;
    factors.unshift(factor);
    addScaled(direction, pair.change, -factor);
  }
  const last = pairs.at(-1);
  const scale = last === undefined ? 1 : last.curvature / dot(last.change, last.change);
  for (let i = 0; i < direction.length; i += 1) direction[i] = (direction[i] as number) * scale;
  pairs.forEach((pair, index) => {
    addScaled(direction, pair.step, (factors[index] as number) - dot(pair.change, direction) / pair.curvature);
  });
  for (let i = 0; i < direction.length; i += 1) direction[i] = -(direction[i] as number);
  return direction;
}
