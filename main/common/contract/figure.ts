/** A figure with its 95 % interval; null limits carry the reason. */
import { z } from 'zod';

export const figure = z.object({
  value: z.number(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  intervalNote: z.string().nullable(),
});
export type Figure = z.output<typeof figure>;
