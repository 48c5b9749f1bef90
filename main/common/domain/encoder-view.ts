/**
 * The square of a tile that an encoder of a person's own gets to see, and whether that makes sense: an encoder knows tissue at
 * the pixel size it was trained at. Pure.
 */
import { TrefoilError } from '../errors.ts';
import type { EncoderCard } from './encoder-card.ts';

export interface EncoderView {
  /** Square of the tile in its pixels. */
  readonly cropPx: number;
  readonly offsetPx: number;
  /** Micrometres per pixel of the encoder's input. */
  readonly mpp: number;
  readonly warnings: readonly string[];
}

/** Beyond these factors between the pixel size it gets and the one it was trained at. */
const refusedFactor = 2;
const warnedFactor = 1.25;
/** A tile enlarged more than this holds none of the detail the encoder looks at. */
const refusedEnlargement = 4;
const warnedEnlargement = 1.5;

/** Throws `invalid-input` with the tile settings that would fit. */
export function encoderView(
  card: Pick<EncoderCard, 'inputPx' | 'mpp' | 'fit'>,
  tiles: { readonly sizePx: number; readonly mpp: number },
): EncoderView {
  const wantedUm = card.inputPx * card.mpp;
  const tileUm = tiles.sizePx * tiles.mpp;
  const fitting = `Cut tiles of ${card.inputPx} px at ${card.mpp} micrometres per pixel, or correct the card.`;
  const refuse = (what: string): never => {
    throw new TrefoilError('invalid-input', what, fitting, { wantedUm, tileUm });
  };
  const isCentre = card.fit === 'centre';
  const cropPx = isCentre ? Math.min(tiles.sizePx, Math.max(1, Math.round(wantedUm / tiles.mpp))) : tiles.sizePx;
  if (isCentre && wantedUm > tileUm * 1.01) {
    refuse(`The encoder looks at ${micrometres(wantedUm)} at once, a tile shows ${micrometres(tileUm)} only.`);
  }
  const mpp = (cropPx * tiles.mpp) / card.inputPx;
  const factor = Math.max(mpp / card.mpp, card.mpp / mpp);
  const seen = `A tile of ${micrometres(tileUm)} resized to ${card.inputPx} px has ${mpp.toPrecision(3)} micrometres per pixel; the encoder was trained at ${card.mpp}`;
  if (factor > refusedFactor) refuse(`${seen}.`);
  const enlargement = tiles.mpp / mpp;
  if (enlargement > refusedEnlargement) {
    refuse(
      `The tiles have ${tiles.mpp} micrometres per pixel and would be enlarged ${enlargement.toFixed(1)} times: the detail the encoder looks at is not in them.`,
    );
  }
  const warnings = [
    ...(factor > warnedFactor
      ? [`${seen}: features may be worse than they could be. Tiles of ${card.inputPx} px at ${card.mpp} fit exactly.`]
      : []),
    ...(enlargement > warnedEnlargement
      ? [
          `The tiles have ${tiles.mpp} micrometres per pixel and are enlarged ${enlargement.toFixed(1)} times: fine detail is missing.`,
        ]
      : []),
  ];
  return { cropPx, offsetPx: Math.floor((tiles.sizePx - cropPx) / 2), mpp, warnings };
}

function micrometres(value: number): string {
  return `${Math.round(value)} micrometres`;
}
