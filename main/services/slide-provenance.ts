/** The pixel size of a project's slides with its provenance: the file's claims, what a person set instead, and when. */
import type { MppProvenance } from '#common/domain/mpp-provenance.ts';
import { mppProvenance } from '../slides/slide-mpp.ts';
import { mppSetTimes } from '../store/mpp-by-hand.ts';
import type { SlideRow } from '../store/slide-rows.ts';
import type { OpenProject } from './open-projects.ts';
import type { TileSetSlide } from './tile-sets.ts';

/** Looks into the command log once for all of `slides`. */
export function slideProvenances(
  project: OpenProject,
  slides: readonly SlideRow[],
): (slide: SlideRow) => MppProvenance {
  const times = mppSetTimes(project.database, slides);
  return ({ id, info, mppByHand }) =>
    mppProvenance(info, mppByHand === null ? null : { mpp: mppByHand, setAt: times.get(id) ?? null });
}

/** Of the pixel size the tiles were cut with; for sets of an earlier version only what they recorded. */
export function tileSetProvenance(slide: TileSetSlide): MppProvenance {
  const { mpp, mppSource } = slide;
  return (
    slide.mppProvenance ?? {
      source: mppSource,
      x: mpp,
      y: mpp,
      field: null,
      claims: null,
      contradictions: [],
      objectiveMpp: null,
      setAt: null,
      overridden: null,
    }
  );
}
