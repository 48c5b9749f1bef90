/** Tiles: tissue found, grid laid, tiles kept or dropped with a reason, pixels extracted. */
import { z } from 'zod';
import { defaultTissueSettings } from '#common/domain/tile.ts';
import { colourChoices } from '#common/domain/slide.ts';
import { errorReport } from './jobs.ts';

export const tissueSettings = z.object({
  method: z.enum(['otsu', 'fixed']).default(defaultTissueSettings.method),
  saturationThreshold: z.number().min(0).max(1).default(defaultTissueSettings.saturationThreshold),
  maskMpp: z.number().positive().max(1000).default(defaultTissueSettings.maskMpp),
  minHoleUm2: z.number().min(0).default(defaultTissueSettings.minHoleUm2),
  minSpeckUm2: z.number().min(0).default(defaultTissueSettings.minSpeckUm2),
  maxPen: z.number().min(0).max(1).default(defaultTissueSettings.maxPen),
  minFocus: z.number().min(0).default(defaultTissueSettings.minFocus),
  foldContrast: z.number().min(0).max(1).default(defaultTissueSettings.foldContrast),
  maxFold: z.number().min(0).max(1).default(defaultTissueSettings.maxFold),
  darkLimit: z.number().min(0).max(1).default(defaultTissueSettings.darkLimit),
  maxDark: z.number().min(0).max(1).default(defaultTissueSettings.maxDark),
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

export const tileSetSummary = z.object({
  tileSet: z.string(),
  createdAt: z.string(),
  isCurrent: z.boolean(),
  sizePx: z.number().int(),
  mpp: z.number(),
  stridePx: z.number().int(),
  minTissue: z.number(),
  /** Whether scanners' colour profiles were applied to the pixels. */
  colour: z.enum(colourChoices),
  /** How tissue was found when they were cut. */
  tissue: tissueSettings,
  kept: z.number().int(),
  bytes: z.number(),
  slides: z.array(tileCounts),
});
export type TileSetSummary = z.output<typeof tileSetSummary>;

const refusedSlide = z.object({ slide: z.string(), name: z.string(), error: errorReport });
export type RefusedSlide = z.output<typeof refusedSlide>;

const project = z.string();
const level0 = z.number().min(-10_000_000).max(10_000_000);

/**
 * Columns of tiles by URL, decoded with common/tile-bytes.ts:
 *   /tiles/{project}/{tileSet}/columns/{slide}.bin   the tile set with labels as they are now
 *   /tiles/{project}/plans/{plan}/{slide}.bin        a plan of `plan` below, while it is kept
 */
export const tilesCalls = {
  /** Tissue and artefacts with these settings, fast enough for a slider: the slide's small image is read once and kept. */
  preview: {
    input: z.object({
      project,
      slide: z.string(),
      settings: tileSettings.prefault({}),
      /** Level-0 rectangle looked at; left out: the whole slide. */
      area: z.object({ x: level0, y: level0, width: z.number().positive(), height: z.number().positive() }).optional(),
      /** Also read the tiles in the area and say which are out of focus; slower the first time. */
      focus: z.boolean().default(false),
    }),
    output: z.object({
      /** Level-0 rectangle the mask covers: the area, cut to the slide and to whole mask pixels. */
      area: z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() }),
      width: z.number().int(),
      height: z.number().int(),
      /** Base64 of at most 80,000 bytes; unpack with common/tissue-preview.ts. */
      mask: z.string(),
      /** Saturation 0..1 above which a pixel is tissue, and where it comes from. */
      threshold: z.number(),
      origin: z.string(),
      /** Of the whole slide, 0..1. */
      tissueShare: z.number(),
      penShare: z.number(),
      foldShare: z.number(),
      darkShare: z.number(),
      /** Tiles in the area that were measured, and those too blurred; null when it was not asked or they are too many. */
      focus: z.object({ measured: z.number().int(), blurred: z.number().int() }).nullable(),
      /** Micrometres per pixel at which tissue was looked for. */
      maskMpp: z.number(),
      /** The slide is so large that the preview looks less finely than the extraction will. */
      isCoarser: z.boolean(),
    }),
  },
  /** What `extract` would do, without reading a tile; blur is only known after reading. */
  plan: {
    input: z.object({
      project,
      settings: tileSettings.prefault({}),
      slides: z.array(z.string()).max(100_000).optional(),
    }),
    output: z.object({
      /** For the address of the columns. The newest plans are kept while the core runs. */
      plan: z.string(),
      kept: z.number().int(),
      bytes: z.number(),
      slides: z.array(tileCounts),
      /** Slides that cannot be planned, with the reason; the others are counted all the same. */
      refused: z.array(refusedSlide),
      /** From reading a few tiles just now; null when there was none to read. */
      seconds: z.number().nullable(),
      sentence: z.string(),
    }),
  },
  /** Newest first. */
  list: { input: z.object({ project }), output: z.array(tileSetSummary) },
  /** null before the first extraction. */
  current: { input: z.object({ project }), output: tileSetSummary.nullable() },
  extract: {
    input: z.object({ project: z.string(), settings: tileSettings }),
    output: z.object({
      tileSet: z.string(),
      kept: z.number().int(),
      bytes: z.number().int(),
      slides: z.array(tileCounts),
      /** Slides that cannot be cut, with the reason; the others are cut all the same. */
      refused: z.array(refusedSlide),
    }),
  },
} as const;
