/** How far each place is. Advice, not a lock: every place can be opened at any time. */
import { computed, type ComputedRef } from 'vue';
import { useClasses } from '../stores/classes.ts';
import { useJobs } from '../stores/jobs.ts';
import { places, type Place } from '../stores/navigation.ts';
import { useProject } from '../stores/project.ts';
import { projectQuery } from '../stores/project-query.ts';
import { useSlides } from '../stores/slides.ts';
import { useTileSets } from '../stores/tile-sets.ts';

export type PlaceState = 'done' | 'next' | 'running' | 'open';

export interface ProjectFacts {
  readonly done: Readonly<Record<Place, boolean>>;
  readonly running: readonly string[];
}

const jobPlaces: Readonly<Record<string, Place>> = {
  'slides.add': 'slides',
  'tiles.extract': 'regions',
  'runs.pretrain': 'pretrain',
  'labels.import': 'label',
  'classifier.finetune': 'classifier',
  'classifier.refresh': 'classifier',
  'classifier.classify': 'map',
  'exports.make': 'map',
};

/** The first place that is not done is the next one. */
export function placeStates({ done, running }: ProjectFacts): Readonly<Record<Place, PlaceState>> {
  const next = places.find((place) => !done[place]);
  const isRunning = new Set(running.map((call) => jobPlaces[call]));
  const stateOf = (place: Place): PlaceState => {
    if (isRunning.has(place)) return 'running';
    if (done[place]) return 'done';
    return place === next ? 'next' : 'open';
  };
  return Object.fromEntries(places.map((place) => [place, stateOf(place)])) as Record<Place, PlaceState>;
}

export function usePlaceStates(): ComputedRef<Readonly<Record<Place, PlaceState>>> {
  const project = useProject();
  const slides = useSlides();
  const tileSets = useTileSets();
  const classes = useClasses();
  const jobs = useJobs();
  const classifier = projectQuery(['classifiers', 'labels', 'maps'], ({ core, project, signal }) =>
    core.classifier.state({ project }, { signal }),
  );
  const runs = projectQuery(['runs'], ({ core, project, signal }) => core.runs.states({ project }, { signal }));
  return computed(() => {
    const budget = classes.overview?.budget;
    const done: Record<Place, boolean> = {
      slides: (project.summary?.slideCount ?? 0) > 0 && slides.all.every(({ mpp }) => mpp !== null),
      regions: tileSets.current !== null,
      pretrain: (runs.data.value ?? []).some(({ state }) => state === 'finished' || state === 'stopped'),
      label: budget !== undefined && budget.wanted > 0 && budget.labelled >= budget.wanted,
      classifier: (classifier.data.value?.classifier ?? null) !== null,
      map: classifier.data.value?.isApplied === true,
    };
    return placeStates({ done, running: jobs.running.map(({ service, call }) => `${service}.${call}`) });
  });
}
