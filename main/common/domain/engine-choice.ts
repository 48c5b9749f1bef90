/** What a person wants of the engine: which one, on which adapter, in which precision. The default lets the machine decide. */
import { z } from 'zod';

export const engineChoice = z.object({
  /** auto: WebGPU on a real GPU, else TensorFlow.js. */
  engine: z.enum(['auto', 'webgpu', 'tfjs']).default('auto'),
  /** Part of a GPU's name, where there are several. */
  adapter: z.string().min(1).max(200).nullable().default(null),
  /** auto: mixed precision where the GPU has 16-bit floats. */
  precision: z.enum(['auto', 'f32', 'f16']).default('auto'),
  /** Takes a software adapter for a GPU: for tests, far slower than TensorFlow.js. */
  allowSoftware: z.boolean().default(false),
});
export type EngineChoice = z.output<typeof engineChoice>;
