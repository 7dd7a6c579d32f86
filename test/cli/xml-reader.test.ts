import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { MAX_XML_ATTRIBUTES, MAX_XML_DEPTH, readXml } from '../../src/cli/xml-reader.ts';

const REFUSED: readonly {
  readonly what: string;
  readonly text: string;
  readonly line: number;
  readonly why: RegExp;
}[] = [
  { what: 'nothing at all', text: '', line: 1, why: /begins with its element/ },
  { what: 'an element left open', text: '<a>\n<b>\n</a>', line: 3, why: /<\/a> ends nothing; <b> is open/ },
  { what: 'a document cut short', text: '<a>\n<b>text', line: 2, why: /<b> of line 2 is not closed/ },
  { what: 'two roots', text: '<a/>\n<b/>', line: 2, why: /nothing may follow/ },
  { what: 'an attribute twice', text: '<a>\n\n<b c="1" c="2"/></a>', line: 3, why: /attribute c twice/ },
  { what: 'a value without quotes', text: '<a b=1/>', line: 1, why: /stands in quotes/ },
  { what: 'a quote left open', text: '<a b="1/>', line: 1, why: /not closed/ },
  { what: 'a tag within a value', text: '<a\nb="<c>"/>', line: 2, why: /&lt; in an attribute/ },
  { what: 'a document type', text: '<?xml version="1.0"?>\n<!DOCTYPE a>\n<a/>', line: 2, why: /document type/ },
  {
    what: 'an entity of the outside',
    text: '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>',
    line: 1,
    why: /document type/,
  },
  { what: 'an entity that nobody declared', text: '<a>\n&e;</a>', line: 2, why: /the entity &e; is not known/ },
  { what: 'a bare ampersand', text: '<a>you & me</a>', line: 1, why: /"&" is written &amp;/ },
  { what: 'a reference to no character', text: '<a>&#0;</a>', line: 1, why: /no character/ },
  { what: 'a reference to half a character', text: '<a>&#xD800;</a>', line: 1, why: /no character/ },
  { what: 'a processing instruction', text: '<a>\n<?php ?></a>', line: 2, why: /processing instruction/ },
  { what: 'a comment within a comment', text: '<a><!-- -- --></a>', line: 1, why: /comment/ },
  { what: 'a control character', text: '<a>\n\u0007</a>', line: 2, why: /control character/ },
  { what: 'too many attributes', text: `<a ${many(MAX_XML_ATTRIBUTES + 1)}/>`, line: 1, why: /too many attributes/ },
  { what: 'elements too deep', text: '<a>'.repeat(MAX_XML_DEPTH + 1), line: 1, why: /too deep/ },
];

function many(count: number): string {
  return Array.from({ length: count }, (_, index) => `a${index}=""`).join(' ');
}

test('a document is read with its lines, entities, comments and sections', () => {
  const read = readXml(
    '\ufeff<?xml version="1.0" encoding="UTF-8"?>\n<!-- a -->\n<a b=\'1 &lt; 2\' c = "&#x41;&#66;">\n x&amp;amp;<d/>\n<!-- e --><f g="">y<![CDATA[<&]]></f>\n</a>\n',
  );
  assert.ok(read.ok);
  const { name, line, attributes, children, text } = read.value;
  assert.deepEqual([name, line, text.trim()], ['a', 3, 'x&amp;']);
  assert.deepEqual(
    [...attributes],
    [
      ['b', '1 < 2'],
      ['c', 'AB'],
    ],
  );
  assert.deepEqual(
    children.map((child) => [child.name, child.line, child.text]),
    [
      ['d', 4, ''],
      ['f', 5, 'y<&'],
    ],
  );
});

for (const { what, text, line, why } of REFUSED) {
  test(`${what} is refused with its line (R56)`, () => {
    const read = readXml(text);
    assert.ok(!read.ok);
    assert.equal(read.failure.line, line);
    assert.match(read.failure.why, why);
  });
}

test('whatever the text, an answer comes, and soon', () => {
  const piece = fc.constantFrom(
    '<',
    '>',
    '</',
    '/>',
    'a',
    ' b="',
    '"',
    "'",
    '&',
    '&lt;',
    '&#',
    ';',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '\n',
    '<?xml version="1.0"?>',
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join('')),
      (text) => {
        const read = readXml(text);
        if (!read.ok) assert.ok(read.failure.line >= 1 && read.failure.line <= text.split('\n').length);
      },
    ),
    { numRuns: 2_000 },
  );
});

test('a long document is read in a time that grows with its length alone', () => {
  const targets = Array.from({ length: 50_000 }, (_, index) => `<t n="${index}">&amp;</t>\n`);
  const read = readXml(`<a>\n${targets.join('')}</a>`);
  assert.ok(read.ok);
  assert.equal(read.value.children.at(-1)?.line, 50_001);
});
