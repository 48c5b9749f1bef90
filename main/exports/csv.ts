/**
 * CSV as RFC 4180 describes it, lines ended by LF. Text that a spreadsheet would run as a formula gets a leading apostrophe:
 * slide and class names come from files and people. Text that already begins so gets one more, so that a reader can take
 * exactly one off again.
 */

export type CsvValue = string | number | null;

export function toCsv(header: readonly string[], rows: Iterable<readonly CsvValue[]>): string {
  return [...csvLines(header, rows)].join('');
}

/** Line by line, for tables that are larger than memory should be. */
export function* csvLines(header: readonly string[], rows: Iterable<readonly CsvValue[]>): Generator<string> {
  yield `${header.map(cell).join(',')}\n`;
  for (const row of rows) yield `${row.map(cell).join(',')}\n`;
}

function cell(value: CsvValue): string {
  if (value === null) return '';
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  const safe = /^'*[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
