/** A section of a document that a script owns, between two markers; the rest is other scripts'. */
import { readFileSync, writeFileSync } from 'node:fs';

/** Replaces the section called `name`, or adds it at the end with its heading. */
export function writeSection(path: string, name: string, heading: string, text: string): void {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const document = readFileSync(path, 'utf8');
  const section = `${begin}\n\n## ${heading}\n\n${text.trim()}\n\n${end}\n`;
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  const isThere = from >= 0 && to > from;
  writeFileSync(
    path,
    isThere
      ? document.slice(0, from) + section + document.slice(to + end.length + 1)
      : `${document.trim()}\n\n${section}`,
  );
}
