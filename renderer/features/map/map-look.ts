/**
 * What each tile of a map looks like: its colour by layer, threshold and hidden classes. The same rules as the pictures the core
 * draws for exports (main/maps/map-raster.ts), so what is seen is what is written. Pure.
 */
import { isDoubtLayer, type DoubtLayer } from '#common/doubt-layers.ts';
import { distanceStepsPerLimit, type SlidePredictions } from '#common/prediction-bytes.ts';
import { packColour } from '../../viewer/index.ts';

/** 'class': the class of the tile; 'confidence': how sure of it; 'p0', 'p1' ...: the probability of one class. */
export type MapLayerName = 'class' | 'confidence' | DoubtLayer | `p${number}`;

/** Bytes of a doubt, 0 to 255 of its scale; null where this map has none. */
export function doubtsOf(predictions: SlidePredictions, layer: DoubtLayer): Uint8Array | null {
  if (layer === 'uncertainty') return predictions.uncertainty;
  return layer === 'disagreement' ? predictions.disagreement : predictions.distance;
}

export interface MapLook {
  readonly layer: MapLayerName;
  /** "#rrggbb" by class index. */
  readonly colours: readonly string[];
  /** Of the class shown: tiles below it are blank. */
  readonly threshold: number;
  /** Class indices; they count in the class and confidence layers. */
  readonly hidden: ReadonlySet<number>;
}

/** The class a layer of one probability is about; null for the others. */
export function classOfLayer(layer: MapLayerName): number | null {
  const match = /^p(\d+)$/.exec(layer);
  return match === null ? null : Number(match[1]);
}

/** 1 for a tile that is drawn, 0 for one that is blank. */
export function shownTiles(predictions: SlidePredictions, { layer, threshold, hidden }: MapLook): Uint8Array {
  const { classes, probabilities, classCount } = predictions;
  const only = classOfLayer(layer);
  const least = threshold * 255;
  return Uint8Array.from(classes, (predicted, tile) => {
    const probability = probabilities[tile * classCount + (only ?? predicted)] ?? 0;
    // Rounded to 1/255 on the way: half a step may not decide.
    if (probability + 0.5 < least) return 0;
    return only === null && hidden.has(predicted) ? 0 : 1;
  });
}

/** One packed colour a tile, 0 for blank. */
export function mapFills(predictions: SlidePredictions, look: MapLook): Uint32Array {
  const { classes, probabilities, classCount } = predictions;
  const shown = shownTiles(predictions, look);
  const only = classOfLayer(look.layer);
  const plain = look.colours.map((colour) => packColour(colour));
  const ramp =
    only === null
      ? Array.from({ length: 256 }, (_, step) => packColour(confidenceColour(step / 255)))
      : Array.from({ length: 256 }, (_, step) => packColour(look.colours[only] ?? '#000000', step / 255));
  const doubts = isDoubtLayer(look.layer) ? doubtsOf(predictions, look.layer) : null;
  return Uint32Array.from(classes, (predicted, tile) => {
    if (shown[tile] === 0) return 0;
    if (look.layer === 'class') return plain[predicted] ?? 0;
    if (isDoubtLayer(look.layer)) return doubts === null ? 0 : (ramp[doubts[tile] ?? 0] ?? 0);
    return ramp[probabilities[tile * classCount + (only ?? predicted)] ?? 0] ?? 0;
  });
}

/** Three stops of the cividis map (Nunez, Anderton and Renslow 2018), which reads the same with and without colour vision. */
export function confidenceColour(share: number): string {
  const stops = [
    [0, 32, 77],
    [124, 123, 120],
    [255, 234, 70],
  ] as const;
  const [from, to] = share < 0.5 ? [stops[0], stops[1]] : [stops[1], stops[2]];
  const t = share < 0.5 ? 2 * share : 2 * share - 1;
  const hex = (k: 0 | 1 | 2): string =>
    Math.round(from[k] + t * (to[k] - from[k]))
      .toString(16)
      .padStart(2, '0');
  return `#${hex(0)}${hex(1)}${hex(2)}`;
}

/** What a map says about one of its tiles. */
export interface TileReading {
  readonly predicted: number;
  /** Class index and probability, the highest first. */
  readonly ranked: readonly { readonly index: number; readonly value: number }[];
  /** 0 to 1. */
  readonly uncertainty: number;
  readonly disagreement: number | null;
  /** Times the limit of the training slides; 2 is the end of the scale. */
  readonly distance: number | null;
}

export function readTile(predictions: SlidePredictions, position: number): TileReading | null {
  const { classes, probabilities, classCount, uncertainty, disagreement, distance } = predictions;
  const predicted = classes[position];
  if (predicted === undefined) return null;
  const values = Array.from({ length: classCount }, (_, index) => ({
    index,
    value: (probabilities[position * classCount + index] ?? 0) / 255,
  }));
  const share = (bytes: Uint8Array | null): number | null => (bytes === null ? null : (bytes[position] ?? 0) / 255);
  return {
    predicted,
    ranked: values.sort((a, b) => b.value - a.value),
    uncertainty: share(uncertainty) ?? 0,
    disagreement: share(disagreement),
    distance: distance === null ? null : (distance[position] ?? 0) / distanceStepsPerLimit,
  };
}
