/**
 * Licences of everything that ships: one JSON for the About page and one text with the full licences. Packages are found as
 * they are installed; one without a licence text is named with the licence its package.json says.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export interface PackageLicence {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly author: string;
  readonly text: string;
}

/** `folders` as packageClosure gives them. Sorted by name. */
export function readLicences(packagesRoot: string, folders: readonly string[]): readonly PackageLicence[] {
  const all = folders
    .filter((folder) => existsSync(join(packagesRoot, folder)))
    .map((folder) => readLicence(packagesRoot, folder));
  return all.sort((a, b) => a.name.localeCompare(b.name));
}

/** All texts under each other, equal texts once. */
export function licenceText(licences: readonly PackageLicence[]): string {
  const byText = new Map<string, PackageLicence[]>();
  for (const each of licences) byText.set(each.text, [...(byText.get(each.text) ?? []), each]);
  return [...byText]
    .map(([text, packages]) => {
      const names = packages.map(({ name, version, licence }) => `${name} ${version} (${licence})`).join('\n');
      return `${names}\n\n${text === '' ? 'No licence text in the package; see its licence by name.' : text}\n`;
    })
    .join(`\n${'-'.repeat(78)}\n\n`);
}

function readLicence(packagesRoot: string, folder: string): PackageLicence {
  const manifest = JSON.parse(readFileSync(join(packagesRoot, folder, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
    license?: string | { type?: string };
    author?: string | { name?: string };
  };
  const { name, version, license, author } = manifest;
  const file = readdirSync(join(packagesRoot, folder)).find((each) => /^(licen[cs]e|copying)(\.\w+)?$/i.test(each));
  const text = file === undefined ? '' : readFileSync(join(packagesRoot, folder, file), 'utf8').trim();
  return {
    name,
    version,
    licence: (typeof license === 'string' ? license : license?.type) ?? titleOf(text) ?? 'not named',
    author: (typeof author === 'string' ? author : author?.name) ?? '',
    text,
  };
}

/** Of a package that names its licence in the licence's text only, as its first line. */
function titleOf(text: string): string | undefined {
  return /^(MIT|ISC) License\n/.exec(text)?.[1];
}
