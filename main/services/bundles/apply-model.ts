/**
 * Applies a model to slides, one after the other: the four stages of each, in its own folder. What is finished is found and left as it
 * is, so the same command goes on after an interruption; a slide that cannot be read does not stop the others.
 */
import { rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { throwIfCancelled, type ErrorReport } from '#common/errors.ts';
import type { StageContext } from '#common/stage.ts';
import type { ModelBundle } from '../../bundles/read-bundle.ts';
import { uniqueFileName } from '../../exports/file-name.ts';
import { slideFingerprint } from '../../slides/slide-fingerprint.ts';
import { refusalOf } from '../refusal.ts';
import { classifyTiles } from './classify-tiles.ts';
import { cutTiles } from './cut-tiles.ts';
import { embedTiles } from './embed-tiles.ts';
import { appliedSlide, findStageFile, type AppliedSlide } from './slide-files.ts';
import { findOutputs, recordFile, writeOutputs } from './write-outputs.ts';

export interface ApplyModelInput {
  readonly slides: readonly string[];
  readonly out: string;
  readonly mpp?: number | undefined;
  /** Tiles and features stay, e.g. to look at or to classify again. */
  readonly keepWork: boolean;
  readonly workers: number;
}

export interface AppliedModel {
  readonly directory: string;
  readonly slides: readonly { readonly folder: string; readonly wasThere: boolean; readonly record: AppliedSlide }[];
  readonly refused: readonly { readonly name: string; readonly error: ErrorReport }[];
}

/** Throws `cancelled`; what else goes wrong with a slide is its entry in `refused`. */
export async function applyModel(
  model: ModelBundle,
  { slides, out, mpp, keepWork, workers }: ApplyModelInput,
  context: StageContext,
): Promise<AppliedModel> {
  const directory = resolve(out);
  const done: AppliedModel['slides'][number][] = [];
  const refused: AppliedModel['refused'][number][] = [];
  const taken = new Set<string>();
  for (const [index, slide] of slides.entries()) {
    throwIfCancelled(context.signal);
    const name = basename(slide);
    const note = `${name} (${index + 1} of ${slides.length})`;
    const named: StageContext = {
      signal: context.signal,
      onProgress: (progress) => context.onProgress?.({ ...progress, note }),
    };
    try {
      const fingerprint = await slideFingerprint(slide, { signal: context.signal });
      const folder = await folderOf(directory, name, fingerprint, taken);
      const record = join(directory, folder, recordFile);
      const found = await findOutputs(model, fingerprint, mpp, record);
      const work = join(directory, folder, 'work');
      const applied = found ?? (await stages(model, { slide, work, record, mpp, workers }, named));
      if (!keepWork) await rm(work, { recursive: true, force: true });
      done.push({ folder, wasThere: found !== null, record: applied });
    } catch (error) {
      refused.push({ name, error: refusalOf(error) });
    }
  }
  return { directory, slides: done, refused };
}

/** Named by the slide. A folder that another slide of that name has, now or from an earlier command, is never written to. */
async function folderOf(directory: string, name: string, fingerprint: string, taken: Set<string>): Promise<string> {
  const folder = uniqueFileName(name, fingerprint.slice(0, 8), taken);
  const there = await findStageFile(join(directory, folder, recordFile), appliedSlide);
  if (there === null || there.slide.fingerprint === fingerprint) return folder;
  return uniqueFileName(name, fingerprint.slice(0, 8), taken);
}

async function stages(
  model: ModelBundle,
  input: {
    readonly slide: string;
    readonly work: string;
    readonly record: string;
    readonly mpp: number | undefined;
    readonly workers: number;
  },
  context: StageContext,
): Promise<AppliedSlide> {
  const { slide, work, record, mpp, workers } = input;
  const tiles = join(work, 'tiles.json');
  const embeddings = join(work, 'embeddings.f32');
  const predictions = join(work, 'predictions.json');
  await cutTiles(model, { slide, out: tiles, mpp, workers }, context);
  await embedTiles(model, { tiles, out: embeddings, workers }, context);
  await classifyTiles(model, { embeddings, out: predictions }, context);
  return await writeOutputs(model, { tiles, predictions, out: record }, context);
}
