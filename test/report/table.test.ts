import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { widthOf } from '../../src/report/layout.ts';
import { renderTable } from '../../src/report/table.ts';
import { HOSTILE_HOST, host, prediction, result, THREE_GOOD_HOSTS, TWO_WRONG_NAMES } from './results.ts';

const draw = (shown: typeof THREE_GOOD_HOSTS, width = 100): string =>
  renderTable(shown, { width, colour: false, oldHeadings: false, many: false });

test('the answer stands first, then what was lost and why (R49)', () => {
  const [first, second] = draw(TWO_WRONG_NAMES).split('\n');
  assert.equal(first, 'ann@example.com          confidence 90 of 107 · secure, but every host not sure to whom');
  assert.match(second ?? '', /^ +-10 {2}at mailc\.example\.com: the certificate is for gvsvipa006\.example\.com,$/);
});

test('every host has its row of times, and its line of facts below (R28)', () => {
  const lines = draw(THREE_GOOD_HOSTS).split('\n');
  const at = lines.findIndex((line) => line.startsWith(' rcdn-mx-01'));
  assert.equal(lines[at]?.replace(/ +/g, ' '), ' rcdn-mx-01.cisco.com 20 41 ms 260 ms 42 ms 41 ms 446 ms 43 ms 42 ms');
  assert.match(lines[at + 1] ?? '', /^ {3}72\.163\.7\.166:25 +TLSv1\.2 · ECDHE-RSA-AES256-GCM-SHA384 · X25519/);
  assert.match(lines.find((line) => line.startsWith(' average'))?.replace(/ +/g, ' ') ?? '', /^ average( 100 %){7}$/);
});

test('modes with the same outcome stand in one row', () => {
  const text = draw(THREE_GOOD_HOSTS);
  assert.match(text, /^ Preferred, Required +go encrypted to alln-mx-01\.cisco\.com$/m);
  assert.match(text, /^ No +go in clear to alln-mx-01\.cisco\.com \(or not at all\)$/m);
  assert.match(text, /^ Required-Verify-Hosted +go encrypted and verified to alln-mx-01\.cisco\.com$/m);
});

test('findings say what, with whom, what to do, and where it is written', () => {
  const text = draw(TWO_WRONG_NAMES).replace(/\s+/g, ' ');
  assert.match(
    text,
    /! certificate-name mailc\.example\.com: the certificate is for gvsvipa006\.example\.com, not for mailc\.example\.com Add DNS:mailc\.example\.com to the certificate, or publish the MX as gvsvipa006\.example\.com\. RFC 9525 6\.3/,
  );
});

test('at 80 columns no line is longer, and the matrix does not wrap', () => {
  const long = host({
    exchange: 'a-very-long-name-of-a-mail-host.department.of.something.example.com',
    address: '2001:db8:1111:2222:3333:4444:5555:6666',
    times: [5094, 3391, 302, 302, 'FAIL', 10191, 2304, 507],
    presented: ['x.example'],
  });
  for (const shown of [THREE_GOOD_HOSTS, TWO_WRONG_NAMES, result({ hosts: [long] })]) {
    const lines = draw(shown, 80).split('\n');
    assert.deepEqual(
      lines.filter((line) => widthOf(line) > 80),
      [],
    );
    const headings = lines.find((line) => line.includes('answer')) ?? '';
    const rows = lines.filter((line) => / ms .* ms /.test(line));
    assert.equal(rows.length, shown.hosts.length);
    for (const row of rows) assert.equal(widthOf(row), widthOf(headings));
  }
});

test('whatever the remote side says, no control character reaches the terminal (R54)', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 20, max: 200 }), (said, width) => {
      const seen = result({
        hosts: [
          host({
            exchange: 'mx1.example.com',
            times: [1, 2, 3, 4, 'FAIL', 6, 7],
            presented: [said],
            more: { greeting: said },
          }),
        ],
        predictions: { required: prediction({ because: [said] }) },
        more: { problem: said },
      });
      return !/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/.test(draw(seen, width));
    }),
    { numRuns: 300 },
  );
});

test('text that looks like markup, escapes or formulas stays text', () => {
  const text = draw(HOSTILE_HOST);
  assert.match(text, /\\x1b\[2J/);
  assert.match(text, /\\u\{202e\}/);
});

test('without a test the reason stands in place of the number', () => {
  assert.match(
    draw(result({ more: { status: 'null-mx' } })),
    /^ann@example\.com +the domain says that it takes no mail \(null MX\)\n$/,
  );
  assert.match(
    draw(result({ more: { status: 'dns-failure', problem: 'no resolver answered within 5 s' } })),
    /no resolver answered within 5 s/,
  );
});

test('an internationalised domain is shown as people write it, with its A-label', () => {
  const shown = result({
    target: 'ann@bücher.example',
    more: { domain: 'xn--bcher-kva.example' },
    hosts: [host({ exchange: 'mx.xn--bcher-kva.example', times: [1, 2, 3, 4, 5, 6, 7] })],
  });
  assert.match(draw(shown), /ann@bücher\.example \(xn--bcher-kva\.example\)/);
  assert.match(draw(shown), /^ mx\.bücher\.example +10/m);
});
