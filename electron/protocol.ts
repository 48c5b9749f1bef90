/**
 * app://trefoil: the page's own files from memory, and bytes (slides, tiles, maps, exports) from the core. Only GET and HEAD, only
 * this host; a path can lead to no other file because files are looked up by name, not on disk.
 */
import { errorResponse } from '../main/server/http-answers.ts';
import { staticFile, type StaticFiles } from '../main/server/static-files.ts';
import { TrefoilError } from '../main/common/errors.ts';
import { isOurs } from './security.ts';

export interface AppProtocol {
  readonly page: StaticFiles;
  readonly headers: Readonly<Record<string, string>>;
  /** Asks the core; null while there is none. */
  readonly bytes: (request: Request) => Promise<Response | null>;
  /** Own small pages, e.g. the crash page; by path. */
  readonly ownPage: (path: string) => { readonly text: string; readonly contentType: string } | null;
  readonly log: (line: string) => void;
}

export function createAppProtocol(options: AppProtocol): (request: Request) => Promise<Response> {
  const { page, headers, bytes, ownPage, log } = options;
  const answer = async (request: Request): Promise<Response> => {
    if (!isOurs(request.url)) return refuse('not-allowed', 'This address is not part of Trefoil.');
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse('invalid-input', 'Only GET is answered.');
    const path = new URL(request.url).pathname;
    const own = ownPage(path);
    if (own !== null)
      return new Response(own.text, {
        headers: { 'content-type': own.contentType, 'cache-control': 'no-store' },
      });
    const file = staticFile(page, request);
    if (file !== null) return file;
    const answered = await bytes(request);
    return answered ?? refuse('connection-lost', 'The core is not running at the moment.');
  };
  return async (request) => {
    let response: Response;
    try {
      response = await answer(request);
    } catch (error) {
      if (request.signal.aborted) return new Response(null, { status: 499 });
      log(`protocol: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      response = refuse('connection-lost', 'The core did not answer.');
    }
    const safe = new Response(response.body, { status: response.status, headers: new Headers(response.headers) });
    for (const [name, value] of Object.entries(headers)) if (!safe.headers.has(name)) safe.headers.set(name, value);
    return safe;
  };
}

function refuse(code: 'not-allowed' | 'invalid-input' | 'connection-lost', message: string): Response {
  return errorResponse(new TrefoilError(code, message, 'Reload the window.').toReport());
}
