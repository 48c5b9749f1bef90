/** Own encoders: look at an ONNX file, try it out, and make it a finished run that everything else can use. */
import { rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { encodersCalls } from '#common/contract/encoders.ts';
import { implementService, type ClientOf } from '#common/contract/service.ts';
import { encoderCard } from '#common/domain/encoder-card.ts';
import { encoderView } from '#common/domain/encoder-view.ts';
import type { RunId } from '#common/domain/identifiers.ts';
import { TrefoilError } from '#common/errors.ts';
import { settingsFor } from '../../engine/recipe.ts';
import { saveRun } from '../../store/run-rows.ts';
import { newId, type OpenProjects } from '../open-projects.ts';
import { runFolder, summarise, type StoredRun } from '../stored-runs.ts';
import { currentTileSetId, loadTileSet, requireCurrentTileSet } from '../tile-sets.ts';
import { draftCard } from './draft-card.ts';
import { runEncoder } from './encoder-process.ts';
import { copiedBytes, copyModelFiles, findModelFiles, sha256Of } from './model-files.ts';

export function createEncodersService(projects: OpenProjects, now: () => Date): ClientOf<typeof encodersCalls> {
  return implementService('encoders', encodersCalls, {
    inspect: async ({ file, card: cardFile, project: id, provider }, context) => {
      const path = resolve(file);
      const name = basename(path);
      const { facts, files } = await findModelFiles(path);
      const look = { kind: 'inspect-encoder', file: path, name, provider } as const;
      const declared = await runEncoder({ ...look, card: null }, context);
      const givenCard = cardFile === undefined ? undefined : resolve(cardFile.file);
      const { card, source, missing } = await draftCard(path, givenCard, facts, declared);
      const whole = missing.length === 0 ? encoderCard.parse(card) : null;
      const { check } = whole === null ? { check: null } : await runEncoder({ ...look, card: whole }, context);
      const project = id === undefined ? null : projects.get(id);
      const setId = project === null ? null : currentTileSetId(project);
      const view =
        whole === null || project === null || setId === null
          ? null
          : encoderView(whole, loadTileSet(project, setId).settings);
      return {
        name,
        producer: facts.producer,
        operatorSet: facts.operatorSets[''] ?? null,
        nodes: facts.nodes,
        files: files.map(({ name: fileName, byteLength }) => ({ name: fileName, byteLength })),
        inputs: declared.inputs,
        outputs: declared.outputs,
        card,
        cardSource: source,
        missing: [...missing],
        check,
        view: view === null ? null : { mpp: view.mpp, warnings: [...view.warnings] },
      };
    },

    import: async ({ project: id, model, card, name: wanted, provider, keep }, context) => {
      const project = projects.get(id);
      const set = requireCurrentTileSet(project);
      const { warnings } = encoderView(card, set.settings);
      const path = resolve(model.file);
      const fileName = basename(path);
      const { files, byteLength } = await findModelFiles(path);
      let read = 0;
      const hashes: string[] = [];
      for (const file of files) {
        const count = (bytes: number): void => {
          read += bytes;
          context.onProgress?.({ stage: 'Reading the model', done: read, total: byteLength });
        };
        hashes.push(await sha256Of(file.path, context, count));
      }
      const sha256 = hashes[0] ?? '';
      if (card.sha256 !== undefined && card.sha256 !== sha256) {
        throw new TrefoilError(
          'file-changed',
          `${fileName} is not the file the card was written for: its SHA-256 differs.`,
          'Get the right file, or take the checksum out of the card.',
          { expected: card.sha256, found: sha256 },
        );
      }
      const run = newId('run') as RunId;
      const isCopied = keep === 'copy' || (keep === 'auto' && byteLength <= copiedBytes);
      const folder = runFolder(project, run);
      try {
        const used = isCopied ? join(folder, 'model', fileName) : path;
        if (isCopied) await copyModelFiles(files, join(folder, 'model'), context);
        context.onProgress?.({ stage: 'Trying the encoder', done: 0, total: 1 });
        const look = { kind: 'inspect-encoder', file: used, name: fileName, provider } as const;
        const { check } = await runEncoder({ ...look, card }, context);
        if (check === null) throw new Error('a trial without a result');
        const stored: StoredRun = {
          id: run,
          createdAt: now().toISOString(),
          tileSet: set.id,
          status: 'finished',
          request: {
            settings: settingsFor('quick', baselineChoices),
            seed: 1,
            excludedSlides: [],
            imported: {
              name: wanted ?? fileName.replace(/\.onnx$/i, ''),
              card,
              model: isCopied ? `runs/${run}/model/${fileName}` : path,
              isCopied,
              sha256,
              files: files.map((file, index) => ({
                name: file.name,
                byteLength: file.byteLength,
                sha256: hashes[index] ?? '',
              })),
              check: { ...check, warnings: [...warnings, ...check.warnings] },
            },
          },
          summary: {
            engine: {
              engine: 'onnxruntime',
              backend: provider,
              reason: 'Chosen at import.',
              precision: 'float32',
            },
            steps: 0,
            finalLoss: null,
            zStd: null,
            effectiveRank: null,
            knnAccuracy: null,
            tripletsPerSecond: null,
            verdict: null,
            checkpoint: null,
          },
        };
        saveRun(project.database, stored);
        projects.notify(project.id, ['runs']);
        return summarise(stored);
      } catch (error) {
        await rm(folder, { recursive: true, force: true });
        throw error;
      }
    },
  });
}

/** Of the untrained network that stands beside an imported encoder's figures; it has no untrained form of its own. */
const baselineChoices = { method: 'simtriplet', network: undefined, epochs: undefined, batch: undefined } as const;
