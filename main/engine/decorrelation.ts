/**
 * Constants of VICReg and Barlow Twins as their authors publish them, for both engines. Losses are sums of the views' terms
 * as in the authors' code; only Barlow Twins is scaled, as there, so that one range of learning rates serves all methods.
 */

export const vicreg = {
  invariance: 25,
  variance: 25,
  covariance: 1,
  /** Under the root of the variance. */
  epsilon: 1e-4,
} as const;

export const barlowTwins = {
  /** Weight of the off-diagonal terms. */
  redundancy: 0.0051,
  /** Of the whole loss: scale-loss of the authors' code. */
  scale: 0.024,
  /** Of the standardisation, PyTorch's batch norm. */
  epsilon: 1e-5,
} as const;
