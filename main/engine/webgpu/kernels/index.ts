/** Every kernel by name: what the plans are built of. */
export * from './augmentation/kernel.ts';
export * from './batch-norm/gradient-kernel.ts';
export * from './batch-norm/kernel.ts';
export * from './convolution/kernel.ts';
export * from './cross-entropy/kernel.ts';
export * from './decorrelation/kernel.ts';
export * from './optimiser/kernel.ts';
export * from './pooling/kernel.ts';
export * from './similarity-loss/kernel.ts';
