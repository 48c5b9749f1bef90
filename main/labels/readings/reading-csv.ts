/**
 * The file a second reading travels as: `reading,slide,x,y,class,reader`, x and y in level-0 pixels, class empty while the
 * tile is unread and `?` for unsure. It never holds a first label. Rows with an error are listed by line, the others used.
 */
import { TrefoilError } from '#common/errors.ts';
import { splitRecords, type LabelRowProblem } from '../labels-csv.ts';

export const readingColumns = ['reading', 'slide', 'x', 'y', 'class', 'reader'] as const;
export const unsureSign = '?';

export interface ReadingFileRow {
  readonly line: number;
  readonly slide: string;
  readonly x: number;
  readonly y: number;
  /** Empty: unread. */
  readonly class: string;
}

export interface ReadingFile {
  readonly session: string;
  readonly reader: string;
  readonly rows: readonly ReadingFileRow[];
  readonly problems: readonly LabelRowProblem[];
}

/** Throws `file-invalid` without the columns, with no row, or with rows of several readings. */
export function parseReadingFile(text: string, file: string): ReadingFile {
  const content = text.startsWith('\ufeff') ? text.slice(1) : text;
  const first = content.split(/\r?\n/, 1)[0] ?? '';
  const delimiter = first.includes(';') && !first.includes(',') ? ';' : ',';
  const [header, ...records] = splitRecords(content, delimiter, file);
  const names = (header?.fields ?? []).map((name) => name.trim().toLowerCase());
  const missing = readingColumns.filter((name) => !names.includes(name));
  if (missing.length > 0) throw invalid(`${file} has no column ${missing.join(', ')}.`);
  const rows: ReadingFileRow[] = [];
  const problems: LabelRowProblem[] = [];
  const sessions = new Set<string>();
  const readers = new Set<string>();
  for (const { line, fields } of records) {
    // An apostrophe is what exports put before text that a spreadsheet would run.
    const field = (name: string): string => (fields[names.indexOf(name)] ?? '').trim().replace(/^'(?=[=+\-@])/, '');
    const [x, y] = [number(field('x'), delimiter), number(field('y'), delimiter)];
    sessions.add(field('reading'));
    readers.add(field('reader'));
    if (field('slide') === '') problems.push({ line, reason: 'no slide' });
    else if (x === null || y === null) problems.push({ line, reason: 'x or y is not a number' });
    else rows.push({ line, slide: field('slide'), x, y, class: field('class') });
  }
  const [session = ''] = sessions;
  const [reader = ''] = readers;
  if (sessions.size !== 1 || session === '' || session.length > 100) {
    throw invalid(`${file} does not name one reading in every row.`);
  }
  if (readers.size !== 1 || reader === '' || reader.length > 200) {
    throw invalid(`${file} does not name one reader in every row.`);
  }
  return { session, reader, rows, problems };
}

function number(text: string, delimiter: string): number | null {
  const value = Number(delimiter === ';' ? text.replace(',', '.') : text);
  return text === '' || !Number.isFinite(value) ? null : value;
}

function invalid(message: string): TrefoilError {
  return new TrefoilError('file-invalid', message, `The first line must be: ${readingColumns.join(',')}.`);
}
