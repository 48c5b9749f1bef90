/**
 * The loss of a network that learns classes: weighted softmax cross-entropy, and its gradient with respect to the logits. The
 * batch's sum of weight * -log p(class) divided by the batch (not by the weights' sum). Plain float64 arithmetic.
 */
import type { ClassTarget } from '../port.ts';

/** `logits` is row-major [batch, width]; columns from `classes` on are padding and get no gradient. */
export function crossEntropyLoss(
  logits: Float32Array,
  targets: readonly ClassTarget[],
  classes: number,
  width: number,
): { readonly loss: number; readonly gradient: Float32Array } {
  const gradient = new Float32Array(logits.length);
  let sum = 0;
  targets.forEach((target, row) => {
    const own = logits.subarray(row * width, row * width + classes);
    const largest = own.reduce((most, value) => Math.max(most, value), -Infinity);
    const total = own.reduce((whole, value) => whole + Math.exp(value - largest), 0);
    sum += target.weight * (Math.log(total) + largest - (own[target.class] as number));
    own.forEach((value, column) => {
      const probability = Math.exp(value - largest) / total;
      const slope = probability - (column === target.class ? 1 : 0);
      gradient[row * width + column] = (target.weight * slope) / targets.length;
    });
  });
  return { loss: sum / targets.length, gradient };
}
