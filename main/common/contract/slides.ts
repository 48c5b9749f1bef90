/** Slides: what a file says about itself, and the slides of a project with what a person said about them. */
import { z } from 'zod';
import { colourChoices, colourStates } from '#common/domain/slide.ts';
import { errorReport } from './jobs.ts';
import { tissueSettings } from './tiles.ts';

export const mppSource = z.enum(['file', 'by-hand', 'objective-power', 'missing']);

const side = z.number().nullable();
const mppClaim = z.object({ field: z.string(), x: z.number(), y: z.number() });

/** Where the pixel size comes from and what contradicts it; common/domain/mpp-provenance.ts says what each part means. */
export const mppProvenance = z.object({
  source: mppSource,
  x: side,
  y: side,
  field: z.string().nullable(),
  claims: z.array(mppClaim).nullable(),
  contradictions: z.array(mppClaim),
  objectiveMpp: side,
  setAt: z.string().nullable(),
  overridden: z.object({ source: mppSource, x: side, y: side, field: z.string().nullable() }).nullable(),
});

export const slideDescription = z.object({
  width: z.number().int(),
  height: z.number().int(),
  levels: z.array(z.object({ width: z.number().int(), height: z.number().int(), downsample: z.number() })),
  /** Side of the tiles in which a page asks for the slide: the file's own where it has useful ones. */
  tilePx: z.number().int(),
  /** Micrometres per pixel of level 0, mean of both axes; null when missing. */
  mpp: z.number().nullable(),
  mppSource,
  mppProvenance,
  vendor: z.string(),
  objectivePower: z.number().nullable(),
  compression: z.string(),
  associatedImages: z.array(
    z.object({
      name: z.string(),
      width: z.number().int(),
      height: z.number().int(),
      /** Shows or may show the slide's paper label with names and numbers: hidden until a person asks. */
      isPrivate: z.boolean(),
    }),
  ),
  /** The scanner's ICC profile as the file names it; null when there is none or the slide was added before it was recorded. */
  colourProfile: z.object({ name: z.string(), byteLength: z.number().int() }).nullable(),
  /** What is shown otherwise than a person may expect: pages left out, the window of 16-bit values, one of several planes. */
  notes: z.array(z.string()),
});
export type SlideDescription = z.output<typeof slideDescription>;

export const projectSlide = slideDescription.extend({
  slide: z.string(),
  name: z.string(),
  /** The folder to show beside the name where two slides share it; else null. Shown, never sent back. */
  folderHint: z.string().nullable(),
  specimen: z.string(),
  patient: z.string(),
  /** Part of the address of its pictures, so that a page does not show old ones. */
  pictureTag: z.string(),
  /** How tissue is found on this slide alone; null: as on all others. */
  tissue: tissueSettings.nullable(),
});
export type ProjectSlide = z.output<typeof projectSlide>;

const triple = z.tuple([z.number(), z.number(), z.number()]);
const stain = z.object({
  /** Optical density of one unit: red, green, blue; length 1. */
  vector: triple,
  /** 99th percentile of the amount in a pixel. */
  strength: z.number(),
  /** Colour of that amount alone, 0..255 each. */
  colour: triple,
});
export const stainEstimate = z.object({
  pixels: z.number().int(),
  stainedPixels: z.number().int(),
  /** null when too little is stained, or in one colour only. */
  macenko: z.object({ haematoxylin: stain, eosin: stain }).nullable(),
  reinhard: z.object({ mean: triple, deviation: triple, colour: triple }).nullable(),
});
export type StainEstimate = z.output<typeof stainEstimate>;
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
  /** Settings of one slide alone, used by plans and extraction; null: those of all slides again. */
  setTissue: {
    input: z.object({ project, slide: z.string(), tissue: tissueSettings.nullable() }),
    output: projectSlide,
  },
  /** What the scanner's colour profile is and does; reads the file. */
  colour: {
    input: z.object({ project, slide: z.string() }),
    output: z.object({
      /** applied; no-effect: it says what screens assume; ignored: see `reason`; none: the file has none. */
      state: z.enum(colourStates),
      name: z.string().nullable(),
      byteLength: z.number().int().nullable(),
      reason: z.string().nullable(),
      /** The project's choice: a profile is applied only with 'scanner-profile'. */
      choice: z.enum(colourChoices),
    }),
  },
  /** Macenko's and Reinhard's numbers of the slide's tissue; a seeded sample, so the same slide gives the same. */
  stain: { input: z.object({ project, slide: z.string(), tissue: tissueSettings.optional() }), output: stainEstimate },
  /** Writes a copy of a slide's file without its label image. The original is only read. */
  copyWithoutLabel: {
    input: z.object({
      source: z.union([
        z.object({ project, slide: z.string() }),
        /** A file that is in no project. */
        z.object({ file: z.string().min(1) }),
      ]),
      out: z.string().min(1),
      /** Also without the macro image, which often shows the label. */
      macro: z.boolean().default(false),
      /** Also with names, dates and numbers in its texts blanked. */
      text: z.boolean().default(false),
    }),
    output: z.object({
      name: z.string(),
      removed: z.array(z.string()),
      blankedTexts: z.number().int(),
      byteLength: z.number(),
    }),
  },
  /** Takes slides out of the project with their regions, labels and marks, in one step that can be undone. Files stay. */
  remove: {
    input: z.object({ project, slides: z.array(z.string()).min(1).max(100_000) }),
    output: z.object({ removed: z.number().int(), regions: z.number().int(), labels: z.number().int() }),
  },
  /** Says where a moved or renamed file is now; 'file-changed' when it is another file. */
  relink: { input: z.object({ project, slide: z.string(), file: z.string().min(1) }), output: projectSlide },
  /**
   * Looks through a folder and all below it for slides that are not at their places, and links all it finds in one step that
   * can be undone. Nothing else of the project changes.
   */
  findMoved: {
    input: z.object({ project, directory: z.string().min(1) }),
    output: z.object({
      relinked: z.array(
        z.object({ slide: z.string(), name: z.string(), /** Shown, never sent back. */ location: z.string() }),
      ),
      notFound: z.array(z.object({ slide: z.string(), name: z.string() })),
      /** Files looked at. */
      files: z.number().int(),
      unreadableFolders: z.number().int(),
      /** False when the folder holds more, or deeper, than is looked through. */
      isComplete: z.boolean(),
    }),
  },
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
