/**
 * Reads labels from CSV: header `slide,x,y,class[,reader]`, x and y in level-0 pixels; comma or semicolon, quotes, BOM and
 * CRLF as spreadsheets write them. Other columns (those of our own export) are passed over. Rows with an error are listed by
 * line, never guessed; the others are used.
 */
import { TrefoilError } from '#common/errors.ts';

export interface LabelRow {
  /** Line in the file, counted from 1. */
  readonly line: number;
  /** Slide name or id as written. */
  readonly slide: string;
  readonly x: number;
  readonly y: number;
  readonly class: string;
  /** Empty when the file does not say. */
  readonly reader: string;
}

export interface LabelRowProblem {
  readonly line: number;
  readonly reason: string;
}

export interface ParsedLabels {
  readonly rows: readonly LabelRow[];
  readonly problems: readonly LabelRowProblem[];
}

const required = ['slide', 'x', 'y', 'class'] as const;
const maximumRows = 5_000_000;
const maximumNameLength = 200;

/** Throws `file-invalid` when the header lacks a column or a quote is never closed, `limit-exceeded` above five million rows. */
export function parseLabelsCsv(text: string, file: string): ParsedLabels {
  const content = text.startsWith('\ufeff') ? text.slice(1) : text;
  const firstLine = content.split(/\r?\n/, 1)[0] ?? '';
  const delimiter = firstLine.includes(';') && !firstLine.includes(',') ? ';' : ',';
  const [header, ...records] = splitRecords(content, delimiter, file);
  const names = (header?.fields ?? []).map((name) => name.trim().toLowerCase());
  const missing = required.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    throw new TrefoilError(
      'file-invalid',
      `${file} has no column ${missing.join(', ')}.`,
      'The first line must be: slide,x,y,class or slide,x,y,class,reader.',
    );
  }
  const rows: LabelRow[] = [];
  const problems: LabelRowProblem[] = [];
  for (const { line, fields } of records) {
    const field = (name: string): string => withoutGuard((fields[names.indexOf(name)] ?? '').trim());
    const x = parseNumber(field('x'), delimiter);
    const y = parseNumber(field('y'), delimiter);
    const row = { line, slide: field('slide'), class: field('class'), reader: field('reader') };
    const reason = problemOf(row, x, y);
    if (reason !== null) problems.push({ line, reason });
    else if (x !== null && y !== null) rows.push({ ...row, x, y });
  }
  return { rows, problems };
}

/** Takes off the apostrophe that `toCsv` puts before text a spreadsheet would run as a formula. */
function withoutGuard(text: string): string {
  return /^'+[=+\-@\t\r]/.test(text) ? text.slice(1) : text;
}

function problemOf(row: Omit<LabelRow, 'x' | 'y'>, x: number | null, y: number | null): string | null {
  if (row.slide === '') return 'no slide';
  if (row.class === '') return 'no class';
  if (x === null || y === null) return 'x or y is not a number';
  if ([row.slide, row.class, row.reader].some((value) => value.length > maximumNameLength)) {
    return `a name is longer than ${maximumNameLength} characters`;
  }
  return null;
}

/** A decimal comma is taken where the semicolon separates fields. */
function parseNumber(text: string, delimiter: string): number | null {
  const plain = delimiter === ';' ? text.replace(',', '.') : text;
  const value = Number(plain);
  return plain === '' || !Number.isFinite(value) ? null : value;
}

export interface CsvRecord {
  readonly line: number;
  readonly fields: string[];
}

/** RFC 4180 with either delimiter; blank lines are left out. */
export function splitRecords(text: string, delimiter: string, file: string): CsvRecord[] {
  const records: CsvRecord[] = [];
  let fields: string[] = [];
  let field = '';
  let isQuoted = false;
  let line = 1;
  let startLine = 1;
  const endRecord = (): void => {
    fields.push(field);
    if (fields.length > 1 || fields[0]?.trim() !== '') records.push({ line: startLine, fields });
    if (records.length > maximumRows) {
      throw new TrefoilError('limit-exceeded', `${file} has more than ${maximumRows} rows.`, 'Split the file.');
    }
    fields = [];
    field = '';
    startLine = line;
  };
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i] ?? '';
    if (character === '\n') line += 1;
    if (isQuoted) {
      if (character !== '"') field += character;
      else if (text[i + 1] === '"') {
        field += '"';
        i += 1;
      } else isQuoted = false;
    } else if (character === '"' && field.trim() === '') {
      isQuoted = true;
      field = '';
    } else if (character === delimiter) {
      fields.push(field);
      field = '';
    } else if (character === '\n') endRecord();
    else if (character !== '\r') field += character;
  }
  if (isQuoted) {
    throw new TrefoilError(
      'file-invalid',
      `A quote opened in line ${startLine} of ${file} is never closed.`,
      'Correct that line.',
    );
  }
  if (field !== '' || fields.length > 0) endRecord();
  return records;
}
