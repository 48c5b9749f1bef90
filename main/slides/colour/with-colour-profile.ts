/**
 * A slide in sRGB instead of its scanner's own colours: a reader around a reader, so that whoever reads pixels (viewer,
 * tissue, extraction) gets the same ones. Profiles that are damaged, for other colours or absurd are not applied and say why.
 * Thumbnail, label and macro keep their colours: other cameras took them.
 */
import type { ColourChoice } from '#common/domain/slide.ts';
import type { SlideReader } from '../slide-reader.ts';
import { buildLattice, latticeNodes } from './colour-lattice.ts';
import { ColourTransform } from './colour-transform.ts';
import { readIccProfile } from './icc-profile.ts';

/** What happens to a slide's colours. */
export type ColourState =
  | {
      readonly state: 'applied';
      readonly name: string;
      readonly byteLength: number;
      readonly transform: ColourTransform;
    }
  /** The profile is fine and says what a screen assumes anyway. */
  | { readonly state: 'no-effect'; readonly name: string; readonly byteLength: number }
  | { readonly state: 'ignored'; readonly reason: string; readonly byteLength: number }
  | { readonly state: 'none' };

/** Largest change (grey levels) of a profile that is not worth applying: rounding. */
const invisibleLevels = 1;

/** Reads and judges the slide's profile. Throws only what reading the file throws. */
export async function colourStateOf(reader: SlideReader): Promise<ColourState> {
  const bytes = (await reader.readColourProfile?.()) ?? null;
  if (bytes === null || bytes.length === 0) return { state: 'none' };
  const profile = readIccProfile(bytes);
  const { byteLength } = bytes;
  if ('refused' in profile) return { state: 'ignored', reason: profile.refused, byteLength };
  const lattice = await buildLattice(bytes.subarray(0, profile.byteLength));
  if (lattice === null) return { state: 'ignored', reason: 'the colour engine cannot use it', byteLength };
  const { name } = profile;
  if (largestChange(lattice) <= invisibleLevels) return { state: 'no-effect', name, byteLength };
  const transform = new ColourTransform(lattice);
  const absurd = absurdity(transform);
  if (absurd !== null) return { state: 'ignored', reason: absurd, byteLength };
  return { state: 'applied', name, byteLength, transform };
}

/** What to apply, null for nothing. `choice` is the project's: apply the scanner's profile or show what is stored. */
export async function colourTransformFor(
  reader: SlideReader,
  choice: ColourChoice,
): Promise<{ readonly name: string; readonly transform: ColourTransform } | null> {
  if (choice === 'as-stored') return null;
  const state = await colourStateOf(reader);
  return state.state === 'applied' ? state : null;
}

/** A reader whose pixels have been through their profile. */
interface ColouredReader extends SlideReader {
  readonly appliedProfile: string;
}

/** Name of the profile that is applied to what this reader gives; null when its pixels are as stored. */
export function appliedProfile(reader: SlideReader): string | null {
  return 'appliedProfile' in reader ? (reader as ColouredReader).appliedProfile : null;
}

/**
 * The reader itself when there is nothing to apply. Otherwise a reader that owns it: closing it closes the other. Stored
 * JPEG tiles are not handed out then, since their colours are the scanner's.
 */
export async function withColourProfile(
  reader: SlideReader,
  choice: ColourChoice = 'scanner-profile',
): Promise<SlideReader> {
  const applied = await colourTransformFor(reader, choice);
  if (applied === null) return reader;
  const { name: profileName, transform } = applied;
  const coloured: ColouredReader = {
    appliedProfile: profileName,
    info: reader.info,
    readRegion: async (region, signal) => {
      const image = await reader.readRegion(region, signal);
      const level = reader.info.levels[region.level];
      // White outside the slide is nobody's colour and stays white.
      const left = Math.max(0, -region.x);
      const top = Math.max(0, -region.y);
      const right = Math.min(image.width, (level?.width ?? 0) - region.x);
      const bottom = Math.min(image.height, (level?.height ?? 0) - region.y);
      if (right <= left || bottom <= top) return image;
      const data = Uint8Array.from(image.data);
      transform.apply(data, image.width, { x: left, y: top, width: right - left, height: bottom - top });
      return { width: image.width, height: image.height, data };
    },
    readAssociatedImage: (name) => reader.readAssociatedImage(name),
    readColourProfile: async () => (await reader.readColourProfile?.()) ?? null,
    close: () => reader.close(),
    [Symbol.asyncDispose]: () => reader.close(),
  };
  return coloured;
}

function largestChange(lattice: Uint8Array): number {
  let largest = 0;
  let at = 0;
  for (const red of latticeNodes) {
    for (const green of latticeNodes) {
      for (const blue of latticeNodes) {
        largest = Math.max(
          largest,
          Math.abs((lattice[at] as number) - red),
          Math.abs((lattice[at + 1] as number) - green),
          Math.abs((lattice[at + 2] as number) - blue),
        );
        at += 3;
      }
    }
  }
  return largest;
}

/** A scanner's glass is light, its darkest dark, and more light never looks darker; what breaks that is no scanner's profile. */
function absurdity(transform: ColourTransform): string | null {
  if (Math.min(...transform.colourOf(255, 255, 255)) < 170) return 'it makes white dark or coloured';
  if (Math.max(...transform.colourOf(0, 0, 0)) > 90) return 'it makes black light';
  let before = 0;
  for (let grey = 0; grey <= 255; grey += 5) {
    const [red, green, blue] = transform.colourOf(grey, grey, grey);
    const light = 0.299 * red + 0.587 * green + 0.114 * blue;
    if (light < before - 4) return 'it makes lighter greys darker';
    before = light;
  }
  return null;
}
