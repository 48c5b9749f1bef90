/** The built page: files of one folder, read into memory at the start, so that no address can lead to another file. */
import { readdirSync, readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { extname, join, relative, sep } from 'node:path';
import { notModified } from './http-answers.ts';

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
};

interface StaticFile {
  readonly bytes: Buffer<ArrayBuffer>;
  readonly contentType: string;
  readonly tag: string;
}

export type StaticFiles = ReadonlyMap<string, StaticFile>;

/** By address: "/" is index.html. Empty when the folder is not there, which means that the page was not built. */
export function loadStaticFiles(folder: string): StaticFiles {
  const files = new Map<string, StaticFile>();
  let entries;
  try {
    entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  } catch {
    return files;
  }
  for (const entry of entries) {
    const contentType = contentTypes[extname(entry.name).toLowerCase()];
    if (!entry.isFile() || contentType === undefined) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = Buffer.from(readFileSync(path));
    const tag = createHash('sha256').update(bytes).digest('hex').slice(0, 24);
    const address = `/${relative(folder, path).split(sep).join('/')}`;
    files.set(address === '/index.html' ? '/' : address, { bytes, contentType, tag });
  }
  return files;
}

/** null when the page has no such file. */
export function staticFile(files: StaticFiles, request: Request): Response | null {
  const { pathname } = new URL(request.url);
  const file = files.get(pathname);
  if (file === undefined) return null;
  const known = notModified(request, file.tag);
  // The build names what lies in assets/ after its content; the rest must be asked for each time.
  const cacheControl = pathname.startsWith('/assets/') ? 'private, max-age=31536000, immutable' : 'no-cache';
  const headers = { etag: `"${file.tag}"`, 'cache-control': cacheControl, 'content-type': file.contentType };
  if (known !== null) return new Response(null, { status: 304, headers });
  return new Response(file.bytes, { headers });
}
