/** Slides: what a file says about itself, and the slides of a project with what a person said about them. */
import { z } from 'zod';

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
    output: z.object({ added: z.array(projectSlide), alreadyThere: z.array(z.string()) }),
  },
  list: { input: z.object({ project }), output: z.array(projectSlide) },
  setMpp: { input: z.object({ project, slide: z.string(), mpp }), output: projectSlide },
  setGroups: {
    input: z.object({ project, slide: z.string(), specimen: identity.optional(), patient: identity.optional() }),
    output: projectSlide,
  },
} as const;
