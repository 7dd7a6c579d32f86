import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JA_WORDS } from '../../src/http/messages/ja/words.ts';
import { PT_WORDS } from '../../src/http/messages/pt/words.ts';
import type { LanguageWords } from '../../src/http/messages/words.ts';
import { LAB_DOMAINS } from '../../src/lab/catalogue.ts';
import { FINDING_CODES, FINDINGS } from '../../src/probe/finding-catalogue.ts';
import { CONCEPTS } from '../../src/report/explain-concepts.ts';

/** How long a text may be, measured by the English one; Japanese says the same in fewer characters. */
const LANGUAGES: Readonly<
  Record<string, { readonly words: LanguageWords; readonly least: number; readonly most: number }>
> = {
  pt: { words: PT_WORDS, least: 0.4, most: 2.5 },
  ja: { words: JA_WORDS, least: 0.2, most: 1.5 },
};

const ENGLISH: LanguageWords = {
  findings: FINDINGS,
  concepts: Object.fromEntries(CONCEPTS.map(({ name, text }) => [name, text])),
  examples: Object.fromEntries(LAB_DOMAINS.map(({ label, shows }) => [label, shows])),
};

/** Every text by the place where it stands. */
function textsOf({ findings, concepts, examples }: LanguageWords): ReadonlyMap<string, string> {
  return new Map([
    ...FINDING_CODES.flatMap((code): (readonly [string, string])[] => [
      [`${code} title`, findings[code].title],
      [`${code} explain`, findings[code].explain],
      [`${code} advice`, findings[code].advice],
    ]),
    ...Object.entries(concepts).flatMap(([name, text]) =>
      text.map((paragraph, at): readonly [string, string] => [`concept ${name} ${at}`, paragraph]),
    ),
    ...Object.entries(examples).map(([label, shows]): readonly [string, string] => [`example ${label}`, shows]),
  ]);
}

const english = textsOf(ENGLISH);

const found = (text: string, pattern: RegExp): readonly string[] =>
  [...new Set([...text.matchAll(pattern)].map(([token]) => token))].sort();

/** Places to fill in. */
const PLACES = /\{\w+\}/g;
/** What is never translated: options, names of records, commands and algorithms, RFC numbers, reply codes, file names. */
const TOKENS =
  /(?<![\w-])-(?:-[a-z-]+|[46](?!\w))|\b[A-Z][A-Z0-9]+(?:[-_][A-Z0-9]+)*\b|(?<=RFC )\d+|\b[2-5]\d\d\b|_smtp\._tls|mta-sts\.txt|resolv\.conf|trust-ad|\*\.[\w.]+/g;

for (const [code, { words, least, most }] of Object.entries(LANGUAGES)) {
  const texts = textsOf(words);

  test(`${code}: each finding, concept and example of English is there, and no other`, () => {
    assert.deepEqual(Object.keys(words.findings).sort(), [...FINDING_CODES].sort());
    assert.deepEqual(Object.keys(words.concepts).sort(), Object.keys(ENGLISH.concepts).sort());
    assert.deepEqual(Object.keys(words.examples).sort(), Object.keys(ENGLISH.examples).sort());
    assert.deepEqual([...texts.keys()].sort(), [...english.keys()].sort());
    for (const [finding, said] of Object.entries(words.findings))
      assert.deepEqual(Object.keys(said).sort(), ['advice', 'explain', 'title'], finding);
  });

  test(`${code}: the places to fill in and the technical tokens are those of the English text`, () => {
    for (const [where, text] of english) {
      const said = texts.get(where) ?? '';
      assert.deepEqual(found(said, PLACES), found(text, PLACES), where);
      const kept = found(said, TOKENS);
      const lost = found(text, TOKENS).filter((token) => !kept.includes(token));
      assert.deepEqual(lost, [], where);
    }
  });

  test(`${code}: every text is a translation: not empty, not English, not that of another place, of a likely length`, () => {
    const seen = new Map<string, string>();
    for (const [where, text] of english) {
      const said = texts.get(where) ?? '';
      assert.notEqual(said.trim(), '', where);
      assert.notEqual(said, text, where);
      const ratio = said.length / text.length;
      assert.ok(ratio >= least && ratio <= most, `${where} is ${ratio.toFixed(2)} times as long as in English`);
      const twin = seen.get(said);
      if (twin !== undefined) assert.equal(english.get(twin), text, `${where} says what ${twin} says`);
      seen.set(said, where);
    }
  });

  test(`${code}: no text holds markup, control characters or stray blanks`, () => {
    for (const [where, said] of texts) {
      assert.doesNotMatch(said, /[<>&`]|\p{Cc}|\p{Cf}/u, where);
      assert.doesNotMatch(said, /^\s|\s$|\s{2}|[^\S ]/, where);
      assert.equal([...said.replaceAll(PLACES, '')].filter((sign) => '{}'.includes(sign)).length, 0, where);
    }
  });

  test(`${code}: explanations and advice are whole sentences, titles and examples are not`, () => {
    for (const [where, said] of texts)
      if (/^example | title$/.test(where)) assert.doesNotMatch(said, /[.。]$/, where);
      else assert.match(said, /[.。]$/, where);
  });

  test(`${code}: an option of the command is called one of the command`, () => {
    const word = code === 'ja' ? /コマンド/ : /comando/;
    for (const finding of FINDING_CODES) {
      const { advice } = words.findings[finding];
      if (/(?<![\w-])--[a-z]/.test(advice)) assert.match(advice, word, finding);
    }
  });
}

test('Japanese texts are written in Japanese, and no other language is', () => {
  for (const [code, { words }] of Object.entries(LANGUAGES))
    for (const [where, said] of textsOf(words))
      assert.equal(/[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u.test(said), code === 'ja', where);
});
