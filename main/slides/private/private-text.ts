/**
 * Text of a TIFF that can say whose tissue it is: blanked in place, byte for byte, so that nothing moves. Aperio writes
 * "key = value" pairs between bars; pixel size, magnification and geometry stay, because readers need them.
 */

/** Keys of Aperio's description that name people, cases, machines, files or days. */
const privateKey =
  /patient|name|title|user|operator|technician|physician|case|accession|barcode|specimen|label|slide|block|stain|comment|notes|remark|date|time|scanscope id|imageid|dsr|rack|diagnos|birth|sex|gender|\bid\b/i;
const neededKey = /^(?:AppMag|MPP|OriginalWidth|Originalheight|OriginalHeight|Left|Top|StripeWidth|ICC Profile)$/i;

/** Tags that hold nothing but such text: date and time, artist, host computer, document and page name, copyright. */
export const privateTags: ReadonlySet<number> = new Set([306, 315, 316, 269, 285, 33432]);

/** The text with private values replaced by blanks of the same length; null when there is none. */
export function blankPrivateValues(description: string): string | null {
  const parts = description.split('|');
  const blanked = parts.map((part, index) => {
    const match = /^([^=]*)=(.*)$/s.exec(part);
    // What stands before the first bar is the library's version and the geometry.
    if (index === 0 || match === null) return part;
    const [, key = '', value = ''] = match;
    if (neededKey.test(key.trim()) || !privateKey.test(key)) return part;
    return `${key}=${' '.repeat(value.length)}`;
  });
  const text = blanked.join('|');
  return text === description ? null : text;
}
