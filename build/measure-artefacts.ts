/**
 * How well artefacts are told on real tissue, written into docs/tissue.md: sharp against blurred tiles, and folds, dirt and pen
 * painted with known outlines. Real fields and the real slide without any artefact painted tell how much is marked wrongly.
 *   npm run measure:artefacts
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { defaultTissueSettings, type TissueSettings } from '#common/domain/tile.ts';
import { openSlide } from '#main/slides/open-slide.ts';
import { readRegionAtMpp } from '#main/slides/read-scaled-region.ts';
import type { RgbImage } from '#main/slides/slide-reader.ts';
import { focusMeasure } from '#main/tiles/focus.ts';
import { findTissue, type TissueMask } from '#main/tiles/tissue-mask.ts';
import { paintArtefact, type PaintedArtefact } from '#tests/support/generated-artefacts.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = join(root, 'docs', 'tissue.md');
const fields = join(root, 'resources', 'demo', 'osteosarcoma');
const slide = join(root, 'resources', 'demo', 'CMU-1-Small-Region.svs');

/** The fields were taken at about 1 micrometre per pixel; masks are made at 8. */
const fieldMpp = 1;
const maskMpp = 8;
const tilePx = 128;
const sigmas = [1, 1.5, 2, 3, 4] as const;
const foldContrasts = [0.1, 0.15, 0.2, 0.25, 0.3, 0.35] as const;
const darkLimits = [0.3, 0.35, 0.4, 0.45] as const;
const pens: readonly PaintedArtefact[] = ['pen-green', 'pen-blue', 'pen-black', 'pen-red'];

async function readField(name: string): Promise<RgbImage> {
  const { data, info } = await sharp(join(fields, name)).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: new Uint8Array(data) };
}

/** Blurred, then stored as JPEG as a scanner would: compression puts back some of the detail a blur takes. */
async function blurred({ width, height, data }: RgbImage, sigma: number): Promise<Uint8Array> {
  const raw = { raw: { width, height, channels: 3 } } as const;
  const soft = sigma === 0 ? data : await sharp(data, raw).blur({ sigma, precision: 'float' }).raw().toBuffer();
  const jpeg = await sharp(soft, raw).jpeg({ quality: 85 }).toBuffer();
  return new Uint8Array(await sharp(jpeg).raw().toBuffer());
}

/** Focus of every tile with at least 30 % tissue. */
function focusOfTiles({ width, height }: RgbImage, data: Uint8Array, tissue: TissueMask): number[] {
  const values: number[] = [];
  for (let top = 0; top + tilePx <= height; top += tilePx) {
    for (let left = 0; left + tilePx <= width; left += tilePx) {
      if (shareIn(tissue, left, top) < 0.3) continue;
      const tile = new Uint8Array(tilePx * tilePx * 3);
      for (let row = 0; row < tilePx; row += 1) {
        const from = ((top + row) * width + left) * 3;
        tile.set(data.subarray(from, from + tilePx * 3), row * tilePx * 3);
      }
      values.push(focusMeasure(tile, tilePx, tilePx));
    }
  }
  return values;
}

function shareIn({ tissue }: TissueMask, left: number, top: number): number {
  const side = tilePx / maskMpp;
  let set = 0;
  for (let row = 0; row < side; row += 1) {
    for (let column = 0; column < side; column += 1) {
      set += tissue.data[(top / maskMpp + row) * tissue.width + left / maskMpp + column] ?? 0;
    }
  }
  return set / side ** 2;
}

function reduced({ width, height, data }: RgbImage): RgbImage {
  const [w, h] = [Math.floor(width / maskMpp), Math.floor(height / maskMpp)];
  const out = new Uint8Array(w * h * 3);
  for (let at = 0; at < out.length; at += 1) {
    const [pixel, channel] = [Math.floor(at / 3), at % 3];
    const [x, y] = [(pixel % w) * maskMpp, Math.floor(pixel / w) * maskMpp];
    let sum = 0;
    for (let row = 0; row < maskMpp; row += 1) {
      for (let column = 0; column < maskMpp; column += 1) {
        sum += data[((y + row) * width + x + column) * 3 + channel] ?? 0;
      }
    }
    out[at] = Math.round(sum / maskMpp ** 2);
  }
  return { width: w, height: h, data: out };
}

/** 1 where more than half of a mask pixel is the artefact's. */
function reducedTruth(truth: Uint8Array, { width, height }: RgbImage): Uint8Array {
  const [w, h] = [Math.floor(width / maskMpp), Math.floor(height / maskMpp)];
  return Uint8Array.from({ length: w * h }, (_, pixel) => {
    const [x, y] = [(pixel % w) * maskMpp, Math.floor(pixel / w) * maskMpp];
    let sum = 0;
    for (let row = 0; row < maskMpp; row += 1) {
      for (let column = 0; column < maskMpp; column += 1) sum += truth[(y + row) * width + x + column] ?? 0;
    }
    return sum > maskMpp ** 2 / 2 ? 1 : 0;
  });
}

/** Chance that a sharp tile measures higher than a blurred one (Mann and Whitney, 1947). */
function areaUnderCurve(sharpTiles: readonly number[], blurredTiles: readonly number[]): number {
  const all = [...sharpTiles.map((v) => [v, 1] as const), ...blurredTiles.map((v) => [v, 0] as const)];
  all.sort((a, b) => a[0] - b[0]);
  let ranks = 0;
  for (let start = 0; start < all.length;) {
    let end = start;
    while (end < all.length && all[end]?.[0] === all[start]?.[0]) end += 1;
    for (let at = start; at < end; at += 1) ranks += (all[at]?.[1] ?? 0) * ((start + end + 1) / 2);
    start = end;
  }
  const n = sharpTiles.length;
  return (ranks - (n * (n + 1)) / 2) / (n * blurredTiles.length);
}

interface Counts {
  hit: number;
  missed: number;
  wrong: number;
  /** Marked on fields without the artefact, of how many pixels. */
  false: number;
  clean: number;
}
const noCounts = (): Counts => ({ hit: 0, missed: 0, wrong: 0, false: 0, clean: 0 });

function judge(counts: Counts, marked: Uint8Array, truth: Uint8Array, within: (pixel: number) => boolean): void {
  marked.forEach((value, pixel) => {
    if (truth[pixel] === 1 && within(pixel)) counts[value === 1 ? 'hit' : 'missed'] += 1;
    else if (value === 1 && truth[pixel] !== 1) counts.wrong += 1;
  });
}

const percent = (share: number): string => `${(share * 100).toFixed(share < 0.1 && share > 0 ? 2 : 1)} %`;
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
const recall = ({ hit, missed }: Counts): string => percent(hit / Math.max(1, hit + missed));
const precision = ({ hit, wrong }: Counts): string => percent(hit / Math.max(1, hit + wrong));
const falseShare = (counts: Counts): string => percent(counts.false / Math.max(1, counts.clean));
const ones = (data: Uint8Array): number => data.reduce((sum, value) => sum + value, 0);
const withSettings = (part: Partial<TissueSettings>): TissueSettings => ({ ...defaultTissueSettings, ...part });

const sharpFocus: number[] = [];
const blurFocus = new Map<number, number[]>(sigmas.map((sigma) => [sigma, []]));
const folds = new Map<number, Counts>(foldContrasts.map((contrast) => [contrast, noCounts()]));
const darks = new Map<number, Counts>(darkLimits.map((limit) => [limit, noCounts()]));
const inks = new Map<PaintedArtefact, Counts>(pens.map((kind) => [kind, noCounts()]));

const names = readdirSync(fields).filter((name) => name.endsWith('.jpg'));
for (const [index, name] of names.entries()) {
  const field = await readField(name);
  const small = reduced(field);
  const clean = findTissue(small, maskMpp, defaultTissueSettings);
  sharpFocus.push(...focusOfTiles(field, await blurred(field, 0), clean));
  for (const sigma of sigmas) {
    blurFocus.get(sigma)?.push(...focusOfTiles(field, await blurred(field, sigma / fieldMpp), clean));
  }
  const painted = (kind: PaintedArtefact) => {
    const { image, truth } = paintArtefact(field, fieldMpp, kind, index);
    return { image: reduced(image), truth: reducedTruth(truth, image) };
  };
  const fold = painted('fold');
  for (const [contrast, counts] of folds) {
    const settings = withSettings({ foldContrast: contrast });
    // On bare glass there is nothing to fold.
    judge(counts, findTissue(fold.image, maskMpp, settings).fold.data, fold.truth, (p) => clean.tissue.data[p] === 1);
    counts.false += ones(findTissue(small, maskMpp, settings).fold.data);
    counts.clean += ones(clean.tissue.data);
  }
  const dirt = painted('dark');
  for (const [limit, counts] of darks) {
    const settings = withSettings({ darkLimit: limit });
    judge(counts, findTissue(dirt.image, maskMpp, settings).dark.data, dirt.truth, () => true);
    counts.false += ones(findTissue(small, maskMpp, settings).dark.data);
    counts.clean += small.width * small.height;
  }
  for (const [kind, counts] of inks) {
    const { image, truth } = painted(kind);
    judge(counts, findTissue(image, maskMpp, defaultTissueSettings).pen.data, truth, () => true);
    counts.false += ones(clean.pen.data);
    counts.clean += small.width * small.height;
  }
  process.stderr.write(`${index + 1} of ${names.length}\r`);
}

await using reader = await openSlide(slide);
const { width, height } = reader.info;
const whole = { x: 0, y: 0, width, height };
const overview = await readRegionAtMpp(reader, whole, maskMpp);
const onSlide = (part: Partial<TissueSettings>, layer: 'fold' | 'dark' | 'pen'): string => {
  const found = findTissue(overview, maskMpp, withSettings(part));
  const of = layer === 'fold' ? ones(found.tissue.data) : overview.width * overview.height;
  return percent(ones(found[layer].data) / of);
};

const { minFocus, darkLimit } = defaultTissueSettings;
const below = (values: readonly number[], limit: number): string =>
  percent(values.filter((value) => value < limit).length / values.length);
const limits = [8, minFocus, 25, 40];
const written = `${[
  '### Focus',
  '',
  `${sharpFocus.length} tiles of ${tilePx} px at ${fieldMpp} um per px with at least 30 % tissue, from ${names.length} real fields; blurred by a Gaussian of the`,
  'given standard deviation, then stored as JPEG (quality 85). Share of tiles that a limit drops:',
  '',
  table(
    ['tiles', 'AUC against sharp', ...limits.map((limit) => `below ${limit}${limit === minFocus ? ' (default)' : ''}`)],
    [
      ['sharp', '', ...limits.map((limit) => below(sharpFocus, limit))],
      ...[...blurFocus].map(([sigma, values]) => [
        `blurred by ${sigma} um`,
        areaUnderCurve(sharpFocus, values).toFixed(3),
        ...limits.map((limit) => below(values, limit)),
      ]),
    ],
  ),
  '',
  '### Folds',
  '',
  `Bands 50 to 110 um wide in which the tissue lies on itself. Pixels of the mask at ${maskMpp} um per px. The slide is CMU-1-Small-Region, whose`,
  'cell-rich follicles look like folds.',
  '',
  table(
    ['contrast', 'recall', 'precision', 'marked on clean fields', 'marked on the slide'],
    [...folds].map(([contrast, counts]) => [
      String(contrast),
      recall(counts),
      precision(counts),
      falseShare(counts),
      onSlide({ foldContrast: contrast }, 'fold'),
    ]),
  ),
  '',
  '### Dirt and edges',
  '',
  'Dark particles of 25 to 60 um and a band of 20 to 40 um on tissue and glass.',
  '',
  table(
    ['limit', 'recall', 'precision', 'marked on clean fields', 'marked on the slide'],
    [...darks].map(([limit, counts]) => [
      `${limit}${limit === darkLimit ? ' (default)' : ''}`,
      recall(counts),
      precision(counts),
      falseShare(counts),
      onSlide({ darkLimit: limit }, 'dark'),
    ]),
  ),
  '',
  '### Pen',
  '',
  'Bands 150 to 300 um wide of ink over tissue and glass.',
  '',
  table(
    ['ink', 'recall', 'precision', 'marked on clean fields', 'marked on the slide'],
    [...inks].map(([kind, counts]) => [
      kind.replace('pen-', ''),
      recall(counts),
      precision(counts),
      falseShare(counts),
      onSlide({}, 'pen'),
    ]),
  ),
].join('\n')}\n`;

const marker = '<!-- measured: npm run measure:artefacts -->';
const text = readFileSync(page, 'utf8');
writeFileSync(page, `${text.slice(0, text.indexOf(marker) + marker.length)}\n\n${written}`);
process.stdout.write(written);
