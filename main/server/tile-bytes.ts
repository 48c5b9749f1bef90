/**
 * Columns of tiles by URL (decoded with common/tile-bytes.ts); the addresses are in common/contract/tiles.ts. Labels change
 * under the address, so the page asks each time and gets 304 when nothing did.
 */
import { createHash } from 'node:crypto';
import { TrefoilError } from '#common/errors.ts';
import { encodeTileColumns } from '#common/tile-bytes.ts';
import type { OpenProjects } from '../services/open-projects.ts';
import { slideTileColumns } from '../services/slide-tiles.ts';
import type { TileLookups } from '../services/tile-lookup.ts';
import type { TilePreviews } from '../services/tile-previews.ts';
import type { BytesRoute } from './http-answers.ts';

export interface TileBytesOptions {
  readonly openProjects: OpenProjects;
  readonly lookups: TileLookups;
  readonly tilePreviews: TilePreviews;
}

const columnsPath = /^\/tiles\/([^/]+)\/([^/]+)\/columns\/([^/]+)\.bin$/;
const planPath = /^\/tiles\/([^/]+)\/plans\/([^/]+)\/([^/]+)\.bin$/;

export function createTileBytes({ openProjects, lookups, tilePreviews }: TileBytesOptions): BytesRoute {
  return async (request) => {
    const { pathname } = new URL(request.url);
    const ofPlan = planPath.exec(pathname);
    if (ofPlan !== null) {
      const [projectId = '', plan = '', slide = ''] = decodeParts(ofPlan);
      return freshBytes(request, tilePreviews.planBytes(openProjects.get(projectId).id, plan, slide));
    }
    const ofSet = columnsPath.exec(pathname);
    if (ofSet === null) return null;
    const [projectId = '', tileSet = '', slide = ''] = decodeParts(ofSet);
    const project = openProjects.get(projectId);
    return freshBytes(request, encodeTileColumns(slideTileColumns(project, lookups.of(project, tileSet), slide)));
  };
}

function decodeParts(match: RegExpExecArray): string[] {
  try {
    return match.slice(1).map(decodeURIComponent);
  } catch (error) {
    throw new TrefoilError('invalid-input', 'The address is not well formed.', 'Reload the page.', {}, error);
  }
}

function freshBytes(request: Request, bytes: Uint8Array<ArrayBuffer>): Response {
  const tag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 24)}"`;
  const headers = { etag: tag, 'cache-control': 'private, no-cache' };
  const known = request.headers.get('if-none-match');
  if (known?.split(',').some((item) => item.trim() === tag) === true)
    return new Response(null, { status: 304, headers });
  return new Response(bytes, {
    headers: { ...headers, 'content-type': 'application/octet-stream', 'content-length': String(bytes.byteLength) },
  });
}
