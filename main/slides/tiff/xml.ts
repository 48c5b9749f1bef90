/**
 * A small XML reader for what scanners write into TIFF tags: elements, attributes, text. Bounded in size, depth and number
 * of elements; document types are refused, so no entity but the five of XML itself is ever expanded. Namespace prefixes
 * are dropped. Not a validator.
 */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Text directly inside, children left out, trimmed. */
  readonly text: string;
}

const limits = { depth: 64, elements: 500_000, attributes: 1_000_000 } as const;

interface OpenElement {
  readonly name: string;
  readonly qualified: string;
  readonly attributes: Map<string, string>;
  readonly children: XmlElement[];
  readonly texts: string[];
}

/** The root element, or null when the text is no well-formed XML within the limits. */
export function parseXml(text: string): XmlElement | null {
  const stack: OpenElement[] = [];
  let root: XmlElement | null = null;
  let elements = 0;
  let attributeCount = 0;
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  while (at < text.length) {
    const open = text.indexOf('<', at);
    const piece = text.slice(at, open < 0 ? text.length : open);
    const parent = stack.at(-1);
    if (parent) parent.texts.push(decodeEntities(piece));
    else if (piece.trim() !== '') return null;
    if (open < 0) break;
    const skipped = skipMarkup(text, open);
    if (skipped === 'refused') return null;
    if (skipped) {
      if (skipped.text !== null) parent?.texts.push(skipped.text);
      at = skipped.end;
      continue;
    }
    const close = tagEnd(text, open + 1);
    if (close < 0) return null;
    at = close + 1;
    if (text[open + 1] === '/') {
      const closed = stack.pop();
      if (!closed || text.slice(open + 2, close).trim() !== closed.qualified) return null;
      root = finish(closed, stack, root);
      continue;
    }
    if (root || ++elements > limits.elements || stack.length >= limits.depth) return null;
    const empty = text[close - 1] === '/';
    const started = startElement(text.slice(open + 1, empty ? close - 1 : close));
    if (!started) return null;
    attributeCount += started.attributes.size;
    if (attributeCount > limits.attributes) return null;
    if (empty) root = finish(started, stack, root);
    else stack.push(started);
  }
  return stack.length === 0 ? root : null;
}

function finish(element: OpenElement, stack: readonly OpenElement[], root: XmlElement | null): XmlElement | null {
  const { name, attributes, children, texts } = element;
  const done: XmlElement = { name, attributes, children, text: texts.join('').trim() };
  const parent = stack.at(-1);
  if (!parent) return done;
  parent.children.push(done);
  return root;
}

/** Comments, instructions and CDATA; 'refused' for a document type or what never ends, null for a tag. */
function skipMarkup(text: string, open: number): { end: number; text: string | null } | 'refused' | null {
  for (const [start, finish, isText] of [
    ['<!--', '-->', false],
    ['<?', '?>', false],
    ['<![CDATA[', ']]>', true],
  ] as const) {
    if (!text.startsWith(start, open)) continue;
    const end = text.indexOf(finish, open + start.length);
    if (end < 0) return 'refused';
    return { end: end + finish.length, text: isText ? text.slice(open + start.length, end) : null };
  }
  return text[open + 1] === '!' ? 'refused' : null;
}

/** Position of the '>' that ends a tag, quotes skipped; -1 when there is none. */
function tagEnd(text: string, from: number): number {
  let quote = '';
  for (let at = from; at < text.length; at++) {
    const character = text[at] as string;
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (character === '"' || character === "'") {
      quote = character;
    } else if (character === '>') {
      return at;
    } else if (character === '<') {
      return -1;
    }
  }
  return -1;
}

function startElement(tag: string): OpenElement | null {
  const qualified = /^[^\s=/<>"']+/.exec(tag)?.[0];
  if (qualified === undefined) return null;
  const attributes = new Map<string, string>();
  const pattern = /\s+([^\s=/<>"']+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')|\s+$/y;
  pattern.lastIndex = qualified.length;
  while (pattern.lastIndex < tag.length) {
    const match = pattern.exec(tag);
    if (!match) return null;
    if (match[1] !== undefined) attributes.set(localName(match[1]), decodeEntities(match[2] ?? match[3] ?? ''));
  }
  return { name: localName(qualified), qualified, attributes, children: [], texts: [] };
}

function localName(qualified: string): string {
  return qualified.slice(qualified.indexOf(':') + 1);
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** Unknown entities stay as they are written. */
function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w{1,8}));/g, (whole, decimal, hexadecimal, name) => {
    if (name !== undefined) return entities[name as string] ?? whole;
    const code = decimal !== undefined ? Number(decimal) : Number.parseInt(hexadecimal as string, 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** Direct children of that name. */
export function childrenOf(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name);
}

/** The first element at the end of a path of names, or null. */
export function childAt(element: XmlElement, ...path: string[]): XmlElement | null {
  let here: XmlElement | null = element;
  for (const name of path) here = here?.children.find((child) => child.name === name) ?? null;
  return here;
}

/** A number in an attribute; null when absent or none. */
export function numberOf(element: XmlElement | null, attribute: string): number | null {
  const text = element?.attributes.get(attribute)?.trim();
  if (text === undefined || text === '') return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}
