import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { htmlRendering, pagerHtmlRendering } from '../../src/report/html.ts';
import { jsonRendering, ndjsonRendering } from '../../src/report/json.ts';
import { junitRendering } from '../../src/report/junit.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { escapeMarkup } from '../../src/report/markup.ts';
import type { Rendering } from '../../src/report/rendering.ts';
import { HOSTILE, HOSTILE_HOST, host, result, THREE_GOOD_HOSTS, TWO_WRONG_NAMES } from './results.ts';

const OPTIONS = { width: 80, colour: false, oldHeadings: false, many: false };
const whole = (rendering: Rendering, ...results: readonly (typeof HOSTILE_HOST)[]): string =>
  rendering.begin() + results.map((each) => rendering.each(each)).join('') + rendering.end();

/** The tags of a page, in order; fails where a bare angle bracket or ampersand stands. */
function tagsOf(page: string): readonly string[] {
  const body = page.replace(/<style>[\s\S]*?<\/style>/, '<style></style>');
  const text = body.replace(/<[^<>]*>/g, '');
  assert.doesNotMatch(text, /[<>]/);
  assert.doesNotMatch(text, /&(?!(amp|lt|gt|quot|#39|#96);)/);
  return [...body.matchAll(/<\/?([a-z0-9!]+)/g)].map(([, name]) => name ?? '');
}

test('nothing the remote side says becomes markup (R54)', () => {
  const calm = result({
    target: 'x',
    hosts: [
      host({
        exchange: 'mx1.example.com',
        times: [1, 2, 3, 4, 'FAIL', 6, 7],
        presented: ['x'],
        more: { transcript: [{ at: 1, kind: 'received', tls: false, text: 'x' }] },
      }),
    ],
  });
  const pageTags = tagsOf(whole(htmlRendering(OPTIONS), calm));
  fc.assert(
    fc.property(
      fc.oneof(
        fc.constant(HOSTILE),
        fc.string({ unit: fc.constantFrom(...'<>&"\'`=/ script!-[]{}') }),
        fc.string({ unit: 'binary' }),
      ),
      (said) => {
        const seen = result({
          target: 'x',
          hosts: [
            host({
              exchange: 'mx1.example.com',
              times: [1, 2, 3, 4, 'FAIL', 6, 7],
              presented: [said],
              more: { greeting: said, transcript: [{ at: 1, kind: 'received', tls: false, text: said }] },
            }),
          ],
        });
        assert.deepEqual(tagsOf(whole(htmlRendering(OPTIONS), seen)), pageTags, JSON.stringify(said));
      },
    ),
    { numRuns: 200 },
  );
});

test('the page is one file: no script, no link to anything outside, both themes, attributes in double quotes', () => {
  const page = whole(htmlRendering(OPTIONS), TWO_WRONG_NAMES, HOSTILE_HOST);
  assert.doesNotMatch(page, /<script|<link|<img|<iframe|src=|href=|url\(|@import/);
  assert.match(page, /prefers-color-scheme:dark/);
  assert.match(page, /name="viewport"/);
  assert.match(page, /default-src 'none'/);
  for (const [tag] of page.replace(/<style>[\s\S]*?<\/style>/, '').matchAll(/<[a-z][^>]*>/g)) {
    assert.match(tag, /^<[a-z0-9]+( [a-z-]+="[^"<>]*")*>$/);
  }
  assert.equal(page.match(/<article>/g)?.length, 2);
});

test('the page shows the matrix as the table does (R28, R29, R30)', () => {
  const page = whole(htmlRendering({ ...OPTIONS, oldHeadings: true }), TWO_WRONG_NAMES);
  assert.match(page, /mailc\.example\.com \[192\.0\.2\.7:25\]/);
  assert.match(page, /<th scope="col">Rcvr OK<\/th>/);
  assert.match(page, /class="fail" title="the certificate is for another name">FAIL</);
  assert.match(page, />OK \(2122ms\)</);
});

test('the batch table has the pager row in cells (R51)', () => {
  const page = whole(pagerHtmlRendering(), { ...THREE_GOOD_HOSTS, target: 'onetest@checktls.com' });
  assert.match(page, /<tr><td>onetest@checktls\.com<\/td>(<td>100<\/td>){8}<td>0<\/td><\/tr>/);
});

test('in Markdown remote text has no power: no link, no emphasis, no cell, no HTML (R54)', () => {
  const text = renderMarkdown(HOSTILE_HOST, OPTIONS);
  assert.doesNotMatch(text, /<script|(?<!\\)\*\*b|(?<!\\)`=cmd/);
  const table = text.split('\n').filter((line) => line.startsWith('| MX') || line.startsWith('| mx1'));
  assert.equal(new Set(table.map((line) => line.match(/(?<!\\)\|/g)?.length)).size, 1, 'every row has as many cells');
});

test('JUnit is well-formed, one case for each stage that was asked for and one for the score', () => {
  const text = whole(junitRendering(), TWO_WRONG_NAMES, HOSTILE_HOST);
  tagsOf(text.replace(/^<\?xml.*\?>\n/, ''));
  assert.match(text, /<testsuite name="ann@example\.com" tests="17" failures="2" errors="0" skipped="0"/);
  assert.match(
    text,
    /<testcase classname="mailc\.example\.com \[192\.0\.2\.7:25\]" name="Cert" time="0\.000"><failure type="certificate-name"/,
  );
});

test('JSON keeps what was said and shows nothing that a terminal obeys (R52, R54)', () => {
  const text = whole(jsonRendering({ many: false }), HOSTILE_HOST);
  assert.doesNotMatch(text, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
  assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(HOSTILE_HOST)));
});

test('one result is a document, several an array, and ndjson a line each (R52)', () => {
  assert.deepEqual(JSON.parse(whole(jsonRendering({ many: true }), THREE_GOOD_HOSTS, TWO_WRONG_NAMES)), [
    THREE_GOOD_HOSTS,
    TWO_WRONG_NAMES,
  ]);
  assert.deepEqual(JSON.parse(whole(jsonRendering({ many: true }))), []);
  const lines = whole(ndjsonRendering(), THREE_GOOD_HOSTS, HOSTILE_HOST).trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { target: string }).target),
    ['postmaster@cisco.com', '=cmd@example.com'],
  );
});

test('every character with a meaning is written as a reference', () => {
  assert.equal(escapeMarkup(`<a href="x" y='z'>&\``), '&lt;a href=&quot;x&quot; y=&#39;z&#39;&gt;&amp;&#96;');
});
