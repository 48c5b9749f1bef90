/**
 * A report as PDF: tagged (headings, paragraphs, lists, tables with header cells, figures with alternatives), with bookmarks, an
 * embedded font, page numbers and the notice on every page. Made in the core, without a browser; the same input gives the same
 * bytes. Why so: docs/decisions/0012-reports.md.
 */
import { create as openFont, type Font } from 'fontkit';
import type { Block, Chart, LegendItem, Pictures, ReportDocument, Shape } from './document.ts';
import {
  artifact,
  bytesOf,
  container,
  content,
  newPdf,
  openImage,
  placeImage,
  type Element,
  type Pdf,
} from './pdf-document.ts';
import { codePointNote, needsCodePoints, showable } from './pdf-text.ts';
import { drawTable } from './pdf-table.ts';
import { safeColour } from './write-html.ts';

export interface ReportFonts {
  readonly regular: Buffer;
  readonly bold: Buffer;
}

/** Points. */
const margin = { top: 48, bottom: 54, left: 45, right: 45 };
export const ink = '#222222';
export const pale = '#bbbbbb';
const sizes = { title: 18, 2: 13, 3: 11, text: 9.5, small: 8 } as const;
const picturesHeight = 200;

/** What every block is drawn with. */
export interface Page {
  readonly pdf: Pdf;
  /** The structure element that blocks are put into. */
  readonly root: Element;
  readonly text: (text: string) => string;
  readonly width: number;
  /** Begins a page unless so many points are left; whether it did. */
  readonly need: (points: number) => boolean;
}

export async function reportPdf(report: ReportDocument, fonts: ReportFonts): Promise<Uint8Array> {
  const pdf = newPdf(fonts.regular, {
    title: report.title,
    subject: report.notice,
    creator: report.creator,
    createdAt: new Date(report.createdAt),
    margins: margin,
  });
  pdf.registerFont('regular', fonts.regular);
  pdf.registerFont('bold', fonts.bold);
  const finished = bytesOf(pdf);
  const glyphs = openFont(fonts.regular) as Font;
  const root = container(pdf, null, 'Document');
  const page: Page = {
    pdf,
    root,
    text: (text) => showable(text, glyphs),
    width: pdf.page.width - margin.left - margin.right,
    need: (points) => {
      if (pdf.y + points <= pdf.page.height - margin.bottom) return false;
      pdf.addPage();
      return true;
    },
  };
  drawTop(page, report, glyphs);
  for (const block of report.blocks) drawBlock(page, block);
  root.end();
  drawFooters(page, report);
  pdf.end();
  return finished;
}

function drawTop(page: Page, report: ReportDocument, glyphs: Font): void {
  const { pdf, root, text, width } = page;
  pdf.outline.addItem(text(report.title));
  content(pdf, root, 'H1', () => {
    pdf.font('bold').fontSize(sizes.title).fillColor(ink).text(text(report.title), margin.left, pdf.y, { width });
  });
  pdf.moveDown(0.5);
  pdf.font('bold').fontSize(sizes.text);
  const height = pdf.heightOfString(text(report.notice), { width: width - 20 }) + 12;
  const top = pdf.y;
  artifact(pdf, () => {
    pdf.lineWidth(1.5).strokeColor('#bb0000').rect(margin.left, top, width, height).stroke();
  });
  content(pdf, root, 'P', () => {
    pdf.fillColor(ink).text(text(report.notice), margin.left + 10, top + 6, { width: width - 20 });
  });
  pdf.x = margin.left;
  pdf.y = top + height + 8;
  if (needsCodePoints(report, glyphs)) drawParagraph(page, codePointNote);
}

function drawBlock(page: Page, block: Block): void {
  switch (block.kind) {
    case 'heading':
      return drawHeading(page, block.level, block.text);
    case 'paragraph':
      return drawParagraph(page, block.text);
    case 'list':
      return drawList(page, block.items);
    case 'table':
      return drawTable(page, block);
    case 'legend':
      return drawLegend(page, block.items);
    case 'pictures':
      return drawPictures(page, block);
    case 'chart':
      return drawChart(page, block);
    case 'listing':
      drawHeading(page, 3, block.caption);
      for (const line of block.text.split('\n')) drawLine(page, line);
      return;
    default:
      block satisfies never;
  }
}

function drawHeading({ pdf, root, text, width, need }: Page, level: 2 | 3, title: string): void {
  need(level === 2 ? 110 : 70);
  pdf.moveDown(level === 2 ? 1 : 0.5);
  if (level === 2) pdf.outline.addItem(text(title));
  content(pdf, root, `H${level}`, () => {
    pdf.font('bold').fontSize(sizes[level]).fillColor(ink).text(text(title), margin.left, pdf.y, { width });
  });
  if (level === 2) {
    const y = pdf.y + 1;
    artifact(pdf, () => {
      pdf
        .lineWidth(0.5)
        .strokeColor(pale)
        .moveTo(margin.left, y)
        .lineTo(margin.left + width, y)
        .stroke();
    });
  }
  pdf.moveDown(0.4);
}

function drawParagraph({ pdf, root, text, width, need }: Page, words: string): void {
  pdf.font('regular').fontSize(sizes.text).fillColor(ink);
  need(Math.min(60, pdf.heightOfString(text(words), { width })));
  content(pdf, root, 'P', () => {
    pdf.text(text(words), margin.left, pdf.y, { width });
  });
  pdf.moveDown(0.4);
}

function drawList({ pdf, root, text, width, need }: Page, items: readonly string[]): void {
  const element = container(pdf, root, 'L');
  pdf.font('regular').fontSize(sizes.text).fillColor(ink);
  for (const item of items) {
    need(Math.min(60, pdf.heightOfString(text(item), { width: width - 12 })));
    const line = container(pdf, element, 'LI');
    const { y } = pdf;
    content(pdf, line, 'Lbl', () => void pdf.text('•', margin.left, y, { lineBreak: false }));
    content(pdf, line, 'LBody', () => void pdf.text(text(item), margin.left + 12, y, { width: width - 12 }));
    line.end();
    pdf.moveDown(0.2);
  }
  element.end();
  pdf.x = margin.left;
  pdf.moveDown(0.3);
}

/** One line of a listing; what is too long goes on below, indented as the line is. */
function drawLine({ pdf, root, text, width, need }: Page, line: string): void {
  pdf.font('regular').fontSize(7).fillColor(ink);
  if (line.trim() === '') {
    pdf.moveDown(0.5);
    return;
  }
  const indent = Math.min(120, 4 * (line.length - line.trimStart().length));
  const shown = text(line.trim());
  need(pdf.heightOfString(shown, { width: width - indent }));
  content(pdf, root, 'P', () => void pdf.text(shown, margin.left + indent, pdf.y, { width: width - indent }));
  pdf.x = margin.left;
}

function drawLegend({ pdf, root, text, need, width }: Page, items: readonly LegendItem[]): void {
  const element = container(pdf, root, 'L');
  pdf.font('regular').fontSize(sizes.text);
  for (const { name, letter, colour } of items) {
    const shown = text(`${letter} ${name}`);
    need(pdf.heightOfString(shown, { width: width - 16 }) + 4);
    const { y } = pdf;
    const line = container(pdf, element, 'LI');
    artifact(pdf, () => {
      pdf.lineWidth(0.5).rect(margin.left, y, 9, 9).fillAndStroke(safeColour(colour), '#444444');
    });
    content(pdf, line, 'LBody', () => void pdf.fillColor(ink).text(shown, margin.left + 16, y, { width: width - 16 }));
    line.end();
    pdf.moveDown(0.2);
  }
  element.end();
  pdf.x = margin.left;
  pdf.moveDown(0.3);
}

function drawPictures(page: Page, { caption, pictures }: Pictures): void {
  const { pdf, root, text, width, need } = page;
  const gap = 10;
  const cell = (width - gap) / 2;
  pdf.font('regular').fontSize(sizes.small);
  const opened = pictures.map((picture) => ({ ...picture, image: openImage(pdf, picture.bytes) }));
  const scaled = opened.map(({ image }) => {
    const scale = Math.min(cell / image.width, picturesHeight / image.height);
    return { width: image.width * scale, height: image.height * scale };
  });
  const height = Math.max(0, ...scaled.map((size) => size.height));
  need(height + pdf.heightOfString(text(caption), { width }) + 16);
  const top = pdf.y;
  opened.forEach(({ alternative, image }, index) => {
    const x = margin.left + index * (cell + gap);
    const { width: w = 0, height: h = 0 } = scaled[index] ?? {};
    const draw = (): void => {
      placeImage(pdf, image, x, top, w, h);
      pdf.lineWidth(0.5).strokeColor(pale).rect(x, top, w, h).stroke();
    };
    content(pdf, root, 'Figure', draw, { alt: text(alternative), bbox: [x, top, x + w, top + h] });
  });
  pdf.y = top + height + 4;
  drawCaption(page, caption);
}

function drawCaption({ pdf, root, text, width }: Page, caption: string): void {
  pdf.x = margin.left;
  content(pdf, root, 'Caption', () => {
    pdf.font('regular').fontSize(sizes.small).fillColor('#555555').text(text(caption), margin.left, pdf.y, { width });
  });
  pdf.moveDown(1);
}

function drawChart(page: Page, chart: Chart): void {
  const { pdf, root, text, width, need } = page;
  const scale = Math.min(1.2, width / chart.width);
  pdf.font('regular').fontSize(sizes.small);
  need(chart.height * scale + pdf.heightOfString(text(chart.caption), { width }) + 16);
  const top = pdf.y;
  const [right, bottom] = [margin.left + chart.width * scale, top + chart.height * scale];
  const draw = (): void => {
    for (const shape of chart.shapes) drawShape(page, shape, top, scale);
  };
  content(pdf, root, 'Figure', draw, { alt: text(chart.alternative), bbox: [margin.left, top, right, bottom] });
  pdf.y = bottom + 2;
  drawCaption(page, chart.caption);
}

function drawShape({ pdf, text }: Page, shape: Shape, top: number, scale: number): void {
  const at = (x: number, y: number): [number, number] => [margin.left + x * scale, top + y * scale];
  switch (shape.shape) {
    case 'line': {
      const [first, ...rest] = shape.points;
      if (first === undefined) return;
      pdf
        .lineWidth(0.9)
        .strokeColor(safeColour(shape.colour))
        .moveTo(...at(...first));
      for (const point of rest) pdf.lineTo(...at(...point));
      if (shape.isDashed === true) pdf.dash(4, { space: 3 }).stroke().undash();
      else pdf.stroke();
      return;
    }
    case 'dot':
      pdf.circle(...at(shape.x, shape.y), shape.radius * scale).fill(safeColour(shape.colour));
      return;
    case 'text': {
      pdf.font('regular').fontSize(8).fillColor(ink);
      const shown = text(shape.text);
      const [x, y] = at(shape.x, shape.y);
      const shift = { start: 0, middle: 0.5, end: 1 }[shape.anchor] * pdf.widthOfString(shown);
      pdf.text(shown, x - shift, y - 4.5, { lineBreak: false });
      return;
    }
    default:
      shape satisfies never;
  }
}

function drawFooters({ pdf, text, width }: Page, { title, notice }: ReportDocument): void {
  const short = (words: string): string => {
    let shown = words;
    while (shown.length > 1 && pdf.widthOfString(shown) > width - 60) shown = `${shown.slice(0, -2).trimEnd()}…`;
    return shown;
  };
  const { start, count } = pdf.bufferedPageRange();
  for (let index = 0; index < count; index += 1) {
    pdf.switchToPage(start + index);
    // Text below the margin would begin a page.
    pdf.page.margins.bottom = 0;
    const y = pdf.page.height - margin.bottom + 16;
    const draw = (): void => {
      pdf.font('regular').fontSize(7).fillColor('#555555');
      pdf.text(short(text(title)), margin.left, y, { lineBreak: false });
      pdf.text(short(text(notice)), margin.left, y + 9, { lineBreak: false });
      const number = `${index + 1} / ${count}`;
      pdf.text(number, margin.left + width - pdf.widthOfString(number), y, { lineBreak: false });
    };
    artifact(pdf, draw, 'Pagination');
  }
}
