/**
 * File names made of slide names: good on every system that may get them, short enough for the longest ending, no two alike
 * even where capitals or the way of writing an umlaut do not count.
 */

/** File systems take 255 bytes or UTF-16 units; ".confidence.png" and an id must fit too. */
const longestBytes = 180;
const reserved = /^(con|prn|aux|nul|com\d|lpt\d)$/i;

/** `taken` is added to. */
export function uniqueFileName(name: string, id: string, taken: Set<string>): string {
  const safe = safeFileName(name.replace(/\.[^.]+$/, ''));
  let chosen = safe;
  for (let count = 1; taken.has(comparable(chosen)); count += 1) {
    chosen = `${safe}-${id}${count === 1 ? '' : `-${count}`}`;
  }
  taken.add(comparable(chosen));
  return chosen;
}

export function safeFileName(name: string): string {
  const plain = name
    .normalize('NFC')
    .toWellFormed()
    .replace(/[<>:"/\\|?*\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '_')
    // Windows drops dots and spaces at the end, systems hide names that begin with a dot.
    .replace(/[. ]+$/, '')
    .replace(/^[. ]+/, '');
  let cut = '';
  let byteLength = 0;
  for (const sign of plain) {
    byteLength += Buffer.byteLength(sign);
    if (byteLength > longestBytes) break;
    cut += sign;
  }
  return cut === '' || reserved.test(cut) ? `_${cut}` : cut;
}

function comparable(name: string): string {
  return name.normalize('NFC').toLowerCase();
}
