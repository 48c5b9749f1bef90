/** What an export would write: names, rows, first lines, and sizes estimated from a sample of the tiles. Writes nothing. */
import type { z } from 'zod';
import type { exportsCalls, ExportKind, ExportOptions } from '#common/contract/exports.ts';
import { cocoDataset } from '../exports/coco.ts';
import { methodCardMarkdown, type MethodCard } from '../exports/method-card.ts';
import type { Classified } from './classified-slides.ts';
import { cocoFiles, estimateImageBytes, type CocoPlan } from './export-coco.ts';
import { geoJsonFiles, pictureLayersOf, probabilityFile } from './export-maps.ts';
import { modelFile } from './bundles/write-model.ts';
import { reportFiles } from './export-report.ts';
import { exportTables } from './export-tables.ts';

type Preview = z.output<typeof exportsCalls.preview.output>;
type PreviewFile = Preview['files'][number];

const sampledTiles = 200;
const linesShown = 8;
const lineLength = 200;

export async function previewExport(
  kinds: readonly ExportKind[],
  options: ExportOptions,
  classified: Classified,
  /** What the folder of tiles would hold; null unless it is wanted. */
  coco: CocoPlan | null,
  card: MethodCard,
  hasEncoder: boolean,
): Promise<Preview> {
  const files: PreviewFile[] = [];
  const notes: string[] = [];
  if (kinds.includes('geojson')) files.push(...previewGeoJson(classified, options));
  if (kinds.includes('png')) {
    for (const { fileName, tiles } of classified.slides) {
      const layers = pictureLayersOf({ tiles }, options.pictureLayers).map((layer) => `${layer}.png`);
      for (const name of ['map.png', 'confidence.png', ...layers, 'map.json'])
        files.push(opaque(`${fileName}.${name}`, 'png'));
    }
    const [first] = classified.slides;
    const lacking = options.pictureLayers.filter(
      (layer) => first !== undefined && !pictureLayersOf(first, options.pictureLayers).includes(layer),
    );
    if (lacking.length > 0) {
      notes.push(`This map has no ${lacking.join(' and no ')}: train and map again, with enough training slides.`);
    }
  }
  if (kinds.includes('ome-tiff')) files.push(...previewProbabilities(classified));
  if (kinds.includes('csv')) files.push(...tableFiles(classified));
  if (coco !== null) {
    files.push(...(await previewCoco(classified, coco, options)));
    notes.push(...cocoNotes(classified, coco));
  }
  if (kinds.includes('safetensors')) {
    files.push(opaque('encoder.safetensors', 'safetensors'));
  }
  if (kinds.includes('onnx')) files.push(opaque('encoder.onnx', 'onnx'), opaque('encoder.json', 'onnx'));
  if (kinds.includes('model')) files.push(opaque(modelFile, 'model'));
  if (!hasEncoder && kinds.some((kind) => kind === 'safetensors' || kind === 'onnx' || kind === 'model')) {
    notes.push('The run has no finished encoder: this export will fail until the run is finished.');
  }
  for (const kind of ['report', 'report-pdf'] as const) {
    if (kinds.includes(kind)) files.push(opaque(reportFiles[kind], kind));
  }
  const markdown = methodCardMarkdown(card);
  files.push(text('method-card.md', 'method-card', null, markdown, markdown.length));
  const json = `${JSON.stringify(card, null, 2)}\n`;
  files.push(text('method-card.json', 'method-card', null, json, json.length));
  return { files, notes };
}

function previewGeoJson(classified: Classified, options: ExportOptions): PreviewFile[] {
  return classified.slides.flatMap((slide, index) => {
    const { tiles } = slide;
    const sample = tiles.slice(0, sampledTiles);
    const present = new Set(tiles.map((tile) => tile.classIndex)).size;
    return geoJsonFiles({ ...slide, tiles: sample }, classified, options).map(({ name, isTiles, pieces }) => {
      // Outlines are merged and gzip packs: their size cannot be told from a sample.
      const isTold = isTiles && !options.gzip;
      // One slide's first lines stand for all.
      const content = index === 0 || isTold ? [...pieces()].join('') : '';
      const bytes = sample.length === 0 ? content.length : (content.length * tiles.length) / sample.length;
      const shown = index === 0 ? content : '';
      return text(name, 'geojson', isTiles ? tiles.length : present, shown, isTold ? bytes : null);
    });
  });
}

/** Four bytes a class and tile, a third more for the reduced copies; empty cells pack to almost nothing. */
function previewProbabilities({ classifier, slides }: Classified): PreviewFile[] {
  const classes = classifier.summary.classes.length;
  return slides.map((slide) => ({
    ...opaque(probabilityFile(slide), 'ome-tiff'),
    byteLength: Math.round((slide.tiles.length * classes * 4 * 4) / 3) + 4096,
  }));
}

async function previewCoco(
  classified: Classified,
  { tiles, classes }: CocoPlan,
  options: ExportOptions,
): Promise<PreviewFile[]> {
  const labels = tiles.filter(({ label }) => label !== null).length;
  const dataset = [...cocoDataset({ description: '', version: '', createdAt: '' }, classes, () => tiles.slice(0, 3))];
  const images = { ...opaque(cocoFiles.images, 'coco'), rows: tiles.length };
  return [
    { ...images, byteLength: Math.round(await estimateImageBytes(classified, tiles, options)) },
    text(cocoFiles.annotations, 'coco', labels, dataset.join(''), null),
    { ...opaque(cocoFiles.predictions, 'coco'), rows: tiles.length },
    { ...opaque(cocoFiles.labels, 'coco'), rows: labels },
  ];
}

function cocoNotes({ classifier }: Classified, { tiles }: CocoPlan): string[] {
  const { groupLevel } = classifier.summary;
  const notes = [
    `Tiles carry their ${groupLevel} (numbered) and the fold in which the classifier held it out: split by these columns and no ${groupLevel} is on both sides.`,
  ];
  if (groupLevel !== 'patient') {
    notes.push(`Held out by ${groupLevel}, not by patient: slides of one patient may be on both sides.`);
  }
  if (tiles.length === 0) notes.push('No tile has a label: choose all tiles, or label some first.');
  return notes;
}

function tableFiles(classified: Classified): PreviewFile[] {
  const tiles = classified.slides.reduce((sum, slide) => sum + slide.tiles.length, 0);
  return [...exportTables(classified, sampledTiles)].map(([name, content]) => {
    const rows = content.trimEnd().split('\n').length - 1;
    if (name !== 'tiles.csv') return text(name, 'csv', rows, content, content.length);
    return text(name, 'csv', tiles, content, rows === 0 ? content.length : (content.length * tiles) / rows);
  });
}

function text(
  name: string,
  kind: PreviewFile['kind'],
  rows: number | null,
  content: string,
  bytes: number | null,
): PreviewFile {
  const firstLines = content
    .split('\n', linesShown)
    .filter((line) => line !== '')
    .map((line) => (line.length > lineLength ? `${line.slice(0, lineLength)} ...` : line));
  return { name, kind, rows, byteLength: bytes === null ? null : Math.round(bytes), firstLines };
}

function opaque(name: string, kind: PreviewFile['kind']): PreviewFile {
  return { name, kind, rows: null, byteLength: null, firstLines: [] };
}
