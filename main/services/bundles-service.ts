/** Portable models: written from a project, looked into, applied to slides without one (services/bundles). */
import { bundlesCalls, type StageInput } from '#common/contract/bundles.ts';
import { implementService, type ClientOf } from '#common/contract/service.ts';
import type { StageContext } from '#common/stage.ts';
import { openBundle } from '../bundles/read-bundle.ts';
import { applyModel } from './bundles/apply-model.ts';
import { classifyTiles } from './bundles/classify-tiles.ts';
import { cutTiles } from './bundles/cut-tiles.ts';
import { embedTiles } from './bundles/embed-tiles.ts';
import { writeModel } from './bundles/write-model.ts';
import { writeWsinferFolder } from './bundles/write-wsinfer.ts';
import { writeOutputs } from './bundles/write-outputs.ts';
import type { OpenProjects } from './open-projects.ts';
import type { TileLookups } from './tile-lookup.ts';

export function createBundlesService(
  projects: OpenProjects,
  lookups: TileLookups,
  workers: number,
): ClientOf<typeof bundlesCalls> {
  return implementService('bundles', bundlesCalls, {
    write: async ({ project, ...wanted }, context) => await writeModel(projects.get(project), lookups, wanted, context),
    writeWsinfer: async ({ project, ...wanted }) => await writeWsinferFolder(projects.get(project), lookups, wanted),
    inspect: async ({ model: { file } }) => {
      const { manifest, sha256, byteLength } = await openBundle(file);
      const { notice, trefoil, createdAt, classes, tiles, encoder, evaluation } = manifest;
      return { sha256, byteLength, notice, trefoil, createdAt, classes, tiles, encoder, evaluation };
    },
    apply: async ({ model, slides, ...wanted }, context) => {
      const paths = slides.map(({ file }) => file);
      const applied = await applyModel(
        await openBundle(model.file),
        { ...wanted, slides: paths, workers: wanted.workers ?? workers },
        context,
      );
      return {
        directory: applied.directory,
        slides: applied.slides.map(({ folder, wasThere, record }) => ({
          folder,
          name: record.slide.name,
          wasThere,
          kept: record.tiles.kept,
          classes: record.classes,
          warnings: record.warnings,
          files: record.files.map(({ name }) => name),
        })),
        refused: [...applied.refused],
      };
    },
    stage: async (input, context) => ({ out: input.out, tiles: await runStage(input, workers, context) }),
  });
}

/** How many tiles the stage's file is about. */
async function runStage(input: StageInput, workers: number, context: StageContext): Promise<number> {
  const model = await openBundle(input.model.file);
  const { out } = input;
  switch (input.stage) {
    case 'tiles': {
      const { slide, mpp } = input;
      return (await cutTiles(model, { slide: slide.file, out, mpp, workers: input.workers ?? workers }, context)).kept;
    }
    case 'embed':
      return (await embedTiles(model, { tiles: input.tiles.file, out, workers: input.workers ?? workers }, context))
        .count;
    case 'classify':
      return (await classifyTiles(model, { embeddings: input.embeddings.file, out }, context)).predicted.length;
    case 'export': {
      const { tiles, predictions } = input;
      const wanted = { tiles: tiles.file, predictions: predictions.file, out };
      return (await writeOutputs(model, wanted, context)).tiles.kept;
    }
  }
}
