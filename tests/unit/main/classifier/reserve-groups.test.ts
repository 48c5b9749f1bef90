/** The draw of groups kept for evaluation, where the right answer is known. */
import { describe, expect, it } from 'vitest';
import { reserveGroups, type ReservableSlide } from '#main/classifier/reserve-groups.ts';

/** Ten patients of two slides; class 1 is labelled on two patients only. */
const slides = Array.from({ length: 20 }, (_, index): ReservableSlide => ({
  slide: `s${index}`,
  group: `p${Math.floor(index / 2)}`,
  labels: [10, index < 4 ? 5 : 0],
}));

describe('a drawn reserve', () => {
  it.each([1, 2, 3, 4, 5])('keeps patients whole and every class on both sides (seed %i)', (seed) => {
    const drawn = reserveGroups(slides, 0.3, seed);
    expect(drawn).toHaveLength(6);
    const patients = new Set(drawn.map((name) => slides.find((slide) => slide.slide === name)!.group));
    expect(patients.size).toBe(3);
    expect([...patients].filter((patient) => patient === 'p0' || patient === 'p1')).toHaveLength(1);
    expect(reserveGroups(slides, 0.3, seed)).toEqual(drawn);
  });
  it('differs by seed, and is balanced over slides alone while nothing is labelled', () => {
    const unknown = slides.map((slide) => ({ ...slide, labels: [] }));
    const drawn = [1, 2, 3, 4].map((seed) => reserveGroups(unknown, 0.2, seed).join());
    expect(new Set(drawn).size).toBeGreaterThan(1);
    expect(drawn.every((text) => text.split(',').length === 4)).toBe(true);
  });
  it('leaves one group at least, and reserves nothing of one group', () => {
    expect(reserveGroups(slides.slice(0, 4), 0.99, 1)).toHaveLength(2);
    expect(reserveGroups(slides.slice(0, 2), 0.5, 1)).toEqual([]);
  });
});
