/** The texts of the page: complete, in both languages, and none asked for that is not there. */
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { de } from '../../renderer/locales/de/index.ts';
import { en } from '../../renderer/locales/en/index.ts';

const root = resolve(import.meta.dirname, '../../renderer');

type Texts = { readonly [key: string]: string | Texts };

function keysOf(texts: Texts, before = ''): string[] {
  return Object.entries(texts).flatMap(([key, value]) =>
    typeof value === 'string' ? [`${before}${key}`] : keysOf(value, `${before}${key}.`),
  );
}
const keys = new Set(keysOf(en as unknown as Texts));
const sources = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.(vue|ts)$/.test(entry.name) && !/dist|locales/.test(entry.parentPath))
  .map((entry) => join(entry.parentPath, entry.name));

test('both languages have the same texts with the same places to fill', () => {
  expect(keysOf(de as unknown as Texts)).toEqual([...keys]);
  const fill = (texts: Texts, key: string): string[] => {
    const text = key
      .split('.')
      .reduce<Texts | string>((at, part) => (at as Texts)[part] as Texts | string, texts) as string;
    return [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
  };
  for (const key of keys) {
    expect([key, fill(de as unknown as Texts, key)]).toEqual([key, fill(en as unknown as Texts, key)]);
  }
});

test('every text that the page asks for by name is there', () => {
  const missing = sources.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/(?<![\w.])t\(\s*'([\w.-]+)'/g)]
      .map((match) => match[1] ?? '')
      .filter((key) => !keys.has(key))
      .map((key) => `${relative(root, file)}: ${key}`),
  );
  expect(missing).toEqual([]);
});

test('texts whose name is put together have a place to come from', () => {
  const missing = sources.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/(?<![\w.])t\(\s*`([\w.]+)\.\$\{/g)]
      .map((match) => match[1] ?? '')
      .filter((prefix) => ![...keys].some((key) => key.startsWith(`${prefix}.`)))
      .map((prefix) => `${relative(root, file)}: ${prefix}`),
  );
  expect(missing).toEqual([]);
});

test('a number never stands before a noun that is only right for several', () => {
  const nouns = {
    en: 'slides|regions|tiles|labels|patients|specimens|runs|classifiers|classes|folds|draws|epochs|triplets|steps|pixels|files|packages|jobs|rows',
    de: 'Schnitte|Regionen|Kacheln|Markierungen|Patienten|Proben|Läufe|Klassifikatoren|Klassen|Folds|Zufallsziehungen|Epochen|Schritte|Dateien|Pakete|Aufgaben|Zeilen',
  };
  const textOf = (texts: Texts, key: string): string =>
    key.split('.').reduce<Texts | string>((at, part) => (at as Texts)[part] as Texts | string, texts) as string;
  const wrong = (
    [
      ['en', en],
      ['de', de],
    ] as const
  ).flatMap(([language, texts]) =>
    [...keys]
      .map((key) => [`${language} ${key}`, textOf(texts as unknown as Texts, key)] as const)
      .filter(
        ([, text]) =>
          new RegExp(`\\{\\w+\\} ([a-zäöü]+ )?(${nouns[language]})\\b(?!/)`).test(text) && !text.includes(' | '),
      ),
  );
  expect(wrong).toEqual([]);
});
