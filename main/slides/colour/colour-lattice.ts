/**
 * A profile's whole effect as a table: sRGB values at the corners of a lattice of device colours, worked out once by lcms
 * (inside libvips, inside sharp). Between the corners colour-transform.ts interpolates.
 *
 * Rendering intent: perceptual, which libvips' thumbnailing path asks of lcms; for the matrix profiles and the profiles
 * with the one table A2B0 that scanners write it is the same as relative colorimetric, because nothing else is in them.
 */
import sharp from 'sharp';

/**
 * Lattice positions along each channel, denser in the dark: there a curve to sRGB bends most. 0.3 MB, which stays in a
 * core's cache. Within two grey levels of lcms for colours that sRGB can show; up to seven for colours more vivid than
 * that, where one channel is cut to 0 within a cell (no stain is there).
 */
export const latticeNodes: readonly number[] = [...range(0, 8, 1), ...range(8, 16, 2), ...range(16, 256, 4), 255];

/** [red, green, blue, 3] bytes over `latticeNodes`; null when lcms cannot use the profile or libvips cannot. */
export async function buildLattice(profile: Uint8Array): Promise<Uint8Array | null> {
  const side = latticeNodes.length;
  const pixels = new Uint8Array(side ** 3 * 3);
  let at = 0;
  for (const red of latticeNodes) {
    for (const green of latticeNodes) {
      for (const blue of latticeNodes) {
        pixels[at] = red;
        pixels[at + 1] = green;
        pixels[at + 2] = blue;
        at += 3;
      }
    }
  }
  try {
    const { data, info } = await sharp(tiffWithProfile(pixels, side, side * side, profile), { failOn: 'none' })
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    if (info.width !== side || info.height !== side * side || info.channels !== 3) return null;
    return new Uint8Array(data);
  } catch {
    // Whatever is wrong with the profile: the slide is shown without it, with a note by the caller.
    return null;
  }
}

/** An uncompressed RGB TIFF in one strip; libtiff hands a profile on as it is, libpng would judge it first. */
function tiffWithProfile(rgb: Uint8Array, width: number, height: number, profile: Uint8Array): Buffer {
  const bitsAt = 8;
  const pixelsAt = 16;
  const profileAt = pixelsAt + rgb.length + (rgb.length % 2);
  const directoryAt = profileAt + profile.length + (profile.length % 2);
  const short = 3;
  const long = 4;
  const undefinedType = 7;
  const tags: readonly (readonly [tag: number, type: number, count: number, value: number])[] = [
    [256, long, 1, width],
    [257, long, 1, height],
    [258, short, 3, bitsAt],
    [259, short, 1, 1],
    [262, short, 1, 2],
    [273, long, 1, pixelsAt],
    [277, short, 1, 3],
    [278, long, 1, height],
    [279, long, 1, rgb.length],
    [284, short, 1, 1],
    [34675, undefinedType, profile.length, profileAt],
  ];
  const file = Buffer.alloc(directoryAt + 2 + tags.length * 12 + 4);
  file.write('II*\0', 0, 'latin1');
  file.writeUInt32LE(directoryAt, 4);
  [8, 8, 8].forEach((bits, channel) => file.writeUInt16LE(bits, bitsAt + channel * 2));
  file.set(rgb, pixelsAt);
  file.set(profile, profileAt);
  file.writeUInt16LE(tags.length, directoryAt);
  tags.forEach(([tag, type, count, value], index) => {
    const entry = directoryAt + 2 + index * 12;
    file.writeUInt16LE(tag, entry);
    file.writeUInt16LE(type, entry + 2);
    file.writeUInt32LE(count, entry + 4);
    file.writeUInt32LE(value, entry + 8);
  });
  return file;
}

function range(from: number, to: number, step: number): number[] {
  return Array.from({ length: (to - from) / step }, (_, index) => from + index * step);
}
