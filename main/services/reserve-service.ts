/** Slides kept for evaluation: which, drawn or chosen, with what is labelled on them. One command a change. */
import { reserveCalls, type Reserve } from '#common/contract/reserve.ts';
import { implementService, type ClientOf } from '#common/contract/service.ts';
import { counted } from '#common/counted.ts';
import { TrefoilError } from '#common/errors.ts';
import { reserveGroups } from '../classifier/reserve-groups.ts';
import { readReservedSlides, reserveChanges } from '../store/reserved-slides.ts';
import { listSlides } from '../store/slide-rows.ts';
import { groupsOf, listClasses, type LabelledTiles } from './labelled-tiles.ts';
import type { OpenProject, OpenProjects } from './open-projects.ts';
import { resolveTestSlides } from './training-labels.ts';

const enoughGroups = 5;

export function createReserveService(projects: OpenProjects): ClientOf<typeof reserveCalls> {
  const change = (project: OpenProject, slides: readonly string[]): Reserve => {
    const what = slides.length === 0 ? 'Reserve no slide' : `Reserve ${counted(slides.length, 'slide')} for evaluation`;
    project.change(what, 'person', reserveChanges(project.database, slides));
    return view(project);
  };
  return implementService('reserve', reserveCalls, {
    get: async ({ project }) => view(projects.get(project)),
    set: async ({ project, slides }) => {
      const target = projects.get(project);
      const all = listSlides(target.database);
      const chosen = resolveTestSlides(all, slides);
      if (all.length > 0 && chosen.size === all.length) {
        throw new TrefoilError(
          'invalid-input',
          'Every slide would be reserved, and none left to learn from.',
          'Leave at least one slide out of the reserve.',
        );
      }
      return change(target, [...chosen]);
    },
    draw: async ({ project, share, seed, group }) => {
      const target = projects.get(project);
      const slides = listSlides(target.database);
      const groups = groupsOf({ slideOf: slides.map((slide) => slide.id) }, slides);
      const count = (level: 'image' | 'specimen' | 'patient'): number => new Set(groups[level]).size;
      const level = group ?? (['patient', 'specimen'] as const).find((item) => count(item) >= enoughGroups) ?? 'image';
      if (count(level) < 2) {
        throw new TrefoilError(
          'invalid-input',
          `All slides are of one ${level === 'image' ? 'slide' : level}: nothing can be set apart.`,
          'Add slides, or say which specimen and patient each slide is of.',
        );
      }
      const labels = labelCounts(target);
      const none = listClasses(target.database).map(() => 0);
      const drawn = reserveGroups(
        slides.map((slide, row) => ({
          slide: slide.id,
          group: groups[level][row] ?? '',
          labels: labels.get(slide.id) ?? none,
        })),
        share,
        seed,
      );
      return { ...change(target, drawn), group: level };
    },
  });
}

/** Without the labels on reserved slides: what may be learnt from. */
export function withoutReserved<Labelled extends Pick<LabelledTiles, 'tiles' | 'classOf' | 'slideOf'>>(
  project: OpenProject,
  labelled: Labelled,
): Labelled {
  const reserved = readReservedSlides(project.database);
  if (reserved.size === 0) return labelled;
  const isFree = (_: unknown, row: number): boolean => !reserved.has(labelled.slideOf[row] ?? '');
  return {
    ...labelled,
    tiles: labelled.tiles.filter(isFree),
    classOf: labelled.classOf.filter(isFree),
    slideOf: labelled.slideOf.filter(isFree),
  };
}

/** In words, for a report. */
export function describeReserve(project: OpenProject): string {
  return view(project).sentence;
}

function view(project: OpenProject): Reserve {
  const { database } = project;
  const reserved = readReservedSlides(database);
  const slides = listSlides(database).filter((slide) => reserved.has(slide.id));
  const labels = labelCounts(project);
  const perClass = listClasses(database).map(({ name }, k) => {
    const count = (of: Iterable<readonly number[] | undefined>): number =>
      [...of].reduce((sum, own) => sum + (own?.[k] ?? 0), 0);
    return { name, reserved: count(slides.map((slide) => labels.get(slide.id))), all: count(labels.values()) };
  });
  return {
    slides: slides.map((slide) => ({
      slide: slide.id,
      name: slide.name,
      labels: (labels.get(slide.id) ?? []).reduce((sum, value) => sum + value, 0),
    })),
    perClass,
    sentence: describe(slides.length, perClass),
  };
}

function describe(slides: number, perClass: Reserve['perClass']): string {
  if (slides === 0) return 'No slide is reserved: every figure comes from slides held out in turn.';
  const labels = perClass.reduce((sum, item) => sum + item.reserved, 0);
  const missing = perClass.filter((item) => item.reserved === 0).map((item) => item.name);
  const start = `${counted(slides, 'slide is', 'slides are')} reserved for evaluation, with ${counted(labels, 'label')}.`;
  return missing.length === 0 ? start : `${start} Not yet labelled there: ${missing.join(', ')}.`;
}

/** By slide, in the order of the project's classes. */
function labelCounts({ database }: OpenProject): Map<string, number[]> {
  const classes = listClasses(database);
  const indexOf = new Map(classes.map((item, index) => [item.id, index]));
  const counts = new Map<string, number[]>();
  const rows = database.prepare('SELECT slide_id, class_id, count(*) AS n FROM labels GROUP BY slide_id, class_id');
  for (const row of rows.all()) {
    const slide = String(row['slide_id']);
    let own = counts.get(slide);
    if (own === undefined) counts.set(slide, (own = classes.map(() => 0)));
    own[indexOf.get(String(row['class_id'])) ?? -1] = Number(row['n']);
  }
  return counts;
}
