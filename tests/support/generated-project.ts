/**
 * A small real project without slides' pixels: generated slides, tile set with real shards, labels by call. For tests of
 * services that need tiles but no tissue. Colours of the tiles differ by column, so that features have something to tell.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { createCore } from '#main/services/core.ts';

export interface GeneratedProject {
  readonly core: ReturnType<typeof createCore>;
  readonly project: string;
  readonly folder: string;
  readonly slides: readonly string[];
  readonly tileSet: string;
  close(): Promise<void>;
}

/** Slides of 8 x 4 tiles of 32 px: the left half reddish, the right half bluish, textured so that nothing is blank. */
export async function generateProject(slideCount = 3, writeSlide: WriteSlide = writePng): Promise<GeneratedProject> {
  const folder = mkdtempSync(join(tmpdir(), 'trefoil-generated-'));
  const core = createCore({ workers: 1 });
  const directory = join(folder, 'project');
  mkdirSync(directory);
  const { project } = await core.projects.create({ directory });
  const files: { file: string }[] = [];
  for (let slide = 0; slide < slideCount; slide += 1) {
    files.push({ file: await writeSlide(join(folder, `slide ${slide + 1}`), pixels(slide)) });
  }
  await core.slides.add({ project, slides: files, mpp: 1 });
  const { tileSet } = await core.tiles.extract({
    project,
    settings: { sizePx: 32, mpp: 1, minTissue: 0, tissue: { maskMpp: 4, minSpeckUm2: 0, minHoleUm2: 0, minFocus: 0 } },
  });
  return {
    core,
    project,
    folder,
    slides: (await core.slides.list({ project })).map((slide) => slide.slide),
    tileSet,
    close: async () => {
      await core.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Writes 256 x 128 RGB pixels to the path with an ending of its own, and answers the file. */
export type WriteSlide = (pathWithoutEnding: string, rgb: Uint8Array) => Promise<string>;

async function writePng(path: string, rgb: Uint8Array): Promise<string> {
  const file = `${path}.png`;
  await sharp(rgb, { raw: { width: 256, height: 128, channels: 3 } })
    .png()
    .toFile(file);
  return file;
}

function pixels(slide: number): Uint8Array {
  const data = new Uint8Array(256 * 128 * 3);
  for (let y = 0; y < 128; y += 1) {
    for (let x = 0; x < 256; x += 1) {
      const texture = (x * 7 + y * 13 + slide * 29) % 40;
      const isLeft = x < 128;
      data.set([isLeft ? 180 + texture : 90 + texture, 60 + texture, isLeft ? 90 : 190 + texture], (y * 256 + x) * 3);
    }
  }
  return data;
}
