/**
 * Folders of sockets that a killed core left in the temporary folder. Removed at the next start, and only those that are surely
 * nobody's: this user's, a real folder with nothing but the socket in it, and nobody answers there.
 */
import { lstatSync, readdirSync, rmdirSync, statSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

export const socketFolderPrefix = 'trefoil-';
const socketName = 'bytes';

/** `own` is the folder just made. What cannot be looked at or removed stays; the next start tries again. */
export async function clearStaleSockets(temporary: string, own: string): Promise<void> {
  const userId = process.getuid?.();
  if (userId === undefined) return;
  for (const name of readdirSync(temporary)) {
    const folder = join(temporary, name);
    if (!name.startsWith(socketFolderPrefix) || folder === own) continue;
    try {
      const facts = lstatSync(folder);
      if (!facts.isDirectory() || facts.uid !== userId) continue;
      const entries = readdirSync(folder);
      if (entries.length !== 1 || entries[0] !== socketName) continue;
      const socket = join(folder, socketName);
      if (!statSync(socket).isSocket() || (await answers(socket))) continue;
      // One file and an empty folder: nothing that came in meanwhile can be lost.
      unlinkSync(socket);
      rmdirSync(folder);
    } catch {
      // Gone already, or not ours to touch.
    }
  }
}

/** Whoever listens takes the connection; a socket without its process refuses it. Anything else counts as in use. */
function answers(socket: string): Promise<boolean> {
  return new Promise((done) => {
    const line = connect(socket);
    line.once('connect', () => {
      line.destroy();
      done(true);
    });
    line.once('error', (error: NodeJS.ErrnoException) => done(error.code !== 'ECONNREFUSED'));
  });
}
