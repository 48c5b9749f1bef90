/** The convolution's programs in one place: forward, both gradients, column sums. See each file for formula and traffic. */
export { columnSums, type ColumnSumsShape } from './column-sums.ts';
export { convolutionForward, type ForwardOptions, type ForwardProduct } from './forward.ts';
export { convolutionInputGradient, type InputGradientOptions } from './input-gradient.ts';
export {
  convolutionOutput,
  type ConvolutionShape,
  type InputTransform,
  type ProductFamily,
  type ProductOptions,
} from './shape.ts';
export { convolutionWeightGradient, type SplitProduct, type WeightGradientOptions } from './weight-gradient.ts';
