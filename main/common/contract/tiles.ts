/** Tiles: tissue found, grid laid, tiles kept or dropped with a reason, pixels extracted. */
import { z } from 'zod';
import { defaultTissueSettings } from '#common/domain/tile.ts';

export const tissueSettings = z.object({
  method: z.enum(['otsu', 'fixed']).default(defaultTissueSettings.method),
  saturationThreshold: z.number().min(0).max(1).default(defaultTissueSettings.saturationThreshold),
  maskMpp: z.number().positive().max(1000).default(defaultTissueSettings.maskMpp),
  minHoleUm2: z.number().min(0).default(defaultTissueSettings.minHoleUm2),
  minSpeckUm2: z.number().min(0).default(defaultTissueSettings.minSpeckUm2),
  maxPen: z.number().min(0).max(1).default(defaultTissueSettings.maxPen),
  minFocus: z.number().min(0).default(defaultTissueSettings.minFocus),
});

export const tileSettings = z
  .object({
    sizePx: z.number().int().min(16).max(1024).default(128),
    mpp: z.number().positive().max(100).default(1),
    stridePx: z.number().int().min(8).max(4096).optional(),
    minTissue: z.number().min(0).max(1).default(0.3),
    tissue: tissueSettings.prefault({}),
  })
  .transform((value) => ({ ...value, stridePx: value.stridePx ?? value.sizePx }));

export const tileCounts = z.object({
  slide: z.string(),
  name: z.string(),
  planned: z.number().int(),
  kept: z.number().int(),
  dropped: z.record(z.string(), z.number().int()),
  warnings: z.array(z.string()),
});
export type TileCounts = z.output<typeof tileCounts>;

export const tilesCalls = {
  extract: {
    input: z.object({ project: z.string(), settings: tileSettings }),
    output: z.object({
      tileSet: z.string(),
      kept: z.number().int(),
      bytes: z.number().int(),
      slides: z.array(tileCounts),
    }),
  },
} as const;
