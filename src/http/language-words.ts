/** Findings, concepts and examples in the language of a page; English has them where the terminal reads them, too. */
import { printable } from '../base/printable.ts';
import { type FindingCode, findingEntry } from '../probe/finding-catalogue.ts';
import { CONCEPTS } from '../report/explain-concepts.ts';
import type { Language, Say } from './languages.ts';
import { ES_WORDS } from './messages/es/words.ts';
import { JA_WORDS } from './messages/ja/words.ts';
import { NL_WORDS } from './messages/nl/words.ts';
import { PAGE_ADVICE } from './messages/page-advice.ts';
import { PT_WORDS } from './messages/pt/words.ts';
import type { FindingWords, LanguageWords } from './messages/words.ts';

/** Null for English, whose words stand in the catalogues themselves. */
const CATALOGUES: Readonly<Record<Language, LanguageWords | null>> = {
  en: null,
  nl: NL_WORDS,
  es: ES_WORDS,
  pt: PT_WORDS,
  ja: JA_WORDS,
};

export function findingWords(code: FindingCode, language: Language): FindingWords {
  const { title, explain, advice } = CATALOGUES[language]?.findings[code] ?? findingEntry(code);
  // The terminal's advice may name its options, which nobody on a page can give.
  return { title, explain, advice: PAGE_ADVICE[language][code] ?? advice };
}

export interface AdvicePlaces {
  readonly host?: string | undefined;
  readonly domain?: string | undefined;
  readonly presented?: string | undefined;
}

/** The advice with its places filled in, cleaned (R54); what is not known is paraphrased. */
export function adviceOn(code: FindingCode, places: AdvicePlaces, language: Language, say: Say): string {
  const fill = (fact: string | undefined, otherwise: string): string =>
    fact === undefined || fact === '' ? otherwise : printable(fact, 253);
  return findingWords(code, language)
    .advice.replaceAll('{host}', () => fill(places.host, say('placeHost')))
    .replaceAll('{domain}', () => fill(places.domain, say('placeDomain')))
    .replaceAll('{presented}', () => fill(places.presented, say('placePresented')));
}

/** The paragraphs of a concept, by its name. */
export function conceptWords(name: string, language: Language): readonly string[] {
  return CATALOGUES[language]?.concepts[name] ?? CONCEPTS.find((concept) => concept.name === name)?.text ?? [];
}

/** What a domain of the lab shows, by its address; `shows` is the English. */
export function exampleWords(target: string, shows: string, language: Language): string {
  const label = target.replace(/^.*@/, '').split('.')[0] ?? '';
  return CATALOGUES[language]?.examples[label] ?? shows;
}
