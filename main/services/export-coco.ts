/**
 * Tiles as a folder other tools train on: images/, annotations.json and predictions.json (exports/coco.ts), labels.csv. Every
 * tile says which group it belongs to and in which fold the classifier held that group out, so that a split by those columns
 * lets no group leak. An export that was stopped goes on: an image that is there was written whole from the same tile.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import sharp from 'sharp';
import type { ExportOptions } from '#common/contract/exports.ts';
import { throwIfCancelled, TrefoilError } from '#common/errors.ts';
import type { StageContext } from '#common/stage.ts';
import { cocoDataset, cocoPredictions, type CocoTile } from '../exports/coco.ts';
import { csvLines, type CsvValue } from '../exports/csv.ts';
import { writeFileAtomically } from '../files/atomic-file.ts';
import { listSlides } from '../store/slide-rows.ts';
import { openTileStore } from '../tiles/tile-store.ts';
import { trefoilVersion } from './app-service.ts';
import { readEvaluation } from './classifier-files.ts';
import type { Classified } from './classified-slides.ts';
import type { ExportSink } from './export-sink.ts';
import { groupsOf, labelledTiles, type ProjectClass } from './labelled-tiles.ts';
import type { OpenProject } from './open-projects.ts';
import type { AppliedClassifier } from './slide-maps.ts';
import { tilesBySlide } from './tile-sets.ts';

/** Names inside the export's folder. */
export const cocoFiles = {
  images: 'coco/images',
  annotations: 'coco/annotations.json',
  predictions: 'coco/predictions.json',
  labels: 'coco/labels.csv',
  state: 'coco/export-state.json',
} as const;

export interface CocoPlan {
  readonly classes: readonly ProjectClass[];
  readonly tiles: readonly CocoTile[];
}

type CocoOptions = Pick<ExportOptions, 'tiles' | 'imageFormat' | 'withPatients'>;

/** Which tiles would be written and what is said of each; reads no pixel. */
export async function planCoco(
  project: OpenProject,
  classified: Classified,
  applied: AppliedClassifier,
  options: CocoOptions,
): Promise<CocoPlan> {
  const { set, slides } = classified;
  const labelled = labelledTiles(project.database, set);
  const labelOf = new Map(labelled.tiles.map((tile, index) => [tile, labelled.classOf[index] ?? 0]));
  const { classes, indexOf } = cocoClasses(labelled.classes, applied);
  const firstIndex = new Map(tilesBySlide(set).map((each) => [each.slide.slide, each.firstIndex]));
  const splits = await splitsOf(project, classified);
  const tiles: CocoTile[] = [];
  for (const { name, fileName, slide, tiles: own } of slides) {
    const { group, split, specimen, patient } = splits(slide.slide);
    for (const [index, { x, y, width, height, classIndex, probabilities }] of own.entries()) {
      const tile = (firstIndex.get(slide.slide) ?? 0) + index;
      const label = labelOf.get(tile) ?? null;
      if (options.tiles === 'labelled' && label === null) continue;
      tiles.push({
        id: tiles.length + 1,
        fileName: `${fileName}/${fileName}_x${x}_y${y}.${options.imageFormat === 'png' ? 'png' : 'jpg'}`,
        sizePx: set.manifest.sizePx,
        slide: name,
        x,
        y,
        width,
        height,
        mpp: set.settings.mpp,
        tile,
        group,
        split,
        label,
        predicted: indexOf[classIndex] ?? 0,
        score: probabilities[classIndex] ?? 0,
        ...(options.withPatients ? { specimen, patient } : {}),
      });
    }
  }
  return { classes, tiles };
}

export async function writeCoco(
  project: OpenProject,
  classified: Classified,
  { classes, tiles }: CocoPlan,
  options: CocoOptions,
  sink: ExportSink,
  context: StageContext,
): Promise<void> {
  await claimFolder(classified, options, sink);
  const byteLength = await writeImages(classified, tiles, options, sink, context);
  sink.note(cocoFiles.images, byteLength);
  const { summary, createdAt } = classified.classifier;
  const about = {
    description: `Tiles of ${project.name} by Trefoil, classifier ${summary.classifier}. Groups are ${summary.groupLevel}s. Research use only.`,
    version: trefoilVersion(),
    createdAt,
  };
  await sink.stream(
    cocoFiles.annotations,
    cocoDataset(about, classes, () => tiles),
  );
  await sink.stream(cocoFiles.predictions, cocoPredictions(tiles));
  await sink.stream(cocoFiles.labels, csvLines(labelHeader(options), labelRows(tiles, classes)));
}

/** Mean size of a few images, to tell the size of all. */
export async function estimateImageBytes(
  { set }: Classified,
  tiles: readonly CocoTile[],
  { imageFormat }: CocoOptions,
): Promise<number> {
  const sampled = 8;
  const step = Math.max(1, Math.floor(tiles.length / sampled));
  const some = tiles.filter((_, index) => index % step === 0).slice(0, sampled);
  if (some.length === 0) return 0;
  const store = openTileStore(set.manifest);
  try {
    const pixels = await store.read(some.map(({ tile }) => tile));
    const sizes = await Promise.all(
      some.map(async (_, index) => (await encode(pixels, index, set.manifest.sizePx, imageFormat)).byteLength),
    );
    return (sizes.reduce((sum, size) => sum + size, 0) / some.length) * tiles.length;
  } finally {
    await store.close();
  }
}

/** Today's classes of the project, then classes of the classifier that the project has no more. */
function cocoClasses(
  classes: readonly ProjectClass[],
  applied: AppliedClassifier,
): { readonly classes: readonly ProjectClass[]; readonly indexOf: readonly number[] } {
  const all = [...classes];
  const indexOf = applied.classes.map((item) => {
    const known = all.findIndex(({ id, name }) => (item.class === null ? name === item.name : id === item.class));
    if (known >= 0) return known;
    return all.push({ id: item.class ?? item.name, name: item.name, colour: item.colour }) - 1;
  });
  return { classes: all, indexOf };
}

interface SlideSplit {
  readonly group: string;
  readonly split: string;
  readonly specimen: string;
  readonly patient: string;
}

/** Groups are numbered, not named: names of patients leave only when asked for. */
async function splitsOf(project: OpenProject, { classifier }: Classified): Promise<(slide: string) => SlideSplit> {
  const slides = listSlides(project.database);
  const { groupLevel } = classifier.summary;
  const groups = groupsOf({ slideOf: slides.map(({ id }) => id) }, slides)[groupLevel];
  const numbers = new Map([...new Set(groups)].map((group, index) => [group, index + 1]));
  const evaluation = await readEvaluation(project, classifier.id).catch((error: unknown) => {
    // Classifiers of an early Trefoil kept no folds.
    if (error instanceof TrefoilError && error.code === 'file-not-found') return null;
    throw error;
  });
  const folds = new Map((evaluation?.heldOut ?? []).flatMap((held, fold) => held.map((group) => [group, fold + 1])));
  const testSlides = new Set(evaluation?.request.testSlides ?? []);
  // One slide of a group in the final test puts the whole group there: another split of the same group would leak.
  const testGroups = new Set(groups.filter((_, index) => testSlides.has(slides[index]?.id ?? '')));
  const bySlide = new Map(
    slides.map((slide, index): [string, SlideSplit] => {
      const group = groups[index] ?? '';
      const fold = folds.get(group);
      const split = testGroups.has(group) ? 'test' : fold === undefined ? 'none' : `fold-${fold}`;
      const { specimen, patient } = slide;
      return [slide.id, { group: `${groupLevel}-${numbers.get(group) ?? 0}`, split, specimen, patient }];
    }),
  );
  return (slide) => bySlide.get(slide) ?? { group: '', split: 'none', specimen: '', patient: '' };
}

/** The folder keeps images of one tile set in one format: what it is of is written first, and another is refused. */
async function claimFolder({ set, slides }: Classified, { imageFormat }: CocoOptions, sink: ExportSink): Promise<void> {
  const of = createHash('sha256')
    .update(JSON.stringify([set.id, imageFormat, slides.map(({ slide, fileName }) => [slide.slide, fileName])]))
    .digest('hex');
  await sink.folder(cocoFiles.images);
  const path = sink.pathOf(cocoFiles.state);
  const known = await readFile(path, 'utf8').catch(() => null);
  const isEmpty = (await readdir(sink.pathOf(cocoFiles.images))).length === 0;
  const text = `${JSON.stringify({ format: 1, of })}\n`;
  if (known === text) return;
  if (!isEmpty) {
    throw new TrefoilError(
      'already-exists',
      'The folder holds tile images of another export.',
      'Choose an empty folder, or delete its folder "coco" first.',
    );
  }
  await writeFileAtomically(path, Buffer.from(text));
}

const batchTiles = 32;

async function writeImages(
  { set }: Classified,
  tiles: readonly CocoTile[],
  { imageFormat }: CocoOptions,
  sink: ExportSink,
  { onProgress }: StageContext,
): Promise<number> {
  const present = new Map<string, ReadonlySet<string>>();
  for (const folder of new Set(tiles.map(({ fileName }) => folderOf(fileName)))) {
    present.set(folder, new Set(await readdir(await sink.folder(`${cocoFiles.images}/${folder}`))));
  }
  const store = openTileStore(set.manifest);
  let byteLength = 0;
  try {
    for (let first = 0; first < tiles.length; first += batchTiles) {
      throwIfCancelled(sink.signal);
      const batch = tiles.slice(first, first + batchTiles);
      const isThere = ({ fileName }: CocoTile): boolean =>
        present.get(folderOf(fileName))?.has(fileName.slice(folderOf(fileName).length + 1)) === true;
      const pathOf = ({ fileName }: CocoTile): string => sink.pathOf(`${cocoFiles.images}/${fileName}`);
      const missing = batch.filter((tile) => !isThere(tile));
      const pixels = await store.read(missing.map(({ tile }) => tile));
      const sizes = await Promise.all([
        ...missing.map(async (tile, index) => {
          const bytes = await encode(pixels, index, tile.sizePx, imageFormat);
          await writeFileAtomically(pathOf(tile), bytes);
          return bytes.byteLength;
        }),
        ...batch.filter(isThere).map(async (tile) => (await stat(pathOf(tile))).size),
      ]);
      byteLength += sizes.reduce((sum, size) => sum + size, 0);
      const done = Math.min(tiles.length, first + batchTiles);
      onProgress?.({ stage: 'Writing tile images', done, total: tiles.length });
    }
  } finally {
    await store.close();
  }
  return byteLength;
}

function folderOf(fileName: string): string {
  return fileName.slice(0, fileName.indexOf('/'));
}

async function encode(
  pixels: Uint8Array,
  index: number,
  sizePx: number,
  format: CocoOptions['imageFormat'],
): Promise<Buffer> {
  const length = sizePx * sizePx * 3;
  const image = sharp(pixels.subarray(index * length, (index + 1) * length), {
    raw: { width: sizePx, height: sizePx, channels: 3 },
  });
  return await (format === 'png' ? image.png() : image.jpeg({ quality: 95, chromaSubsampling: '4:4:4' })).toBuffer();
}

function labelHeader({ withPatients }: CocoOptions): string[] {
  const groups = withPatients ? ['specimen', 'patient'] : [];
  return ['slide', 'x', 'y', 'class', 'image', 'group', 'split', ...groups];
}

/** The first columns are those of a labels file: x and y are the tile's centre. */
function* labelRows(tiles: readonly CocoTile[], classes: readonly ProjectClass[]): Generator<readonly CsvValue[]> {
  for (const { slide, x, y, width, height, label, fileName, group, split, specimen, patient } of tiles) {
    if (label === null) continue;
    const groups = specimen === undefined ? [] : [specimen, patient ?? ''];
    yield [
      slide,
      x + width / 2,
      y + height / 2,
      classes[label]?.name ?? '',
      `images/${fileName}`,
      group,
      split,
      ...groups,
    ];
  }
}
