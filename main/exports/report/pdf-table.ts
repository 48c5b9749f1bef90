/**
 * A table of a report on PDF pages: columns as wide as they need, rows never broken over pages, the head repeated on each page
 * (told once to a screen reader).
 */
import type { Table } from './document.ts';
import { artifact, container, content } from './pdf-document.ts';
import { ink, pale, type Page } from './write-pdf.ts';

const padding = 4;
const fontSize = 8;

export function drawTable(page: Page, table: Table): void {
  const { pdf, root, text, need } = page;
  const left = pdf.page.margins.left;
  const widths = columnWidths(page, table);
  const element = container(pdf, root, 'Table');
  const heightOf = (cells: readonly string[], font: 'regular' | 'bold'): number => {
    pdf.font(font).fontSize(fontSize);
    const heights = cells.map((cell, column) =>
      pdf.heightOfString(text(cell), { width: (widths[column] ?? 0) - 2 * padding }),
    );
    return Math.max(fontSize, ...heights) + 2 * padding - 2;
  };
  const titles = table.columns.map(({ title }) => title);
  const headHeight = heightOf(titles, 'bold');

  pdf.font('bold').fontSize(9);
  const captionHeight = pdf.heightOfString(text(table.caption), { width: page.width });
  need(captionHeight + headHeight + heightOf(table.rows[0] ?? [], 'regular') + 10);
  content(pdf, element, 'Caption', () => {
    pdf.font('bold').fontSize(9).fillColor(ink).text(text(table.caption), left, pdf.y, { width: page.width });
  });
  pdf.y += 3;

  const write = (cell: string, column: number, y: number): void => {
    let x = left;
    for (let each = 0; each < column; each += 1) x += widths[each] ?? 0;
    const align = table.columns[column]?.isText === true ? 'left' : 'right';
    pdf.fillColor(ink).text(text(cell), x + padding, y + padding - 1, {
      width: (widths[column] ?? 0) - 2 * padding,
      align,
    });
  };
  const underline = (y: number): void => {
    artifact(pdf, () => {
      const right = left + widths.reduce((sum, width) => sum + width, 0);
      pdf.lineWidth(0.5).strokeColor(pale).moveTo(left, y).lineTo(right, y).stroke();
    });
  };
  const head = (isRepeated: boolean): void => {
    const y = pdf.y;
    pdf.font('bold').fontSize(fontSize);
    if (isRepeated) artifact(pdf, () => titles.forEach((title, column) => write(title, column, y)));
    else {
      const row = container(pdf, element, 'TR');
      titles.forEach((title, column) => {
        const draw = (): void => write(title, column, y);
        if (title === '') content(pdf, row, 'TD', draw);
        else content(pdf, row, 'TH', draw, { scope: 'Column' });
      });
      row.end();
    }
    pdf.y = y + headHeight;
    underline(pdf.y);
  };
  head(false);
  for (const cells of table.rows) {
    const height = heightOf(cells, 'regular');
    if (need(height)) head(true);
    const y = pdf.y;
    pdf.font('regular').fontSize(fontSize);
    const row = container(pdf, element, 'TR');
    cells.forEach((value, column) => {
      const draw = (): void => write(value, column, y);
      if (column === 0) content(pdf, row, 'TH', draw, { scope: 'Row' });
      else content(pdf, row, 'TD', draw);
    });
    row.end();
    pdf.y = y + height;
    underline(pdf.y);
  }
  element.end();
  pdf.x = left;
  pdf.y += 10;
}

/** As wide as the longest cell where all fit; else words decide, and text columns share what is left in proportion. */
function columnWidths({ pdf, text, width }: Page, { columns, rows }: Table): number[] {
  const measure = (value: string, font: 'regular' | 'bold'): number =>
    pdf.font(font).fontSize(fontSize).widthOfString(text(value)) + 2 * padding + 1;
  const sample = rows.length > 400 ? rows.filter((_, index) => index % Math.ceil(rows.length / 400) === 0) : rows;
  const longest = (pick: (value: string) => string[]) =>
    columns.map(({ title }, column) =>
      Math.max(
        ...pick(title).map((part) => measure(part, 'bold')),
        ...sample.flatMap((row) => pick(row[column] ?? '').map((part) => measure(part, 'regular'))),
      ),
    );
  const wanted = longest((value) => [value]);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  if (sum(wanted) <= width) return wanted;
  // A word longer than this is broken.
  const least = longest((value) => value.split(/\s+/)).map((value) => Math.min(value, 0.4 * width));
  const spare = width - sum(least);
  if (spare <= 0) return least.map((value) => (value * width) / sum(least));
  const missing = wanted.map((value, column) => Math.max(0, value - (least[column] ?? 0)));
  return least.map((value, column) => value + (spare * (missing[column] ?? 0)) / sum(missing));
}
