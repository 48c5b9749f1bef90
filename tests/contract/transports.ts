/**
 * The transports over which the one contract suite runs: an in-process pair, a real WebSocket on 127.0.0.1, a MessagePort (of
 * worker_threads, standing in for Electron's), and the shell's pipe with its supervisor at one end and the core's host at
 * the other.
 */
import { createServer } from 'node:http';
import { MessageChannel } from 'node:worker_threads';
import type { AddressInfo } from 'node:net';
import { WebSocket } from 'ws';
import { channelPair, webSocketChannel, type Channel, type WebSocketLike } from '#common/contract/channel.ts';
import { Access } from '#main/server/access.ts';
import { serveConnection, type ConnectionOptions } from '#main/server/connection.ts';
import { createShellHost } from '#main/server/shell-host.ts';
import { createSocketHost } from '#main/server/socket-host.ts';
import { portChannel, type MessagePortLike } from '#common/contract/port-channel.ts';
import { CoreProcess } from '../../electron/core-process.ts';
import { FakeChild } from '../electron-double/child.ts';

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

  'a MessagePort': async (options) => {
    const ends: Channel[] = [];
    const dropAll = (): void => ends.forEach((end) => end.close());
    return {
      connect: async () => {
        const { port1, port2 } = new MessageChannel();
        const core = portChannel(port1 as unknown as MessagePortLike);
        ends.push(core);
        serveConnection(core, options);
        return portChannel(port2 as unknown as MessagePortLike);
      },
      dropAll,
      close: async () => dropAll(),
    };
  },

  "the shell's pipe": async (options) => {
    const ends: Channel[] = [];
    const child = new FakeChild(1);
    const host = createShellHost({
      line: {
        send: (message, sent) => {
          child.say(message);
          sent();
        },
      },
      onChannel: (channel) => {
        ends.push(channel);
        serveConnection(channel, options);
      },
      allow: () => [],
      quit: () => child.exit(0),
      logDefect: () => undefined,
    });
    child.onHeard = (message) => host.receive(message);
    const core = new CoreProcess({
      spawn: () => child.asChild(),
      log: () => undefined,
      onState: () => undefined,
      now: Date.now,
    });
    core.start();
    child.say({ type: 'ready', version: 'test', socket: '', token: '' });
    return {
      connect: async () => core.openPage(),
      dropAll: () => ends.forEach((end) => end.close()),
      close: () => core.stop(),
    };
  },
};
