/**
 * What a report says, apart from how it is printed: blocks that the HTML and the PDF writer both know, so that the two can only
 * hold the same. Texts are plain; writers escape them.
 */
export interface ReportDocument {
  readonly title: string;
  /** On every page and at the top. */
  readonly notice: string;
  /** ISO date, also the file's own: the same input gives the same bytes. */
  readonly createdAt: string;
  readonly creator: string;
  readonly blocks: readonly Block[];
}

export type Block =
  | { readonly kind: 'heading'; readonly level: 2 | 3; readonly text: string }
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | Table
  | { readonly kind: 'legend'; readonly items: readonly LegendItem[] }
  | Pictures
  | Chart
  /** Text as a machine reads it, line by line. */
  | { readonly kind: 'listing'; readonly caption: string; readonly text: string };

/** The first column names its row; the others hold values. */
export interface Table {
  readonly kind: 'table';
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
}

export interface Column {
  readonly title: string;
  /** Numbers stand to the right; texts to the left, and get the room that numbers leave. */
  readonly isText?: boolean;
}

export interface LegendItem {
  readonly name: string;
  readonly letter: string;
  /** "#rrggbb" */
  readonly colour: string;
}

export interface Picture {
  readonly alternative: string;
  readonly type: 'image/png' | 'image/jpeg';
  readonly bytes: Uint8Array;
  /** Blocks of a map stay sharp. */
  readonly isPixelated: boolean;
}

/** Beside each other, one caption below. */
export interface Pictures {
  readonly kind: 'pictures';
  readonly caption: string;
  readonly pictures: readonly Picture[];
}

/** A drawing in its own units, the origin at the top left; what it shows is in a table beside it and in `alternative`. */
export interface Chart {
  readonly kind: 'chart';
  readonly caption: string;
  readonly alternative: string;
  readonly width: number;
  readonly height: number;
  readonly shapes: readonly Shape[];
}

export type Shape =
  | {
      readonly shape: 'line';
      readonly points: readonly (readonly [x: number, y: number])[];
      readonly colour: string;
      readonly isDashed?: boolean;
    }
  | { readonly shape: 'dot'; readonly x: number; readonly y: number; readonly radius: number; readonly colour: string }
  | {
      readonly shape: 'text';
      readonly x: number;
      /** Of the text's middle line. */
      readonly y: number;
      readonly text: string;
      readonly anchor: 'start' | 'middle' | 'end';
    };

export function heading(level: 2 | 3, text: string): Block {
  return { kind: 'heading', level, text };
}

export function paragraph(text: string): Block {
  return { kind: 'paragraph', text };
}

/** Nothing for nothing. */
export function list(items: readonly string[]): Block[] {
  return items.length === 0 ? [] : [{ kind: 'list', items }];
}
