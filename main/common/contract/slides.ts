/** Slides: what a file says about itself, and the slides of a project with what a person said about them. */
import { z } from 'zod';
import { errorReport } from './jobs.ts';

export const mppSource = z.enum(['file', 'by-hand', 'objective-power', 'missing']);

export const slideDescription = z.object({
  width: z.number().int(),
  height: z.number().int(),
  levels: z.array(z.object({ width: z.number().int(), height: z.number().int(), downsample: z.number() })),
  /** Micrometres per pixel of level 0, mean of both axes; null when missing. */
  mpp: z.number().nullable(),
  mppSource,
  vendor: z.string(),
  objectivePower: z.number().nullable(),
  compression: z.string(),
  associatedImages: z.array(z.object({ name: z.string(), width: z.number().int(), height: z.number().int() })),
});
export type SlideDescription = z.output<typeof slideDescription>;

export const projectSlide = slideDescription.extend({
  slide: z.string(),
  name: z.string(),
  specimen: z.string(),
  patient: z.string(),
});
export type ProjectSlide = z.output<typeof projectSlide>;

/** What of many could not be used, and why. */
export type Refused = z.output<typeof slidesCalls.add.output>['refused'][number];

const mpp = z.number().positive().max(100);
const project = z.string();
const identity = z.string().min(1).max(200);

export const slidesCalls = {
  info: { input: z.object({ file: z.string().min(1) }), output: slideDescription },
  add: {
    input: z.object({
      project,
      slides: z
        .array(z.object({ file: z.string().min(1), specimen: identity.optional(), patient: identity.optional() }))
        .min(1)
        .max(100_000),
      /** Set by hand for those of the files that do not say. */
      mpp: mpp.optional(),
    }),
    output: z.object({
      added: z.array(projectSlide),
      alreadyThere: z.array(z.string()),
      /** Files that cannot be used, with the reason; the others are added all the same. */
      refused: z.array(z.object({ name: z.string(), error: errorReport })),
    }),
  },
  list: { input: z.object({ project }), output: z.array(projectSlide) },
  setMpp: { input: z.object({ project, slide: z.string(), mpp }), output: projectSlide },
  setGroups: {
    input: z.object({ project, slide: z.string(), specimen: identity.optional(), patient: identity.optional() }),
    output: projectSlide,
  },
  /** The same for all of them, in one step that can be undone. What is left out stays. */
  update: {
    input: z.object({
      project,
      slides: z.array(z.string()).min(1).max(100_000),
      name: identity.optional(),
      specimen: identity.optional(),
      patient: identity.optional(),
    }),
    output: z.array(projectSlide),
  },
  /** Takes slides out of the project with their regions, labels and marks, in one step that can be undone. Files stay. */
  remove: {
    input: z.object({ project, slides: z.array(z.string()).min(1).max(100_000) }),
    output: z.object({ removed: z.number().int(), regions: z.number().int(), labels: z.number().int() }),
  },
  /** Says where a moved or renamed file is now; 'file-changed' when it is another file. */
  relink: { input: z.object({ project, slide: z.string(), file: z.string().min(1) }), output: projectSlide },
  /** How each slide is doing. A slide whose file is gone or another is listed with its error, not thrown. */
  facts: {
    input: z.object({ project }),
    output: z.array(
      z.object({
        slide: z.string(),
        state: z.enum(['ready', 'mpp-missing', 'missing', 'changed', 'unreadable']),
        error: errorReport.nullable(),
        /** Shown, never sent back. */
        location: z.string(),
        byteLength: z.number().nullable(),
        regions: z.number().int(),
        labels: z.number().int(),
        /** Kept and dropped in the current tile set; null when the slide has none there. */
        tiles: z.object({ kept: z.number().int(), dropped: z.number().int() }).nullable(),
      }),
    ),
  },
} as const;
