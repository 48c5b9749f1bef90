/** What two readers agree on in a finished second reading: figures, the tiles they differ on, and what was decided. */
import type { z } from 'zod';
import type { readingsCalls, ReaderAgreement } from '#common/contract/readings.ts';
import { counted } from '#common/counted.ts';
import { TrefoilError } from '#common/errors.ts';
import { readerAgreement } from '../classifier/reader-agreement.ts';
import { findSession, readingsOf, type ReadingRow, type SessionRow } from '../store/reading-rows.ts';
import { listSlides } from '../store/slide-rows.ts';
import { groupsOf, listClasses } from './labelled-tiles.ts';
import type { OpenProject } from './open-projects.ts';
import { tileReference, type TileLookups } from './tile-lookup.ts';
import { currentTileSetId } from './tile-sets.ts';

type Level = z.output<typeof readingsCalls.agreement.output>['groupLevel'];

/** An interval over fewer groups is hardly one. */
const enoughGroups = 5;

/** Throws `not-allowed` while the reading is open, and `invalid-input` where the first labels are elsewhere. */
export function requireFinished(project: OpenProject, id: string): SessionRow {
  const session = findSession(project.database, id);
  if (session.finishedAt === null) {
    throw new TrefoilError(
      'not-allowed',
      `The second reading by ${session.reader} is not finished: its agreement stays hidden until it is.`,
      'Read the remaining tiles, or end the reading: trefoil readings finish PROJECT.',
    );
  }
  return session;
}

export function agreementOf(project: OpenProject, lookups: TileLookups, id: string): ReaderAgreement {
  const { database } = project;
  const session = requireFinished(project, id);
  const readings = readingsOf(database, id);
  if (readings.every((row) => row.first === null)) {
    throw new TrefoilError(
      'invalid-input',
      'The first labels of this reading are in another project.',
      'Send the reading back: trefoil readings export PROJECT, and import it where it came from.',
    );
  }
  const classes = listClasses(database);
  const indexOf = new Map(classes.map((item, index) => [item.id, index]));
  const slides = listSlides(database);
  const compared = readings.flatMap((row) => {
    const [first, second] = [indexOf.get(row.first ?? ''), indexOf.get(row.second ?? '')];
    return first === undefined || second === undefined ? [] : [{ row, first, second }];
  });
  const groups = groupsOf({ slideOf: compared.map(({ row }) => row.slide) }, slides);
  const count = (level: Level): number => new Set(groups[level]).size;
  const level: Level = (['patient', 'specimen'] as const).find((item) => count(item) >= enoughGroups) ?? 'image';
  const result = readerAgreement({
    first: compared.map(({ first }) => first),
    second: compared.map(({ second }) => second),
    classCount: classes.length,
    groups: groups[level],
    seed: session.seed,
  });
  const names = new Map(slides.map((slide) => [slide.id as string, slide.name]));
  const lookup = currentTileSetId(project) === null ? null : lookups.current(project);
  const differing = readings.filter(
    (row) => row.first !== null && (row.isUnsure || (row.second !== null && row.second !== row.first)),
  );
  const { low, high, value, note } = result.kappa;
  const answer = {
    session: id,
    reader: session.reader,
    firstReaders: [...new Set(readings.map((row) => row.firstReader).filter((name) => name !== ''))],
    compared: compared.length,
    unsure: readings.filter((row) => row.isUnsure).length,
    unread: readings.filter((row) => row.second === null && !row.isUnsure).length,
    classes: classes.map((item) => ({ class: item.id, name: item.name, colour: item.colour })),
    confusion: result.confusion.map((row) => [...row]),
    agreed: result.agreed,
    kappa: { value, low, high, intervalNote: note },
    groupLevel: level,
    groups: result.groups,
    perClass: result.perClass.map((item, k) => ({ name: classes[k]?.name ?? '', ...item })),
    disagreements: differing.map((row) => {
      const tile = lookup?.find(row.slide, row.x, row.y);
      return {
        reading: row.id,
        slide: row.slide,
        slideName: names.get(row.slide) ?? row.slide,
        x: row.x,
        y: row.y,
        tile: tile === undefined || lookup === null ? null : tileReference(lookup, tile),
        first: row.first ?? '',
        second: row.second,
        decision: row.decision,
        decided: row.decided,
        decidedBy: row.decidedBy,
      };
    }),
  };
  return { ...answer, sentences: describe(answer) };
}

function describe(result: Omit<ReaderAgreement, 'sentences'>): string[] {
  const { compared, agreed, kappa, unsure, unread, groups, groupLevel, disagreements } = result;
  if (compared === 0) return ['No tile was named by both readers.'];
  const level = groupLevel === 'image' ? 'slide' : groupLevel;
  const interval =
    kappa.low === null || kappa.high === null
      ? (kappa.intervalNote ?? 'no interval')
      : `95 % ${kappa.low.toFixed(2)} to ${kappa.high.toFixed(2)} over ${counted(groups, level)}`;
  const decided = disagreements.filter((item) => item.decision !== null).length;
  return [
    `The readers name ${agreed} of ${counted(compared, 'tile')} alike (${((100 * agreed) / compared).toFixed(0)} %); kappa ${kappa.value.toFixed(2)} (${interval}).`,
    'The sample holds the classes in equal numbers as far as possible; on tissue as it comes, both figures would differ.',
    ...(unsure + unread > 0 ? [`Not counted: ${unsure} unsure, ${unread} not read.`] : []),
    ...(kappa.low !== null && kappa.intervalNote !== null ? [`Caution: ${kappa.intervalNote}.`] : []),
    ...(disagreements.length > 0 ? [`Settled: ${decided} of ${counted(disagreements.length, 'disagreement')}.`] : []),
  ];
}

/** One row a tile for the report. */
export function reportRows(project: OpenProject, readings: readonly ReadingRow[]): (string | number)[][] {
  const names = new Map(listSlides(project.database).map((slide) => [slide.id as string, slide.name]));
  const classes = new Map(listClasses(project.database).map((item) => [item.id, item.name]));
  const nameOf = (id: string | null): string => (id === null ? '' : (classes.get(id) ?? ''));
  return readings.map((row) => [
    names.get(row.slide) ?? row.slide,
    row.x,
    row.y,
    nameOf(row.first),
    row.isUnsure ? 'unsure' : nameOf(row.second),
    row.first === null || row.second === null ? '' : row.first === row.second ? 'yes' : 'no',
    row.decision ?? '',
    nameOf(row.decided),
    row.firstReader,
    row.decidedBy ?? '',
  ]);
}

export const reportColumns = [
  'slide',
  'x',
  'y',
  'first',
  'second',
  'agree',
  'decision',
  'decided_class',
  'first_reader',
  'decided_by',
] as const;
