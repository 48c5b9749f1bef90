/**
 * Class maps: what a classifier says about every kept tile of a slide. Pictures and columns of numbers come by URL:
 *   /maps/{project}/{classifier}/{slide}/{layer}/{level}/{column}_{row}.png?v={version}&threshold=0.5&hide=0,2
 *   /maps/{project}/{classifier}/{slide}/predictions.bin?v={version}        (common/prediction-bytes.ts)
 * on the pyramid of common/slide-pyramid.ts; layers are `class`, `confidence`, `p0`, `p1` ... and, about the map's own answers,
 * `uncertainty`, `disagreement` and `unlike`.
 */
import { z } from 'zod';
import { slideLikeness } from './trust.ts';

const project = z.string();
/** Left out: the newest that was applied to the slides. */
const classifier = z.string().optional();
/** Of the class shown; tiles below it are transparent and not counted. */
const threshold = z.number().min(0).max(1).default(0);

const area = z.object({ tiles: z.number().int(), areaMm2: z.number(), percent: z.number() });

export const mapAreas = z.object({
  slide: z.string(),
  name: z.string(),
  /** Where mpp comes from: an area from an estimated mpp is an estimate. */
  mpp: z.number(),
  mppSource: z.string(),
  /** Percent of the classified tissue. In the order of the map's classes. */
  classes: z.array(area.extend({ name: z.string(), colour: z.string() })),
  /** Kept tiles below the threshold, or not classified. */
  unclassified: area,
  /** Grid positions without a kept tile, by reason: outside-region, little-tissue, pen, blur. No share of the tissue. */
  noTissue: z.object({ tiles: z.number().int(), areaMm2: z.number(), reasons: z.record(z.string(), z.number().int()) }),
  /** Per region as it is drawn now: the kept tiles with their centre inside. Regions may overlap, so they need not add up. */
  regions: z.array(z.object({ region: z.string(), name: z.string(), classes: z.array(area), unclassified: area })),
});
export type MapAreas = z.output<typeof mapAreas>;

export const mapsCalls = {
  /** What can be shown; null before the first map. */
  layers: {
    input: z.object({ project, classifier }),
    output: z
      .object({
        classifier: z.string(),
        createdAt: z.string(),
        tileSet: z.string(),
        /** Part of every URL: changes with the predictions and with the colours. */
        version: z.string(),
        classes: z.array(
          z.object({ class: z.string().nullable(), name: z.string(), colour: z.string(), letter: z.string() }),
        ),
        layers: z.array(z.object({ layer: z.string(), name: z.string() })),
        slides: z.array(
          z.object({
            slide: z.string(),
            name: z.string(),
            width: z.number().int(),
            height: z.number().int(),
            tiles: z.number().int(),
            /** From this level on a map pixel is no larger than a cell; finer ones only sharpen its edges. */
            usefulLevel: z.number().int(),
            /** Whether it looks like the training slides; null where that is not known. */
            likeness: slideLikeness.nullable(),
          }),
        ),
        isStale: z.boolean(),
      })
      .nullable(),
  },
  areas: {
    input: z.object({ project, classifier, slide: z.string().optional(), threshold }),
    output: z.object({
      classifier: z.string(),
      slides: z.array(mapAreas),
      total: mapAreas.pick({ classes: true, unclassified: true, noTissue: true }),
      /** Cautions a reader of the table must know. */
      notes: z.array(z.string()),
    }),
  },
  /** What the map says at a level-0 point. */
  valueAt: {
    input: z.object({ project, classifier, slide: z.string(), x: z.number(), y: z.number() }),
    output: z.object({
      tile: z.number().int().nullable(),
      column: z.number().int().nullable(),
      row: z.number().int().nullable(),
      predicted: z.number().int().nullable(),
      probabilities: z.array(z.number()),
      /** Entropy of the probabilities, 0 to 1. */
      uncertainty: z.number().nullable(),
      /** Of the folds, 0 to 1. */
      disagreement: z.number().nullable(),
      /** From the training slides; 95 % of their own tiles lie below 1. */
      distance: z.number().nullable(),
      /** The person's class of this tile. */
      label: z.string().nullable(),
      sentence: z.string(),
    }),
  },
} as const;
