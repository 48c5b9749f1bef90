/** Which slides are shown, in which order and groups. Pure. */
import type { ProjectSlide } from '#common/contract/slides.ts';

export type SlideOrder = 'added' | 'name' | 'patient' | 'labels' | 'size';

export interface SlideFacts {
  readonly state: 'ready' | 'mpp-missing' | 'missing' | 'changed' | 'unreadable';
  readonly labels: number;
}

type Named = Pick<ProjectSlide, 'slide' | 'name' | 'patient' | 'specimen' | 'width' | 'height'>;

/** Every typed word must be in the name, patient or specimen. */
export function matchSlides<T extends Named>(slides: readonly T[], typed: string): readonly T[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return slides.filter(({ name, patient, specimen }) => {
    const text = `${name} ${patient} ${specimen}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

export function orderSlides<T extends Named>(
  slides: readonly T[],
  order: SlideOrder,
  facts: ReadonlyMap<string, SlideFacts>,
): readonly T[] {
  if (order === 'added') return slides;
  const byName = (a: T, b: T): number => a.name.localeCompare(b.name, undefined, { numeric: true });
  const compare: Readonly<Record<Exclude<SlideOrder, 'added'>, (a: T, b: T) => number>> = {
    name: byName,
    patient: (a, b) => a.patient.localeCompare(b.patient, undefined, { numeric: true }) || byName(a, b),
    labels: (a, b) => (facts.get(b.slide)?.labels ?? 0) - (facts.get(a.slide)?.labels ?? 0) || byName(a, b),
    size: (a, b) => b.width * b.height - a.width * a.height || byName(a, b),
  };
  return [...slides].sort(compare[order]);
}

/** In the order in which the groups first appear. */
export function groupByPatient<T extends Named>(
  slides: readonly T[],
): readonly { readonly patient: string; readonly slides: readonly T[] }[] {
  const groups = new Map<string, T[]>();
  for (const slide of slides) groups.set(slide.patient, [...(groups.get(slide.patient) ?? []), slide]);
  return [...groups].map(([patient, list]) => ({ patient, slides: list }));
}

/** The value all have, or null when they differ. */
export function sharedValue<T, V>(items: readonly T[], read: (item: T) => V): V | null {
  const [first, ...rest] = items;
  if (first === undefined) return null;
  const value = read(first);
  return rest.every((item) => read(item) === value) ? value : null;
}
