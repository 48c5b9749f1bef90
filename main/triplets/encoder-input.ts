/**
 * Tiles as the input of an encoder that was trained elsewhere, exactly as its card says: cropped, resized with antialiasing,
 * scaled, normalised, channels and layout in its order. Pure.
 */
import type { EncoderCard } from '#common/domain/encoder-card.ts';
import type { EncoderView } from '#common/domain/encoder-view.ts';
import { Resampler } from './augmentation/resample.ts';

export type PrepareImages = (pixels: Uint8Array, count: number) => Float32Array;

/** `pixels`: RGB bytes [count, tilePx, tilePx, 3]. Gives float32 in the card's layout, [count, ...]. */
export function encoderInput(
  card: EncoderCard,
  tilePx: number,
  { cropPx, offsetPx }: Pick<EncoderView, 'cropPx' | 'offsetPx'>,
): PrepareImages {
  const { inputPx, mean, std } = card;
  const resampler = new Resampler(inputPx, card.resize);
  const plane = inputPx * inputPx;
  const image = new Float32Array(plane * 3);
  const scale = card.valueRange === '0-1' ? 1 : 255;
  // Position c of the input holds this channel of an RGB pixel.
  const sourceOf = card.channels === 'RGB' ? [0, 1, 2] : [2, 1, 0];
  const crop = { x: offsetPx, y: offsetPx, width: cropPx, height: cropPx };
  return (pixels, count) => {
    const result = new Float32Array(count * plane * 3);
    for (let index = 0; index < count; index += 1) {
      const tile = pixels.subarray(index * tilePx * tilePx * 3, (index + 1) * tilePx * tilePx * 3);
      resampler.resample(tile, tilePx, crop, image);
      const start = index * plane * 3;
      for (let channel = 0; channel < 3; channel += 1) {
        const from = sourceOf[channel] as number;
        const centre = mean[channel] as number;
        const spread = std[channel] as number;
        const first = card.layout === 'NCHW' ? start + channel * plane : start + channel;
        const step = card.layout === 'NCHW' ? 1 : 3;
        for (let pixel = 0; pixel < plane; pixel += 1) {
          // Bicubic overshoots; the libraries that cards come from clip to bytes.
          const value = Math.min(1, Math.max(0, image[pixel * 3 + from] as number));
          result[first + pixel * step] = (value * scale - centre) / spread;
        }
      }
    }
    return result;
  };
}
