/** What the gallery shows and in which order; shared, so that a number anywhere can open its tiles. */
import { shallowRef } from 'vue';
import { defineStore } from 'pinia';

export interface GalleryFilter {
  /** '': all. 'unlabelled', 'labelled', 'unsure', 'skipped' or 'class:ID'. */
  readonly state: string;
  /** Class index of the classifier; '': all. */
  readonly predicted: string;
  /** Slide id; '': all. */
  readonly slide: string;
  /** 'person', 'suggestion', 'import'; '': all. */
  readonly source: string;
  readonly sort: 'place' | 'certain' | 'uncertain' | 'disagrees' | 'mixed';
}

export const openFilter: GalleryFilter = { state: '', predicted: '', slide: '', source: '', sort: 'place' };

export const useGalleryFilter = defineStore('galleryFilter', () => {
  const filter = shallowRef<GalleryFilter>({ ...openFilter, state: 'unlabelled' });
  function set(change: Partial<GalleryFilter>): void {
    filter.value = { ...filter.value, ...change };
  }
  return { filter, set };
});
