/** Outlines as SVG path data in level-0 pixels. Pure. */
import type { Ring } from '#common/domain/region.ts';
import type { Outline } from './clipping.ts';
import type { Draft } from './drawing.ts';
import { rectangle, type Point } from './outlines.ts';

export function outlinePath(outline: Outline): string {
  return outline.flatMap((polygon) => polygon.map((ring) => `${linePath(ring)}Z`)).join('');
}

/** What is being drawn; null for what is shown as a change of its region. */
export function draftPath(draft: Draft | null): string | null {
  switch (draft?.kind) {
    case 'rectangle':
      return outlinePath(rectangle(draft.from, draft.to));
    case 'polygon':
      return linePath([...draft.points, draft.to]);
    case 'freehand':
      return linePath(draft.points);
    case 'stroke':
      // A single point has no length; a round cap needs some to show.
      return linePath(draft.points.length === 1 ? [...draft.points, ...draft.points] : draft.points);
    default:
      return null;
  }
}

function linePath(points: Ring | readonly Point[]): string {
  return points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join('');
}
