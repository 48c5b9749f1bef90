/**
 * A folder that may really not be written. Root may write anywhere, so under root the core runs as the user `nobody` instead,
 * to whom the folder does not belong.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const nobody = 65534;
const cli = fileURLToPath(new URL('../../../main/entries/cli.ts', import.meta.url));

export interface ReadOnlyFolder {
  /** The user the core has to run as; null for our own. */
  readonly userId: number | null;
  restore(): void;
}

/** Or the reason why it cannot be done here. */
export function makeReadOnly(folder: string): ReadOnlyFolder | string {
  if (process.platform === 'win32') return 'Windows keeps its permissions in another way';
  if (process.getuid?.() !== 0) {
    setModes(folder, 0o555, 0o444);
    return { userId: null, restore: () => setModes(folder, 0o755, 0o644) };
  }
  // A temporary folder is its owner's alone; nobody has to get to the project at all.
  for (let parent = dirname(folder); parent.startsWith(join(tmpdir(), sep)); parent = dirname(parent)) {
    chmodSync(parent, 0o755);
  }
  const tried = spawnSync(process.execPath, [cli, '--help'], { uid: nobody, gid: nobody });
  return tried.status === 0
    ? { userId: nobody, restore: () => undefined }
    : 'another user of the system cannot run Trefoil from this folder';
}

function setModes(folder: string, folders: number, files: number): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) setModes(path, folders, files);
    else chmodSync(path, files);
  }
  chmodSync(folder, folders);
}
