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

/** Runs `work` in one transaction; any throw rolls everything back. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}
