/**
 * Artefacts painted on real tissue with known outlines: fold (two layers of tissue, so transmittances multiply), pen (ink
 * over everything), dirt and coverslip edge (dark, grey), out of focus (Gaussian). For measuring how well they are found.
 */
import { RandomStream } from '#common/random.ts';
import type { RgbImage } from '#main/slides/slide-reader.ts';

export type PaintedArtefact = 'fold' | 'dark' | 'pen-green' | 'pen-blue' | 'pen-black' | 'pen-red';

export interface PaintedField {
  readonly image: RgbImage;
  /** 1 where the artefact is. */
  readonly truth: Uint8Array;
}

/** Transmittance of the inks of common markers, looked up on photographs of marked slides: red, green, blue. */
const inks = {
  'pen-green': [0.1, 0.5, 0.3],
  'pen-blue': [0.15, 0.25, 0.65],
  'pen-black': [0.12, 0.12, 0.14],
  'pen-red': [0.8, 0.1, 0.15],
} as const;

/** `umPerPx` of the image; the same seed paints the same. */
export function paintArtefact(image: RgbImage, umPerPx: number, kind: PaintedArtefact, seed: number): PaintedField {
  const { width, height } = image;
  const random = RandomStream.of('painted-artefact', kind, seed);
  const truth = new Uint8Array(width * height);
  const data = Uint8Array.from(image.data);
  if (kind === 'dark') {
    // A few particles and one edge of a coverslip.
    for (let particle = 0; particle < 4; particle += 1) {
      const [x, y] = [random.nextUnit() * width, random.nextUnit() * height];
      const radius = random.nextUniform(25, 60) / umPerPx;
      markBlob(truth, width, height, x, y, radius, random.nextUniform(0.5, 1));
    }
    markBand(truth, width, height, random, random.nextUniform(20, 40) / umPerPx);
    const grey = random.nextUniform(35, 75);
    fill(truth, (pixel) => {
      for (let c = 0; c < 3; c += 1) {
        const at = pixel * 3 + c;
        data[at] = clamp(grey + 0.12 * (image.data[at] as number) + random.nextUniform(-6, 6));
      }
    });
    return { image: { width, height, data }, truth };
  }
  if (kind === 'fold') {
    markBand(truth, width, height, random, random.nextUniform(50, 110) / umPerPx);
    const [dx, dy] = [
      Math.round(random.nextUniform(20, 60) / umPerPx),
      Math.round(random.nextUniform(20, 60) / umPerPx),
    ];
    fill(truth, (pixel) => {
      const x = (pixel % width) + dx;
      const y = Math.floor(pixel / width) + dy;
      const other = (Math.min(y, height - 1) * width + Math.min(x, width - 1)) * 3;
      // The fold's third layer lies between the two.
      for (let c = 0; c < 3; c += 1) {
        const layer = (image.data[pixel * 3 + c] as number) / 255;
        data[pixel * 3 + c] = clamp(255 * layer * ((image.data[other + c] as number) / 255) * Math.sqrt(layer));
      }
    });
    return { image: { width, height, data }, truth };
  }
  markBand(truth, width, height, random, random.nextUniform(150, 300) / umPerPx);
  const ink = inks[kind];
  const strength = random.nextUniform(0.75, 1.15);
  fill(truth, (pixel) => {
    for (let c = 0; c < 3; c += 1) {
      const at = pixel * 3 + c;
      data[at] = clamp((image.data[at] as number) ** 0.7 * 255 ** 0.3 * (ink[c as 0 | 1 | 2] as number) ** strength);
    }
  });
  return { image: { width, height, data }, truth };
}

function fill(truth: Uint8Array, paint: (pixel: number) => void): void {
  truth.forEach((value, pixel) => {
    if (value === 1) paint(pixel);
  });
}

function clamp(value: number): number {
  return Math.min(255, Math.max(0, Math.round(value)));
}

/** A gently bent band across the field. */
function markBand(truth: Uint8Array, width: number, height: number, random: RandomStream, wide: number): void {
  const angle = random.nextUnit() * Math.PI;
  const [cx, cy] = [random.nextUniform(0.3, 0.7) * width, random.nextUniform(0.3, 0.7) * height];
  const bend = random.nextUniform(-0.4, 0.4) / width;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const along = (x - cx) * Math.cos(angle) + (y - cy) * Math.sin(angle);
      const across = -(x - cx) * Math.sin(angle) + (y - cy) * Math.cos(angle) + bend * along * along;
      if (Math.abs(across) <= wide / 2) truth[y * width + x] = 1;
    }
  }
}

function markBlob(
  truth: Uint8Array,
  width: number,
  height: number,
  x: number,
  y: number,
  radius: number,
  flat: number,
): void {
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      if (((column - x) / radius) ** 2 + ((row - y) / (radius * flat)) ** 2 <= 1) truth[row * width + column] = 1;
    }
  }
}
