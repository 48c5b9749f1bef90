/** The shipped Aperio slide with its label, macro and texts taken out, and files from which nothing can be taken safely. */
import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSlide } from '#main/slides/open-slide.ts';
import { copyWithoutLabel } from '#main/slides/private/copy-without-label.ts';
import { blankPrivateValues } from '#main/slides/private/private-text.ts';

const source = join(import.meta.dirname, '../../../../../resources/demo/CMU-1-Small-Region.svs');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'trefoil-label-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** SHA-256 of every level's pixels. */
async function pixelsOf(path: string): Promise<string[]> {
  await using reader = await openSlide(path);
  return await Promise.all(
    reader.info.levels.map(async ({ width, height }, level) => {
      const { data } = await reader.readRegion({ level, x: 0, y: 0, width, height });
      return createHash('sha256').update(data).digest('hex');
    }),
  );
}

async function imagesOf(path: string): Promise<string[]> {
  await using reader = await openSlide(path);
  return reader.info.associatedImages.map(({ name }) => name);
}

describe('a copy without the label', () => {
  it('has the same pixels in every level, no label, and leaves the original alone', async () => {
    const before = readFileSync(source);
    const target = join(folder, 'no label.svs');
    const result = await copyWithoutLabel(source, target, { macro: false, text: false });
    expect(result).toEqual({ removed: ['label'], blankedTexts: 0, byteLength: before.length });
    expect(readFileSync(source).equals(before)).toBe(true);
    expect(await imagesOf(target)).toEqual(['thumbnail', 'macro']);
    expect(await pixelsOf(target)).toEqual(await pixelsOf(source));
    // The label's LZW strips lie from the end of the second directory to the third (tiffinfo): gone, not only unlinked.
    const copy = readFileSync(target);
    expect(copy.subarray(1850194, 1850200)).toEqual(Buffer.alloc(6));
    expect(copy.includes('label 387x463')).toBe(false);
    expect(before.includes('label 387x463')).toBe(true);
  });

  it('is without the macro and without names when asked, and still knows its pixel size', async () => {
    const target = join(folder, 'nothing private.svs');
    const result = await copyWithoutLabel(source, target, { macro: true, text: true });
    expect(result).toMatchObject({ removed: ['label', 'macro'], blankedTexts: 2 });
    expect(await imagesOf(target)).toEqual(['thumbnail']);
    const text = readFileSync(target).toString('latin1');
    for (const secret of [
      'b414003d-95c6-48b0-9369-8010ed517ba7',
      'CPAPERIOCS',
      '12/29/09',
      '1004486',
      'Filename = CMU',
    ]) {
      expect(text.includes(secret)).toBe(false);
    }
    await using reader = await openSlide(target);
    expect(reader.info.mpp).toMatchObject({ source: 'file', x: 0.499 });
    expect(await pixelsOf(target)).toEqual(await pixelsOf(source));
  });

  it('finds the label by what is left of it: a copy of the copy has none to take out', async () => {
    const once = join(folder, 'once.svs');
    await copyWithoutLabel(source, once, { macro: false, text: false });
    await expect(
      copyWithoutLabel(once, join(folder, 'twice.svs'), { macro: false, text: false }),
    ).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  it('never overwrites a file and leaves no half copy behind', async () => {
    const target = join(folder, 'there.svs');
    writeFileSync(target, 'mine');
    await expect(copyWithoutLabel(source, target, { macro: false, text: false })).rejects.toMatchObject({
      code: 'already-exists',
    });
    expect(readFileSync(target, 'utf8')).toBe('mine');
    expect(() => readFileSync(`${target}.partial`)).toThrow();
  });

  it('is refused where other images use the same bytes', async () => {
    const shared = join(folder, 'shared.svs');
    copyFileSync(source, shared);
    const bytes = readFileSync(shared);
    // The label's strip offsets (tag 273) are pointed at the first tile of the slide.
    const directory = 1850194;
    const count = bytes.readUInt16LE(directory);
    for (let index = 0; index < count; index += 1) {
      const at = directory + 2 + index * 12;
      if (bytes.readUInt16LE(at) === 273) bytes.writeUInt32LE(16, bytes.readUInt32LE(at + 8));
    }
    writeFileSync(shared, bytes);
    await expect(copyWithoutLabel(shared, join(folder, 'x.svs'), { macro: false, text: false })).rejects.toMatchObject({
      code: 'file-unsupported',
    });
  });

  it('is refused in words for a format that is no TIFF', async () => {
    const png = join(folder, 'field.png');
    await sharp({ create: { width: 64, height: 64, channels: 3, background: '#a8b' } })
      .png()
      .toFile(png);
    await expect(copyWithoutLabel(png, join(folder, 'y.png'), { macro: false, text: false })).rejects.toMatchObject({
      code: 'file-unsupported',
    });
  });
});

describe('private text', () => {
  it('is blanked in place and what readers need stays', () => {
    const text =
      'Aperio Image Library v11\r\n100x50 (240x240) JPEG|AppMag = 20|Filename = Müller|Patient = A B|MPP = 0.25';
    const blanked = blankPrivateValues(text);
    expect(blanked).toHaveLength(text.length);
    expect(blanked).toBe(
      'Aperio Image Library v11\r\n100x50 (240x240) JPEG|AppMag = 20|Filename =       |Patient =    |MPP = 0.25',
    );
    expect(blankPrivateValues('Aperio|AppMag = 20|MPP = 0.5')).toBeNull();
  });
});
