/**
 * Map pictures and prediction columns by URL, in the page's pyramid; the addresses are listed in common/contract/maps.ts. With
 * the current `v` a picture is cached for good; without it, or with another, the page asks each time.
 */
import { isDoubtLayer } from '#common/doubt-layers.ts';
import { TrefoilError } from '#common/errors.ts';
import type { MapLayer, SlideMaps } from '../services/slide-maps.ts';
import type { BytesRoute } from './http-answers.ts';

const tilePath =
  /^\/maps\/(?<project>[^/]+)\/(?<classifier>[^/]+)\/(?<slide>[^/]+)\/(?<layer>class|confidence|uncertainty|disagreement|unlike|p\d{1,4})\/(?<level>\d{1,2})\/(?<column>\d{1,9})_(?<row>\d{1,9})\.png$/;
const predictionsPath = /^\/maps\/(?<project>[^/]+)\/(?<classifier>[^/]+)\/(?<slide>[^/]+)\/predictions\.bin$/;

export function createMapBytes(maps: SlideMaps): BytesRoute {
  return async (request) => {
    const url = new URL(request.url);
    const match = tilePath.exec(url.pathname) ?? predictionsPath.exec(url.pathname);
    if (match?.groups === undefined) return null;
    const [project = '', id = '', slide = ''] = [
      match.groups['project'],
      match.groups['classifier'],
      match.groups['slide'],
    ].map((text) => decodePart(text ?? ''));
    const classifier = await maps.require(project, id);
    const { layer: layerText, level, column, row } = match.groups;
    const isCurrent = url.searchParams.get('v') === classifier.version;
    if (layerText === undefined) {
      const tag = `"${classifier.version}-${encodeURIComponent(slide)}"`;
      return (
        unchanged(request, tag, isCurrent) ??
        answer(maps.predictionBytes(project, classifier, slide), 'application/octet-stream', tag, isCurrent)
      );
    }
    const layer = parseLayer(layerText, classifier.classes.length);
    const options = { threshold: parseThreshold(url.searchParams), hidden: parseHidden(url.searchParams) };
    const tag = `"${classifier.version}-${layerText}-${options.threshold}-${[...options.hidden].join('.')}"`;
    const known = unchanged(request, tag, isCurrent);
    if (known !== null) return known;
    const position = { level: Number(level), column: Number(column), row: Number(row) };
    const bytes = await maps.tile(project, classifier, slide, layer, position, options);
    if (bytes !== null) return answer(bytes, 'image/png', tag, isCurrent);
    throw new TrefoilError('not-found', 'The map has no such tile.', 'Ask for tiles inside the slide.');
  };
}

function decodePart(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw new TrefoilError('invalid-input', 'The address is not well formed.', 'Reload the page.', {}, error);
  }
}

function parseLayer(text: string, classCount: number): MapLayer {
  if (text === 'class' || text === 'confidence') return text;
  if (isDoubtLayer(text)) return text;
  const index = Number(text.slice(1));
  if (index < classCount) return index;
  throw new TrefoilError('not-found', `The map has no layer ${text}.`, 'Reload the page.');
}

function parseThreshold(query: URLSearchParams): number {
  const value = Number(query.get('threshold') ?? '0');
  if (value >= 0 && value <= 1) return value;
  throw new TrefoilError('invalid-input', 'The threshold must be from 0 to 1.', 'Correct the address.');
}

function parseHidden(query: URLSearchParams): ReadonlySet<number> {
  const text = query.get('hide') ?? '';
  if (text === '') return new Set();
  if (!/^\d{1,4}(,\d{1,4}){0,999}$/.test(text)) {
    throw new TrefoilError('invalid-input', 'Hidden classes are numbers with commas between.', 'Correct the address.');
  }
  return new Set(
    text
      .split(',')
      .map(Number)
      .sort((a, b) => a - b),
  );
}

function unchanged(request: Request, tag: string, isCurrent: boolean): Response | null {
  const known = request.headers.get('if-none-match');
  const isKnown = known?.split(',').some((item) => item.trim() === tag) === true;
  return isKnown ? new Response(null, { status: 304, headers: cacheHeaders(tag, isCurrent) }) : null;
}

function answer(bytes: Uint8Array, contentType: string, tag: string, isCurrent: boolean): Response {
  return new Response(bytes as Uint8Array<ArrayBuffer>, {
    headers: {
      ...cacheHeaders(tag, isCurrent),
      'content-type': contentType,
      'content-length': String(bytes.byteLength),
    },
  });
}

function cacheHeaders(tag: string, isCurrent: boolean): Record<string, string> {
  return { etag: tag, 'cache-control': isCurrent ? 'private, max-age=31536000, immutable' : 'private, no-cache' };
}
