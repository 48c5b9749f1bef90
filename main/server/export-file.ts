/** A file of an export or a study inside the project's folder for those, whole or in part, streamed. */
import { open, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { TrefoilError } from '#common/errors.ts';

const contentTypes: Readonly<Record<string, string>> = {
  '.csv': 'text/csv; charset=utf-8',
  '.geojson': 'application/geo+json',
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json',
  '.md': 'text/markdown; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.tif': 'image/tiff',
  '.tiff': 'image/tiff',
};

/**
 * A report is read in the browser, not saved first. It styles itself and shows its own pictures; scripts, addresses and the
 * page's origin stay closed to it, whatever the file holds.
 */
const readablePolicy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

/** `folder` and `file` are single names. Throws 'not-found' for anything outside the exports folder. */
export async function exportFile(
  projectDirectory: string,
  folder: string,
  file: string,
  request: Request,
  kind: 'exports' | 'studies' = 'exports',
): Promise<Response> {
  const path = await locate(join(projectDirectory, kind), folder, file);
  const handle = await open(path, 'r');
  const status = await handle.stat();
  if (!status.isFile()) {
    await handle.close();
    throw missing(file);
  }
  const extension = extname(file).toLowerCase();
  const isReadable = extension === '.html';
  const tag = `"${status.size}-${Math.round(status.mtimeMs)}"`;
  const range = parseRange(request.headers.get('range'), status.size);
  const headers = new Headers({
    'accept-ranges': 'bytes',
    'cache-control': 'private, no-cache',
    'content-type': contentTypes[extension] ?? 'application/octet-stream',
    'content-disposition': `${isReadable ? 'inline' : 'attachment'}; filename*=UTF-8''${encodeURIComponent(file)}`,
    etag: tag,
  });
  if (isReadable) headers.set('content-security-policy', readablePolicy);
  if (range === 'outside') {
    await handle.close();
    headers.set('content-range', `bytes */${status.size}`);
    return new Response(null, { status: 416, headers });
  }
  const isCurrent = request.headers.get('if-range') === null || request.headers.get('if-range') === tag;
  const part = range !== null && isCurrent ? range : null;
  const { first, last } = part ?? { first: 0, last: status.size - 1 };
  headers.set('content-length', String(last - first + 1));
  if (part !== null) headers.set('content-range', `bytes ${first}-${last}/${status.size}`);
  if (request.method === 'HEAD' || last < first) {
    await handle.close();
    return new Response(null, { status: part === null ? 200 : 206, headers });
  }
  // The stream closes the handle at its end and when it is cancelled.
  const stream = handle.createReadStream({ start: first, end: last });
  return new Response(ReadableStreamFrom(stream), { status: part === null ? 200 : 206, headers });
}

function ReadableStreamFrom(stream: AsyncIterable<Buffer>): ReadableStream<Uint8Array> {
  return ReadableStream.from(stream) as ReadableStream<Uint8Array>;
}

async function locate(root: string, folder: string, file: string): Promise<string> {
  for (const name of [folder, file]) {
    if (name === '' || name === '.' || name === '..' || /[/\\\0]/.test(name)) throw missing(file);
  }
  try {
    const [realRoot, real] = await Promise.all([realpath(root), realpath(join(root, folder, file))]);
    if (real.startsWith(realRoot + sep)) return real;
  } catch (error) {
    throw missing(file, error);
  }
  throw missing(file);
}

/** One range of bytes; null for none or for what is not understood, which then gets the whole file. */
function parseRange(header: string | null, size: number): { first: number; last: number } | 'outside' | null {
  const match = header === null ? null : /^bytes=(\d*)-(\d*)$/.exec(header.trim());
  if (match === null) return null;
  const [, from = '', to = ''] = match;
  if (from === '' && to === '') return null;
  const first = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  return first > last || first >= size ? 'outside' : { first, last };
}

function missing(file: string, cause?: unknown): TrefoilError {
  return new TrefoilError('not-found', `There is no exported file ${file}.`, 'Export again.', {}, cause);
}
