/**
 * What an ICC profile says about itself, read from bytes that a slide file brought along: header, table of tags and
 * description. Decides whether it can be a scanner's RGB profile at all; the colours are worked out by lcms
 * (colour-lattice.ts). Layout: ICC.1:2022 (profile version 4.4), clauses 7.2, 7.3, 10.15; 'desc' of version 2 from ICC.1:2001-04.
 */

export interface IccProfile {
  /** The profile's own description; "unnamed" when it has none. */
  readonly name: string;
  readonly byteLength: number;
}

/** Scanners write up to a few hundred kilobytes (look-up tables); more is not a profile anyone needs. */
export const maximumProfileBytes = 8 * 1024 * 1024;
const headerBytes = 128;
const maximumTags = 256;
const maximumNameCharacters = 120;

/** The profile, or the reason in words why it cannot be used. Never throws. */
export function readIccProfile(bytes: Uint8Array): IccProfile | { readonly refused: string } {
  if (bytes.length > maximumProfileBytes) return { refused: 'it is far too large' };
  if (bytes.length < headerBytes + 4) return { refused: 'it is too short' };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (signatureAt(view, 36) !== 'acsp') return { refused: 'it is not an ICC profile' };
  const stated = view.getUint32(0);
  if (stated > bytes.length || stated < headerBytes + 4) return { refused: 'it is cut off' };
  const space = signatureAt(view, 16);
  if (space !== 'RGB ') return { refused: `it is for ${space.trim() || 'unknown'} colours, not for RGB` };
  if (!['scnr', 'mntr', 'spac', 'prtr'].includes(signatureAt(view, 12))) return { refused: 'it describes no device' };
  if (!['XYZ ', 'Lab '].includes(signatureAt(view, 20))) return { refused: 'its connection space is unknown' };
  const tags = readTags(view, stated);
  if (tags === null) return { refused: 'its table of tags is damaged' };
  const isMatrix = ['rXYZ', 'gXYZ', 'bXYZ', 'rTRC', 'gTRC', 'bTRC'].every((tag) => tags.has(tag));
  if (!isMatrix && !tags.has('A2B0')) return { refused: 'it does not say how colours look' };
  return { name: describe(view, tags.get('desc')), byteLength: stated };
}

interface Tag {
  readonly offset: number;
  readonly byteLength: number;
}

function readTags(view: DataView, profileBytes: number): Map<string, Tag> | null {
  const count = view.getUint32(headerBytes);
  if (count === 0 || count > maximumTags || headerBytes + 4 + count * 12 > profileBytes) return null;
  const tags = new Map<string, Tag>();
  for (let index = 0; index < count; index += 1) {
    const entry = headerBytes + 4 + index * 12;
    const offset = view.getUint32(entry + 4);
    const byteLength = view.getUint32(entry + 8);
    if (offset < headerBytes || byteLength < 8 || offset + byteLength > profileBytes) return null;
    tags.set(signatureAt(view, entry), { offset, byteLength });
  }
  return tags;
}

/** A 'desc' tag (version 2: counted ASCII) or 'mluc' (version 4: UTF-16 records, the first is taken). */
function describe(view: DataView, tag: Tag | undefined): string {
  if (tag === undefined) return 'unnamed';
  const { offset, byteLength } = tag;
  const type = signatureAt(view, offset);
  let text = '';
  if (type === 'desc' && byteLength >= 12) {
    text = decode('latin1', view, offset + 12, Math.min(view.getUint32(offset + 8), byteLength - 12));
  } else if (type === 'mluc' && byteLength >= 28 && view.getUint32(offset + 8) > 0) {
    const length = view.getUint32(offset + 20);
    const from = view.getUint32(offset + 24);
    if (from + length <= byteLength) text = decode('utf-16be', view, offset + from, length);
  }
  // Control characters have no place in a name that is shown and printed.
  const clean = text
    .replace(/\p{C}+/gu, ' ')
    .trim()
    .slice(0, maximumNameCharacters);
  return clean === '' ? 'unnamed' : clean;
}

function decode(encoding: string, view: DataView, offset: number, length: number): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + offset, Math.min(length, 4 * maximumNameCharacters));
  return new TextDecoder(encoding).decode(bytes);
}

function signatureAt(view: DataView, offset: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((byte) => view.getUint8(offset + byte)));
}
