/** The transports over which the one contract suite runs: an in-process pair and a real WebSocket on 127.0.0.1. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket } from 'ws';
import { channelPair, webSocketChannel, type Channel, type WebSocketLike } from '#common/contract/channel.ts';
import { Access } from '#main/server/access.ts';
import { serveConnection, type ConnectionOptions } from '#main/server/connection.ts';
import { createSocketHost } from '#main/server/socket-host.ts';

export interface Transport {
  /** A new page's end. */
  connect(): Promise<Channel>;
  /** Ends every connection from the core's side. */
  dropAll(): void;
  close(): Promise<void>;
}

export const transports: Readonly<Record<string, (options: ConnectionOptions) => Promise<Transport>>> = {
  'an in-process pair': async (options) => {
    const ends: Channel[] = [];
    const dropAll = (): void => ends.forEach((end) => end.close());
    return {
      connect: async () => {
        const [page, core] = channelPair();
        ends.push(core);
        serveConnection(core, options);
        return page;
      },
      dropAll,
      close: async () => dropAll(),
    };
  },

  'a WebSocket': async (options) => {
    const access = new Access('t'.repeat(40));
    const ends: Channel[] = [];
    const host = createSocketHost(access, (channel) => {
      ends.push(channel);
      serveConnection(channel, options);
    });
    const server = createServer();
    server.on('upgrade', (incoming, socket, head) => host.upgrade(incoming, socket, head));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    return {
      connect: async () => {
        const socket = new WebSocket(`ws://127.0.0.1:${port}/socket`, {
          origin: `http://127.0.0.1:${port}`,
          headers: { cookie: access.cookie.split(';')[0] },
        });
        await new Promise((done, failed) => socket.once('open', done).once('error', failed));
        return webSocketChannel(socket as unknown as WebSocketLike);
      },
      dropAll: () => ends.forEach((end) => end.close()),
      close: async () => {
        host.close();
        await new Promise((done) => server.close(done));
      },
    };
  },
};
