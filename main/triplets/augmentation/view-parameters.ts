/**
 * Draws what happens to one view from (seed, epoch, tile, view). Draws no pixel. Source of the crop: torchvision's
 * RandomResizedCrop.get_params.
 */
import { RandomStream } from '#common/random.ts';
import type { AugmentationSettings } from '#common/domain/pretrain.ts';
import type { Jitter, JitterOperation, StainShift, ViewParameters } from '#common/domain/view-parameters.ts';

/** Views of a triplet: 0 the tile, 1 its neighbour, 2 the tile again. `tile` is the triplet's tile in all three. */
export type ViewNumber = 0 | 1 | 2;

const operations: readonly JitterOperation[] = ['brightness', 'contrast', 'saturation', 'hue'];

/** Every draw is made whether used or not, so that switching one operation off leaves the others as they were. */
export function drawViewParameters(
  settings: AugmentationSettings,
  tilePx: number,
  seed: number,
  epoch: number,
  tile: number,
  view: ViewNumber,
): ViewParameters {
  const crop = drawCrop(settings, tilePx, RandomStream.of('augment-crop', seed, epoch, tile, view));
  const random = RandomStream.of('augment', seed, epoch, tile, view);
  const horizontalFlip = random.nextUnit() < settings.horizontalFlipProbability;
  const verticalFlip = random.nextUnit() < settings.verticalFlipProbability;
  const turns = random.nextInteger(4);
  const jittered = random.nextUnit() < settings.jitterProbability;
  const jitter: Jitter = {
    order: random.shuffled(operations),
    brightness: drawFactor(random, settings.brightness),
    contrast: drawFactor(random, settings.contrast),
    saturation: drawFactor(random, settings.saturation),
    hue: random.nextUniform(-settings.hue, settings.hue),
  };
  const grey = random.nextUnit() < settings.greyProbability;
  const blurred = random.nextUnit() < settings.blurProbability;
  const sigma = random.nextUniform(settings.blurSigma[0], settings.blurSigma[1]);
  return {
    crop,
    horizontalFlip,
    verticalFlip,
    quarterTurns: settings.quarterTurns ? turns : 0,
    stain: drawStain(settings.stainJitter, RandomStream.of('augment-stain', seed, epoch, tile, view)),
    jitter: jittered ? jitter : null,
    grey,
    blurSigma: blurred ? sigma : null,
  };
}

/** Offsets a tenth of the factors' spread: scikit-image's HED runs over about 0 to 0.4, so one unit is a change of everything. */
function drawStain(strength: number, random: RandomStream): StainShift | null {
  if (strength === 0) return null;
  const draw = (spread: number): [number, number, number] => [
    random.nextUniform(-spread, spread),
    random.nextUniform(-spread, spread),
    random.nextUniform(-spread, spread),
  ];
  const [haematoxylin, eosin, dab] = draw(strength);
  return { factors: [1 + haematoxylin, 1 + eosin, 1 + dab], offsets: draw(strength / 10) };
}

function drawFactor(random: RandomStream, strength: number): number {
  return random.nextUniform(Math.max(0, 1 - strength), 1 + strength);
}

function drawCrop(settings: AugmentationSettings, tilePx: number, random: RandomStream): ViewParameters['crop'] {
  const area = tilePx * tilePx;
  const [lowAspect, highAspect] = settings.cropAspect;
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const targetArea = area * random.nextUniform(settings.cropScale[0], settings.cropScale[1]);
    const aspect = Math.exp(random.nextUniform(Math.log(lowAspect), Math.log(highAspect)));
    const width = Math.round(Math.sqrt(targetArea * aspect));
    const height = Math.round(Math.sqrt(targetArea / aspect));
    if (width > 0 && width <= tilePx && height > 0 && height <= tilePx) {
      return {
        x: random.nextInteger(tilePx - width + 1),
        y: random.nextInteger(tilePx - height + 1),
        width,
        height,
      };
    }
  }
  // Ten misses: the largest central crop within the aspect limits, which for a square tile is the tile itself.
  let [width, height] = [tilePx, tilePx];
  if (lowAspect > 1) height = Math.round(tilePx / lowAspect);
  else if (highAspect < 1) width = Math.round(tilePx * highAspect);
  return { x: Math.floor((tilePx - width) / 2), y: Math.floor((tilePx - height) / 2), width, height };
}
