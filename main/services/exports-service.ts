/** Writes what leaves the project: the map for QuPath, tables, images and the encoder, each with the method card beside it. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { exportsCalls, type ExportKind } from '#common/contract/exports.ts';
import { implementService, type ClientOf } from '#common/contract/service.ts';
import type { MppProvenance } from '#common/domain/mpp-provenance.ts';
import { throwIfCancelled } from '#common/errors.ts';
import type { StageContext } from '#common/stage.ts';
import { classAnnotations, tileDetections, type ExportTile } from '../exports/geojson.ts';
import { methodCard, methodCardMarkdown, type MethodCard } from '../exports/method-card.ts';
import { cellEdge, isGapless } from '#common/tile-cells.ts';
import { asDiskFull, writeFileAtomically } from '../files/atomic-file.ts';
import { drawMap } from '../maps/map-image.ts';
import { trefoilVersion } from './app-service.ts';
import { classifiedProject, type Classified, type ClassifiedSlide } from './classified-slides.ts';
import { encoderOnnx, encoderSafetensors, encoderState } from './encoder-export.ts';
import { previewExport } from './export-preview.ts';
import { composeReport, reportFile } from './export-report.ts';
import { exportTables } from './export-tables.ts';
import { newId, type OpenProject, type OpenProjects } from './open-projects.ts';
import type { StoredRun } from './runs-service.ts';
import { tileSetProvenance } from './slide-provenance.ts';
import type { SlideMaps } from './slide-maps.ts';
import type { TileLookups } from './tile-lookup.ts';

export function createExportsService(
  projects: OpenProjects,
  maps: SlideMaps,
  lookups: TileLookups,
  now: () => Date,
): ClientOf<typeof exportsCalls> {
  const writeAll = async (
    { project: id, kinds, classifier }: Wanted,
    directory: string,
    context: StageContext,
  ): Promise<WrittenFile[]> => {
    const project = projects.get(id);
    const files: WrittenFile[] = [];
    const write: Write = async (name, content) => {
      throwIfCancelled(context.signal);
      const bytes = typeof content === 'string' ? Buffer.from(content) : content;
      await writeFileAtomically(join(directory, name), bytes);
      files.push({ name, byteLength: bytes.byteLength });
    };
    const { classified, run } = await classifiedProject(project, maps, classifier);
    try {
      await mkdir(directory, { recursive: true });
    } catch (error) {
      throw asDiskFull(directory, error);
    }
    for (const [index, slide] of classified.slides.entries()) {
      if (kinds.includes('geojson')) await writeGeoJson(slide, classified, write);
      if (kinds.includes('png')) await writeMaps(slide, classified, write);
      context.onProgress?.({ stage: 'Exporting', done: index + 1, total: classified.slides.length, note: slide.name });
    }
    if (kinds.includes('csv')) await writeTables(classified, write);
    await writeEncoder(project, lookups, run, kinds, write, context);
    const card = cardOf(classified, run);
    if (kinds.includes('report'))
      await write(reportFile, await composeReport(project, maps, card, pixelSizesOf(classified), context));
    await write('method-card.md', methodCardMarkdown(card));
    await write('method-card.json', `${JSON.stringify(card, null, 2)}\n`);
    return files;
  };

  return implementService('exports', exportsCalls, {
    export: async ({ out, ...wanted }, context) => {
      const directory = resolve(out);
      const files = await writeAll(wanted, directory, context);
      return { directory, files: files.map((file) => file.name) };
    },
    preview: async ({ project: id, kinds, classifier }) => {
      const { classified, run } = await classifiedProject(projects.get(id), maps, classifier);
      const card = cardOf(classified, run);
      return previewExport(kinds, classified, card, run.summary.checkpoint !== null);
    },
    make: async (wanted, context) => {
      const project = projects.get(wanted.project);
      // Sortable, and safe as a folder's name on every system.
      const name = `export-${now().toISOString().slice(0, 19).replaceAll(':', '')}-${newId('x').slice(2, 6)}`;
      const files = await writeAll(wanted, join(project.directory, 'exports', name), context);
      return { export: name, files };
    },
    list: async ({ project }) => await listExports(join(projects.get(project).directory, 'exports')),
  });
}

interface Wanted {
  readonly project: string;
  readonly kinds: readonly ExportKind[];
  readonly classifier?: string | undefined;
}

interface WrittenFile {
  readonly name: string;
  readonly byteLength: number;
}

/** Folders of earlier exports with their files; anything else a person put there is left alone. */
async function listExports(folder: string): Promise<{ export: string; createdAt: string; files: WrittenFile[] }[]> {
  const entries = existsSync(folder) ? await readdir(folder, { withFileTypes: true }) : [];
  const found = entries.filter((entry) => entry.isDirectory() && /^export-[\w-]+$/.test(entry.name));
  const exported = await Promise.all(
    found.map(async ({ name }) => {
      const path = join(folder, name);
      const files = (await readdir(path, { withFileTypes: true })).filter((entry) => entry.isFile());
      return {
        export: name,
        createdAt: (await stat(path)).mtime.toISOString(),
        files: await Promise.all(
          files.map(async (file) => ({ name: file.name, byteLength: (await stat(join(path, file.name))).size })),
        ),
      };
    }),
  );
  return exported.sort((a, b) => (a.export < b.export ? 1 : -1));
}

type Write = (name: string, content: string | Uint8Array) => Promise<void>;

async function writeGeoJson(
  { name, fileName, slide, tiles }: ClassifiedSlide,
  { classifier }: Classified,
  write: Write,
): Promise<void> {
  const { classes } = classifier.summary;
  const about = { slide: name, mpp: tileSetProvenance(slide) };
  await write(`${fileName}.regions.geojson`, classAnnotations(tiles, classes, slide.grid, about));
  await write(`${fileName}.tiles.geojson`, tileDetections(tiles, classes, about));
}

async function writeMaps(
  { name, fileName, slide, tiles }: ClassifiedSlide,
  { classifier }: Classified,
  write: Write,
): Promise<void> {
  const { classes } = classifier.summary;
  const { grid } = slide;
  const mapGrid = {
    columns: grid.columns,
    rows: grid.rows,
    level0PerCell: grid.stridePx * grid.downsample,
    level0Origin: isGapless(grid) ? cellEdge(grid, 0) : 0,
    coverage: Math.min(1, grid.sizePx / grid.stridePx),
  };
  const painted = (opacity: (tile: ExportTile) => number) =>
    tiles.map((tile) => ({
      column: tile.column,
      row: tile.row,
      colour: classes[tile.classIndex]?.colour ?? '#000000',
      opacity: opacity(tile),
    }));
  const map = await drawMap(
    mapGrid,
    painted(() => 1),
  );
  const confidence = await drawMap(
    mapGrid,
    painted((tile) => tile.probabilities[tile.classIndex] ?? 0),
  );
  await write(`${fileName}.map.png`, map.png);
  await write(`${fileName}.confidence.png`, confidence.png);
  const legend = classes.map((item) => ({ name: item.name, colour: item.colour }));
  const { mpp, mppSource } = slide;
  const mppProvenance = tileSetProvenance(slide);
  await write(
    `${fileName}.map.json`,
    `${JSON.stringify({ slide: name, mpp, mppSource, mppProvenance, ...map.georeference, legend }, null, 2)}\n`,
  );
}

async function writeTables(classified: Classified, write: Write): Promise<void> {
  for (const [name, text] of exportTables(classified)) await write(name, text);
}

async function writeEncoder(
  project: OpenProject,
  lookups: TileLookups,
  run: StoredRun,
  kinds: readonly ExportKind[],
  write: Write,
  context: StageContext,
): Promise<void> {
  if (!kinds.includes('safetensors') && !kinds.includes('onnx')) return;
  const state = await encoderState(project, run);
  if (kinds.includes('safetensors')) await write('encoder.safetensors', encoderSafetensors(run, state));
  if (!kinds.includes('onnx')) return;
  const { set } = lookups.of(project, run.tileSet);
  const { model, card } = await encoderOnnx(project, run, set, state, context);
  await write('encoder.onnx', model);
  await write('encoder.json', card);
}

function pixelSizesOf({ slides }: Classified): { readonly slide: string; readonly mpp: MppProvenance }[] {
  return slides.map(({ name, slide }) => ({ slide: name, mpp: tileSetProvenance(slide) }));
}

function cardOf({ classifier, set, slides }: Classified, run: StoredRun): MethodCard {
  return methodCard({
    createdAt: classifier.createdAt,
    versions: { Trefoil: trefoilVersion(), 'Node.js': process.versions.node },
    settings: {
      tiles: set.settings,
      colour: set.colour,
      slides: slides.map(({ name, slide }) => ({
        name,
        mpp: slide.mpp,
        mppSource: slide.mppSource,
        mppProvenance: tileSetProvenance(slide),
        colourProfile: slide.colourProfile,
        ...(slide.tissue === null ? {} : { tissue: slide.tissue }),
        tiles: slide.kept,
      })),
      pretraining: run.request.imported ?? {
        seed: run.request.seed,
        excludedSlides: run.request.excludedSlides,
        ...run.request.settings,
      },
      engine: run.summary.engine,
      guard: run.summary.verdict,
    },
    evaluation: classifier.summary,
  });
}
