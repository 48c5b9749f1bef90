/** What the file browser lists and what a click chooses. Pure. */
import type { FileEntry } from '#common/contract/files.ts';

export function isShown(
  entry: Pick<FileEntry, 'kind'>,
  mode: 'files' | 'folder' | 'project' | 'new',
  kinds: readonly FileEntry['kind'][],
): boolean {
  return entry.kind === 'folder' || (mode === 'files' && kinds.includes(entry.kind));
}

export interface Click {
  readonly index: number;
  /** Where a range starts. */
  readonly anchor: number;
  readonly isMultiple: boolean;
  readonly shift: boolean;
  readonly ctrl: boolean;
}

/** As file managers do: plain click chooses one, Ctrl adds or takes away, Shift chooses from the anchor. Folders are no choice. */
export function chooseRange(
  entries: readonly Pick<FileEntry, 'id' | 'kind'>[],
  chosen: ReadonlySet<string>,
  { index, anchor, isMultiple, shift, ctrl }: Click,
): ReadonlySet<string> {
  const entry = entries[index];
  if (entry === undefined) return chosen;
  if (!isMultiple || (!shift && !ctrl)) return new Set([entry.id]);
  if (shift) {
    const [from, to] = anchor < index ? [anchor, index] : [index, anchor];
    const range = entries.slice(from, to + 1).filter(({ kind }) => kind !== 'folder');
    return new Set([...(ctrl ? chosen : []), ...range.map(({ id }) => id)]);
  }
  const next = new Set(chosen);
  if (!next.delete(entry.id)) next.add(entry.id);
  return next;
}

/**
 * What Enter or a double click on a file takes: all that are chosen when it is one of them or several are, else the file alone.
 * Those chosen before the list was narrowed to find this one are taken with it.
 */
export function taken(
  entry: Pick<FileEntry, 'id'>,
  chosen: ReadonlySet<string>,
  shown: readonly Pick<FileEntry, 'id'>[],
): ReadonlySet<string> {
  if (chosen.has(entry.id)) return chosen;
  const visible = new Set(shown.map(({ id }) => id));
  if ([...chosen].some((id) => !visible.has(id))) return new Set([...chosen, entry.id]);
  return chosen.size > 1 ? chosen : new Set([entry.id]);
}
