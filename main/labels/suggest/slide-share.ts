/**
 * The first of a ranked list, without letting one slide crowd out the others: tiles of one slide resemble each other more than
 * their classes do, so many labels of one slide teach little. A slide gives at most its even share of the short list, rounded
 * up; what is then missing is filled up in the order of the list.
 */
export function firstOverSlides(ranked: readonly number[], slides: ArrayLike<number>, count: number): number[] {
  const here = new Set(ranked.map((row) => slides[row] as number));
  const share = Math.ceil(count / Math.max(1, here.size));
  const given = new Map<number, number>();
  const taken: number[] = [];
  const left: number[] = [];
  for (const row of ranked) {
    if (taken.length === count) break;
    const slide = slides[row] as number;
    const own = given.get(slide) ?? 0;
    if (own >= share) {
      left.push(row);
      continue;
    }
    given.set(slide, own + 1);
    taken.push(row);
  }
  return [...taken, ...left.slice(0, count - taken.length)];
}
