/**
 * The page's languages. English is the source: every text of en/ must be in de/ (checked by type and by test). What the core
 * says (reasons, verdicts, errors) comes in English.
 */
import { createI18n } from 'vue-i18n';
import { en } from './en/index.ts';
import { de } from './de/index.ts';

export type Messages = typeof en;

/** The same keys with other texts. */
export type Translation<T> = { readonly [Key in keyof T]: T[Key] extends string ? string : Translation<T[Key]> };

export function createLanguages() {
  return createI18n({
    legacy: false,
    locale: 'en' as 'en' | 'de',
    fallbackLocale: 'en',
    messages: { en, de },
    // A missing text is a defect that the tests find; the console stays for real ones.
    missingWarn: false,
    fallbackWarn: false,
  });
}
