/**
 * One writing process per project folder: `project.lock` holds the owner's process id. A lock left behind by a killed
 * process is taken over. Not a guard against another machine on a shared drive (said in docs/architecture.md).
 */
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { TrefoilError } from '#common/errors.ts';

/** Takes the lock; the returned function gives it back. Throws 'project-busy' when a living process holds it. */
export function lockProject(directory: string): () => void {
  const path = join(directory, 'project.lock');
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      const file = openSync(path, 'wx');
      writeSync(file, String(process.pid));
      closeSync(file);
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw new TrefoilError(
          'file-unreadable',
          `The project folder ${directory} cannot be written (${(error as Error).message}).`,
          'Check that the folder exists, that you may write to it and that the disk is not full.',
          {},
          error,
        );
      }
      const owner = readOwner(path);
      if (owner !== null && owner !== process.pid && isAlive(owner)) {
        throw new TrefoilError(
          'project-busy',
          `The project ${directory} is in use by another Trefoil process (${owner}).`,
          'Wait until that job is finished or close it, then try again.',
          { pid: owner },
        );
      }
      rmSync(path, { force: true });
    }
  }
  throw new TrefoilError('project-busy', `The project ${directory} is being opened by another process.`, 'Try again.');
}

function readOwner(path: string): number | null {
  try {
    const owner = Number(readFileSync(path, 'utf8'));
    return Number.isInteger(owner) && owner > 0 ? owner : null;
  } catch {
    // Vanished between the two calls: nobody holds it.
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
