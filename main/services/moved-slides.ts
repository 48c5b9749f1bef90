/**
 * Finds slides whose files were moved or renamed: looks through a folder and all below it for files with the fingerprint of a
 * slide that is not at its place, and links them in one step that can be undone. Links to folders are not followed, folders
 * that cannot be read are passed over, and the search has an end in files and depth.
 */
import { opendir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { z } from 'zod';
import type { slidesCalls } from '#common/contract/slides.ts';
import { throwIfCancelled, TrefoilError } from '#common/errors.ts';
import type { StageContext } from '#common/stage.ts';
import { openFailure } from '../slides/slide-file.ts';
import { slideFingerprint } from '../slides/slide-fingerprint.ts';
import type { RowChange } from '../store/command-log.ts';
import { listSlides, toRow, type SlideRow } from '../store/slide-rows.ts';
import type { OpenProject } from './open-projects.ts';
import { slideFacts } from './slide-facts.ts';
import { storedSlidePath } from './slide-path.ts';

type Found = z.output<typeof slidesCalls.findMoved.output>;

export const searchLimits = { entries: 500_000, candidates: 50_000, depth: 32 } as const;
const stage = 'Looking for moved slides';

interface Search {
  readonly files: string[];
  entries: number;
  isComplete: boolean;
  unreadableFolders: number;
}

export async function findMovedSlides(
  project: OpenProject,
  directory: string,
  context: StageContext,
  limits: { readonly entries: number; readonly candidates: number; readonly depth: number } = searchLimits,
): Promise<Found> {
  const facts = await slideFacts(project, context.signal);
  const states = new Map(facts.map((fact) => [fact.slide, fact.state]));
  const missing = listSlides(project.database).filter((slide) => {
    const state = states.get(slide.id);
    return state === 'missing' || state === 'changed' || state === 'unreadable';
  });
  const search: Search = { files: [], entries: 0, isComplete: true, unreadableFolders: 0 };
  if (missing.length > 0) await walk(project, directory, extensionsOf(missing), search, context, limits);
  const places = await matchFingerprints(project, missing, search, context);
  const changes = missing.flatMap((slide): RowChange[] => {
    const path = places.get(slide.id);
    if (path === undefined) return [];
    const moved = { ...slide, path: storedSlidePath(project.directory, path) };
    return [{ table: 'slides', id: slide.id, before: toRow(slide), after: toRow(moved) }];
  });
  throwIfCancelled(context.signal);
  const [only] = changes.length === 1 ? missing.filter(({ id }) => places.has(id)) : [];
  project.change(only ? `Link moved file (${only.name})` : `Link ${changes.length} moved files`, 'person', changes);
  return {
    relinked: missing.flatMap(({ id, name }) => {
      const location = places.get(id);
      return location === undefined ? [] : [{ slide: id, name, location }];
    }),
    notFound: missing.flatMap(({ id, name }) => (places.has(id) ? [] : [{ slide: id, name }])),
    files: search.files.length,
    unreadableFolders: search.unreadableFolders,
    isComplete: search.isComplete,
  };
}

/** A renamed slide keeps its ending; without that rule every file of a drive would have to be read. */
function extensionsOf(slides: readonly SlideRow[]): ReadonlySet<string> {
  return new Set(slides.map(({ path }) => extname(path).toLowerCase()));
}

async function walk(
  { drives }: OpenProject,
  top: string,
  extensions: ReadonlySet<string>,
  search: Search,
  { signal, onProgress }: StageContext,
  limits: { readonly entries: number; readonly candidates: number; readonly depth: number },
): Promise<void> {
  const queue = [{ path: top, depth: 0 }];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { path, depth } = next;
    const discard = (late: { close(): Promise<void> }): void => void late.close().catch(() => undefined);
    try {
      const folder = await drives.run(path, () => opendir(path, { bufferSize: 512 }), { signal, discard });
      try {
        for (;;) {
          const entry = await drives.run(path, () => folder.read(), { signal });
          if (entry === null) break;
          search.entries += 1;
          if (search.entries > limits.entries || search.files.length >= limits.candidates) {
            search.isComplete = false;
            return;
          }
          const inside = join(path, entry.name);
          if (entry.isDirectory() && depth < limits.depth) queue.push({ path: inside, depth: depth + 1 });
          else if (entry.isDirectory()) search.isComplete = false;
          else if (entry.isFile() && extensions.has(extname(entry.name).toLowerCase())) search.files.push(inside);
        }
      } finally {
        // Not waited for: a drive that hangs would hang here too.
        void folder.close().catch(() => undefined);
      }
    } catch (error) {
      throwIfCancelled(signal);
      // The chosen folder itself must be readable; below it a locked folder is no reason to give up.
      if (depth === 0) throw folderFailure(path, error);
      search.unreadableFolders += 1;
    }
    onProgress?.({ stage, done: 0, total: 0, note: `${search.files.length} files in ${basename(path)}` });
  }
}

function folderFailure(path: string, error: unknown): TrefoilError {
  const { code, message } = openFailure(basename(path), error);
  return new TrefoilError(code, message, 'Choose a folder that is there and that you may read.', {}, error);
}

/** The place of each slide that was found. Files with a slide's own name are looked at first. */
async function matchFingerprints(
  { drives }: OpenProject,
  missing: readonly SlideRow[],
  { files }: Search,
  { signal, onProgress }: StageContext,
): Promise<ReadonlyMap<string, string>> {
  const wanted = new Map<string, SlideRow[]>();
  for (const slide of missing) wanted.set(slide.fingerprint, [...(wanted.get(slide.fingerprint) ?? []), slide]);
  const names = new Set(missing.flatMap(({ path }) => [nameOf(path), nameOf(path).normalize('NFC')]));
  const isNamed = (path: string): boolean => names.has(basename(path)) || names.has(basename(path).normalize('NFC'));
  const ordered = [...files.filter(isNamed), ...files.filter((path) => !isNamed(path))];
  const places = new Map<string, string>();
  for (const [index, path] of ordered.entries()) {
    throwIfCancelled(signal);
    if (wanted.size === 0) break;
    onProgress?.({ stage, done: index, total: ordered.length, note: basename(path) });
    try {
      const fingerprint = await slideFingerprint(path, { drives, signal });
      for (const { id } of wanted.get(fingerprint) ?? []) places.set(id, path);
      wanted.delete(fingerprint);
    } catch (error) {
      throwIfCancelled(signal);
      // A file that cannot be read now is not the one that is looked for.
      if (!(error instanceof TrefoilError)) throw error;
    }
  }
  return places;
}

/** Of a project's own relative path, which has forward slashes everywhere. */
function nameOf(path: string): string {
  return path.split('/').at(-1) ?? path;
}
