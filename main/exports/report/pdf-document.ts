/**
 * pdfkit as the report uses it: one place for what its types do not tell (structure elements drawn by a function, with scope and
 * bounding box; images opened before they are placed).
 */
import PDFDocument from 'pdfkit';

export type Pdf = InstanceType<typeof PDFDocument>;
export type Element = ReturnType<Pdf['struct']>;

export interface ElementOptions {
  /** Of a figure. */
  readonly alt?: string;
  /** Left, top, right, bottom in points from the top of the page. */
  readonly bbox?: readonly [number, number, number, number];
  /** Of a header cell. */
  readonly scope?: 'Column' | 'Row';
}

/** An element that others are put into; `end` it when they are. */
export function container(pdf: Pdf, parent: Element | null, type: string): Element {
  const element = pdf.struct(type);
  if (parent === null) pdf.addStructure(element);
  else parent.add(element);
  return element;
}

/** An element with what `draw` puts on the page. */
export function content(pdf: Pdf, parent: Element, type: string, draw: () => void, options: ElementOptions = {}): void {
  parent.add(pdf.struct(type, options as object, draw as never));
}

/** Decoration that no reader is told of. */
export function artifact(pdf: Pdf, draw: () => void, type: 'Layout' | 'Pagination' = 'Layout'): void {
  pdf.markContent('Artifact', { type });
  draw();
  pdf.endMarkedContent();
}

export interface OpenedImage {
  readonly width: number;
  readonly height: number;
}

export function openImage(pdf: Pdf, bytes: Uint8Array): OpenedImage {
  return (pdf as unknown as { openImage(source: Buffer): OpenedImage }).openImage(Buffer.from(bytes));
}

export function placeImage(pdf: Pdf, image: OpenedImage, x: number, y: number, width: number, height: number): void {
  pdf.image(image as unknown as Buffer, x, y, { width, height });
}

export interface PdfAbout {
  readonly title: string;
  readonly subject: string;
  readonly creator: string;
  readonly createdAt: Date;
  readonly margins: { readonly top: number; readonly bottom: number; readonly left: number; readonly right: number };
}

/** A4 pages, tagged. Pages stay open until the end, for their numbers. */
export function newPdf(font: Buffer, { title, subject, creator, createdAt, margins }: PdfAbout): Pdf {
  const options = {
    size: 'A4',
    margins: { ...margins },
    pdfVersion: '1.7',
    // Writes the identifier of the standard; nothing here can check the whole of it.
    subset: 'PDF/UA',
    tagged: true,
    lang: 'en',
    displayTitle: true,
    bufferPages: true,
    font,
    info: {
      Title: title,
      Subject: subject,
      Creator: creator,
      Producer: creator,
      CreationDate: createdAt,
      ModDate: createdAt,
    },
  };
  return new PDFDocument(options as unknown as PDFKit.PDFDocumentOptions);
}

export function bytesOf(pdf: Pdf): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  return new Promise((resolve, reject) => {
    pdf.on('data', (part: Buffer) => parts.push(part));
    pdf.on('end', () => resolve(Buffer.concat(parts)));
    pdf.on('error', reject);
  });
}
