/**
 * Where in the page we are: project, place and the slide looked at, which all places share. Kept in the address
 * (#/{project}/{place}?slide=), so that reload, back and a second window work.
 */
import { ref, watch } from 'vue';
import { defineStore } from 'pinia';

export const places = ['slides', 'regions', 'pretrain', 'label', 'classifier', 'map'] as const;
export type Place = (typeof places)[number];

export interface Address {
  readonly project: string | null;
  readonly place: Place;
  readonly slide: string | null;
}

export function parseAddress(hash: string): Address {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const [project = '', place = ''] = path.split('/').map((part) => safeDecode(part));
  const known = places.find((each) => each === place);
  return { project: project || null, place: known ?? 'slides', slide: new URLSearchParams(query).get('slide') };
}

export function writeAddress({ project, place, slide }: Address): string {
  if (project === null) return '#/';
  const query = slide === null ? '' : `?${new URLSearchParams({ slide }).toString()}`;
  return `#/${encodeURIComponent(project)}/${place}${query}`;
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

export const useNavigation = defineStore('navigation', () => {
  const start = parseAddress(location.hash);
  const project = ref(start.project);
  const place = ref<Place>(start.place);
  /** The slide looked at; null: the first one. */
  const slide = ref(start.slide);

  watch([project, place, slide], ([nextProject, nextPlace, nextSlide], [previousProject, previousPlace]) => {
    const hash = writeAddress({ project: nextProject, place: nextPlace, slide: nextSlide });
    if (hash === location.hash) return;
    // Another slide is no step back: only places and projects are.
    if (nextProject === previousProject && nextPlace === previousPlace) history.replaceState(null, '', hash);
    else history.pushState(null, '', hash);
  });
  window.addEventListener('popstate', () => {
    const address = parseAddress(location.hash);
    project.value = address.project;
    place.value = address.place;
    slide.value = address.slide;
  });

  function go(next: Place, toSlide: string | null = slide.value): void {
    place.value = next;
    slide.value = toSlide;
  }

  return { project, place, slide, go };
});
