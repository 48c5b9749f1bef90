/**
 * Interleaved samples of any type and meaning as 8-bit RGB: window to 8 bits, palette, inverted grey, CMYK, YCbCr, alpha
 * laid on white. Pure.
 */
import { UndecodableTile, type CodedTile, type SampleMeaning } from './coded-tile.ts';
import type { Samples } from './predictor.ts';
import { ycbcrToRgb } from './ycbcr.ts';

/** Samples that carry colour; what follows is alpha or is left out. */
export const colourSamples: Readonly<Record<SampleMeaning, number>> = {
  grey: 1,
  'grey-inverted': 1,
  palette: 1,
  rgb: 3,
  ycbcr: 3,
  cmyk: 4,
};

type ColourLayout = Pick<CodedTile, 'samples' | 'bits' | 'sampleFormat' | 'meaning' | 'alpha' | 'palette' | 'window'>;

/** `values` holds `pixels` times `layout.samples` samples. The result may be `values` itself. */
export function samplesToRgb(values: Samples, layout: ColourLayout, pixels: number): Uint8Array {
  const { samples, meaning } = layout;
  if (colourSamples[meaning] > samples) throw new UndecodableTile(`has ${samples} samples for ${meaning}`);
  if (meaning === 'palette') return fromPalette(values, layout, pixels);
  const bytes = toBytes(values, layout);
  if (meaning === 'ycbcr') ycbcrToRgb(bytes, samples);
  if (samples === 3) return bytes;
  const rgb = new Uint8Array(pixels * 3);
  const colours = colourSamples[meaning];
  const flip = meaning === 'grey-inverted' ? 255 : 0;
  const alphaAt = layout.alpha !== 'none' && samples > colours ? colours : null;
  for (let pixel = 0, from = 0, to = 0; pixel < pixels; pixel++, from += samples, to += 3) {
    for (let sample = 0; sample < 3; sample++) {
      let value = bytes[colours === 1 ? from : from + sample] as number;
      if (colours === 4) value = Math.round(((255 - value) * (255 - (bytes[from + 3] as number))) / 255);
      value ^= flip;
      if (alphaAt !== null) value = onWhite(value, bytes[from + alphaAt] as number, layout.alpha);
      rgb[to + sample] = value;
    }
  }
  return rgb;
}

function onWhite(value: number, alpha: number, kind: CodedTile['alpha']): number {
  const colour = kind === 'premultiplied' ? value : (value * alpha) / 255;
  return Math.min(255, Math.round(colour + 255 - alpha));
}

function fromPalette(values: Samples, layout: ColourLayout, pixels: number): Uint8Array {
  const { palette, samples } = layout;
  if (!palette || palette.length < 768 || !(values instanceof Uint8Array)) {
    throw new UndecodableTile('has palette indices without a palette of 256 colours');
  }
  const rgb = new Uint8Array(pixels * 3);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const index = values[pixel * samples] as number;
    for (let sample = 0; sample < 3; sample++) {
      rgb[pixel * 3 + sample] = (palette[sample * 256 + index] as number) >> 8;
    }
  }
  return rgb;
}

/** Black and white of the type's whole range, for samples that come without a window. */
function typeRange(layout: ColourLayout): { black: number; white: number } {
  if (layout.sampleFormat === 'float') return { black: 0, white: 1 };
  if (layout.sampleFormat === 'signed') return { black: -(2 ** (layout.bits - 1)), white: 2 ** (layout.bits - 1) - 1 };
  return { black: 0, white: 2 ** layout.bits - 1 };
}

function toBytes(values: Samples, layout: ColourLayout): Uint8Array {
  if (values instanceof Uint8Array && layout.window === null) return values;
  const { black, white } = layout.window ?? typeRange(layout);
  const scale = white > black ? 255 / (white - black) : 0;
  const bytes = new Uint8Array(values.length);
  for (let at = 0; at < values.length; at++) {
    const value = ((values[at] as number) - black) * scale;
    // Not-a-number, which float images use for "no data", becomes black.
    bytes[at] = value >= 255 ? 255 : value > 0 ? Math.floor(value + 0.5) : 0;
  }
  return bytes;
}
