/**
 * One triplet as the network gets it: its neighbour by the very draw the training uses, its views by the very code. Keeps the
 * neighbour graph of a tile set while the set is looked at.
 */
import sharp from 'sharp';
import { throwIfCancelled } from '#common/errors.ts';
import type { RecipeName } from '#common/domain/pretrain.ts';
import { settingsFor } from '../engine/recipe.ts';
import { openTileStore } from '../tiles/tile-store.ts';
import { imageNetMean, imageNetStandardDeviation } from '#common/domain/view-parameters.ts';
import { buildNeighbourGraph, neighbourStep, type NeighbourGraph } from '../triplets/neighbour-graph.ts';
import { drawNeighbour, type NeighbourRule } from '../triplets/sample-triplets.ts';
import { createViewSource } from '../triplets/view-source.ts';
import type { TileLookup } from './tile-lookup.ts';

export interface TripletRequest {
  readonly tile: number;
  readonly seed: number;
  /** Counted from 0. */
  readonly epoch: number;
  readonly rule: NeighbourRule;
  readonly recipe: RecipeName;
}

export type ShownView = 0 | 1 | 2 | 'plain';

export class TripletViews {
  private readonly graphs = new WeakMap<TileLookup, NeighbourGraph>();

  graphOf(lookup: TileLookup): NeighbourGraph {
    let graph = this.graphs.get(lookup);
    if (graph === undefined) {
      const { sizePx, stridePx } = lookup.set.settings;
      const placed = Array.from(lookup.columns, (column, tile) => ({
        slide: String(lookup.slideOf[tile]),
        column,
        row: lookup.rows[tile] as number,
      }));
      this.graphs.set(lookup, (graph = buildNeighbourGraph(placed, neighbourStep(sizePx, stridePx))));
    }
    return graph;
  }

  /** null for a tile without neighbour. Throws 'not-found' outside the set. */
  drawn(lookup: TileLookup, { tile, seed, epoch, rule }: Omit<TripletRequest, 'recipe'>): number | null {
    lookup.place(tile);
    return drawNeighbour(this.graphOf(lookup), seed, epoch, rule, tile);
  }

  /** PNG of the recipe's view size: the network's input with its normalisation taken back. */
  async png(lookup: TileLookup, request: TripletRequest, view: ShownView, signal?: AbortSignal): Promise<Uint8Array> {
    const { tile, seed, epoch, recipe } = request;
    const { viewPx, augmentation } = settingsFor(recipe);
    const neighbour = this.drawn(lookup, request) ?? tile;
    const source = createViewSource({
      tiles: openTileStore(lookup.set.manifest),
      viewPx,
      seed,
      augmentation,
      workers: 0,
    });
    try {
      const values =
        view === 'plain'
          ? await source.plainViews([tile])
          : (await source.trainingViews([{ tile, neighbour }], epoch))[view];
      throwIfCancelled(signal);
      return await sharp(toPixels(values), { raw: { width: viewPx, height: viewPx, channels: 3 } })
        .png()
        .toBuffer();
    } finally {
      await source.close();
    }
  }
}

function toPixels(normalised: Float32Array): Uint8Array {
  const pixels = new Uint8ClampedArray(normalised.length);
  normalised.forEach((value, position) => {
    const channel = position % 3;
    const unit = value * (imageNetStandardDeviation[channel] ?? 1) + (imageNetMean[channel] ?? 0);
    pixels[position] = unit * 255;
  });
  return new Uint8Array(pixels.buffer);
}
