/**
 * Bytes by URL, for any host: (Request) => Response, used by `serve` and by the desktop app's own protocol. Ids, never paths.
 *
 *   /slides/{project}/{slide}/{level}/{column}_{row}.jpeg?tile=256   a tile of the page's pyramid (common/slide-pyramid.ts)
 *   /slides/{project}/{slide}/thumbnail.jpeg?width=512
 *   /slides/{project}/{slide}/associated/{name}.jpeg         as listed with the slide; label and macro only with ?show=patient-data
 *   /tiles/{project}/{tileSet}/{index}.jpeg?context=2        a kept tile, or with its surroundings in tile sizes
 *   /exports/{project}/{export}/{file}                       a file of an export inside the project; ranges
 *   /studies/{project}/{study}/{file}                        a file of a comparison or simulation; ranges
 *
 * and columns of tiles and views of triplets (tile-bytes.ts), maps and their columns (map-bytes.ts). It checks neither who asks nor from where: that is the host's part.
 */
import { TrefoilError } from '#common/errors.ts';
import { largestTilePx, pyramidTilePx, smallestTilePx } from '#common/slide-pyramid.ts';
import type { Core } from '../services/core.ts';
import { maximumPicturePx } from '../services/slide-images.ts';
import { reportOf, type ConnectionOptions } from './connection.ts';
import { exportFile } from './export-file.ts';
import { errorResponse, immutableBytes, notModified, type BytesRoute } from './http-answers.ts';
import { createMapBytes } from './map-bytes.ts';
import { createTileBytes } from './tile-bytes.ts';

export interface RoutesOptions {
  readonly core: Pick<Core, 'slideImages' | 'slideMaps' | 'openProjects' | 'lookups' | 'tilePreviews' | 'tripletViews'>;
  readonly logDefect: ConnectionOptions['logDefect'];
}

type Handler = (
  parts: Record<string, string>,
  request: Request,
  query: URLSearchParams,
) => Promise<Response | null> | Response;

/** null: the URL is no byte route at all. Every other failure is an answer. */
export function createRoutes({ core, logDefect }: RoutesOptions): BytesRoute {
  const images = core.slideImages;
  const others: readonly BytesRoute[] = [createMapBytes(core.slideMaps), createTileBytes(core)];
  const table: readonly (readonly [RegExp, Handler])[] = [
    [
      /^\/slides\/(?<project>[^/]+)\/(?<slide>[^/]+)\/(?<level>\d{1,2})\/(?<column>\d{1,9})_(?<row>\d{1,9})\.jpeg$/,
      async ({ project = '', slide = '', level, column, row }, request, query) => {
        const tilePx = integerParameter(query, 'tile', pyramidTilePx, smallestTilePx, largestTilePx);
        const known = notModified(request, images.tagOf(project, slide));
        if (known !== null) return known;
        const position = { level: Number(level), column: Number(column), row: Number(row) };
        const picture = await images.slideTile(project, slide, position, { tilePx, signal: request.signal });
        if (picture !== null) return immutableBytes(request, picture.bytes, 'image/jpeg', picture.tag);
        throw new TrefoilError('not-found', 'The slide has no such tile.', 'Ask for tiles inside the slide.');
      },
    ],
    [
      /^\/slides\/(?<project>[^/]+)\/(?<slide>[^/]+)\/thumbnail\.jpeg$/,
      async ({ project = '', slide = '' }, request, query) => {
        const width = integerParameter(query, 'width', 512, 1, maximumPicturePx);
        const known = notModified(request, images.tagOf(project, slide));
        if (known !== null) return known;
        const picture = await images.thumbnail(project, slide, width, request.signal);
        return immutableBytes(request, picture.bytes, 'image/jpeg', picture.tag);
      },
    ],
    [
      /^\/slides\/(?<project>[^/]+)\/(?<slide>[^/]+)\/associated\/(?<name>[^/]+)\.jpeg$/,
      async ({ project = '', slide = '', name = '' }, request, query) => {
        const isAskedFor = query.get('show') === 'patient-data';
        const picture = await images.associatedImage(project, slide, { name, isAskedFor }, request.signal);
        return immutableBytes(request, picture.bytes, 'image/jpeg', picture.tag);
      },
    ],
    [
      /^\/tiles\/(?<project>[^/]+)\/(?<tileSet>[^/]+)\/(?<index>\d{1,9})\.jpeg$/,
      async ({ project = '', tileSet = '', index }, request, query) => {
        const context = integerParameter(query, 'context', 0, 0, 8);
        const picture = await images.tile(project, tileSet, Number(index), context, request.signal);
        return immutableBytes(request, picture.bytes, 'image/jpeg', picture.tag);
      },
    ],
    [
      /^\/exports\/(?<project>[^/]+)\/(?<folder>[^/]+)\/(?<file>[^/]+)$/,
      async ({ project = '', folder = '', file = '' }, request) =>
        exportFile(core.openProjects.get(project).directory, folder, file, request),
    ],
    [
      /^\/studies\/(?<project>[^/]+)\/(?<folder>[^/]+)\/(?<file>[^/]+)$/,
      async ({ project = '', folder = '', file = '' }, request) =>
        exportFile(core.openProjects.get(project).directory, folder, file, request, 'studies'),
    ],
  ];

  return async (request) => {
    try {
      if (request.method !== 'GET' && request.method !== 'HEAD') return null;
      const url = new URL(request.url);
      for (const [pattern, handler] of table) {
        const match = pattern.exec(url.pathname);
        if (match !== null) return await handler(decodeParts(match.groups ?? {}), request, url.searchParams);
      }
      for (const route of others) {
        const response = await route(request);
        if (response !== null) return response;
      }
      return null;
    } catch (error) {
      return errorResponse(reportOf(error, logDefect));
    }
  };
}

function decodeParts(groups: Record<string, string>): Record<string, string> {
  try {
    return Object.fromEntries(Object.entries(groups).map(([name, text]) => [name, decodeURIComponent(text)]));
  } catch (error) {
    throw new TrefoilError('invalid-input', 'The address is not well formed.', 'Reload the page.', {}, error);
  }
}

function integerParameter(
  query: URLSearchParams,
  name: string,
  fallback: number,
  minimum: number,
  maximum: number,
): number {
  const text = query.get(name);
  if (text === null) return fallback;
  const value = Number(text);
  if (text !== '' && Number.isInteger(value) && value >= minimum && value <= maximum) return value;
  throw new TrefoilError(
    'invalid-input',
    `${name} must be a whole number from ${minimum} to ${maximum}.`,
    'Correct the address.',
  );
}
