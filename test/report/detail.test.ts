import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { derivationLines, FORMULA_NOTE } from '../../src/report/derivation.ts';
import { matrixText, renderDetail } from '../../src/report/detail.ts';
import { timeMark, transcriptLine } from '../../src/report/transcript.ts';
import { HOSTILE_HOST, host, result, THREE_GOOD_HOSTS, TWO_WRONG_NAMES } from './results.ts';

const show = (shown: typeof THREE_GOOD_HOSTS, oldHeadings = false): string =>
  renderDetail(shown, { width: 80, colour: false, oldHeadings, many: false });
const columns = (line: string | undefined): readonly string[] => (line ?? '').trimEnd().split(/ {2,}/);

test('the good example is shown with its columns, cells and averages (R28, R29, R30, R32)', () => {
  const rows = matrixText(THREE_GOOD_HOSTS, false).map(columns);
  assert.deepEqual(rows, [
    ['MX Server', 'Pref', 'Answer', 'Connect', 'HELO', 'TLS', 'Cert', 'Secure', 'From'],
    [
      'alln-mx-01.cisco.com [173.37.147.230:25]',
      '10',
      'OK (41ms)',
      'OK (422ms)',
      'OK (50ms)',
      'OK (48ms)',
      'OK (450ms)',
      'OK (58ms)',
      'OK (41ms)',
    ],
    [
      'rcdn-mx-01.cisco.com [72.163.7.166:25]',
      '20',
      'OK (41ms)',
      'OK (260ms)',
      'OK (42ms)',
      'OK (41ms)',
      'OK (446ms)',
      'OK (43ms)',
      'OK (42ms)',
    ],
    [
      'aer-mx-01.cisco.com [173.38.212.150:25]',
      '30',
      'OK (80ms)',
      'OK (484ms)',
      'OK (81ms)',
      'OK (79ms)',
      'OK (548ms)',
      'OK (80ms)',
      'OK (81ms)',
    ],
    ['Average', '100%', '100%', '100%', '100%', '100%', '100%', '100%'],
  ]);
  assert.match(
    show(THREE_GOOD_HOSTS),
    /^Confidence Factor CF-1 for "postmaster@cisco\.com": 100 of 107 \(93%\), best in class 121\nSecure\n/,
  );
});

test('the bad example is shown with FAIL, its averages and the older headings (R30, R32, R34)', () => {
  const rows = matrixText(TWO_WRONG_NAMES, true).map(columns);
  assert.deepEqual(rows[0], [
    'MX Server',
    'Pref',
    'Connect',
    'Allowed',
    'Can Use',
    'TLS Adv',
    'Cert OK',
    'TLS Neg',
    'Sndr OK',
    'Rcvr OK',
  ]);
  assert.deepEqual(rows[1], [
    'mailc.example.com [192.0.2.7:25]',
    '5',
    'OK (26ms)',
    'OK (71ms)',
    'OK (24ms)',
    'OK (26ms)',
    'FAIL',
    'OK (2122ms)',
    'OK (27ms)',
    'OK (25ms)',
  ]);
  assert.deepEqual(rows[3], ['Average', '100%', '100%', '100%', '100%', '0%', '100%', '100%', '100%']);
  assert.match(show(TWO_WRONG_NAMES), /": 90 of 107/);
});

test('a stage that did not run has an empty cell, and so has the average of one that nobody ran (R30, R33)', () => {
  const shown = result({
    hosts: [
      host({ exchange: 'mx1.example.com', times: [9, 'FAIL', null, null, null, null, null], verdict: 'unreachable' }),
    ],
  });
  const [, row = '', average = ''] = matrixText(shown, false);
  assert.deepEqual(columns(row), ['mx1.example.com [192.0.2.1:25]', '10', 'OK (9ms)', 'FAIL']);
  assert.deepEqual(columns(average), ['Average', '100%', '0%']);
});

test('marks have three digits of seconds and three of milliseconds (R53)', () => {
  assert.equal(timeMark(344), '[000.344]');
  assert.equal(timeMark(0.4), '[000.000]');
  assert.equal(timeMark(61_042.6), '[061.043]');
});

test('what was sent and received carries its arrow, inside TLS the other one (R53)', () => {
  const line = (
    kind: 'sent' | 'received' | 'continued' | 'note' | 'detail' | 'warning',
    tls: boolean,
    text: string,
  ): string => transcriptLine({ at: 344, kind, tls, text });
  assert.equal(line('sent', false, 'STARTTLS'), '[000.344] -->STARTTLS');
  assert.equal(line('received', false, '250-mx1'), '[000.344]<-- 250-mx1');
  assert.equal(line('continued', false, '250 STARTTLS'), '[000.344] 250 STARTTLS');
  assert.equal(line('note', false, 'We can use this server'), '[000.344] We can use this server');
  assert.equal(line('sent', true, 'EHLO a'), '[000.344] ~~>EHLO a');
  assert.equal(line('received', true, '250 ok'), '[000.344]<~~ 250 ok');
  assert.equal(line('detail', true, 'SSLVersion in use: TLSv1.2'), 'SSLVersion in use: TLSv1.2');
  assert.equal(line('warning', true, 'STARTTLS after second EHLO'), '[000.344] warning: STARTTLS after second EHLO');
});

test('the cells before a stage add up to its mark in the transcript (R31)', () => {
  const second = THREE_GOOD_HOSTS.hosts[1];
  const ms = (stage: 'answer' | 'connect' | 'helo' | 'tls' | 'cert'): number => second?.stages[stage].ms ?? Number.NaN;
  const mark = (text: string): number =>
    second?.transcript.find((line) => line.text.startsWith(text))?.at ?? Number.NaN;
  assert.ok(Math.abs(ms('answer') + ms('connect') + ms('helo') - mark('STARTTLS')) <= 2);
  assert.ok(Math.abs(ms('answer') + ms('connect') + ms('helo') + ms('tls') - mark('220 Go')) <= 2);
});

test('the three identity verdicts stand side by side, each with its step and strength (R96)', () => {
  const text = show(THREE_GOOD_HOSTS);
  assert.match(text, /MX name \(as receiver testers compare\): yes, alln-mx-01\.cisco\.com = alln-mx-01\.cisco\.com/);
  assert.match(text, /Verify: NO\n +V1: no SAN is example\.com/);
  assert.match(text, /Hosted: yes, by H3 \(weak: /);
  assert.match(show(TWO_WRONG_NAMES), /MX name .*: NO, mailc\.example\.com != gvsvipa006\.example\.com/);
});

test('a reader can recompute the score from what is shown (R47, R48)', () => {
  const verdicts = fc.constantFrom('encrypted', 'clear', 'unreachable', 'inconclusive') as fc.Arbitrary<
    'encrypted' | 'clear' | 'unreachable' | 'inconclusive'
  >;
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          verdict: verdicts,
          preference: fc.integer({ min: 0, max: 5 }),
          wrong: fc.boolean(),
          name: fc.constantFrom('a', 'b', 'c'),
        }),
        { minLength: 1, maxLength: 6 },
      ),
      (hosts) => {
        const shown = result({
          hosts: hosts.map(({ verdict, preference, wrong, name }, index) =>
            host({
              exchange: `${name}.example`,
              address: `192.0.2.${index}`,
              preference,
              verdict,
              times: [1, 2, 3, 4, wrong && verdict === 'encrypted' ? 'FAIL' : 5, 6, 7],
            }),
          ),
        });
        const lines = derivationLines(shown);
        const formula = /^confidence = \((.*)\) \/ ([\d.]+) = [\d.]+, rounded (\d+)$/.exec(
          lines.find((line) => line.startsWith('confidence = (')) ?? '',
        );
        if (shown.confidence.value === null) return formula === null;
        const sum = (formula?.[1] ?? '')
          .split(' + ')
          .reduce(
            (total, term) => total + term.split(' x ').reduce((product, factor) => product * Number(factor), 1),
            0,
          );
        return Math.abs(sum / Number(formula?.[2]) - shown.confidence.value) <= 0.502 && lines.includes(FORMULA_NOTE);
      },
    ),
    { numRuns: 300 },
  );
});

test('no control character of the remote side survives (R54)', () => {
  assert.doesNotMatch(show(HOSTILE_HOST), /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
});
