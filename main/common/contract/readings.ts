/**
 * A second reading: another person names a sample of the labelled tiles without seeing the labels. Answers stand beside the
 * labels and never replace them; how far the two agree is told only when the reading is finished; a person settles each
 * disagreement. What a reader is sent (`list`, `tiles`, `answer`) never holds a first label, nor whether one was met.
 */
import { z } from 'zod';
import { figure } from './classifier.ts';
import { rowProblem, tileReference } from './labels.ts';

const project = z.string();
const session = z.string();
const person = z.string().trim().min(1).max(200);

export const readingSession = z.object({
  session,
  reader: z.string(),
  createdAt: z.string(),
  /** Answers are closed and the agreement may be seen; null: still being read. */
  finishedAt: z.string().nullable(),
  seed: z.number().int(),
  tiles: z.number().int(),
  /** Answered, `unsure` ones included. */
  read: z.number().int(),
  unsure: z.number().int(),
  /** False for a reading that came as a file and whose first labels are elsewhere: it is read here and sent back. */
  hasFirstLabels: z.boolean(),
});
export type ReadingSession = z.output<typeof readingSession>;

export const blindTile = tileReference.extend({
  reading: z.string(),
  /** What this reader said; null while nothing was said, or when unsure. */
  class: z.string().nullable(),
  isUnsure: z.boolean(),
});
export type BlindTile = z.output<typeof blindTile>;

export const readingDecision = z.enum(['first', 'second', 'other', 'unsure']);
export type ReadingDecision = z.output<typeof readingDecision>;

export const readingDisagreement = z.object({
  reading: z.string(),
  slide: z.string(),
  slideName: z.string(),
  x: z.number(),
  y: z.number(),
  /** null: the point lies on no kept tile of the current set. */
  tile: tileReference.nullable(),
  first: z.string(),
  /** null: the second reader was unsure. */
  second: z.string().nullable(),
  decision: readingDecision.nullable(),
  /** The class decided on; null when none is. */
  decided: z.string().nullable(),
  decidedBy: z.string().nullable(),
});
export type ReadingDisagreement = z.output<typeof readingDisagreement>;

export const readerAgreement = z.object({
  session,
  reader: z.string(),
  /** Names given with the first labels; empty for those given without. */
  firstReaders: z.array(z.string()),
  /** Tiles that both named, which is what the figures are about. */
  compared: z.number().int(),
  unsure: z.number().int(),
  unread: z.number().int(),
  classes: z.array(z.object({ class: z.string(), name: z.string(), colour: z.string() })),
  /** Rows: first reader; columns: second reader. */
  confusion: z.array(z.array(z.number().int())),
  agreed: z.number().int(),
  /** Cohen's kappa, 95 % by bootstrap over groups. */
  kappa: figure,
  groupLevel: z.enum(['image', 'specimen', 'patient']),
  groups: z.number().int(),
  perClass: z.array(
    z.object({
      name: z.string(),
      first: z.number().int(),
      second: z.number().int(),
      both: z.number().int(),
      /** Specific agreement: 2 x both / (first + second); null when neither named it. */
      agreement: z.number().nullable(),
    }),
  ),
  disagreements: z.array(readingDisagreement),
  sentences: z.array(z.string()),
});
export type ReaderAgreement = z.output<typeof readerAgreement>;

const changed = z.object({
  changed: z.number().int(),
  /** For `projects.undo`; null when nothing changed. */
  command: z.number().int().nullable(),
});

export const readingsCalls = {
  list: { input: z.object({ project }), output: z.array(readingSession) },
  /** Draws a class-balanced sample of the labelled tiles by seed; tiles that this reader labelled are left out. */
  start: {
    input: z.object({
      project,
      reader: person,
      size: z.number().int().min(2).max(10_000).default(50),
      seed: z
        .number()
        .int()
        .min(0)
        .max(2 ** 31)
        .default(1),
    }),
    output: readingSession,
  },
  /** The tiles to read in their order, without the labels. */
  tiles: {
    input: z.object({ project, session }),
    output: z.object({
      tileSet: z.string(),
      tiles: z.array(blindTile),
      /** Tiles of the sample that the current tile set no longer holds. */
      withoutTile: z.number().int(),
    }),
  },
  /** null and not unsure: the answer is taken back. Refused once the reading is finished. */
  answer: {
    input: z.object({
      project,
      reading: z.string(),
      class: z.string().nullable(),
      isUnsure: z.boolean().default(false),
    }),
    output: changed,
  },
  /** Closes the answers. What was not read stays unread and is counted. */
  finish: { input: z.object({ project, session }), output: readingSession },
  remove: { input: z.object({ project, session }), output: z.object({ removed: z.number().int() }) },

  /** CSV to read elsewhere or to send back: reading,slide,x,y,class,reader; the class is the second reader's or empty. */
  export: {
    input: z.object({ project, session, out: z.string().min(1) }),
    output: z.object({ tiles: z.number().int(), written: z.string() }),
  },
  /** Fills the answers of the reading that the file names; where there is none of that name, makes one to be read here. */
  import: {
    input: z.object({ project, file: z.string().min(1) }),
    output: z.object({ session: readingSession, answers: z.number().int(), unmatched: z.array(rowProblem) }),
  },

  /** Refused until the reading is finished: knowing it half way would end the blindness. */
  agreement: { input: z.object({ project, session }), output: readerAgreement },
  /** One row a tile: both labels and what was decided, as CSV. */
  report: {
    input: z.object({ project, session, out: z.string().min(1) }),
    output: z.object({ tiles: z.number().int(), written: z.string() }),
  },
  /** Sets the tile's label to what was decided, as one command; both readings stay as they were given. */
  adjudicate: {
    input: z.object({
      project,
      reading: z.string(),
      decision: readingDecision,
      /** With 'other' only. */
      class: z.string().optional(),
      by: z.string().trim().max(200).default(''),
    }),
    output: changed,
  },
} as const;
