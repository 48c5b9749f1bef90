/**
 * Classes of a project and the row changes behind every edit of them. Nothing is applied here: the changes go through the
 * command log, so that each edit can be undone, with the labels it moved or removed.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { ProjectClassView } from '#common/contract/labels.ts';
import { classLetter, defaultClassColour } from '#common/domain/classes.ts';
import { TrefoilError } from '#common/errors.ts';
import type { Row, RowChange } from '../store/command-log.ts';
import { planReadingsOfClass } from '../store/reading-rows.ts';
import { newId } from './open-projects.ts';

export interface ClassRow {
  readonly id: string;
  readonly position: number;
  readonly name: string;
  readonly colour: string;
  readonly letter: string | null;
  readonly key: string | null;
}

export function classRows(database: DatabaseSync): ClassRow[] {
  return database
    .prepare('SELECT * FROM classes ORDER BY position, rowid')
    .all()
    .map((row) => ({
      id: String(row['id']),
      position: Number(row['position']),
      name: String(row['name']),
      colour: String(row['colour']),
      letter: row['letter'] === null ? null : String(row['letter']),
      key: row['key'] === null ? null : String(row['key']),
    }));
}

/** As people see them: letters and keys filled in by position where nobody chose one. */
export function viewClasses(database: DatabaseSync): ProjectClassView[] {
  const rows = classRows(database);
  const counts = new Map(
    database
      .prepare('SELECT class_id, count(*) AS n FROM labels GROUP BY class_id')
      .all()
      .map((row) => [String(row['class_id']), Number(row['n'])]),
  );
  const letters = new Set(rows.map((row) => row.letter));
  const keys = new Set(rows.map((row) => row.key));
  const free = (taken: ReadonlySet<string | null>, wanted: Iterable<string>): string | null => {
    for (const candidate of wanted) if (!taken.has(candidate)) return candidate;
    return null;
  };
  return rows.map((row, index) => {
    const letter = row.letter ?? free(letters, lettersFrom(index)) ?? classLetter(index);
    const key = row.key ?? (index < 9 ? free(keys, [String(index + 1)]) : null);
    letters.add(letter);
    keys.add(key);
    return { class: row.id, name: row.name, colour: row.colour, letter, key, labels: counts.get(row.id) ?? 0 };
  });
}

function* lettersFrom(index: number): Iterable<string> {
  for (let at = index; at < index + 1000; at += 1) yield classLetter(at);
}

export function requireClass(database: DatabaseSync, id: string): ClassRow {
  const row = classRows(database).find((item) => item.id === id);
  if (row !== undefined) return row;
  throw new TrefoilError('not-found', `The project has no class "${id}".`, 'Reload the list of classes.');
}

export function planAddClass(
  database: DatabaseSync,
  wanted: { readonly name: string; readonly colour?: string | undefined; readonly key?: string | undefined },
): { readonly id: string; readonly changes: RowChange[] } {
  const rows = classRows(database);
  requireFree(rows, null, wanted);
  const colours = new Set(rows.map((row) => row.colour.toLowerCase()));
  const unused = Array.from({ length: 8 }, (_, index) => defaultClassColour(index)).find((item) => !colours.has(item));
  const row: ClassRow = {
    id: newId('class'),
    position: Math.max(-1, ...rows.map((item) => item.position)) + 1,
    name: wanted.name,
    colour: wanted.colour?.toLowerCase() ?? unused ?? defaultClassColour(rows.length),
    letter: null,
    key: wanted.key ?? null,
  };
  return { id: row.id, changes: [{ table: 'classes', id: row.id, before: null, after: toRow(row) }] };
}

export type ClassEdit = { readonly [Field in 'name' | 'colour']?: string | undefined } & {
  readonly [Field in 'letter' | 'key']?: string | null | undefined;
};

/** No change at all when the class already is as asked. */
export function planEditClass(
  database: DatabaseSync,
  id: string,
  { name, colour, letter, key }: ClassEdit,
): RowChange[] {
  const before = requireClass(database, id);
  const after: ClassRow = {
    ...before,
    name: name ?? before.name,
    colour: colour?.toLowerCase() ?? before.colour,
    letter: letter === undefined ? before.letter : letter,
    key: key === undefined ? before.key : key,
  };
  requireFree(classRows(database), id, after);
  return JSON.stringify(before) === JSON.stringify(after)
    ? []
    : [{ table: 'classes', id, before: toRow(before), after: toRow(after) }];
}

export function planReorderClasses(database: DatabaseSync, order: readonly string[]): RowChange[] {
  const rows = classRows(database);
  if (order.length !== rows.length || new Set(order).size !== rows.length) {
    throw new TrefoilError('invalid-input', 'The new order does not name every class once.', 'Reload the classes.');
  }
  return order.flatMap((id, position): RowChange[] => {
    const before = requireClass(database, id);
    if (before.position === position) return [];
    return [{ table: 'classes', id, before: toRow(before), after: toRow({ ...before, position }) }];
  });
}

/** Labels first, then the class: on undo the class comes back before the labels that refer to it. */
export function planRemoveClass(database: DatabaseSync, id: string, moveLabelsTo: string | null): RowChange[] {
  const row = requireClass(database, id);
  if (moveLabelsTo === id) {
    throw new TrefoilError('invalid-input', `"${row.name}" cannot take over its own labels.`, 'Choose another class.');
  }
  if (moveLabelsTo !== null) requireClass(database, moveLabelsTo);
  const labels = database.prepare('SELECT * FROM labels WHERE class_id = ? ORDER BY rowid').all(id);
  return [
    ...labels.map((label): RowChange => {
      const { id: labelId, ...before } = label as Row & { id: string };
      const after = moveLabelsTo === null ? null : { ...before, class_id: moveLabelsTo };
      return { table: 'labels', id: labelId, before, after };
    }),
    ...planReadingsOfClass(database, id, moveLabelsTo),
    { table: 'classes', id, before: toRow(row), after: null },
  ];
}

function requireFree(
  rows: readonly ClassRow[],
  self: string | null,
  wanted: { readonly name: string; readonly letter?: string | null; readonly key?: string | null | undefined },
): void {
  const others = rows.filter((row) => row.id !== self);
  const same = (text: string): string => text.normalize('NFC').toLocaleLowerCase();
  const named = others.find((row) => same(row.name) === same(wanted.name));
  if (named !== undefined) {
    throw new TrefoilError(
      'already-exists',
      `There is already a class "${named.name}".`,
      'Choose another name, or merge the two classes.',
    );
  }
  for (const field of ['letter', 'key'] as const) {
    const value = wanted[field] ?? null;
    const owner = value === null ? undefined : others.find((row) => row[field] === value);
    if (owner === undefined) continue;
    throw new TrefoilError('already-exists', `The ${field} "${value}" belongs to "${owner.name}".`, 'Choose another.');
  }
}

function toRow({ position, name, colour, letter, key }: ClassRow): Row {
  return { position, name, colour, letter, key };
}
