/** Between Node's HTTP server and (Request) => Response: streams the body, and aborts the request when the client leaves. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';

export function nodeListener(
  answer: (request: Request) => Promise<Response>,
  logDefect: (error: unknown) => void,
): RequestListener {
  return (incoming, outgoing) => {
    const abort = new AbortController();
    outgoing.on('close', () => {
      if (!outgoing.writableFinished) abort.abort();
    });
    void respond(incoming, outgoing, answer, abort.signal).catch((error: unknown) => {
      // A client that left in the middle is no defect; its stream just ends.
      if (!abort.signal.aborted) logDefect(error);
      outgoing.destroy();
    });
  };
}

async function respond(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  answer: (request: Request) => Promise<Response>,
  signal: AbortSignal,
): Promise<void> {
  const request = toRequest(incoming, signal);
  if (request === null) {
    outgoing.writeHead(400).end();
    return;
  }
  const response = await answer(request);
  if (signal.aborted) {
    await response.body?.cancel();
    return;
  }
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body === null || request.method === 'HEAD') {
    await response.body?.cancel();
    outgoing.end();
    return;
  }
  await pipeline(Readable.fromWeb(response.body as NodeReadableStream), outgoing);
}

/** Null for what is no proper request. The body is never read: nothing here takes one. */
export function toRequest(incoming: IncomingMessage, signal?: AbortSignal): Request | null {
  const headers = toHeaders(incoming);
  // The address is only used for its path and query; what the client calls the host is checked by itself.
  const url = `http://127.0.0.1${incoming.url?.startsWith('/') === true ? incoming.url : '/'}`;
  if (headers === null || !URL.canParse(url)) return null;
  try {
    return new Request(url, { method: incoming.method ?? 'GET', headers, ...(signal === undefined ? {} : { signal }) });
  } catch {
    // A method such as TRACE that a Request refuses.
    return null;
  }
}

export function toHeaders(incoming: IncomingMessage): Headers | null {
  try {
    const headers = new Headers();
    for (const [name, value] of Object.entries(incoming.headers)) {
      if (!name.startsWith(':') && value !== undefined)
        headers.set(name, Array.isArray(value) ? value.join(', ') : value);
    }
    return headers;
  } catch {
    return null;
  }
}
