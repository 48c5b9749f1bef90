/**
 * Second readings: a blind sample of the labelled tiles for another person, its travel as a file, and the settling of what the
 * two see differently. Every step of a person is one command that can be undone. Figures are in ./reading-agreement.ts.
 */
import { basename, resolve } from 'node:path';
import { readingsCalls, type ReadingSession } from '#common/contract/readings.ts';
import { implementService, type ClientOf } from '#common/contract/service.ts';
import { counted } from '#common/counted.ts';
import { TrefoilError } from '#common/errors.ts';
import { toCsv } from '../exports/csv.ts';
import { writeFileAtomically } from '../files/atomic-file.ts';
import type { LabelRowProblem } from '../labels/labels-csv.ts';
import { parseReadingFile, readingColumns, unsureSign, type ReadingFileRow } from '../labels/readings/reading-csv.ts';
import { sampleReading } from '../labels/readings/sample-reading.ts';
import type { RowChange } from '../store/command-log.ts';
import {
  findReading,
  findSession,
  listSessions,
  readingChange,
  readingsOf,
  sessionChange,
  type ReadingRow,
  type SessionRow,
} from '../store/reading-rows.ts';
import { findSlideByName, listSlides, type SlideRow } from '../store/slide-rows.ts';
import { planMark, planSetLabels } from './label-changes.ts';
import { labelledTiles, listClasses } from './labelled-tiles.ts';
import { newId, type OpenProject, type OpenProjects } from './open-projects.ts';
import { requireClass } from './project-classes.ts';
import { agreementOf, reportColumns, reportRows, requireFinished } from './reading-agreement.ts';
import { readTextFile } from './text-file.ts';
import { tileReference, type TileLookup, type TileLookups } from './tile-lookup.ts';

export function createReadingsService(
  projects: OpenProjects,
  lookups: TileLookups,
  now: () => Date,
): ClientOf<typeof readingsCalls> {
  return implementService('readings', readingsCalls, {
    list: async ({ project }) => {
      const target = projects.get(project);
      return listSessions(target.database).map((session) => view(target, session));
    },

    start: async ({ project, reader, size, seed }) => {
      const target = projects.get(project);
      const session = {
        id: newId('reading'),
        reader,
        createdAt: now().toISOString(),
        finishedAt: null,
        seed,
      };
      const readings = drawReadings(target, lookups.current(target), session, size);
      target.change(`Start a second reading of ${counted(readings.length, 'tile')} by ${reader}`, 'person', [
        sessionChange(null, session),
        ...readings.map((row) => readingChange(null, row)),
      ]);
      return view(target, session);
    },

    tiles: async ({ project, session }) => {
      const target = projects.get(project);
      findSession(target.database, session);
      const lookup = lookups.current(target);
      const readings = readingsOf(target.database, session);
      const tiles = readings.flatMap((row) => {
        const tile = lookup.find(row.slide, row.x, row.y);
        if (tile === undefined) return [];
        // Only what this reader said: see the contract.
        return [{ ...tileReference(lookup, tile), reading: row.id, class: row.second, isUnsure: row.isUnsure }];
      });
      return { tileSet: lookup.set.id, tiles, withoutTile: readings.length - tiles.length };
    },

    answer: async ({ project, reading, class: id, isUnsure }) => {
      const target = projects.get(project);
      const before = findReading(target.database, reading);
      const session = findSession(target.database, before.session);
      if (session.finishedAt !== null) {
        throw new TrefoilError(
          'not-allowed',
          `The second reading by ${session.reader} is finished; its answers stay as they were given.`,
          'Start another reading to read again.',
        );
      }
      if (id !== null) requireClass(target.database, id);
      const after = { ...before, second: isUnsure ? null : id, isUnsure };
      const isSame = after.second === before.second && after.isUnsure === before.isUnsure;
      const command = target.change(
        `Second reading by ${session.reader}: tile ${before.position + 1}`,
        'person',
        isSame ? [] : [readingChange(before, after)],
      );
      return { changed: isSame ? 0 : 1, command };
    },

    finish: async ({ project, session: id }) => {
      const target = projects.get(project);
      const before = findSession(target.database, id);
      if (before.finishedAt !== null) return view(target, before);
      const after = { ...before, finishedAt: now().toISOString() };
      target.change(`End the second reading by ${before.reader}`, 'person', [sessionChange(before, after)]);
      return view(target, after);
    },

    remove: async ({ project, session: id }) => {
      const target = projects.get(project);
      const session = findSession(target.database, id);
      const readings = readingsOf(target.database, id);
      target.change(`Remove the second reading by ${session.reader}`, 'person', [
        ...readings.map((row) => readingChange(row, null)),
        sessionChange(session, null),
      ]);
      return { removed: readings.length };
    },

    export: async ({ project, session: id, out }) => {
      const target = projects.get(project);
      const { reader } = findSession(target.database, id);
      const readings = readingsOf(target.database, id);
      const names = new Map(listSlides(target.database).map((slide) => [slide.id as string, slide.name]));
      const classes = new Map(listClasses(target.database).map((item) => [item.id, item.name]));
      const rows = readings.map((row) => [
        id,
        names.get(row.slide) ?? row.slide,
        row.x,
        row.y,
        row.isUnsure ? unsureSign : (classes.get(row.second ?? '') ?? ''),
        reader,
      ]);
      const written = resolve(out);
      await writeFileAtomically(written, Buffer.from(toCsv(readingColumns, rows)));
      return { tiles: readings.length, written };
    },

    import: async ({ project, file }) => {
      const target = projects.get(project);
      const path = resolve(file);
      const parsed = parseReadingFile(await readTextFile(path), path);
      const known = listSessions(target.database).find((item) => item.id === parsed.session);
      const { changes, answers, problems, session } =
        known === undefined
          ? planForeignReading(target, parsed, now().toISOString())
          : planAnswers(target, known, parsed.rows);
      target.change(
        `Import ${counted(answers, 'answer')} of ${parsed.reader} from ${basename(path)}`,
        'import',
        changes,
      );
      return {
        session: view(target, session),
        answers,
        unmatched: [...parsed.problems, ...problems].sort((a, b) => a.line - b.line),
      };
    },

    agreement: async ({ project, session }) => agreementOf(projects.get(project), lookups, session),

    report: async ({ project, session, out }) => {
      const target = projects.get(project);
      requireFinished(target, session);
      const readings = readingsOf(target.database, session);
      const written = resolve(out);
      await writeFileAtomically(written, Buffer.from(toCsv(reportColumns, reportRows(target, readings))));
      return { tiles: readings.length, written };
    },

    adjudicate: async ({ project, reading, decision, class: other, by }) => {
      const target = projects.get(project);
      const before = findReading(target.database, reading);
      requireFinished(target, before.session);
      const decided = decidedClass(target, before, decision, other);
      const lookup = lookups.current(target);
      const tile = lookup.find(before.slide, before.x, before.y);
      if (tile === undefined) {
        throw new TrefoilError(
          'not-found',
          'The tile of this reading is not among the current tiles.',
          'Make tiles with the settings of before, then decide.',
        );
      }
      const after: ReadingRow = { ...before, decision, decided, decidedBy: by };
      const labels =
        decided === null
          ? planMark(target.database, lookup, [tile], 'unsure')
          : planSetLabels(target.database, lookup, [tile], {
              class: decided,
              source: 'person',
              reader: decision === 'first' ? before.firstReader : by,
            });
      const isSame = before.decision === decision && before.decided === decided && before.decidedBy === by;
      const changes = isSame ? labels : [readingChange(before, after), ...labels];
      const name = decided === null ? 'unsure' : requireClass(target.database, decided).name;
      const command = target.change(
        `Settle tile ${before.position + 1} of a second reading: ${name}`,
        'person',
        changes,
      );
      return { changed: changes.length, command };
    },
  });
}

function view({ database }: OpenProject, session: SessionRow): ReadingSession {
  const readings = readingsOf(database, session.id);
  const unsure = readings.filter((row) => row.isUnsure).length;
  return {
    session: session.id,
    reader: session.reader,
    createdAt: session.createdAt,
    finishedAt: session.finishedAt,
    seed: session.seed,
    tiles: readings.length,
    read: readings.filter((row) => row.second !== null).length + unsure,
    unsure,
    hasFirstLabels: readings.some((row) => row.first !== null),
  };
}

/** The label that counts on each labelled tile, but not those of the second reader: nobody is their own second reader. */
function drawReadings(project: OpenProject, lookup: TileLookup, session: SessionRow, size: number): ReadingRow[] {
  const labelled = labelledTiles(project.database, lookup.set, lookup.find);
  const readers = readerOfTiles(project, lookup);
  const rows = [...labelled.tiles.keys()].filter((row) => {
    const name = readers.get(labelled.tiles[row] as number) ?? '';
    return name === '' || name.toLocaleLowerCase() !== session.reader.toLocaleLowerCase();
  });
  const classOf = rows.map((row) => labelled.classOf[row] as number);
  if (new Set(classOf).size < 2) {
    throw new TrefoilError(
      'no-labels',
      `A second reading needs labelled tiles of at least two classes that ${session.reader} did not label.`,
      'Label more tiles first, or give the second reader another name.',
    );
  }
  const slideOf = rows.map((row) => labelled.slideOf[row] as string);
  return sampleReading(classOf, slideOf, size, session.seed).map((drawn, position): ReadingRow => {
    const row = rows[drawn] as number;
    const tile = labelled.tiles[row] as number;
    const { slide, rect } = lookup.place(tile);
    return {
      id: newId('tile'),
      session: session.id,
      position,
      slide: slide.slide,
      x: rect.x + rect.width / 2,
      y: rect.y + rect.height / 2,
      first: labelled.classes[labelled.classOf[row] as number]?.id ?? null,
      firstReader: readers.get(tile) ?? '',
      second: null,
      isUnsure: false,
      decision: null,
      decided: null,
      decidedBy: null,
    };
  });
}

/** Who gave the label that counts on a tile. */
function readerOfTiles({ database }: OpenProject, { find }: TileLookup): Map<number, string> {
  const readers = new Map<number, string>();
  for (const row of database.prepare('SELECT slide_id, x, y, reader FROM labels ORDER BY rowid').iterate()) {
    const tile = find(String(row['slide_id']), Number(row['x']), Number(row['y']));
    if (tile !== undefined) readers.set(tile, String(row['reader']));
  }
  return readers;
}

interface ImportPlan {
  readonly session: SessionRow;
  readonly changes: readonly RowChange[];
  readonly answers: number;
  readonly problems: readonly LabelRowProblem[];
}

function planAnswers(project: OpenProject, session: SessionRow, rows: readonly ReadingFileRow[]): ImportPlan {
  if (session.finishedAt !== null) {
    throw new TrefoilError(
      'not-allowed',
      `The second reading by ${session.reader} is finished; its answers stay as they were given.`,
      'Undo its end, or start another reading.',
    );
  }
  const slides = listSlides(project.database);
  const readings = readingsOf(project.database, session.id);
  const changes: RowChange[] = [];
  const problems: LabelRowProblem[] = [];
  let answers = 0;
  for (const row of rows) {
    if (row.class === '') continue;
    const slide = slideOf(slides, row, problems);
    if (slide === null) continue;
    const before = readings.find(
      (item) => item.slide === slide.id && Math.abs(item.x - row.x) < 1 && Math.abs(item.y - row.y) < 1,
    );
    const answer = answerOf(project, row, problems);
    if (before === undefined) problems.push({ line: row.line, reason: 'not a tile of this reading' });
    if (before === undefined || answer === null) continue;
    answers += 1;
    changes.push(readingChange(before, { ...before, ...answer }));
  }
  return { session, changes, answers, problems };
}

/** Tiles of a reading that belongs to another project: to be read here and sent back. */
function planForeignReading(
  project: OpenProject,
  file: { readonly session: string; readonly reader: string; readonly rows: readonly ReadingFileRow[] },
  createdAt: string,
): ImportPlan {
  const slides = listSlides(project.database);
  const problems: LabelRowProblem[] = [];
  const session = { id: file.session, reader: file.reader, createdAt, finishedAt: null, seed: 0 };
  const seen = new Set<string>();
  const readings = file.rows.flatMap((row, position): ReadingRow[] => {
    const slide = slideOf(slides, row, problems);
    const key = `${slide?.id} ${row.x} ${row.y}`;
    if (slide === null || seen.has(key)) return [];
    seen.add(key);
    const answer = row.class === '' ? null : answerOf(project, row, problems);
    return [
      {
        id: newId('tile'),
        session: session.id,
        position,
        slide: slide.id,
        x: row.x,
        y: row.y,
        first: null,
        firstReader: '',
        second: answer?.second ?? null,
        isUnsure: answer?.isUnsure ?? false,
        decision: null,
        decided: null,
        decidedBy: null,
      },
    ];
  });
  if (readings.length === 0) {
    throw new TrefoilError(
      'file-invalid',
      'No row of the file lies on a slide of this project.',
      'Add the slides under the same names, then import the reading again.',
    );
  }
  const answers = readings.filter((row) => row.second !== null || row.isUnsure).length;
  const changes = [sessionChange(null, session), ...readings.map((row) => readingChange(null, row))];
  return { session, changes, answers, problems };
}

function slideOf(slides: readonly SlideRow[], row: ReadingFileRow, problems: LabelRowProblem[]): SlideRow | null {
  const slide = findSlideByName(slides, row.slide);
  if (slide === null) problems.push({ line: row.line, reason: `the project has no slide "${row.slide}"` });
  return slide;
}

function answerOf(
  { database }: OpenProject,
  row: ReadingFileRow,
  problems: LabelRowProblem[],
): Pick<ReadingRow, 'second' | 'isUnsure'> | null {
  if (row.class === unsureSign) return { second: null, isUnsure: true };
  const found = listClasses(database).find((item) => item.name === row.class);
  if (found !== undefined) return { second: found.id, isUnsure: false };
  problems.push({ line: row.line, reason: `the project has no class "${row.class}"` });
  return null;
}

function decidedClass(
  { database }: OpenProject,
  row: ReadingRow,
  decision: 'first' | 'second' | 'other' | 'unsure',
  other: string | undefined,
): string | null {
  if (decision === 'unsure') return null;
  const decided = decision === 'first' ? row.first : decision === 'second' ? row.second : (other ?? null);
  if (decided === null) {
    throw new TrefoilError(
      'invalid-input',
      decision === 'other' ? 'Another class was decided on, but none is named.' : 'That reader named no class.',
      'Name the class, or decide on unsure.',
    );
  }
  return requireClass(database, decided).id;
}
