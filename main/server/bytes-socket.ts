/**
 * Bytes for the desktop app: the routes behind a local socket (Unix) or named pipe (Windows) in a folder of this user only.
 * No TCP port, so no other machine and no other user of this one reaches it; the token keeps other programs of the same user out.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tokenHeader } from '#common/contract/shell-link.ts';
import { TrefoilError } from '#common/errors.ts';
import { errorResponse, type BytesRoute } from './http-answers.ts';
import { nodeListener } from './node-http.ts';
import { clearStaleSockets, socketFolderPrefix } from './stale-sockets.ts';

export interface BytesSocket {
  readonly path: string;
  readonly token: string;
  close(): Promise<void>;
}

export async function openBytesSocket(routes: BytesRoute, logDefect: (error: unknown) => void): Promise<BytesSocket> {
  const token = randomBytes(32).toString('base64url');
  const name = randomBytes(12).toString('hex');
  // mkdtemp makes a folder that only this user may enter.
  const folder = process.platform === 'win32' ? null : mkdtempSync(join(tmpdir(), socketFolderPrefix));
  if (folder !== null) await clearStaleSockets(tmpdir(), folder);
  const path = folder === null ? `\\\\.\\pipe\\trefoil-${name}` : join(folder, 'bytes');
  const answer = async (request: Request): Promise<Response> => {
    if (!isSame(request.headers.get(tokenHeader), token)) {
      return errorResponse(
        new TrefoilError('not-allowed', 'This is not for you.', 'Use the Trefoil window.').toReport(),
      );
    }
    const response = await routes(request);
    return (
      response ?? errorResponse(new TrefoilError('not-found', 'There is nothing here.', 'Reload the page.').toReport())
    );
  };
  const server = createServer(nodeListener(answer, logDefect));
  await new Promise<void>((done, failed) => {
    server.once('error', failed);
    server.listen(path, done);
  });
  return {
    path,
    token,
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      if (folder !== null) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function isSame(given: string | null, wanted: string): boolean {
  const a = Buffer.from(given ?? '');
  const b = Buffer.from(wanted);
  return a.length === b.length && timingSafeEqual(a, b);
}
