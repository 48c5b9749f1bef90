/**
 * Files that are either whole or absent: written beside the target, synced, renamed, and the folder synced. A full disk or a
 * kill at any moment leaves the old file as it was.
 */
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TrefoilError } from '#common/errors.ts';

export type WriteFile = (path: string, bytes: Uint8Array) => Promise<void>;

/** Throws disk-full when the volume has no room; the target is untouched then. */
export async function writeFileAtomically(path: string, bytes: Uint8Array): Promise<void> {
  await writeAtomically(path, async (file) => {
    await file.writeFile(bytes);
  });
}

/** As above for content that comes in pieces: `fill` gets the open temporary file. */
export async function writeAtomically(
  path: string,
  fill: (file: Awaited<ReturnType<typeof open>>) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.partial`;
  try {
    const file = await open(temporary, 'w');
    try {
      await fill(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw asDiskFull(path, error);
  }
}

/** An error with code ENOSPC or EDQUOT as disk-full; any other error unchanged. */
export function asDiskFull(path: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new TrefoilError(
    'disk-full',
    `The disk is full: ${path} could not be written.`,
    'Free some space and run the same command again; what was finished is kept.',
    { path },
    error,
  );
}

/** Makes the rename itself durable. Windows cannot open folders; there the rename is journalled by the file system. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
