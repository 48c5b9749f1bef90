/**
 * Columns of tiles (decoded with common/tile-bytes.ts) and views of triplets by URL; the addresses are in common/contract/tiles.ts
 * and triplets.ts. Labels change under the address of columns, so the page asks each time and gets 304 when nothing did.
 */
import { createHash } from 'node:crypto';
import { recipeNames } from '#common/domain/pretrain.ts';
import { TrefoilError } from '#common/errors.ts';
import { encodeTileColumns } from '#common/tile-bytes.ts';
import type { OpenProjects } from '../services/open-projects.ts';
import { slideTileColumns } from '../services/slide-tiles.ts';
import type { TileLookups } from '../services/tile-lookup.ts';
import type { TilePreviews } from '../services/tile-previews.ts';
import type { ShownView, TripletViews } from '../services/triplet-views.ts';
import { immutableBytes, notModified, type BytesRoute } from './http-answers.ts';

export interface TileBytesOptions {
  readonly openProjects: OpenProjects;
  readonly lookups: TileLookups;
  readonly tilePreviews: TilePreviews;
  readonly tripletViews: TripletViews;
}

const columnsPath = /^\/tiles\/([^/]+)\/([^/]+)\/columns\/([^/]+)\.bin$/;
const tripletPath = /^\/triplets\/([^/]+)\/([^/]+)\/(\d{1,9})\/(0|1|2|plain)\.png$/;
const planPath = /^\/tiles\/([^/]+)\/plans\/([^/]+)\/([^/]+)\.bin$/;

export function createTileBytes({ openProjects, lookups, tilePreviews, tripletViews }: TileBytesOptions): BytesRoute {
  return async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    const ofTriplet = tripletPath.exec(pathname);
    if (ofTriplet !== null) {
      const [projectId = '', tileSet = '', tile = '', viewText = ''] = decodeParts(ofTriplet);
      const draw = parseDraw(searchParams);
      const tag = `${tileSet}-${tile}-${viewText}-${draw.seed}-${draw.epoch}-${draw.rule}-${draw.recipe}`;
      const known = notModified(request, tag);
      if (known !== null) return known;
      const lookup = lookups.of(openProjects.get(projectId), tileSet);
      const view = (viewText === 'plain' ? 'plain' : Number(viewText)) as ShownView;
      const triplet = { tile: Number(tile), ...draw };
      return immutableBytes(request, await tripletViews.png(lookup, triplet, view, request.signal), 'image/png', tag);
    }
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

function parseDraw(query: URLSearchParams) {
  const whole = (name: string, fallback: number, highest: number): number => {
    const text = query.get(name) ?? String(fallback);
    if (/^\d{1,10}$/.test(text) && Number(text) <= highest) return Number(text);
    throw new TrefoilError('invalid-input', `${name} must be a whole number up to ${highest}.`, 'Correct the address.');
  };
  const recipe = recipeNames.find((name) => name === (query.get('recipe') ?? 'standard'));
  const rule = (['drawn', 'fixed'] as const).find((name) => name === (query.get('rule') ?? 'drawn'));
  if (recipe === undefined || rule === undefined) {
    throw new TrefoilError('invalid-input', 'There is no such recipe or rule.', 'Correct the address.');
  }
  return { seed: whole('seed', 1, 2 ** 31), epoch: whole('epoch', 0, 100_000), rule, recipe };
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
