import { describe, expect, test, vi } from 'vitest';
import { createAppProtocol } from '../../../electron/protocol.ts';
import { pageHeaders } from '../../../electron/security.ts';
import { securityHeaders } from '#main/server/security-headers.ts';

const file = (text: string) => ({
  bytes: Buffer.from(text) as Buffer<ArrayBuffer>,
  contentType: 'text/html',
  tag: text,
});
const page = new Map([
  ['/', file('index')],
  ['/assets/a.js', file('script')],
]);

function protocol(
  bytes: (request: Request) => Promise<Response | null> = () => Promise.resolve(new Response('bytes')),
) {
  const lines: string[] = [];
  const ask = createAppProtocol({
    page,
    headers: pageHeaders(),
    bytes,
    ownPage: (path) => (path === '/crash' ? { text: 'crashed', contentType: 'text/html' } : null),
    log: (line) => lines.push(line),
  });
  return { ask, lines };
}

describe('app://trefoil', () => {
  test('answers the page from its own files and everything else from the core', async () => {
    const { ask } = protocol();
    expect(await (await ask(new Request('app://trefoil/'))).text()).toBe('index');
    expect(await (await ask(new Request('app://trefoil/assets/a.js'))).text()).toBe('script');
    expect(await (await ask(new Request('app://trefoil/slides/p/s/8/0_0.jpeg'))).text()).toBe('bytes');
    expect(await (await ask(new Request('app://trefoil/crash'))).text()).toBe('crashed');
  });

  test.each(['app://elsewhere/', 'https://trefoil/', 'file:///etc/passwd'])('does not answer %s', async (address) => {
    const bytes = vi.fn(() => Promise.resolve(new Response('bytes')));
    const response = await protocol(bytes).ask(new Request(address));
    expect(response.status).toBe(403);
    expect(bytes).not.toHaveBeenCalled();
  });

  test('leads to no file outside the page, however the path is written', async () => {
    const asked: string[] = [];
    const { ask } = protocol((request) => {
      asked.push(new URL(request.url).pathname);
      return Promise.resolve(new Response(null, { status: 404 }));
    });
    for (const path of [
      '/../../etc/passwd',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/assets/..%2f..%2fmain.ts',
      '//etc/passwd',
    ]) {
      expect((await ask(new Request(`app://trefoil${path}`))).status).toBe(404);
    }
    // The core gets a path below its own root and looks ids up; it opens no file by name.
    expect(asked.every((path) => path.startsWith('/') && !path.startsWith('/..'))).toBe(true);
  });

  test('answers only GET and HEAD', async () => {
    expect((await protocol().ask(new Request('app://trefoil/', { method: 'POST', body: 'x' }))).status).toBe(400);
  });

  test('carries the policy of the page on every answer, also on refusals, and never loosens one that is stricter', async () => {
    const strict = "default-src 'none'; sandbox";
    const { ask } = protocol(() =>
      Promise.resolve(new Response('report', { headers: { 'content-security-policy': strict } })),
    );
    for (const path of ['/', '/crash']) {
      const { headers } = await ask(new Request(`app://trefoil${path}`));
      expect(headers.get('content-security-policy')).toBe(pageHeaders()['content-security-policy']);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
    expect((await ask(new Request('app://other/'))).headers.get('content-security-policy')).not.toBeNull();
    expect(
      (await ask(new Request('app://trefoil/exports/p/e/report.html'))).headers.get('content-security-policy'),
    ).toBe(strict);
  });

  test('says so when the core is away or fails, and the window goes on', async () => {
    const away = protocol(() => Promise.resolve(null));
    expect(await (await away.ask(new Request('app://trefoil/slides/x'))).json()).toMatchObject({
      code: 'connection-lost',
    });
    const broken = protocol(() => Promise.reject(new Error('socket hang up')));
    expect((await broken.ask(new Request('app://trefoil/slides/x'))).status).toBe(503);
    expect(broken.lines).toHaveLength(1);
  });
});

test('the policy is the one of serve, but for the socket, which the window does not need', () => {
  const serve = securityHeaders('trefoil');
  const window = pageHeaders();
  expect(Object.keys(window)).toEqual(Object.keys(serve));
  expect(window['content-security-policy']).toBe(serve['content-security-policy']?.replace(' ws://trefoil', ''));
  expect(window['content-security-policy']).not.toMatch(/'unsafe-inline'|'unsafe-eval'|\*|https?:|ws:/);
});
