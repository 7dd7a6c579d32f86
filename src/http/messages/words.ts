/**
 * What a language other than English has to say beside the words of the pages: the findings, the things that `explain`
 * knows and the domains of the lab. English has them where the terminal reads them; the compiler and a test see to it
 * that no language lacks one.
 */
import type { FindingCode } from '../../probe/finding-catalogue.ts';
import type { FindingEntry } from '../../probe/finding-entry.ts';

/** As in the catalogue, places such as `{host}` included. */
export type FindingWords = Pick<FindingEntry, 'title' | 'explain' | 'advice'>;

export type FindingCatalogue = Readonly<Record<FindingCode, FindingWords>>;

/** By the name of the concept (`CONCEPTS`), a paragraph each. */
export type ConceptCatalogue = Readonly<Record<string, readonly string[]>>;

/** By the first label of the lab's domain, what it shows. */
export type ExampleCatalogue = Readonly<Record<string, string>>;

export interface LanguageWords {
  readonly findings: FindingCatalogue;
  readonly concepts: ConceptCatalogue;
  readonly examples: ExampleCatalogue;
}
