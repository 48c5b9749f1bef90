/** Everything the HTTP host answers: checks who asks, lets a browser in once with the token, then the page and the byte routes. */
import { TrefoilError, toErrorReport, type ErrorReport } from '#common/errors.ts';
import type { Access } from './access.ts';
import { errorResponse, type BytesRoute } from './http-answers.ts';
import { securityHeaders } from './security-headers.ts';
import { staticFile, type StaticFiles } from './static-files.ts';

export interface SiteOptions {
  readonly access: Access;
  readonly routes: BytesRoute;
  readonly page: StaticFiles;
}

export function createSite({ access, routes, page }: SiteOptions): (request: Request) => Promise<Response> {
  const answer = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw new TrefoilError('invalid-input', `${request.method} is not answered here.`, 'Use GET.');
    }
    const token = url.searchParams.get('token');
    if (url.pathname === '/' && token !== null && access.isToken(token)) return letIn(access);
    access.checkOrigin(request.headers, false);
    access.checkCookie(request.headers);
    const response = staticFile(page, request) ?? (await routes(request));
    if (response !== null) return response;
    if (url.pathname === '/' && page.size === 0) return notBuilt();
    throw new TrefoilError('not-found', 'There is nothing at this address.', 'Open the first page again.');
  };
  return async (request) => {
    const host = request.headers.get('host');
    let response: Response;
    try {
      access.checkHost(host);
      response = await answer(request);
    } catch (error) {
      const report = toErrorReport(error);
      response = isForReading(request) ? errorPage(report) : errorResponse(report);
    }
    const isHostKnown = response.status !== 403 && host !== null;
    for (const [name, value] of Object.entries(securityHeaders(isHostKnown ? host : '127.0.0.1'))) {
      // An answer that says its own is stricter: a report in its sandbox.
      if (!response.headers.has(name)) response.headers.set(name, value);
    }
    return response;
  };
}

/** A person who opens an address gets sentences, everything else JSON. */
function isForReading(request: Request): boolean {
  return request.headers.get('accept')?.includes('text/html') === true;
}

function errorPage(report: ErrorReport): Response {
  const { status } = errorResponse(report);
  return new Response(`${report.message}\n${report.hint}\n`, {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  });
}

/**
 * Sets the cookie and goes on to the address without the token. A page that goes on by itself and not a redirect: after a
 * click in a mail the browser would count a redirect as the mail's and keep the strict cookie back.
 */
function letIn(access: Access): Response {
  const text =
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Trefoil</title>' +
    // No picture: the browser would ask for favicon.ico, which is not there.
    '<link rel="icon" href="data:,"><meta http-equiv="refresh" content="0; url=/"><p><a href="/">Open Trefoil</a></p></html>';
  return new Response(text, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'set-cookie': access.cookie,
    },
  });
}

function notBuilt(): Response {
  return new Response('Trefoil is running, but its page was not built. Run "npm run build", then start it again.\n', {
    headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  });
}
