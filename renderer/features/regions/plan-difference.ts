/** Whether cutting now would give other tiles than those on disk, and by what. Pure. */
import type { TileSetSummary } from '#common/contract/tiles.ts';
import type { TileSettings } from '#common/domain/tile.ts';
import { isSame } from './tile-settings.ts';
import type { PlanAnswer } from './useTilePlan.ts';

/** 'settings': size, detail, distance or least tissue; 'tissue-or-regions': what is left of the slides. */
export type PlanDifference = 'none' | 'settings' | 'tissue-or-regions';

export function planDifference(
  cut: TileSetSummary | null,
  settings: TileSettings,
  plan: PlanAnswer | null,
): PlanDifference {
  if (cut === null) return 'none';
  if (!isSame({ ...settings, tissue: cut.tissue }, cut)) return 'settings';
  if (!isSame(settings, cut)) return 'tissue-or-regions';
  if (plan === null) return 'none';
  const planned = new Map(plan.slides.map((slide) => [slide.slide, slide]));
  const isAsCut = cut.slides.every((slide) => {
    const now = planned.get(slide.slide);
    // Blur is only known once tiles are read: a plan counts blurred tiles as kept.
    return (
      now !== undefined &&
      now.planned === slide.planned &&
      now.kept === slide.kept + (slide.dropped['blur'] ?? 0) &&
      (now.dropped['outside-region'] ?? 0) === (slide.dropped['outside-region'] ?? 0)
    );
  });
  return isAsCut && cut.slides.length === planned.size ? 'none' : 'tissue-or-regions';
}
