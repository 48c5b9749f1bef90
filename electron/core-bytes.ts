/** Asks the core for bytes over its local socket, with the token; streams the answer, passes ranges on, ends when the page leaves. */
import { request as askCore } from 'node:http';
import { Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { tokenHeader } from '../main/common/contract/shell-link.ts';
import type { CoreReady } from './core-process.ts';

/** Headers of the page that mean something to the core. */
const passedOn = ['range', 'if-none-match', 'if-range', 'accept'] as const;

export function askForBytes(
  request: Request,
  { socket, token }: Pick<CoreReady, 'socket' | 'token'>,
): Promise<Response> {
  const url = new URL(request.url);
  const headers: Record<string, string> = { [tokenHeader]: token };
  for (const name of passedOn) {
    const value = request.headers.get(name);
    if (value !== null) headers[name] = value;
  }
  return new Promise((done, failed) => {
    const outgoing = askCore(
      {
        socketPath: socket,
        path: `${url.pathname}${url.search}`,
        method: request.method,
        headers,
        signal: request.signal,
      },
      (incoming) => {
        const answerHeaders = new Headers();
        for (const [name, value] of Object.entries(incoming.headers)) {
          if (typeof value === 'string' && name !== 'connection' && name !== 'transfer-encoding')
            answerHeaders.set(name, value);
        }
        const status = incoming.statusCode ?? 502;
        const hasBody = request.method !== 'HEAD' && status !== 204 && status !== 304;
        if (!hasBody) incoming.resume();
        const body = hasBody ? (Readable.toWeb(incoming) as NodeReadableStream as unknown as ReadableStream) : null;
        done(new Response(body, { status, headers: answerHeaders }));
      },
    );
    outgoing.on('error', failed);
    outgoing.end();
  });
}
