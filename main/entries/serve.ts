/**
 * The core behind a browser on this machine: HTTP and WebSocket on 127.0.0.1 only. Also reached from a laptop through an SSH
 * tunnel, and the host of all end-to-end tests. What it answers is main/server; here are the listeners.
 */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TrefoilError } from '#common/errors.ts';
import { Access } from '../server/access.ts';
import { serveConnection } from '../server/connection.ts';
import { nodeListener } from '../server/node-http.ts';
import { createRoutes } from '../server/routes.ts';
import { createSite } from '../server/site.ts';
import { createSocketHost } from '../server/socket-host.ts';
import { loadStaticFiles } from '../server/static-files.ts';
import { trefoilVersion } from '../services/app-service.ts';
import { createCore, servicesOf } from '../services/core.ts';

const builtPage = fileURLToPath(new URL('../../renderer/dist/', import.meta.url));

export interface ServeOptions {
  /** Opened at the start. */
  readonly project?: string;
  /** 0: any free one. */
  readonly port: number;
  /** Left out: the project's parent folder and the home folder. */
  readonly allowedFolders?: readonly string[];
  readonly configurationFolder?: string;
  /** Left out: a new random one. */
  readonly token?: string;
  readonly pageFolder?: string;
  /** A line for the log: defects with their id. */
  readonly log: (line: string) => void;
}

export interface RunningServer {
  /** With the token, for the first visit. */
  readonly url: string;
  readonly port: number;
  /** Cancels running jobs, which keep what is finished, closes projects and sockets. */
  close(): Promise<void>;
}

export async function startServer(options: ServeOptions): Promise<RunningServer> {
  const token = options.token ?? randomBytes(32).toString('base64url');
  const access = new Access(token);
  const parents = options.project === undefined ? [] : [dirname(resolve(options.project))];
  const core = createCore({
    allowedFolders: options.allowedFolders ?? [...parents, homedir()],
    ...(options.configurationFolder === undefined ? {} : { configurationFolder: options.configurationFolder }),
  });
  const logDefect = (logId: string, error: unknown): void =>
    options.log(`defect ${logId}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  const connection = {
    services: servicesOf(core),
    version: trefoilVersion(),
    resolveFile: core.allowedFiles.resolveReference.bind(core.allowedFiles),
    subscribe: core.openProjects.subscribe.bind(core.openProjects),
    logDefect,
  };
  const sockets = createSocketHost(access, (channel) => serveConnection(channel, connection));
  const site = createSite({
    access,
    routes: createRoutes({ core, logDefect }),
    page: loadStaticFiles(options.pageFolder ?? builtPage),
  });
  const server = createServer(nodeListener(site, (error) => logDefect('http', error)));
  server.on('upgrade', (incoming, socket, head) => sockets.upgrade(incoming, socket, head));
  try {
    if (options.project !== undefined) await core.projects.open({ directory: options.project });
    await listen(server, options.port);
  } catch (error) {
    sockets.close();
    await core.close();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/?token=${token}`,
    port,
    close: async () => {
      const stopped = new Promise((done) => server.close(done));
      await core.close();
      sockets.close();
      server.closeAllConnections();
      await stopped;
    },
  };
}

async function listen(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  await new Promise<void>((done, failed) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      failed(
        new TrefoilError(
          'invalid-input',
          `Port ${port} cannot be used (${error.code ?? error.message}).`,
          'Choose another with --port, or leave it out to get a free one.',
          { port },
          error,
        ),
      ),
    );
    server.listen(port, '127.0.0.1', done);
  });
}
