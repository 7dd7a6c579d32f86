import assert from 'node:assert/strict';
import test from 'node:test';
import type { Remedy } from '../../src/probe/result.ts';
import { cleanResult } from '../../src/report/clean.ts';
import { renderDetail } from '../../src/report/detail.ts';
import { htmlRendering } from '../../src/report/html.ts';
import { jsonRendering } from '../../src/report/json.ts';
import { widthOf } from '../../src/report/layout.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { renderTable } from '../../src/report/table.ts';
import { finding, HOSTILE, host, result } from './results.ts';

const RECORD = `_25._tcp.mx1.example.com. IN TLSA 3 1 1 ${'5d'.repeat(32)}`;
const REMEDIES: readonly Remedy[] = [
  { kind: 'dns-record', for: 'zone', title: 'Publish the record of the key in use', text: RECORD },
  { kind: 'configuration', for: 'postfix', title: 'Offer <STARTTLS>', text: 'one = 1\ntwo = <2> & ```3```' },
];

const MENDABLE = result({
  hosts: [
    host({
      exchange: 'mx1.example.com',
      times: [1, 2, 3, 4, 5, 6, 7],
      more: { findings: [{ ...finding('dane-mismatch', 'mx1.example.com', 'no match'), remedies: REMEDIES }] },
    }),
  ],
  more: {
    improvements: [{ ...finding('dane-absent', 'mx1.example.com', 'none'), remedies: REMEDIES.slice(0, 1) }],
    whatIf: [
      { code: 'dane-mismatch', host: 'mx1.example.com', value: 107, gain: 7 },
      { code: 'mta-sts-absent', host: null, value: 103, gain: 3 },
    ],
    allMended: { value: 110, gain: 10 },
  },
});
const OPTIONS = { width: 100, colour: false, oldHeadings: false, many: false } as const;

test('the table shows the first remedy in two lines, whole where it fits, and within the width', () => {
  for (const width of [72, 80, 120, 200]) {
    const lines = renderTable(MENDABLE, { ...OPTIONS, width }).split('\n');
    const at = lines.findIndex((line) => line.startsWith('   > '));
    const shown = `${lines[at] ?? ''} ${(lines[at + 1] ?? '').trim()}`.trim();
    assert.equal(shown.replace(/ +/g, ' '), `> ${RECORD}`);
    assert.equal(lines.filter((line) => line.startsWith('   > ')).length, 1);
    assert.ok(lines.every((line) => widthOf(line) <= width));
  }
});

test('the table says where a remedy goes on, and what it adds comes before what it takes away', () => {
  const long = `; remove: old\n${'word '.repeat(60)}`;
  const remedies: readonly Remedy[] = [{ kind: 'configuration', for: 'any', title: 'x', text: long }];
  const findings = [{ ...finding('dane-mismatch', 'mx1.example.com', 'x'), remedies }];
  const shown = result({ hosts: [host({ exchange: 'mx1.example.com', times: [1], more: { findings } })] });
  const lines = renderTable(shown, { ...OPTIONS, width: 80 }).split('\n');
  const at = lines.findIndex((line) => line.startsWith('   > '));
  assert.match(lines[at] ?? '', /^ {3}> word word/);
  assert.match(lines[at + 1] ?? '', /word …$/);
  assert.equal(lines[at + 2], '');
});

test('detail has every remedy whole, with what mending would give', () => {
  const text = renderDetail(MENDABLE, OPTIONS);
  assert.ok(text.includes(`    In the zone: Publish the record of the key in use:\n        ${RECORD}\n`));
  assert.ok(text.includes('    Postfix: Offer <STARTTLS>:\n        one = 1\n        two = <2> & ```3```\n'));
  assert.match(text, /^\+7: 107 with dane-mismatch mended at mx1\.example\.com$/m);
  assert.match(text, /^\+3: 103 with mta-sts-absent supplied$/m);
  assert.match(text, /^\+10: 110 with all of them$/m);
  assert.match(text, /What could be better\n-+\ninfo: dane-absent at mx1/);
});

test('a page has it in a block to be copied, and nothing of it is markup (R54)', () => {
  const page = htmlRendering(OPTIONS).each(MENDABLE);
  assert.ok(page.includes(`<pre>${RECORD}</pre>`));
  assert.ok(page.includes('<pre>one = 1\ntwo = &lt;2&gt; &amp; &#96;&#96;&#96;3&#96;&#96;&#96;</pre>'));
  assert.ok(page.includes('Offer &lt;STARTTLS&gt;'));
});

test('markdown has it in a code block whose fence no text can close (R54)', () => {
  const text = renderMarkdown(MENDABLE, OPTIONS);
  assert.ok(text.includes(`  \`\`\`text\n  ${RECORD}\n  \`\`\`\n`));
  assert.ok(text.includes('  ````text\n  one = 1\n  two = <2> & ```3```\n  ````\n'));
});

test('hostile words in a remedy stay on their line, in every format (R54)', () => {
  const remedies: readonly Remedy[] = [{ kind: 'certificate', for: 'any', title: HOSTILE, text: HOSTILE }];
  const shown = result({
    hosts: [
      host({
        exchange: 'mx1.example.com',
        times: [1, 2, 3, 4, 5, 6, 7],
        more: { findings: [{ ...finding('dane-mismatch', 'mx1.example.com', 'x'), remedies }] },
      }),
    ],
  });
  const texts = [
    renderTable(shown, OPTIONS),
    renderDetail(shown, OPTIONS),
    renderMarkdown(shown, OPTIONS),
    htmlRendering(OPTIONS).each(shown),
  ];
  for (const text of texts) assert.doesNotMatch(text, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]/);
  assert.doesNotMatch(texts.at(-1) ?? '', /<script>alert/);
  assert.equal(cleanResult(shown).hosts[0]?.findings[0]?.remedies?.[0]?.text.split('\n').length, 2);
});

test('the JSON has remedies, improvements and what mending would give as they are (R52)', () => {
  const read = JSON.parse(jsonRendering({ many: false }).each(MENDABLE));
  assert.deepEqual(read.findings[0].remedies, REMEDIES);
  assert.deepEqual(read.allMended, { value: 110, gain: 10 });
});
