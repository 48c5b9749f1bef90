/**
 * One epoch of triplets as indices: every tile once, in a seeded order, each with a neighbour. Pure: the same graph, seed
 * and epoch give the same answer, and a tile's neighbour does not depend on the other tiles.
 */
import { RandomStream } from '#common/random.ts';
import { neighboursOf } from './neighbour-graph.ts';
import type { NeighbourGraph } from './neighbour-graph.ts';

/** 'drawn': one of the existing neighbours anew each epoch. 'fixed': the first existing one, as in the published code. */
export type NeighbourRule = 'drawn' | 'fixed';

export interface TripletSample {
  /** Tiles in training order: a permutation of 0 .. count-1, or of `tiles` when given. */
  readonly order: Uint32Array;
  /** Neighbour of order[i]; the tile itself when it has none. */
  readonly neighbours: Uint32Array;
  readonly withoutNeighbour: number;
}

export interface TripletSampleOptions {
  readonly graph: NeighbourGraph;
  readonly seed: number;
  readonly epoch: number;
  readonly rule: NeighbourRule;
  /** Tiles to train on, e.g. without held-out slides; all when left out. Neighbours lie on the same slide anyway. */
  readonly tiles?: readonly number[];
}

export function sampleTriplets({ graph, seed, epoch, rule, tiles }: TripletSampleOptions): TripletSample {
  const all = tiles ?? Array.from({ length: graph.count }, (_, tile) => tile);
  const order = Uint32Array.from(RandomStream.of('order', seed, epoch).shuffled(all));
  const neighbours = new Uint32Array(order.length);
  let withoutNeighbour = 0;
  order.forEach((tile, position) => {
    const neighbour = drawNeighbour(graph, seed, epoch, rule, tile);
    if (neighbour === null) withoutNeighbour += 1;
    neighbours[position] = neighbour ?? tile;
  });
  return { order, neighbours, withoutNeighbour };
}

/** The neighbour of one tile in one epoch; null when it has none. */
export function drawNeighbour(
  graph: NeighbourGraph,
  seed: number,
  epoch: number,
  rule: NeighbourRule,
  tile: number,
): number | null {
  const candidates = neighboursOf(graph, tile);
  if (candidates.length === 0) return null;
  const pick = rule === 'fixed' ? 0 : RandomStream.of('neighbour', seed, epoch, tile).nextInteger(candidates.length);
  return candidates[pick] ?? null;
}
