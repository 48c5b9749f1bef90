/** Plain text tables for a terminal: first column left, the others right-aligned. */

export function textTable(header: readonly string[], given: readonly (readonly string[])[]): string {
  // A file's name may hold a line break; a row is one line.
  const rows = given.map((cells) => cells.map((cell) => cell.replace(/[\r\n\t]/g, ' ')));
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    widths
      .map((width, column) =>
        column === 0 ? (cells[column] ?? '').padEnd(width) : (cells[column] ?? '').padStart(width),
      )
      .join('  ')
      .trimEnd();
  return [line(header), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}
