/** Answers of the byte routes: pictures with caching, failures as small JSON with the contract's code, message and hint. */
import type { ErrorCode, ErrorReport } from '#common/errors.ts';

/** A byte route: null when the URL is none of its own. Failures are thrown as TrefoilErrors. */
export type BytesRoute = (request: Request) => Promise<Response | null>;

const oneYearSeconds = 31_536_000;

/** Bytes that never change under their URL; answers 304 when the page has them. */
export function immutableBytes(request: Request, bytes: Uint8Array, contentType: string, tag: string): Response {
  return (
    notModified(request, tag) ??
    new Response(bytes as Uint8Array<ArrayBuffer>, {
      headers: { ...cacheHeaders(tag), 'content-type': contentType, 'content-length': String(bytes.byteLength) },
    })
  );
}

/** Call before doing the work: null when the page does not have this version. */
export function notModified(request: Request, tag: string): Response | null {
  const known = request.headers.get('if-none-match');
  if (known === null || !known.split(',').some((item) => item.trim() === `"${tag}"`)) return null;
  return new Response(null, { status: 304, headers: cacheHeaders(tag) });
}

function cacheHeaders(tag: string): Record<string, string> {
  // private: tissue of patients does not belong into a proxy's cache.
  return { etag: `"${tag}"`, 'cache-control': `private, max-age=${oneYearSeconds}, immutable` };
}

export function errorResponse(report: ErrorReport): Response {
  return Response.json(
    { code: report.code, message: report.message, hint: report.hint },
    { status: statusOf(report.code), headers: { 'cache-control': 'no-store' } },
  );
}

function statusOf(code: ErrorCode): number {
  switch (code) {
    case 'invalid-input':
    case 'limit-exceeded':
      return 400;
    case 'not-allowed':
      return 403;
    case 'not-found':
    case 'file-not-found':
    case 'no-tiles':
    case 'no-run':
    case 'no-labels':
      return 404;
    case 'server-busy':
    case 'project-busy':
    case 'cancelled':
    case 'connection-lost':
    case 'out-of-memory':
      return 503;
    case 'internal':
      return 500;
    default:
      return 422;
  }
}
