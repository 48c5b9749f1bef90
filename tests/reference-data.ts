/**
 * Files that tests may use where a person has them, but that may not be copied into the project (licence not settled).
 * The folder in TREFOIL_REFERENCE_DATA holds them, laid out as `slides/NAME`; tests without it report skipped, with the
 * reason in their name.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.env['TREFOIL_REFERENCE_DATA'];

export interface ReferenceFile {
  /** Null when it is not there. */
  readonly path: string | null;
  /** For a test's name: empty, or why it is skipped. */
  readonly skipped: string;
}

export function referenceFile(name: string): ReferenceFile {
  if (!folder) return { path: null, skipped: ` (skipped: TREFOIL_REFERENCE_DATA names no folder with ${name})` };
  const path = join(folder, name);
  return existsSync(path)
    ? { path, skipped: '' }
    : { path: null, skipped: ` (skipped: ${name} is not in TREFOIL_REFERENCE_DATA)` };
}
