/** The texts of other languages beside the words of the pages: all there, none too many, and of the same things. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ES_WORDS } from '../../src/http/messages/es/words.ts';
import { NL_WORDS } from '../../src/http/messages/nl/words.ts';
import type { LanguageWords } from '../../src/http/messages/words.ts';
import { LAB_DOMAINS } from '../../src/lab/catalogue.ts';
import { FINDING_CODES, findingEntry } from '../../src/probe/finding-catalogue.ts';
import { CONCEPTS } from '../../src/report/explain-concepts.ts';

/** How long a text may be, measured by the English one: a smoke check for what was cut off or pasted twice. */
interface Language {
  readonly words: LanguageWords;
  readonly shortest: number;
  readonly longest: number;
}

const WORDS: Readonly<Record<string, Language>> = {
  nl: { words: NL_WORDS, shortest: 0.4, longest: 2.5 },
  es: { words: ES_WORDS, shortest: 0.4, longest: 2.5 },
};

for (const [code, { words, shortest, longest }] of Object.entries(WORDS)) {
  test(`${code}: every finding, concept and example is there, and no other`, () => {
    assert.deepEqual(Object.keys(words.findings).sort(), [...FINDING_CODES].sort());
    assert.deepEqual(Object.keys(words.concepts).sort(), CONCEPTS.map(({ name }) => name).sort());
    assert.deepEqual(Object.keys(words.examples).sort(), LAB_DOMAINS.map(({ label }) => label).sort());
    for (const { name, text } of CONCEPTS) assert.equal(words.concepts[name]?.length, text.length, name);
  });

  test(`${code}: a text has the places, options, numbers and names of the English one`, () => {
    for (const { at, english, said } of pairs(words)) assert.deepEqual(tokens(said), tokens(english), `${at}: ${said}`);
  });

  test(`${code}: a text is translated, whole, and plain`, () => {
    for (const { at, english, said } of pairs(words)) {
      assert.equal(said.trim(), said, at);
      assert.notEqual(said, '', at);
      assert.notEqual(said, english, at);
      assert.doesNotMatch(said, /[<>&`\\]|\p{Cc}|\s{2}/u, `${at}: ${said}`);
      const ratio = said.length / english.length;
      assert.ok(ratio >= shortest && ratio <= longest, `${at} is ${ratio.toFixed(2)} of the English one: ${said}`);
    }
  });

  test(`${code}: no two findings share a title`, () => {
    const titles = Object.values(words.findings).map(({ title }) => title);
    assert.deepEqual([...new Set(titles)], titles);
  });
}

interface Pair {
  readonly at: string;
  readonly english: string;
  readonly said: string;
}

/** Every text with the English one; of what is lacking the first test tells. */
function pairs({ findings, concepts, examples }: LanguageWords): readonly Pair[] {
  return [
    ...FINDING_CODES.flatMap((code) =>
      (['title', 'explain', 'advice'] as const).map((part) => ({
        at: `${code} ${part}`,
        english: findingEntry(code)[part],
        said: findings[code][part],
      })),
    ),
    ...CONCEPTS.flatMap(({ name, text }) =>
      text.map((english, paragraph) => ({
        at: `${name} ${paragraph}`,
        english,
        said: concepts[name]?.[paragraph] ?? '',
      })),
    ),
    ...LAB_DOMAINS.map(({ label, shows }) => ({ at: label, english: shows, said: examples[label] ?? '' })),
  ];
}

/** What no language changes: places, options, figures, and names such as the commands of SMTP. */
function tokens(text: string): readonly string[] {
  const found = text.match(/\{\w+\}|(?<![\w-])--?[a-z4-6][a-z-]*|\d+|STARTTLS|EHLO|HELO|TLSA|TLSRPT|MTA-STS|DANE/g);
  return [...new Set(found ?? [])].sort();
}
