/**
 * Which labelled tiles a second person reads: as many of each class as can be had, of each class from as many slides as can
 * be had, in an order that tells nothing. Pure and seeded. Balanced, because a random draw of a rare class would hold too few
 * of its tiles to say anything about it; agreement figures are therefore those of the balanced sample.
 */
import { RandomStream } from '#common/random.ts';

/** Rows of the lists given, shuffled. */
export function sampleReading(
  classOf: readonly number[],
  slideOf: readonly string[],
  size: number,
  seed: number,
): number[] {
  const random = RandomStream.of('second-reading', seed);
  const classes = new Map<number, Map<string, number[]>>();
  for (const row of random.shuffled([...classOf.keys()])) {
    const [label, slide] = [classOf[row] as number, slideOf[row] as string];
    let slides = classes.get(label);
    if (slides === undefined) classes.set(label, (slides = new Map<string, number[]>()));
    const own = slides.get(slide);
    if (own === undefined) slides.set(slide, [row]);
    else own.push(row);
  }
  const queues = [...classes].sort(([a], [b]) => a - b).map(([, slides]) => inTurn([...slides.values()]));
  return random.shuffled(inTurn(queues).slice(0, size));
}

/** The first of each, then the second of each, and so on. */
function inTurn(queues: readonly (readonly number[])[]): number[] {
  const longest = Math.max(0, ...queues.map((queue) => queue.length));
  return Array.from({ length: longest }, (_, turn) =>
    queues.flatMap((queue) => (turn < queue.length ? [queue[turn] as number] : [])),
  ).flat();
}
