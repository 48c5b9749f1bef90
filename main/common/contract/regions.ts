/** Regions a person drew or imported, per slide, include or exclude, or a correction of the tissue found. Outlines are in level-0 pixels. */
import { z } from 'zod';
import { regionKinds } from '#common/domain/region.ts';

const kind = z.enum(regionKinds);
const coordinate = z.number().min(-10_000_000).max(10_000_000);
const ring = z
  .array(z.tuple([coordinate, coordinate]))
  .min(3)
  .max(200_000);
/** Outer ring first, then holes. */
const polygons = z.array(z.array(ring).min(1).max(10_000)).min(1).max(10_000);
const name = z.string().trim().min(1).max(200);
const project = z.string();

export const drawnRegion = z.object({
  region: z.string(),
  slide: z.string(),
  kind,
  name,
  polygons: z.array(z.array(z.array(z.tuple([z.number(), z.number()])))),
  /** Square level-0 pixels, holes taken off; of polygons that overlap each counts. */
  areaPx: z.number(),
  /** null while the slide's mpp is missing. */
  areaMm2: z.number().nullable(),
});
export type DrawnRegion = z.output<typeof drawnRegion>;

export const regionsCalls = {
  import: {
    input: z.object({
      project,
      file: z.string().min(1),
      /** Slide id or name; may be left out when the features name theirs or the project has one slide. */
      slide: z.string().optional(),
    }),
    output: z.object({
      imported: z.array(z.object({ slide: z.string(), kind, name: z.string() })),
      /** Features without an area. */
      skipped: z.number().int(),
    }),
  },
  list: {
    input: z.object({ project }),
    output: z.array(z.object({ region: z.string(), slide: z.string(), kind, name: z.string() })),
  },
  /** With outlines, of one slide. */
  outlines: { input: z.object({ project, slide: z.string() }), output: z.array(drawnRegion) },
  create: {
    /** Left out: "Region 3". */
    input: z.object({ project, slide: z.string(), kind: kind.default('include'), name: name.optional(), polygons }),
    output: drawnRegion,
  },
  /** What is left out stays. */
  update: {
    input: z.object({
      project,
      region: z.string(),
      kind: kind.optional(),
      name: name.optional(),
      polygons: polygons.optional(),
    }),
    output: drawnRegion,
  },
  remove: {
    input: z.object({ project, regions: z.array(z.string()).min(1).max(10_000) }),
    output: z.object({ removed: z.number().int() }),
  },
} as const;
