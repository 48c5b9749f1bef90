/**
 * Draws groups of slides to be kept for evaluation. Of many seeded draws the one is taken in which the reserve's share of the
 * slides and of each class's labels comes closest to what was asked for; a draw that leaves a class without labels for
 * training, or for evaluation, loses against any that does not.
 */
import { RandomStream } from '#common/random.ts';

export interface ReservableSlide {
  readonly slide: string;
  readonly group: string;
  /** Labels by class; all 0 where nothing is known yet. */
  readonly labels: readonly number[];
}

const draws = 2000;
/** Worse than any mismatch of shares can be. */
const missingClass = 100;

/** Slides of the drawn groups. At least one group is reserved and one is left. */
export function reserveGroups(slides: readonly ReservableSlide[], share: number, seed: number): string[] {
  const groups = [...new Set(slides.map((slide) => slide.group))].sort();
  const count = Math.min(groups.length - 1, Math.max(1, Math.round(share * groups.length)));
  if (count < 1) return [];
  const classCount = slides[0]?.labels.length ?? 0;
  const totals = sums(slides, classCount);
  const random = RandomStream.of('reserve', seed);
  let best: ReadonlySet<string> = new Set();
  let least = Infinity;
  for (let draw = 0; draw < draws; draw += 1) {
    const chosen = new Set(random.shuffled([...groups]).slice(0, count));
    const own = slides.filter((slide) => chosen.has(slide.group));
    const taken = sums(own, classCount);
    let mismatch = Math.abs(own.length / slides.length - share);
    totals.forEach((total, k) => {
      if (total === 0) return;
      const part = (taken[k] ?? 0) / total;
      mismatch += Math.abs(part - share) / classCount;
      if (part === 1) mismatch += missingClass;
      if (part === 0) mismatch += missingClass / 2;
    });
    if (mismatch < least) [best, least] = [chosen, mismatch];
  }
  return slides.filter((slide) => best.has(slide.group)).map((slide) => slide.slide);
}

function sums(slides: readonly ReservableSlide[], classCount: number): number[] {
  return Array.from({ length: classCount }, (_, k) => slides.reduce((sum, slide) => sum + (slide.labels[k] ?? 0), 0));
}
