/** What an export would write: names, rows, first lines, and sizes estimated from a sample of the tiles. Writes nothing. */
import type { z } from 'zod';
import type { exportsCalls, ExportKind } from '#common/contract/exports.ts';
import { classAnnotations, tileDetections } from '../exports/geojson.ts';
import { methodCardMarkdown, type MethodCard } from '../exports/method-card.ts';
import type { Classified } from './classified-slides.ts';
import { reportFile } from './export-report.ts';
import { exportTables } from './export-tables.ts';

type Preview = z.output<typeof exportsCalls.preview.output>;
type PreviewFile = Preview['files'][number];

const sampledTiles = 200;
const linesShown = 8;
const lineLength = 200;

export function previewExport(
  kinds: readonly ExportKind[],
  classified: Classified,
  card: MethodCard,
  hasEncoder: boolean,
): Preview {
  const files: PreviewFile[] = [];
  const notes: string[] = [];
  if (kinds.includes('geojson')) files.push(...geoJsonFiles(classified));
  if (kinds.includes('png')) {
    for (const { fileName } of classified.slides) {
      for (const name of ['map.png', 'confidence.png', 'map.json']) files.push(opaque(`${fileName}.${name}`, 'png'));
    }
  }
  if (kinds.includes('csv')) files.push(...tableFiles(classified));
  if (kinds.includes('safetensors')) {
    files.push(opaque('encoder.safetensors', 'safetensors'));
  }
  if (kinds.includes('onnx')) files.push(opaque('encoder.onnx', 'onnx'), opaque('encoder.json', 'onnx'));
  if (!hasEncoder && (kinds.includes('safetensors') || kinds.includes('onnx'))) {
    notes.push('The run has no finished encoder: this export will fail until the run is finished.');
  }
  if (kinds.includes('report')) files.push(opaque(reportFile, 'report'));
  const markdown = methodCardMarkdown(card);
  files.push(text('method-card.md', 'method-card', null, markdown, markdown.length));
  const json = `${JSON.stringify(card, null, 2)}\n`;
  files.push(text('method-card.json', 'method-card', null, json, json.length));
  return { files, notes };
}

function geoJsonFiles({ classifier, slides }: Classified): PreviewFile[] {
  const { classes } = classifier.summary;
  return slides.flatMap(({ fileName, slide, tiles }, index) => {
    const present = new Set(tiles.map((tile) => tile.classIndex)).size;
    const sample = tiles.slice(0, sampledTiles);
    const detections = tileDetections(sample, classes);
    const bytes = sample.length === 0 ? detections.length : (detections.length * tiles.length) / sample.length;
    // Outlines are merged: their size cannot be told from a sample, and one slide's first lines stand for all.
    const outline = index === 0 ? classAnnotations(sample, classes, slide.grid) : '';
    return [
      text(`${fileName}.regions.geojson`, 'geojson', present, outline, null),
      text(`${fileName}.tiles.geojson`, 'geojson', tiles.length, index === 0 ? detections : '', bytes),
    ];
  });
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
