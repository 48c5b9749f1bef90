/**
 * The page's line to the core. It connects, and connects again when the line ends: jobs go on in the core meanwhile, and
 * whoever listens asks anew for what it shows. No knowledge of projects here.
 */
import { connectClient, type CoreClient } from '#common/contract/client.ts';
import { webSocketChannel } from '#common/contract/channel.ts';
import type { CoreEvent } from '#common/contract/events.ts';
import { toErrorReport, type ErrorReport } from '#common/errors.ts';
import { desktopShell, openPort } from './shell.ts';

export type ConnectionState = 'connecting' | 'open' | 'lost' | 'refused';

export interface ConnectionListener {
  readonly onState: (state: ConnectionState, client: CoreClient | null, error: ErrorReport | null) => void;
  readonly onEvent: (event: CoreEvent) => void;
}

/** Milliseconds between two tries; the last one repeats. */
const waits = [250, 500, 1000, 2000, 5000] as const;

/** Tries until `stop` of the answer is called. `open` makes a client of a fresh line; replaced in tests and by the shell. */
export function keepConnected(listener: ConnectionListener, open: () => Promise<CoreClient> = openLine): () => void {
  let isStopped = false;
  let client: CoreClient | null = null;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const again = (): void => {
    if (isStopped) return;
    timer = setTimeout(() => void connect(), waits[Math.min(failures, waits.length - 1)]);
    failures += 1;
  };
  const connect = async (): Promise<void> => {
    try {
      client = await open();
    } catch (error) {
      const report = toErrorReport(error);
      // Another version at the other end does not become ours by waiting: the page must be loaded again.
      if (report.code === 'protocol-mismatch') return listener.onState('refused', null, report);
      listener.onState('lost', null, report);
      return again();
    }
    if (isStopped) return client.close();
    failures = 0;
    client.onEvent(listener.onEvent);
    listener.onState('open', client, null);
    await client.closed;
    client = null;
    if (isStopped) return;
    listener.onState('lost', null, null);
    again();
  };
  listener.onState('connecting', null, null);
  void connect();
  return () => {
    isStopped = true;
    clearTimeout(timer);
    client?.close();
  };
}

/** By MessagePort in the desktop app, by WebSocket in a browser. */
function openLine(): Promise<CoreClient> {
  const shell = desktopShell();
  return shell === null ? openSocket() : openPort(shell);
}

async function openSocket(): Promise<CoreClient> {
  const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/socket`);
  await new Promise<void>((done, failed) => {
    socket.addEventListener('open', () => done(), { once: true });
    socket.addEventListener('error', () => failed(new Error('The socket could not be opened.')), { once: true });
  });
  return connectClient(webSocketChannel(socket));
}
