/** How each slide of a project is doing: is its file there and the same, what was drawn, labelled and tiled on it. */
import { stat } from 'node:fs/promises';
import type { z } from 'zod';
import type { slidesCalls } from '#common/contract/slides.ts';
import { throwIfCancelled, TrefoilError, toErrorReport } from '#common/errors.ts';
import { slideFingerprint } from '../slides/slide-fingerprint.ts';
import { listSlides, type SlideRow } from '../store/slide-rows.ts';
import type { OpenProject } from './open-projects.ts';
import { slideLocation } from './slide-path.ts';
import { currentTileSetId, loadTileSet } from './tile-sets.ts';

type SlideFacts = z.output<typeof slidesCalls.facts.output>[number];

export async function slideFacts(project: OpenProject, signal?: AbortSignal): Promise<SlideFacts[]> {
  const regions = countBySlide(project, 'regions');
  const labels = countBySlide(project, 'labels');
  const tiles = tileCounts(project);
  const facts: SlideFacts[] = [];
  for (const slide of listSlides(project.database)) {
    throwIfCancelled(signal);
    facts.push({
      slide: slide.id,
      ...(await fileState(project, slide, signal)),
      location: slideLocation(project.directory, slide.path),
      regions: regions.get(slide.id) ?? 0,
      labels: labels.get(slide.id) ?? 0,
      tiles: tiles.get(slide.id) ?? null,
    });
  }
  return facts;
}

async function fileState(
  project: OpenProject,
  slide: SlideRow,
  signal: AbortSignal | undefined,
): Promise<Pick<SlideFacts, 'state' | 'error' | 'byteLength'>> {
  const path = slideLocation(project.directory, slide.path);
  let byteLength: number | null = null;
  try {
    byteLength = (await project.drives.run(path, () => stat(path), { signal })).size;
    if ((await slideFingerprint(path, { drives: project.drives, signal })) !== slide.fingerprint) {
      const error = new TrefoilError(
        'file-changed',
        `The file of slide ${slide.name} is not the one that was added to the project.`,
        'Put the original file back, or add this file as a new slide.',
      );
      return { state: 'changed', error: error.toReport(), byteLength };
    }
  } catch (error) {
    throwIfCancelled(signal);
    if (byteLength === null && (error as NodeJS.ErrnoException).code === 'ENOENT') {
      const missing = new TrefoilError(
        'file-not-found',
        `The file of slide ${slide.name} is no longer at its place.`,
        'Put it back, connect its drive, or show where it is now.',
      );
      return { state: 'missing', error: missing.toReport(), byteLength };
    }
    const unreadable =
      error instanceof TrefoilError
        ? error
        : new TrefoilError(
            'file-unreadable',
            `The file of slide ${slide.name} cannot be read (${toErrorReport(error).message}).`,
            'Check that you may read the file and that its drive is connected.',
          );
    return { state: 'unreadable', error: unreadable.toReport(), byteLength };
  }
  const isMppMissing = slide.mppByHand === null && slide.info.mpp.source === 'missing';
  return { state: isMppMissing ? 'mpp-missing' : 'ready', error: null, byteLength };
}

function countBySlide(project: OpenProject, table: 'regions' | 'labels'): Map<string, number> {
  const rows = project.database.prepare(`SELECT slide_id, COUNT(*) AS n FROM ${table} GROUP BY slide_id`).all();
  return new Map(rows.map((row) => [String(row['slide_id']), Number(row['n'])]));
}

function tileCounts(project: OpenProject): Map<string, { kept: number; dropped: number }> {
  const id = currentTileSetId(project);
  if (id === null) return new Map();
  try {
    const { slides } = loadTileSet(project, id);
    return new Map(slides.map(({ slide, kept, dropped }) => [slide, { kept, dropped: dropped.length }]));
  } catch {
    // A damaged tile set is told where tiles are used; the slides themselves are fine.
    return new Map();
  }
}
