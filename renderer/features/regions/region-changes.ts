/**
 * What the person did to regions and the core has not confirmed yet, laid over what the core said. Pure. A change leaves the
 * layer with the first answer that was asked for after it was saved, so nothing flickers back in between.
 */
import type { DrawnRegion } from '#common/contract/regions.ts';
import { polygonArea } from '#common/geometry.ts';
import type { Outline } from './clipping.ts';

export type RegionKind = DrawnRegion['kind'];

/** Corrections of the tissue found, as against regions that choose tiles. */
export function isCorrection(kind: RegionKind): boolean {
  return kind === 'tissue' || kind === 'no-tissue';
}

export function oppositeKind(kind: RegionKind): RegionKind {
  return ({ include: 'exclude', exclude: 'include', tissue: 'no-tissue', 'no-tissue': 'tissue' } as const)[kind];
}

/** A region as shown: the core's, or one that is on its way there under a name of the page's own. */
export interface ShownRegion {
  readonly region: string;
  readonly slide: string;
  readonly kind: RegionKind;
  /** Empty until the core has named it. */
  readonly name: string;
  readonly outline: Outline;
  readonly areaPx: number;
  readonly isSaved: boolean;
}

export type RegionChange =
  | {
      readonly act: 'create';
      readonly region: string;
      readonly slide: string;
      readonly kind: RegionKind;
      readonly outline: Outline;
    }
  | {
      readonly act: 'update';
      readonly region: string;
      readonly kind?: RegionKind;
      readonly name?: string;
      readonly outline?: Outline;
    }
  | { readonly act: 'remove'; readonly regions: readonly string[] };

export interface PendingChange {
  readonly key: number;
  readonly change: RegionChange;
  /** Position in the page's clock when the core confirmed it; null while it is on its way. */
  readonly savedAt: number | null;
}

export function shownRegions(
  saved: readonly DrawnRegion[],
  pending: readonly PendingChange[],
  slide: string,
): ShownRegion[] {
  const shown = new Map(saved.map((region) => [region.region, fromCore(region)]));
  for (const { change, savedAt } of pending) {
    if (change.act === 'remove') for (const region of change.regions) shown.delete(region);
    else if (change.act === 'create') {
      if (change.slide !== slide || shown.has(change.region)) continue;
      const { region, kind, outline } = change;
      shown.set(region, {
        region,
        slide,
        kind,
        name: '',
        outline,
        areaPx: outlineArea(outline),
        isSaved: savedAt !== null,
      });
    } else {
      const before = shown.get(change.region);
      if (before !== undefined) shown.set(change.region, updated(before, change));
    }
  }
  return [...shown.values()];
}

/** Without those an answer asked for at `askedAt` already holds. */
export function stillPending(pending: readonly PendingChange[], askedAt: number): PendingChange[] {
  return pending.filter(({ savedAt }) => savedAt === null || savedAt > askedAt);
}

/** The core's name of a region in place of the page's, in every change that waits. */
export function renamedIn(pending: readonly PendingChange[], from: string, to: string): PendingChange[] {
  const named = (region: string): string => (region === from ? to : region);
  return pending.map(({ key, change, savedAt }) => ({
    key,
    savedAt,
    change:
      change.act === 'remove'
        ? { ...change, regions: change.regions.map(named) }
        : { ...change, region: named(change.region) },
  }));
}

/** Square level-0 pixels, holes taken off. */
export function outlineArea(outline: Outline): number {
  return outline.reduce((sum, polygon) => sum + polygonArea(polygon), 0);
}

function fromCore({ region, slide, kind, name, polygons, areaPx }: DrawnRegion): ShownRegion {
  return { region, slide, kind, name, outline: polygons, areaPx, isSaved: true };
}

function updated(before: ShownRegion, { kind, name, outline }: Extract<RegionChange, { act: 'update' }>): ShownRegion {
  return {
    ...before,
    kind: kind ?? before.kind,
    name: name ?? before.name,
    outline: outline ?? before.outline,
    areaPx: outline === undefined ? before.areaPx : outlineArea(outline),
  };
}
