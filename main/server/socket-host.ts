/** WebSockets of pages at /socket: checked like every request, bounded in size and in what may wait to be sent, pinged. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { webSocketChannel, type Channel } from '#common/contract/channel.ts';
import { toErrorReport } from '#common/errors.ts';
import type { Access } from './access.ts';
import { toHeaders } from './node-http.ts';

const maximumMessageBytes = 16 * 1024 * 1024;
/** A page that takes no more events is as good as gone. */
const maximumWaitingBytes = 64 * 1024 * 1024;
const pingIntervalMs = 30_000;

export interface SocketHost {
  /** For the HTTP server's 'upgrade' event. */
  upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): void;
  readonly clientCount: number;
  close(): void;
}

export function createSocketHost(access: Access, onChannel: (channel: Channel) => void): SocketHost {
  const server = new WebSocketServer({ noServer: true, maxPayload: maximumMessageBytes });
  const answered = new WeakSet<WebSocket>();
  server.on('connection', (socket) => {
    answered.add(socket);
    socket.on('pong', () => answered.add(socket));
    // The close event follows and is all anyone needs to know.
    socket.on('error', () => undefined);
    const channel = webSocketChannel(socket as unknown as Parameters<typeof webSocketChannel>[0]);
    onChannel({
      ...channel,
      send: (text) => {
        if (socket.bufferedAmount > maximumWaitingBytes) socket.terminate();
        else channel.send(text);
      },
    });
  });
  const pings = setInterval(() => {
    for (const socket of server.clients) {
      if (!answered.delete(socket)) socket.terminate();
      else socket.ping();
    }
  }, pingIntervalMs);
  pings.unref();

  return {
    get clientCount() {
      return server.clients.size;
    },
    upgrade: (incoming, socket, head) => {
      try {
        const headers = toHeaders(incoming) ?? new Headers();
        access.checkHost(headers.get('host'));
        access.checkOrigin(headers, true);
        access.checkCookie(headers);
      } catch (error) {
        refuse(socket, 403, toErrorReport(error).message);
        return;
      }
      if (incoming.url !== '/socket') refuse(socket, 404, 'There is no socket at this address.');
      else server.handleUpgrade(incoming, socket, head, (webSocket) => server.emit('connection', webSocket, incoming));
    },
    close: () => {
      clearInterval(pings);
      for (const socket of server.clients) socket.close(1001, 'Trefoil stops');
      server.close();
    },
  };
}

function refuse(socket: Duplex, status: number, message: string): void {
  socket.on('error', () => undefined);
  const body = `${message}\n`;
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
