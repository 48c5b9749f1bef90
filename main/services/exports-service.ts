/** Writes what leaves the project: the map for QuPath, tables, images and the encoder, each with the method card beside it. */
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { exportsCalls, type ExportKind, type ExportOptions } from '#common/contract/exports.ts';
import { implementService, type ClientOf } from '#common/contract/service.ts';
import { TrefoilError } from '#common/errors.ts';
import type { StageContext } from '#common/stage.ts';
import { methodCard, methodCardMarkdown, type MethodCard } from '../exports/method-card.ts';
import { trefoilVersion } from './app-service.ts';
import { modelFile, writeModel } from './bundles/write-model.ts';
import { classifiedProject, type Classified } from './classified-slides.ts';
import { encoderOnnx, encoderSafetensors, encoderState } from './encoder-export.ts';
import { planCoco, writeCoco } from './export-coco.ts';
import { writeGeoJson, writeMapPictures, writeProbabilities } from './export-maps.ts';
import { previewExport } from './export-preview.ts';
import { writeReports } from './export-report.ts';
import { ExportSink, type WrittenFile } from './export-sink.ts';
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
    { project: id, kinds, classifier, options }: Wanted,
    directory: string,
    context: StageContext,
  ): Promise<readonly WrittenFile[]> => {
    const project = projects.get(id);
    const { classified, run } = await classifiedProject(project, maps, classifier);
    const sink = await ExportSink.open(directory, context.signal);
    const write: Write = async (name, content) => sink.write(name, content);
    for (const [index, slide] of classified.slides.entries()) {
      if (kinds.includes('geojson')) await writeGeoJson(slide, classified, options, sink);
      if (kinds.includes('png')) await writeMapPictures(slide, classified, options.pictureLayers, sink);
      if (kinds.includes('ome-tiff')) await writeProbabilities(slide, classified, sink);
      context.onProgress?.({ stage: 'Exporting', done: index + 1, total: classified.slides.length, note: slide.name });
    }
    if (kinds.includes('csv')) await writeTables(classified, write);
    if (kinds.includes('coco')) {
      const plan = await planCoco(project, classified, await maps.require(id, classified.classifier.id), options);
      await writeCoco(project, classified, plan, options, sink, context);
    }
    await writeEncoder(project, lookups, run, kinds, write, context);
    if (kinds.includes('model')) {
      const wanted = { out: sink.pathOf(modelFile), classifier: classified.classifier.id };
      sink.note(modelFile, (await writeModel(project, lookups, wanted, context)).byteLength);
    }
    const card = cardOf(classified, run);
    await writeReports(kinds, { project, maps, lookups, classified, run, card }, sink, context);
    await write('method-card.md', methodCardMarkdown(card));
    await write('method-card.json', `${JSON.stringify(card, null, 2)}\n`);
    return sink.files;
  };

  return implementService('exports', exportsCalls, {
    export: async ({ out, ...wanted }, context) => {
      const directory = resolve(out);
      const files = await writeAll(wanted, directory, context);
      return { directory, files: files.map((file) => file.name) };
    },
    preview: async ({ project: id, kinds, classifier, options }) => {
      const project = projects.get(id);
      const { classified, run } = await classifiedProject(project, maps, classifier);
      const card = cardOf(classified, run);
      const coco = kinds.includes('coco')
        ? await planCoco(project, classified, await maps.require(id, classified.classifier.id), options)
        : null;
      return previewExport(kinds, options, classified, coco, card, run.summary.checkpoint !== null);
    },
    make: async (wanted, context) => {
      const project = projects.get(wanted.project);
      if (wanted.kinds.includes('coco')) {
        throw new TrefoilError(
          'invalid-input',
          'A folder of tile images cannot be downloaded file by file.',
          'Leave the tile images out, or write the export to a folder.',
        );
      }
      // Sortable, and safe as a folder's name on every system.
      const name = `export-${now().toISOString().slice(0, 19).replaceAll(':', '')}-${newId('x').slice(2, 6)}`;
      const files = await writeAll(wanted, join(project.directory, 'exports', name), context);
      return { export: name, files: [...files] };
    },
    list: async ({ project }) => await listExports(join(projects.get(project).directory, 'exports')),
  });
}

interface Wanted {
  readonly project: string;
  readonly kinds: readonly ExportKind[];
  readonly classifier?: string | undefined;
  readonly options: ExportOptions;
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
