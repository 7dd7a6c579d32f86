import assert from 'node:assert/strict';
import test from 'node:test';
import { csvRendering, nagiosRendering, pagerRendering, quoted, textRendering } from '../../src/report/lines.ts';
import type { Rendering } from '../../src/report/rendering.ts';
import { HOSTILE_HOST, result, THREE_GOOD_HOSTS, TWO_WRONG_NAMES } from './results.ts';

/** The published sample: everything 100, To not tested. */
const SAMPLE = { ...THREE_GOOD_HOSTS, target: 'onetest@checktls.com' };

function whole(rendering: Rendering, ...results: readonly (typeof SAMPLE)[]): string {
  return rendering.begin() + results.map((each) => rendering.each(each)).join('') + rendering.end();
}

test('text, csv and pager are byte for byte the published samples (R51)', () => {
  assert.equal(whole(textRendering(), SAMPLE), '100 onetest@checktls.com\n');
  assert.equal(whole(csvRendering(), SAMPLE), '100,"onetest@checktls.com"\n');
  assert.equal(
    whole(pagerRendering(), SAMPLE),
    'Addr,CF,Ans,Con,HELO,TLS,Cert,Sec,From,To\nonetest@checktls.com,100,100,100,100,100,100,100,100,0\n',
  );
});

test('the pager row holds the average row, and 0 for a stage that nobody ran (R33)', () => {
  assert.match(whole(pagerRendering(), TWO_WRONG_NAMES), /\nann@example\.com,90,100,100,100,100,0,100,100,100\n$/);
});

test('where nothing could be judged, text has a hyphen and csv an empty field', () => {
  const nothing = result({ more: { status: 'dns-failure', problem: 'no answer' } });
  assert.equal(whole(textRendering(), nothing), '- ann@example.com\n');
  assert.equal(whole(csvRendering(), nothing), ',"ann@example.com"\n');
  assert.match(whole(pagerRendering(), nothing), /\nann@example\.com,,0,0,0,0,0,0,0,0\n$/);
});

test('no field of a CSV begins like a formula, and quotes are doubled (R54)', () => {
  assert.equal(whole(csvRendering(), HOSTILE_HOST), '90,"\'=cmd@example.com"\n');
  for (const text of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '|calc', '%x']) assert.match(quoted(text), /^"'/);
  assert.equal(quoted('"a,b"@example.com'), '"""a,b""@example.com"');
  assert.match(whole(pagerRendering(), { ...SAMPLE, target: '"a,b"@example.com' }), /\n"""a,b""@example\.com",100,/);
  assert.match(whole(pagerRendering(), HOSTILE_HOST), /\n"'=cmd@example\.com",90,/);
});

test('the plugin line has one bar, before the performance data', () => {
  const line = whole(
    nagiosRendering(() => 1),
    { ...TWO_WRONG_NAMES, target: 'a|b@example.com' },
  );
  assert.equal(
    line,
    'TLSREACH WARNING - a/b@example.com: confidence 90 of 107, secure, but every host not sure to whom | confidence=90;;;0;107 hosts=2 encrypted=2 time=1.234s\n',
  );
});
