/**
 * Tiles. A tile is keyed by integers (level, column, row), never by floating-point positions, so that the same settings
 * always give the same tile and a map can be drawn without rounding drift. Level-0 positions follow from the grid.
 */

export interface TileSettings {
  /** Side of a stored tile in pixels at `mpp`. */
  readonly sizePx: number;
  /** Micrometres per pixel of a stored tile. */
  readonly mpp: number;
  /** Distance between tile origins, in pixels at `mpp`; equal to sizePx for a gapless grid without overlap. */
  readonly stridePx: number;
  /** Smallest tissue share (0..1) of a kept tile. */
  readonly minTissue: number;
  readonly tissue: TissueSettings;
}

export interface TissueSettings {
  /** 'otsu': threshold on saturation found per slide; 'fixed': `saturationThreshold`. */
  readonly method: 'otsu' | 'fixed';
  /** Saturation (0..1, HSV) above which a pixel is tissue; used by 'fixed'. */
  readonly saturationThreshold: number;
  /** mpp at which the mask is computed. */
  readonly maskMpp: number;
  /** Holes in tissue smaller than this are filled, specks smaller than this are dropped; in square micrometres. */
  readonly minHoleUm2: number;
  readonly minSpeckUm2: number;
  /** Largest share (0..1) of a tile under pen; above it the tile is dropped. */
  readonly maxPen: number;
  /**
   * Smallest focus measure: variance of the Laplacian of 0..255 grey at 1 micrometre per pixel (or the tile's own, if coarser).
   * Below it the tile is dropped; 0 switches it off.
   */
  readonly minFocus: number;
  /** How far (0..1) a fold stands out from the slide's tissue in saturation minus intensity; 0 switches it off. */
  readonly foldContrast: number;
  /** Largest share (0..1) of a tile in folds. */
  readonly maxFold: number;
  /** Value (0..1) below which something without a stain's colour is dirt or an edge; 0 switches it off. */
  readonly darkLimit: number;
  /** Largest share (0..1) of a tile under dirt. */
  readonly maxDark: number;
}

export const defaultTissueSettings: TissueSettings = {
  method: 'otsu',
  saturationThreshold: 0.07,
  maskMpp: 8,
  minHoleUm2: 40_000,
  minSpeckUm2: 40_000,
  maxPen: 0.05,
  // Calibrated: docs/tissue.md. Of sharp tiles 1 in 200 lies below it, of those blurred by 3 um or more nearly all.
  minFocus: 15,
  // Off unless asked for: cell-rich tumour looks like a fold, and a tile lost costs more than a fold kept.
  foldContrast: 0,
  maxFold: 0.3,
  darkLimit: 0.4,
  maxDark: 0.1,
};

/** Grid of one slide. All values integers except `downsample`. */
export interface TileGrid {
  /** Pyramid level read for extraction: the coarsest one at least as fine as the wanted mpp. */
  readonly level: number;
  readonly columns: number;
  readonly rows: number;
  /** Level-0 pixels per stored tile pixel (= wanted mpp / slide mpp). */
  readonly downsample: number;
  readonly sizePx: number;
  readonly stridePx: number;
}

/** Why a tile is not kept; the first that applies counts, in this order but for blur, which its own pixels decide last. */
export const dropReasons = ['outside-region', 'little-tissue', 'pen', 'blur', 'fold', 'dark'] as const;
export type DropReason = (typeof dropReasons)[number];

/** A count of 0 under every reason. */
export function noDrops(): Record<DropReason, number> {
  return { 'outside-region': 0, 'little-tissue': 0, pen: 0, blur: 0, fold: 0, dark: 0 };
}

export interface GridTile {
  readonly column: number;
  readonly row: number;
  /** null when kept. */
  readonly dropped: DropReason | null;
  /** Tissue share 0..1. */
  readonly tissue: number;
}

/** A rectangle in level-0 pixels. */
export interface Level0Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
