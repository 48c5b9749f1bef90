/**
 * Text as the report's font can show it: a character that the font lacks is written by its code point in brackets, never dropped,
 * so that a name in another script is still told from others.
 */
import type { ReportDocument } from './document.ts';

/** What of a font is asked here; fontkit's. */
export interface Glyphs {
  hasGlyphForCodePoint(codePoint: number): boolean;
}

export function showable(text: string, font: Glyphs): string {
  return Array.from(text.replaceAll(/[\t\r\n]+/g, ' '), (character) => {
    const codePoint = character.codePointAt(0) ?? 0;
    return font.hasGlyphForCodePoint(codePoint)
      ? character
      : `[U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}]`;
  }).join('');
}

/** Whether a text of the document has to be written so. */
export function needsCodePoints(document: ReportDocument, font: Glyphs): boolean {
  const isMissing = (value: unknown): boolean => {
    if (typeof value === 'string') return showable(value, font) !== value.replaceAll(/[\t\r\n]+/g, ' ');
    if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return false;
    return Object.values(value).some(isMissing);
  };
  return isMissing(document);
}

export const codePointNote =
  'Characters that the font of this file lacks are written by their code points, such as [U+4E2D]; the HTML report shows them.';
