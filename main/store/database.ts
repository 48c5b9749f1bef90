/**
 * Opens project.sqlite: WAL, foreign keys, migrations. Not a query layer: each service writes the few statements it needs.
 */
import { DatabaseSync } from 'node:sqlite';
import { TrefoilError } from '#common/errors.ts';
import { migrations } from './migrations.ts';

/** Opens or creates the database file. Throws 'project-newer' for a project of a later Trefoil, 'file-invalid' for anything else. */
export function openDatabase(path: string): DatabaseSync {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(path, { enableForeignKeyConstraints: true });
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;');
    migrate(database, path);
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof TrefoilError) throw error;
    const text = error instanceof Error ? error.message : String(error);
    if (/disk.*full|SQLITE_FULL/i.test(text)) {
      throw new TrefoilError(
        'disk-full',
        `No space left while opening ${path}.`,
        'Free some disk space and try again.',
        {},
        error,
      );
    }
    throw new TrefoilError(
      'file-invalid',
      `${path} is not a readable Trefoil project database (${text}).`,
      'Restore project.sqlite from a backup, or create a new project and add the slides again.',
      {},
      error,
    );
  }
}

function migrate(database: DatabaseSync, path: string): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  if (version > migrations.length) {
    throw new TrefoilError(
      'project-newer',
      `${path} was written by a newer Trefoil (project version ${version}, this one knows ${migrations.length}).`,
      'Update Trefoil to open this project.',
    );
  }
  for (let number = version; number < migrations.length; number += 1) {
    inTransaction(database, () => {
      database.exec(migrations[number] ?? '');
      database.exec(`PRAGMA user_version = ${number + 1}`);
    });
  }
}

/** Runs `work` in one transaction; any throw rolls everything back. Throws 'disk-full' and 'file-unreadable' when it cannot be written. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  try {
    database.exec('BEGIN IMMEDIATE');
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // SQLite has already rolled back by itself when the disk is full.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw asWriteFailure(error);
  }
}

/** SQLite's primary result codes for what a person can mend: https://www.sqlite.org/rescode.html */
const readOnly = 8;
const inputOutput = 10;
const full = 13;

/** A failed write as a typed error; any other error unchanged. */
function asWriteFailure(error: unknown): unknown {
  // Extended codes carry the primary one in their lowest byte.
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
  if (code === full) {
    return new TrefoilError(
      'disk-full',
      'The disk is full: the change was not saved.',
      'Free some space and do it again; everything before it is kept.',
      {},
      error,
    );
  }
  if (code === readOnly || code === inputOutput) {
    return new TrefoilError(
      'file-unreadable',
      'The project could not be written: the change was not saved.',
      'Check that the drive is connected and that you may write to the project folder, then do it again.',
      {},
      error,
    );
  }
  return error;
}
