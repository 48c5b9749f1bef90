/**
 * Classes and labels. A label is a person's class for a tile, kept as a point in level-0 pixels so that it outlives a change
 * of the tile grid. `unsure` and `skipped` are kept too, and are not labels. Also: which tiles to label next, and why.
 */
import { z } from 'zod';

export const rowProblem = z.object({ line: z.number().int(), reason: z.string() });

const project = z.string();
const classId = z.string();
const className = z.string().trim().min(1).max(200);
const colour = z.string().regex(/^#[0-9a-f]{6}$/i, 'write a colour as #rrggbb');
/** Shown beside the colour. */
const letter = z.string().regex(/^\p{Lu}{1,3}$/u, 'use one to three capital letters');
/** u, s and z are unsure, skip and undo. */
const key = z.string().regex(/^[1-9a-rtv-y]$/, 'use a digit 1 to 9 or a letter other than s, u and z');
/** Tile index in `tileSet`; a page that speaks of an older set is refused. */
const tiles = z.array(z.number().int().min(0)).min(1).max(10_000);
const tileSet = z.string().optional();
const page = { offset: z.number().int().min(0).default(0), limit: z.number().int().min(1).max(1000).default(200) };

export const projectClass = z.object({
  class: z.string(),
  name: z.string(),
  colour: z.string(),
  letter: z.string(),
  key: z.string().nullable(),
  labels: z.number().int(),
});
export type ProjectClassView = z.output<typeof projectClass>;

/** A tile as galleries and lists need it; its pixels come by URL. */
export const tileReference = z.object({
  tile: z.number().int(),
  slide: z.string(),
  column: z.number().int(),
  row: z.number().int(),
  /** Level-0 pixels. */
  x: z.number(),
  y: z.number(),
  width: z.number(),
  height: z.number(),
});
export type TileReference = z.output<typeof tileReference>;

export const queueOrder = z.enum([
  'auto',
  'typical',
  'coverage',
  'uncertainty',
  'disagreement',
  'mix',
  'rare-class',
  'slide-balance',
  'random',
]);
export type QueueOrder = z.output<typeof queueOrder>;

export const simulatedStrategies = [
  'random',
  'typical',
  'coverage',
  'uncertainty',
  'disagreement',
  'mix',
  'rare-class',
  'slide-balance',
  'auto',
] as const;

/** 95 % over the seeds. */
const overSeeds = z.object({ value: z.number(), low: z.number(), high: z.number() });

export const simulation = z.object({
  /** Under which it is kept with the project, see studies.ts. */
  study: z.string(),
  features: z.string(),
  tiles: z.number().int(),
  folds: z.number().int(),
  /** Slides with tiles of known class. */
  slides: z.number().int(),
  groupLevel: z.enum(['image', 'specimen', 'patient']),
  seeds: z.number().int(),
  /** Balanced accuracy to reach. */
  target: z.number(),
  strategies: z.array(
    z.object({
      strategy: z.enum(simulatedStrategies),
      points: z.array(
        z.object({
          labels: z.number().int(),
          balancedAccuracy: overSeeds,
          /** Minus random choice with as many labels, paired by seed; null for random itself. */
          gain: overSeeds.nullable(),
        }),
      ),
      /** Labels with which the mean first reaches the target; null: not within the budget. */
      labelsForTarget: z.number().nullable(),
    }),
  ),
  sentences: z.array(z.string()),
  files: z.array(z.string()),
});
export type Simulation = z.output<typeof simulation>;

const changed = z.object({
  changed: z.number().int(),
  /** For `projects.undo`; null when nothing changed. */
  command: z.number().int().nullable(),
});

/** A CSV of points or GeoJSON annotations, told apart by their content, gzipped or not. */
const importFile = z.object({
  project,
  file: z.string().min(1),
  reader: z.string().max(200).optional(),
  /** Of GeoJSON: slide id or name; left out: the one the file names, is named after, or the project's only one. */
  slide: z.string().max(1000).optional(),
  /** Of GeoJSON: what a person drew, or also detections, cells and tiles. */
  objects: z.enum(['annotations', 'all']).default('annotations'),
});

const importReport = z.object({
  format: z.enum(['csv', 'geojson']),
  imported: z.number().int(),
  classes: z.array(z.object({ name: z.string(), colour: z.string(), labels: z.number().int(), isNew: z.boolean() })),
  /** Labels of the same point and reader that had another class. */
  replaced: z.number().int(),
  /** Rows (of GeoJSON: features) with an error, an unknown slide, or no kept tile under them. */
  unmatched: z.array(rowProblem),
  /** What else a person must know, in sentences. */
  notes: z.array(z.string()),
});

export const labelsCalls = {
  import: { input: importFile, output: importReport },
  /** What `import` would do; changes nothing. */
  previewImport: { input: importFile, output: importReport },
  /** All labels as CSV; `out` is a file, or a folder that gets `labels.csv`. */
  export: {
    input: z.object({ project, out: z.string().min(1) }),
    output: z.object({ name: z.string(), labels: z.number().int(), byteLength: z.number().int() }),
  },
  counts: {
    input: z.object({ project }),
    output: z.array(z.object({ class: z.string(), colour: z.string(), labels: z.number().int() })),
  },

  classes: { input: z.object({ project }), output: z.array(projectClass) },
  addClass: {
    input: z.object({ project, name: className, colour: colour.optional(), key: key.optional() }),
    output: projectClass,
  },
  editClass: {
    input: z.object({
      project,
      class: classId,
      name: className.optional(),
      colour: colour.optional(),
      /** null: back to the one given by position. */
      letter: letter.nullable().optional(),
      key: key.nullable().optional(),
    }),
    output: projectClass,
  },
  /** Every class once, in the new order. */
  reorderClasses: { input: z.object({ project, classes: z.array(classId).min(1) }), output: z.array(projectClass) },
  /** Moves all labels of `from` to `into` and removes `from`. */
  mergeClasses: { input: z.object({ project, from: classId, into: classId }), output: z.array(projectClass) },
  /** Its labels are removed with it, or moved to another class. */
  removeClass: {
    input: z.object({ project, class: classId, moveLabelsTo: classId.optional() }),
    output: z.array(projectClass),
  },

  set: {
    input: z.object({
      project,
      tileSet,
      tiles,
      class: classId,
      source: z.enum(['person', 'suggestion']).default('person'),
      reader: z.string().max(200).default(''),
    }),
    output: changed,
  },
  clear: { input: z.object({ project, tileSet, tiles }), output: changed },
  /** Unsure or skipped takes the label away; null takes the mark away. */
  mark: {
    input: z.object({ project, tileSet, tiles, mark: z.enum(['unsure', 'skipped']).nullable() }),
    output: changed,
  },
  /** "I looked again and it is right": such labels are no suspects any more. Another label on the tile ends it. */
  keep: { input: z.object({ project, tileSet, tiles, isKept: z.boolean().default(true) }), output: changed },
  /** Tiles of the set whose label was kept. */
  kept: { input: z.object({ project, tileSet: z.string() }), output: z.object({ tiles: z.array(z.number().int()) }) },
  list: {
    input: z.object({
      project,
      kind: z.enum(['label', 'unsure', 'skipped']).default('label'),
      slide: z.string().optional(),
      class: classId.optional(),
      source: z.enum(['person', 'suggestion', 'import']).optional(),
      ...page,
    }),
    output: z.object({
      tileSet: z.string().nullable(),
      total: z.number().int(),
      labels: z.array(
        z.object({
          slide: z.string(),
          x: z.number(),
          y: z.number(),
          /** null: the point lies on no kept tile of the current set. */
          tile: z.number().int().nullable(),
          class: z.string().nullable(),
          source: z.string(),
          reader: z.string(),
        }),
      ),
    }),
  },
  overview: {
    input: z.object({ project }),
    output: z.object({
      tileSet: z.string().nullable(),
      classes: z.array(projectClass),
      /** `labels` in the order of `classes`. */
      slides: z.array(
        z.object({ slide: z.string(), name: z.string(), tiles: z.number().int(), labels: z.array(z.number().int()) }),
      ),
      budget: z.object({
        /** Share of the kept tiles to label. */
        share: z.number(),
        tiles: z.number().int(),
        wanted: z.number().int(),
        labelled: z.number().int(),
        unsure: z.number().int(),
        skipped: z.number().int(),
        sentence: z.string(),
      }),
    }),
  },
  /** Replays labelling on tiles whose classes are known, each way of choosing against random choice, over many seeds. */
  simulate: {
    input: z.object({
      project,
      /** CSV as for import, used in place of the project's labels and not imported. */
      file: z.string().min(1).optional(),
      run: z.string().optional(),
      strategies: z
        .array(z.enum(simulatedStrategies))
        .min(1)
        .default([...simulatedStrategies]),
      step: z.number().int().min(1).max(1000).default(10),
      budget: z.number().int().min(2).max(10_000).default(100),
      seeds: z.number().int().min(2).max(200).default(10),
      folds: z.number().int().min(2).max(50).default(5),
      /** What is held out together; left out: the coarsest that leaves every class in training. */
      group: z.enum(['image', 'specimen', 'patient']).optional(),
      /** Balanced accuracy to reach; left out: what random choice reaches with the whole budget. */
      goal: z.number().gt(0).lt(1).optional(),
      seed: z
        .number()
        .int()
        .min(0)
        .max(2 ** 31)
        .default(1),
      /** Folder for simulation.csv, .svg and .json; left out: nothing is written. */
      out: z.string().min(1).optional(),
    }),
    output: simulation,
  },
  queue: {
    input: z.object({
      project,
      order: queueOrder.default('auto'),
      size: z.number().int().min(1).max(500).default(50),
      seed: z
        .number()
        .int()
        .min(0)
        .max(2 ** 31)
        .default(1),
      slides: z.array(z.string()).max(10_000).optional(),
      /** Only tiles this classifier gives the class, by index. */
      predicted: z.number().int().min(0).optional(),
      /** Tiles put off until later are left out unless asked for. */
      withMarked: z.boolean().default(false),
    }),
    output: z.object({
      tileSet: z.string(),
      /** What 'auto' chose. */
      order: queueOrder.exclude(['auto']),
      /** Features behind it: "SimTriplet", or "Colour and texture" before the first run. */
      features: z.string(),
      tiles: z.array(
        tileReference.extend({
          why: z.string(),
          /** Class index and probability by the current classifier; null without one. */
          predicted: z.number().int().nullable(),
          probability: z.number().nullable(),
        }),
      ),
      /** What was left out or drawn at random, for the person. */
      notes: z.array(z.string()),
      /** Whether to go on labelling; null while there is nothing to say. */
      stop: z.object({ reached: z.boolean(), sentence: z.string() }).nullable(),
    }),
  },
} as const;
