/**
 * The core as the desktop shell starts it: calls over the pipe between the two processes (Node's own IPC), bytes over a local
 * socket. It ends when the shell asks, and also when the shell is gone, so that nothing is left behind.
 *   node main/entries/core.ts [--configuration FOLDER]
 */
import { parseArgs } from 'node:util';
import type { FromCore } from '#common/contract/shell-link.ts';
import { toErrorReport } from '#common/errors.ts';
import { openBytesSocket } from '../server/bytes-socket.ts';
import { serveConnection } from '../server/connection.ts';
import { createRoutes } from '../server/routes.ts';
import { createShellHost } from '../server/shell-host.ts';
import { trefoilVersion } from '../services/app-service.ts';
import { createCore, servicesOf } from '../services/core.ts';
import { configurationFolder } from './configuration-folder.ts';
import { endProcess } from './end-process.ts';
import { useEngineFolder } from './engine-folder.ts';

/** Running jobs get this long to write their checkpoint. */
const farewellMs = 15_000;

useEngineFolder(process.env, process.platform);
const { values } = parseArgs({ options: { configuration: { type: 'string' } } });
const log = (line: string): void => void process.stderr.write(`${line}\n`);
const logDefect = (logId: string, error: unknown): void =>
  log(`defect ${logId}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
const send = (message: FromCore, sent: () => void = () => undefined): void => {
  if (process.connected) process.send?.(message, undefined, {}, () => sent());
  else sent();
};

const core = createCore({
  configurationFolder: values.configuration ?? configurationFolder(process.env, process.platform),
  // The system's dialogs say which files the page may use.
  allowedFolders: [],
});
let isEnding = false;

try {
  const bytes = await openBytesSocket(createRoutes({ core, logDefect }), (error) => logDefect('bytes', error));
  const end = async (): Promise<void> => {
    if (isEnding) return;
    isEnding = true;
    setTimeout(() => endProcess(1), farewellMs).unref();
    host.end();
    await core.close();
    await bytes.close();
    endProcess(0);
  };
  const services = servicesOf(core);
  const host = createShellHost({
    line: { send },
    onChannel: (channel) =>
      serveConnection(channel, {
        services,
        version: trefoilVersion(),
        resolveFile: core.allowedFiles.resolveReference.bind(core.allowedFiles),
        subscribe: core.openProjects.subscribe.bind(core.openProjects),
        logDefect,
      }),
    allow: (paths) =>
      paths.map(({ path, isFolder }) => {
        if (!isFolder) return core.allowedFiles.allowOne(path);
        core.allowedFiles.allow(path);
        return core.allowedFiles.idOf(path);
      }),
    quit: () => void end(),
    logDefect: (error) => logDefect('shell', error),
  });
  process.on('message', (message) => host.receive(message));
  process.on('disconnect', () => void end());
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void end());
  send({ type: 'ready', version: trefoilVersion(), socket: bytes.path, token: bytes.token });
} catch (error) {
  const { message, hint } = toErrorReport(error);
  log(message);
  send({ type: 'failed', message, hint }, () => process.exit(1));
}
