/**
 * Every change by a person is a command: which rows, before and after, who, when, why. Undo and redo are moves along this
 * log and nothing else, so they work for every kind of change and survive a crash. Results of jobs (tiles, runs,
 * predictions) are not commands: they can be computed again.
 */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { TrefoilError } from '#common/errors.ts';
import { inTransaction } from './database.ts';

/** Tables a person edits, each with `id` as its key. */
export type EditableTable =
  'slides' | 'regions' | 'classes' | 'labels' | 'marks' | 'project_settings' | 'reading_sessions' | 'readings';
const editableTables: ReadonlySet<string> = new Set<EditableTable>([
  'slides',
  'regions',
  'classes',
  'labels',
  'marks',
  'project_settings',
  'reading_sessions',
  'readings',
]);
export type Row = Readonly<Record<string, string | number | null>>;

export interface RowChange {
  readonly table: EditableTable;
  readonly id: string;
  /** null: the row did not exist. */
  readonly before: Row | null;
  /** null: the row is deleted. */
  readonly after: Row | null;
}

export interface Command {
  readonly what: string;
  readonly who: string;
  readonly source: 'person' | 'suggestion' | 'import';
  readonly at: string;
  readonly changes: readonly RowChange[];
}

export interface LoggedCommand {
  readonly sequence: number;
  readonly at: string;
  readonly who: string;
  readonly what: string;
  readonly source: string;
  readonly undone: boolean;
  readonly changeCount: number;
}

/** Applies the changes and logs them in one transaction; answers the command's number. What could be redone until now is forgotten. */
export function executeCommand(database: DatabaseSync, command: Command): number | null {
  if (command.changes.length === 0) return null;
  return inTransaction(database, () => {
    database.exec('DELETE FROM commands WHERE undone = 1');
    for (const change of command.changes) writeRow(database, change.table, change.id, change.after);
    const { lastInsertRowid } = database
      .prepare('INSERT INTO commands (at, who, what, source, changes) VALUES (?, ?, ?, ?, ?)')
      .run(command.at, command.who, command.what, command.source, JSON.stringify(command.changes));
    return Number(lastInsertRowid);
  });
}

/**
 * Takes back the last command not yet undone. Returns its description, or null when there is none, or when it is not the one
 * of `expected`: somebody else changed something since.
 */
export function undoCommand(database: DatabaseSync, expected?: number): string | null {
  const query = 'SELECT * FROM commands WHERE undone = 0 ORDER BY sequence DESC LIMIT 1';
  if (expected !== undefined && Number(database.prepare(query).get()?.['sequence'] ?? -1) !== expected) return null;
  return move(database, query, 1);
}

/** Does the earliest undone command again. Returns its description, or null when there is none. */
export function redoCommand(database: DatabaseSync): string | null {
  return move(database, 'SELECT * FROM commands WHERE undone = 1 ORDER BY sequence ASC LIMIT 1', 0);
}

/** The whole history, oldest first. */
export function listCommands(database: DatabaseSync): LoggedCommand[] {
  return database
    .prepare(
      'SELECT sequence, at, who, what, source, undone, json_array_length(changes) AS changeCount FROM commands ORDER BY sequence',
    )
    .all()
    .map((row) => ({
      sequence: Number(row['sequence']),
      at: String(row['at']),
      who: String(row['who']),
      what: String(row['what']),
      source: String(row['source']),
      undone: row['undone'] === 1,
      changeCount: Number(row['changeCount']),
    }));
}

function move(database: DatabaseSync, query: string, undone: 0 | 1): string | null {
  return inTransaction(database, () => {
    const row = database.prepare(query).get();
    if (row === undefined) return null;
    const changes = JSON.parse(String(row['changes'])) as RowChange[];
    const ordered = undone === 1 ? changes.toReversed() : changes;
    for (const change of ordered) {
      writeRow(database, change.table, change.id, undone === 1 ? change.before : change.after);
    }
    database.prepare('UPDATE commands SET undone = ? WHERE sequence = ?').run(undone, Number(row['sequence']));
    return String(row['what']);
  });
}

function writeRow(database: DatabaseSync, table: EditableTable, id: string, row: Row | null): void {
  // The log is part of a project file and so hostile input: names are checked before they become SQL.
  if (!editableTables.has(table)) throw damagedLog(`table ${table}`);
  if (row === null) {
    database.prepare(`DELETE FROM ${table} WHERE id = ?`).run(id);
    return;
  }
  const columns = Object.keys(row).filter((name) => name !== 'id');
  if (columns.some((name) => !/^[a-z0-9_]+$/.test(name))) throw damagedLog(`a column of ${table}`);
  const values: SQLInputValue[] = columns.map((name) => row[name] ?? null);
  const names = ['id', ...columns];
  const updates = columns.map((name) => `${name} = excluded.${name}`).join(', ');
  database
    .prepare(
      `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})
       ON CONFLICT (id) DO UPDATE SET ${updates}`,
    )
    .run(id, ...values);
}

function damagedLog(what: string): TrefoilError {
  return new TrefoilError(
    'file-invalid',
    `The project's command log names ${what}, which Trefoil does not edit.`,
    'The project file was changed by another program. Restore it from a backup.',
  );
}
