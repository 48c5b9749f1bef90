/**
 * Rows of second readings. A session is one person's pass over a sample; each reading holds the class the first reader had
 * given when the session was started (a copy: later relabelling must not change what was compared) and the second answer.
 */
import type { DatabaseSync } from 'node:sqlite';
import { TrefoilError } from '#common/errors.ts';
import type { Row, RowChange } from './command-log.ts';

export interface SessionRow {
  readonly id: string;
  readonly reader: string;
  readonly createdAt: string;
  readonly finishedAt: string | null;
  readonly seed: number;
}

export interface ReadingRow {
  readonly id: string;
  readonly session: string;
  readonly position: number;
  readonly slide: string;
  /** Level-0 pixels. */
  readonly x: number;
  readonly y: number;
  /** null: the first labels are in another project. */
  readonly first: string | null;
  readonly firstReader: string;
  readonly second: string | null;
  readonly isUnsure: boolean;
  readonly decision: 'first' | 'second' | 'other' | 'unsure' | null;
  readonly decided: string | null;
  readonly decidedBy: string | null;
}

export function listSessions(database: DatabaseSync): SessionRow[] {
  return database.prepare('SELECT * FROM reading_sessions ORDER BY created_at, rowid').all().map(sessionFrom);
}

export function findSession(database: DatabaseSync, id: string): SessionRow {
  const row = database.prepare('SELECT * FROM reading_sessions WHERE id = ?').get(id);
  if (row !== undefined) return sessionFrom(row);
  throw new TrefoilError(
    'not-found',
    `There is no second reading "${id}".`,
    'List them: trefoil readings list PROJECT.',
  );
}

/** In the order they are read. */
export function readingsOf(database: DatabaseSync, session: string): ReadingRow[] {
  return database
    .prepare('SELECT * FROM readings WHERE session_id = ? ORDER BY position, rowid')
    .all(session)
    .map(readingFrom);
}

export function findReading(database: DatabaseSync, id: string): ReadingRow {
  const row = database.prepare('SELECT * FROM readings WHERE id = ?').get(id);
  if (row !== undefined) return readingFrom(row);
  throw new TrefoilError('not-found', `There is no reading "${id}".`, 'Reload the page and repeat the step.');
}

export function sessionChange(before: SessionRow | null, after: SessionRow | null): RowChange {
  const toRow = (row: SessionRow | null): Row | null =>
    row === null
      ? null
      : { reader: row.reader, created_at: row.createdAt, finished_at: row.finishedAt, seed: row.seed };
  return { table: 'reading_sessions', id: (after ?? before)?.id ?? '', before: toRow(before), after: toRow(after) };
}

export function readingChange(before: ReadingRow | null, after: ReadingRow | null): RowChange {
  return { table: 'readings', id: (after ?? before)?.id ?? '', before: toRow(before), after: toRow(after) };
}

/** What becomes of readings when a class is merged into another or removed: they follow it, or go with it. */
export function planReadingsOfClass(database: DatabaseSync, id: string, into: string | null): RowChange[] {
  return database
    .prepare(
      'SELECT * FROM readings WHERE first_class_id = ?1 OR second_class_id = ?1 OR decided_class_id = ?1 ORDER BY rowid',
    )
    .all(id)
    .map(readingFrom)
    .map((row) => {
      const moved = (own: string | null): string | null => (own === id ? into : own);
      const after = { ...row, first: moved(row.first), second: moved(row.second), decided: moved(row.decided) };
      return readingChange(row, into === null ? null : after);
    });
}

function toRow(row: ReadingRow | null): Row | null {
  return row === null
    ? null
    : {
        session_id: row.session,
        position: row.position,
        slide_id: row.slide,
        x: row.x,
        y: row.y,
        first_class_id: row.first,
        first_reader: row.firstReader,
        second_class_id: row.second,
        is_unsure: row.isUnsure ? 1 : 0,
        decision: row.decision,
        decided_class_id: row.decided,
        decided_by: row.decidedBy,
      };
}

function sessionFrom(row: Record<string, unknown>): SessionRow {
  return {
    id: String(row['id']),
    reader: String(row['reader']),
    createdAt: String(row['created_at']),
    finishedAt: textOrNull(row['finished_at']),
    seed: Number(row['seed']),
  };
}

function readingFrom(row: Record<string, unknown>): ReadingRow {
  return {
    id: String(row['id']),
    session: String(row['session_id']),
    position: Number(row['position']),
    slide: String(row['slide_id']),
    x: Number(row['x']),
    y: Number(row['y']),
    first: textOrNull(row['first_class_id']),
    firstReader: String(row['first_reader']),
    second: textOrNull(row['second_class_id']),
    isUnsure: row['is_unsure'] === 1,
    decision: textOrNull(row['decision']) as ReadingRow['decision'],
    decided: textOrNull(row['decided_class_id']),
    decidedBy: textOrNull(row['decided_by']),
  };
}

function textOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value as string);
}
