/**
 * Input for an engine that augments on its device: the pixels of a step, each tile once, and what was drawn for every view.
 * Renders nothing; the draws are those of render-views.ts, so both ways give the same views.
 */
import { TrefoilError } from '#common/errors.ts';
import type { AugmentationSettings } from '#common/domain/pretrain.ts';
import type { TileSource, TrainingTiles, TripletIndices, ViewDescription } from '#main/engine/port.ts';
import { drawViewParameters } from './augmentation/view-parameters.ts';
import type { ViewNumber } from './augmentation/view-parameters.ts';

/** Position of each tile's pixels, in order of first appearance. */
export function slotsOf(tiles: readonly number[]): ReadonlyMap<number, number> {
  const slots = new Map<number, number>();
  for (const tile of tiles) if (!slots.has(tile)) slots.set(tile, slots.size);
  return slots;
}

/** [slots, sizePx, sizePx, 3]. A source that gives another number of bytes is a defect and named as one. */
export async function readSlots(tiles: TileSource, slots: ReadonlyMap<number, number>): Promise<Uint8Array> {
  const tileBytes = tiles.sizePx ** 2 * 3;
  const pixels = slots.size === 0 ? new Uint8Array(0) : await tiles.read([...slots.keys()]);
  if (pixels.length !== slots.size * tileBytes) {
    throw new TrefoilError(
      'internal',
      `The tile source gave ${pixels.length} bytes for ${slots.size} tiles of ${tileBytes} bytes.`,
      'This is a defect in Trefoil. Please report it together with the log.',
    );
  }
  return pixels;
}

export interface DrawOptions {
  readonly seed: number;
  readonly epoch: number;
  readonly augmentation: AugmentationSettings;
}

export async function makeTrainingTiles(
  tiles: TileSource,
  triplets: readonly TripletIndices[],
  { seed, epoch, augmentation }: DrawOptions,
): Promise<TrainingTiles> {
  const tilePx = tiles.sizePx;
  const slots = slotsOf(triplets.flatMap(({ tile, neighbour }) => [tile, neighbour]));
  const describe = (view: ViewNumber): ViewDescription[] =>
    triplets.map(({ tile, neighbour }) => ({
      slot: slots.get(view === 1 ? neighbour : tile) as number,
      parameters: drawViewParameters(augmentation, tilePx, seed, epoch, tile, view),
    }));
  const views = [...describe(0), ...describe(1), ...describe(2)];
  return { tilePx, pixels: await readSlots(tiles, slots), views };
}

export async function makePlainTiles(tiles: TileSource, indices: readonly number[]): Promise<TrainingTiles> {
  const slots = slotsOf(indices);
  const views = indices.map((tile) => ({ slot: slots.get(tile) as number, parameters: null }));
  return { tilePx: tiles.sizePx, pixels: await readSlots(tiles, slots), views };
}
