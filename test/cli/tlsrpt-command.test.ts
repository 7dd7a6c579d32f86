import assert from 'node:assert/strict';
import test from 'node:test';
import type { TlsReport } from '../../src/tlsrpt/report.ts';
import { reportJson } from '../../src/tlsrpt/report.ts';
import { reportMail } from '../../src/tlsrpt/report-mail.ts';
import { play } from './stage.ts';

const GOOD: TlsReport = {
  organization: 'Example Org',
  contact: 'postmaster@example.org',
  id: 'r1',
  day: '2026-11-28',
  policies: [
    {
      policy: { type: 'sts', domain: 'example.com', strings: [], mxHosts: ['*.example.com'] },
      successful: 41,
      failed: 0,
      details: [],
    },
  ],
};

const BAD: TlsReport = {
  ...GOOD,
  organization: 'Example \u001b[31mOrg',
  policies: GOOD.policies.map((policy) => ({
    ...policy,
    failed: 2,
    details: [
      {
        resultType: 'certificate-expired',
        sendingMtaIp: '192.0.2.99',
        receivingMxHostname: 'mx.example.com',
        receivingIp: null,
        failureReasonCode: null,
        count: 2,
      },
    ],
  })),
};

test('a report is shown for people, as a message or as a file, and failures are exit 1 (S-RPT-6)', async () => {
  const mail = {
    report: BAD,
    policyDomain: 'example.com',
    submitter: 'example.org',
    from: 'a@example.org',
    to: 'b@example.com',
    date: 0,
  };
  const files = { 'good.json': reportJson(GOOD), 'bad.eml': reportMail(mail).toString() };
  const good = await play({ argv: ['tlsrpt', 'show', 'good.json'], files });
  assert.equal(good.code, 0);
  assert.match(good.stdout, /^Report of Example Org \(postmaster@example\.org\), r1\nFrom 2026-11-28T00:00:00Z to /);
  assert.match(good.stdout, /example\.com: sts, hosts \*\.example\.com\n {2}41 sessions went well, 0 failed\n$/);
  const bad = await play({ argv: ['tlsrpt', 'show', 'bad.eml'], files });
  assert.equal(bad.code, 1);
  assert.match(bad.stdout, /\n {2}2 x certificate-expired from 192\.0\.2\.99 to mx\.example\.com\n$/);
  assert.doesNotMatch(bad.stdout.replaceAll('\n', ''), /\p{Cc}/u);
  const json = await play({ argv: ['tlsrpt', 'show', 'bad.eml', '--format', 'json'], files });
  assert.equal(JSON.parse(json.stdout).policies[0].details[0].count, 2);
});

test('what is no report is exit 2 with a sentence', async () => {
  const files = { 'x.eml': 'Subject: hello\r\n\r\nno report\r\n', 'x.json': '{"a":1}' };
  for (const [argv, said] of [
    [['tlsrpt', 'show', 'x.eml'], /x\.eml: there is no TLS report in this message/],
    [['tlsrpt', 'show', 'x.json'], /x\.json: it is JSON, but no TLS report/],
    [['tlsrpt', 'show', 'absent'], /absent: /],
    [['tlsrpt', 'send', 'x.json'], /tlsreach tlsrpt show FILE/],
  ] as const) {
    const { code, stderr } = await play({ argv, files });
    assert.equal(code, 2);
    assert.match(stderr, said);
  }
});
