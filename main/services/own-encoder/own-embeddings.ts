/** Embeddings by an imported encoder: the file is checked to be the one that was imported, then run in a process of its own. */
import { join } from 'node:path';
import type { ImportedEncoder } from '#common/domain/encoder-card.ts';
import { encoderView } from '#common/domain/encoder-view.ts';
import { TrefoilError } from '#common/errors.ts';
import type { StageContext } from '#common/stage.ts';
import type { OpenProject } from '../open-projects.ts';
import type { TileSet } from '../tile-sets.ts';
import { runEncoder } from './encoder-process.ts';
import { sha256Of } from './model-files.ts';

export interface OwnEmbeddingsInput {
  readonly imported: ImportedEncoder;
  readonly set: TileSet;
  /** Path of the manifest's file. */
  readonly manifest: string;
  readonly tiles: readonly number[] | null;
  readonly output: string;
}

/** Throws `invalid-input` when the set's tiles do not fit the card, `file-changed` for another model. */
export async function writeOwnEmbeddings(
  project: OpenProject,
  { imported, set, manifest, tiles, output }: OwnEmbeddingsInput,
  context: StageContext,
): Promise<void> {
  const { card, check, name } = imported;
  encoderView(card, set.settings);
  const file = imported.isCopied ? join(project.directory, imported.model) : imported.model;
  const folder = join(file, '..');
  const byteLength = imported.files.reduce((sum, item) => sum + item.byteLength, 0);
  let read = 0;
  for (const item of imported.files) {
    const found = await sha256Of(join(folder, item.name), context, (bytes) => {
      read += bytes;
      context.onProgress?.({ stage: 'Reading the model', done: read, total: byteLength });
    });
    if (found === item.sha256) continue;
    throw new TrefoilError(
      'file-changed',
      `${item.name} of the encoder "${name}" has changed since it was imported.`,
      'Put the old file back, or import the new one as an encoder of its own.',
    );
  }
  await runEncoder(
    {
      kind: 'encode',
      tiles: manifest,
      tileMpp: set.settings.mpp,
      file,
      name,
      sha256: imported.sha256,
      card,
      provider: check.provider,
      features: check.features,
      batch: check.batch,
      indices: tiles === null ? null : [...tiles],
      output,
    },
    context,
  );
}
