/**
 * Triplets before and while they train: a tile, its neighbours, the one drawn, and the augmented views. The views come by URL:
 *   /triplets/{project}/{tileSet}/{tile}/{view}.png?seed=&epoch=&rule=&recipe=   view 0, 1, 2, or `plain`
 * View 1 is of the neighbour, 0 and 2 of the tile itself (SimTriplet); of a tile without neighbour all three are of the tile.
 */
import { z } from 'zod';
import { recipeNames } from '#common/domain/pretrain.ts';
import { dropReasons } from '#common/domain/tile.ts';
import { tileReference } from './labels.ts';

export const neighbourRule = z.enum(['drawn', 'fixed']);
const seed = z
  .number()
  .int()
  .min(0)
  .max(2 ** 31);

export const tripletsCalls = {
  /** The triplet of a tile in an epoch (0 is the first). Another epoch is another draw. */
  inspect: {
    input: z.object({
      project: z.string(),
      /** Index in the current tile set. */
      tile: z.number().int().min(0),
      /** Refused as 'not-found' when it is not the current one any more. */
      tileSet: z.string().optional(),
      seed: seed.default(1),
      epoch: z.number().int().min(0).max(100_000).default(0),
      rule: neighbourRule.default('drawn'),
      recipe: z.enum(recipeNames).default('standard'),
    }),
    output: z.object({
      tileSet: z.string(),
      tile: tileReference,
      /** The eight directions in reading order; columns and rows to the right and down. */
      neighbours: z.array(
        z.object({
          right: z.number().int(),
          down: z.number().int(),
          tile: tileReference.nullable(),
          /** Why there is none; null when there is one. */
          missing: z.enum(['outside-slide', ...dropReasons]).nullable(),
          isDrawn: z.boolean(),
        }),
      ),
      /** null: no neighbour, the tile stands in for it. */
      drawn: tileReference.nullable(),
      /** Side of a view in pixels: what the network gets. */
      viewPx: z.number().int(),
      views: z.array(
        z.object({
          view: z.number().int(),
          of: z.enum(['tile', 'neighbour']),
          url: z.string(),
          changes: z.array(z.string()),
        }),
      ),
      sentence: z.string(),
    }),
  },
  facts: {
    input: z.object({ project: z.string() }),
    output: z.object({
      tileSet: z.string(),
      tiles: z.number().int(),
      /** Tiles with 0, 1 ... 8 neighbours. */
      byNeighbours: z.array(z.number().int()).length(9),
      withoutNeighbour: z.number().int(),
      sentence: z.string(),
    }),
  },
} as const;
