import { afterEach, beforeEach, expect, test } from 'vitest';
import { askForBytes } from '../../../electron/core-bytes.ts';
import { openBytesSocket, type BytesSocket } from '#main/server/bytes-socket.ts';

let socket: BytesSocket;
let answer: (request: Request) => Promise<Response | null>;

beforeEach(async () => {
  answer = () =>
    Promise.resolve(new Response('0123456789', { headers: { 'content-type': 'text/plain', etag: '"e"' } }));
  socket = await openBytesSocket(
    (request) => answer(request),
    () => undefined,
  );
});
afterEach(() => socket.close());
const ask = (path: string, init: RequestInit = {}, token = socket.token): Promise<Response> =>
  askForBytes(new Request(`app://trefoil${path}`, init), { socket: socket.path, token });

test('bytes come over the local socket with status and headers', async () => {
  const response = await ask('/slides/p/s/0/0_0.jpeg?width=3');
  expect([response.status, response.headers.get('etag'), await response.text()]).toEqual([200, '"e"', '0123456789']);
});

test('ranges and tags are passed on, other headers of the page are not', async () => {
  let seen: Headers | null = null;
  answer = (request) => {
    seen = request.headers;
    return Promise.resolve(new Response('234', { status: 206, headers: { 'content-range': 'bytes 2-4/10' } }));
  };
  const response = await ask('/exports/p/e/x.csv', {
    headers: { range: 'bytes=2-4', 'if-none-match': '"a"', cookie: 'c=1', 'x-other': '1' },
  });
  expect([response.status, response.headers.get('content-range'), await response.text()]).toEqual([
    206,
    'bytes 2-4/10',
    '234',
  ]);
  expect([seen!.get('range'), seen!.get('if-none-match'), seen!.get('cookie'), seen!.get('x-other')]).toEqual([
    'bytes=2-4',
    '"a"',
    null,
    null,
  ]);
});

test('without the token nothing is told', async () => {
  expect((await ask('/slides/p/s/0/0_0.jpeg', {}, 'wrong')).status).toBe(403);
});

test('what is there not is said so', async () => {
  answer = () => Promise.resolve(null);
  expect((await ask('/nothing')).status).toBe(404);
});

test('a page that leaves ends the work in the core', async () => {
  const controller = new AbortController();
  let told: (() => void) | null = null;
  const ended = new Promise<void>((done) => (told = done));
  answer = (request) =>
    new Promise((done) => {
      request.signal.addEventListener('abort', () => {
        told?.();
        done(new Response('late'));
      });
      queueMicrotask(() => controller.abort());
    });
  await expect(ask('/slides/p/s/0/0_0.jpeg', { signal: controller.signal })).rejects.toThrow();
  await ended;
});

test('a HEAD has no body', async () => {
  const response = await ask('/slides/p/s/0/0_0.jpeg', { method: 'HEAD' });
  expect([response.status, response.body]).toEqual([200, null]);
});
