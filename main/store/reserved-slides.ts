/** Which slides are kept for evaluation; one row of the project's settings, changed by commands. */
import type { DatabaseSync } from 'node:sqlite';
import type { RowChange } from './command-log.ts';

const id = 'reserved-slides';

/** Ids; may name slides that were removed since. */
export function readReservedSlides(database: DatabaseSync): ReadonlySet<string> {
  const value = storedValue(database);
  if (value === null) return new Set();
  try {
    const list: unknown = JSON.parse(value);
    return new Set(Array.isArray(list) ? list.filter((item) => typeof item === 'string') : []);
  } catch {
    // A project file is hostile input; a damaged setting reserves nothing and is written anew with the next choice.
    return new Set();
  }
}

/** None for what is already so. */
export function reserveChanges(database: DatabaseSync, slides: readonly string[]): RowChange[] {
  const before = storedValue(database);
  const value = JSON.stringify([...new Set(slides)].sort());
  if (value === (before ?? '[]')) return [];
  const row = before === null ? null : { id, value: before };
  return [{ table: 'project_settings', id, before: row, after: { id, value } }];
}

function storedValue(database: DatabaseSync): string | null {
  const row = database.prepare('SELECT value FROM project_settings WHERE id = ?').get(id);
  return row === undefined ? null : String(row['value']);
}
