/** One chunk of views as a plain request, rendered in whatever thread. Reads no file and draws nothing outside its key. */
import type { AugmentationSettings } from '#common/domain/pretrain.ts';
import { drawViewParameters } from './augmentation/view-parameters.ts';
import type { ViewNumber } from './augmentation/view-parameters.ts';
import type { ViewRenderer } from './augmentation/view-renderer.ts';

export interface ViewJob {
  /** Position of the pixels in `ViewRequest.pixels`, in tiles. */
  readonly slot: number;
  /** Triplet's tile, which keys the draw. */
  readonly tile: number;
  /** Null for a plain view. */
  readonly view: ViewNumber | null;
}

export interface ViewRequest {
  readonly tilePx: number;
  readonly viewPx: number;
  readonly seed: number;
  readonly epoch: number;
  readonly augmentation: AugmentationSettings;
  /** [slots, tilePx, tilePx, 3] */
  readonly pixels: Uint8Array;
  readonly jobs: readonly ViewJob[];
}

/** [jobs, viewPx, viewPx, 3], normalised. */
export function renderViews(renderer: ViewRenderer, request: ViewRequest): Float32Array<ArrayBuffer> {
  const { tilePx, viewPx, seed, epoch, augmentation, pixels, jobs } = request;
  const tileBytes = tilePx * tilePx * 3;
  const viewValues = viewPx * viewPx * 3;
  const views = new Float32Array(jobs.length * viewValues);
  jobs.forEach(({ slot, tile, view }, index) => {
    const rgb = pixels.subarray(slot * tileBytes, (slot + 1) * tileBytes);
    if (view === null) renderer.plainView(rgb, views, index * viewValues);
    else {
      const parameters = drawViewParameters(augmentation, tilePx, seed, epoch, tile, view);
      renderer.augmentView(rgb, parameters, views, index * viewValues);
    }
  });
  return views;
}
