/**
 * Colour profiles against two references: lcms on every pixel (sharp reading a file with the profile in it), and for matrix
 * profiles the ICC's own formula in floating point.
 */
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { TrefoilError } from '#common/errors.ts';
import type { SlideInfo } from '#common/domain/slide.ts';
import { buildLattice } from '#main/slides/colour/colour-lattice.ts';
import { ColourTransform } from '#main/slides/colour/colour-transform.ts';
import { maximumProfileBytes, readIccProfile } from '#main/slides/colour/icc-profile.ts';
import { colourStateOf, withColourProfile } from '#main/slides/colour/with-colour-profile.ts';
import type { SlideReader } from '#main/slides/slide-reader.ts';
import { matrixProfile, scannerProfile, srgbPrimaries, type MatrixProfile } from '#tests/support/icc-profiles.ts';

const side = 96;
/** All of the cube in coarse steps, and the dark corner of it densely. */
const pixels = Uint8Array.from({ length: side * side * 3 }, (_, at) => {
  const value = (at * 2654435761) >>> 0;
  return at % 6 < 3 ? value >>> 24 : (value >>> 24) % 40;
});

async function transformOf(profile: Uint8Array): Promise<ColourTransform> {
  const lattice = await buildLattice(profile);
  if (lattice === null) throw new Error('no lattice');
  return new ColourTransform(lattice);
}

function applied(transform: ColourTransform): Uint8Array {
  const out = Uint8Array.from(pixels);
  transform.apply(out, side, { x: 0, y: 0, width: side, height: side });
  return out;
}

/** Over all values, or only over pixels well inside what sRGB can show, where no channel is cut to 0. */
function largestDifference(got: Uint8Array, right: Uint8Array, which: 'all' | 'inside' = 'all'): number {
  expect(got.length).toBe(right.length);
  return got.reduce((most, value, at) => {
    const pixel = right.subarray(at - (at % 3), at - (at % 3) + 3);
    if (which === 'inside' && pixel.some((channel) => channel < 16 || channel > 250)) return most;
    return Math.max(most, Math.abs(value - right[at]!));
  }, 0);
}

/** ICC.1, annex F: linear device values times the primaries, then into linear sRGB, then its curve. */
function byFormula({ primaries, gamma }: MatrixProfile): Uint8Array {
  const [r, g, b] = srgbPrimaries;
  const rows = [0, 1, 2].map((i) => [r[i]!, g[i]!, b[i]!]);
  const inverse = invert(rows);
  return Uint8Array.from(pixels, (_, at) => {
    const from = at - (at % 3);
    const linear = [0, 1, 2].map((c) => (pixels[from + c]! / 255) ** gamma[c]!);
    const xyz = [0, 1, 2].map((i) => primaries.reduce((sum, column, c) => sum + column[i]! * linear[c]!, 0));
    const value = inverse[at % 3]!.reduce((sum, weight, i) => sum + weight * xyz[i]!, 0);
    const encoded = value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055;
    return Math.round(Math.min(1, Math.max(0, encoded)) * 255);
  });
}

function invert(m: number[][]): number[][] {
  const at = (row: number, column: number): number => m[row % 3]![column % 3]!;
  const minor = (row: number, column: number): number =>
    at(row + 1, column + 1) * at(row + 2, column + 2) - at(row + 1, column + 2) * at(row + 2, column + 1);
  const determinant = [0, 1, 2].reduce((sum, column) => sum + at(0, column) * minor(0, column), 0);
  return [0, 1, 2].map((row) => [0, 1, 2].map((column) => minor(column, row) / determinant));
}

const info = {
  width: side,
  height: side,
  levels: [{ width: side, height: side, downsample: 1, tileWidth: side, tileHeight: side }],
} as unknown as SlideInfo;

function readerWith(profile: Uint8Array | null): SlideReader & { closed: number } {
  const reader = {
    info,
    closed: 0,
    readRegion: async ({ x, y, width, height }: { x: number; y: number; width: number; height: number }) => {
      const data = new Uint8Array(width * height * 3).fill(255);
      for (let row = 0; row < height; row += 1) {
        for (let column = 0; column < width; column += 1) {
          const [sx, sy] = [x + column, y + row];
          if (sx < 0 || sy < 0 || sx >= side || sy >= side) continue;
          data.set(pixels.subarray((sy * side + sx) * 3, (sy * side + sx) * 3 + 3), (row * width + column) * 3);
        }
      }
      return { width, height, data };
    },
    readAssociatedImage: () => Promise.reject(new TrefoilError('not-found', 'none', 'none')),
    readColourProfile: async () => profile,
    readStoredJpegTile: async () => null,
    close: async () => void (reader.closed += 1),
    [Symbol.asyncDispose]: async () => reader.close(),
  };
  return reader;
}

describe('a colour profile', () => {
  it('gives what lcms gives for every pixel, for the profile of a wide screen', async () => {
    const p3 = (
      await sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
        .withIccProfile('p3')
        .png()
        .toBuffer({ resolveWithObject: true })
    ).data;
    const profile = (await sharp(p3).metadata()).icc!;
    const transform = await transformOf(profile);
    const device = new Uint8Array(await sharp(p3, { ignoreIcc: true }).raw().toBuffer());
    const expected = new Uint8Array(await sharp(p3).toColourspace('srgb').raw().toBuffer());
    expect(largestDifference(device, expected)).toBeGreaterThan(10);
    transform.apply(device, side, { x: 0, y: 0, width: side, height: side });
    expect(largestDifference(device, expected, 'inside')).toBeLessThanOrEqual(2);
    expect(largestDifference(device, expected)).toBeLessThanOrEqual(8);
  });

  it.each([
    ['a scanner with gamma 1.8', scannerProfile],
    ['a linear scanner', { ...scannerProfile, gamma: [1, 1, 1] }],
    ['channels of different curves', { primaries: srgbPrimaries, gamma: [2.2, 1.4, 2.6] }],
  ] satisfies [string, MatrixProfile][])("follows the ICC's formula within two levels: %s", async (_, profile) => {
    const got = applied(await transformOf(matrixProfile(profile)));
    const expected = byFormula(profile);
    expect(largestDifference(pixels, expected)).toBeGreaterThan(10);
    expect(largestDifference(got, expected, 'inside')).toBeLessThanOrEqual(2);
    expect(largestDifference(got, expected)).toBeLessThanOrEqual(8);
  });

  it('is read with its name from both versions of the format', async () => {
    expect(readIccProfile(matrixProfile(scannerProfile))).toMatchObject({ name: 'Made-up scanner v1' });
    const p3 = await sharp({ create: { width: 1, height: 1, channels: 3, background: '#888' } })
      .withIccProfile('p3')
      .png()
      .toBuffer();
    expect(readIccProfile((await sharp(p3).metadata()).icc!)).toEqual({ name: 'sP3C', byteLength: 480 });
  });

  it('that cannot be used is refused with the reason, never thrown at the person', () => {
    const good = matrixProfile(scannerProfile);
    const changed = (edit: (bytes: Buffer) => void): Buffer => {
      const copy = Buffer.from(good);
      edit(copy);
      return copy;
    };
    const refusedAs = (bytes: Uint8Array): unknown => (readIccProfile(bytes) as { refused?: string }).refused;
    expect(refusedAs(new Uint8Array(40))).toBe('it is too short');
    expect(refusedAs(changed((b) => b.write('xxxx', 36)))).toBe('it is not an ICC profile');
    expect(refusedAs(good.subarray(0, good.length - 20))).toBe('it is cut off');
    expect(refusedAs(changed((b) => b.write('CMYK', 16)))).toBe('it is for CMYK colours, not for RGB');
    expect(refusedAs(changed((b) => b.writeUInt32BE(0xffffffff, 128)))).toBe('its table of tags is damaged');
    expect(refusedAs(changed((b) => b.writeUInt32BE(0x7fffffff, 136)))).toBe('its table of tags is damaged');
    expect(refusedAs(changed((b) => b.write('xTRC', 128 + 4 + 5 * 12)))).toBe('it does not say how colours look');
    expect(refusedAs(new Uint8Array(maximumProfileBytes + 1))).toBe('it is far too large');
  });

  it('with random bytes changed never throws and never gives a name with control characters', () => {
    const good = matrixProfile(scannerProfile);
    for (let round = 0; round < 2000; round += 1) {
      const copy = Buffer.from(good);
      for (let change = 0; change < 4; change += 1) {
        const random = ((round * 4 + change + 1) * 2654435761) >>> 0;
        copy[random % copy.length] = (random >>> 9) & 255;
      }
      const profile = readIccProfile(copy);
      if ('name' in profile) expect(profile.name).not.toMatch(/\p{C}/u);
    }
  });
});

describe('a reader with its profile applied', () => {
  const whole = { level: 0, x: 0, y: 0, width: side, height: side };

  it('gives sRGB pixels, keeps white outside the slide, and hands out no stored JPEG', async () => {
    const inner = readerWith(matrixProfile(scannerProfile));
    const reader = await withColourProfile(inner);
    expect((await reader.readRegion(whole)).data).toEqual(applied(await transformOf(matrixProfile(scannerProfile))));
    const corner = await reader.readRegion({ level: 0, x: -2, y: -2, width: 4, height: 4 });
    expect([...corner.data.subarray(0, 12)]).toEqual(new Array(12).fill(255));
    expect([...corner.data.subarray((2 * 4 + 2) * 3)]).not.toEqual([...pixels.subarray(0, 6)]);
    expect(reader.readStoredJpegTile).toBeUndefined();
    await reader.close();
    expect(inner.closed).toBe(1);
  });

  it('is the slide as it is stored when the person says so, or when there is nothing to apply', async () => {
    const scanner = readerWith(matrixProfile(scannerProfile));
    expect(await withColourProfile(scanner, 'as-stored')).toBe(scanner);
    const plain = readerWith(null);
    expect(await withColourProfile(plain)).toBe(plain);
    expect(await colourStateOf(plain)).toEqual({ state: 'none' });
  });

  it('leaves a profile alone that says what screens assume anyway', async () => {
    const srgb = await sharp({ create: { width: 1, height: 1, channels: 3, background: '#888' } })
      .withIccProfile('srgb')
      .png()
      .toBuffer();
    const { icc } = await sharp(srgb).metadata();
    expect(await colourStateOf(readerWith(icc!))).toMatchObject({ state: 'no-effect' });
  });

  it('ignores an absurd profile and says why', async () => {
    const swapped = matrixProfile({
      ...scannerProfile,
      primaries: scannerProfile.primaries.map(([x, y, z]) => [x / 4, y / 4, z / 4] as const),
    });
    expect(await colourStateOf(readerWith(swapped))).toMatchObject({
      state: 'ignored',
      reason: 'it makes white dark or coloured',
    });
    expect(await colourStateOf(readerWith(Buffer.from('no profile')))).toMatchObject({ state: 'ignored' });
  });
});
