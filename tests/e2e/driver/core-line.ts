/** A line from a spec to the core behind `serve`, beside the page's own: the same contract over a WebSocket. */
import { createHash } from 'node:crypto';
import { WebSocket } from 'ws';
import { webSocketChannel, type WebSocketLike } from '#common/contract/channel.ts';
import { connectClient, type CoreClient } from '#common/contract/client.ts';

/** Ends with the block it is declared in by `using`. */
export type CoreLine = CoreClient & Disposable;

export async function connectCore(port: number, token: string): Promise<CoreLine> {
  const name = `trefoil-${createHash('sha256').update(token).digest('hex').slice(0, 8)}`;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/socket`, {
    origin: `http://127.0.0.1:${port}`,
    headers: { cookie: `${name}=${token}` },
  });
  await new Promise((done, failed) => socket.once('open', done).once('error', failed));
  const client = await connectClient(webSocketChannel(socket as unknown as WebSocketLike));
  return Object.assign(client, { [Symbol.dispose]: () => client.close() });
}
