import assert from 'node:assert/strict';
import test from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { MAX_REPORT_OCTETS, readReport } from '../../src/tlsrpt/read-report.ts';
import { readReportMail } from '../../src/tlsrpt/read-report-mail.ts';
import { boundsOfDay, dayOf, reportJson, type TlsReport } from '../../src/tlsrpt/report.ts';
import { gzippedReport, mailboxOf, reportFileName, reportMail } from '../../src/tlsrpt/report-mail.ts';
import { DayTally, MAX_DETAILS_PER_POLICY, MAX_POLICIES_PER_DOMAIN } from '../../src/tlsrpt/tally.ts';

const REPORT: TlsReport = {
  organization: 'Example Org',
  contact: 'postmaster@example.org',
  id: '2026-11-28.example.com.k3x',
  day: '2026-11-28',
  policies: [
    {
      policy: {
        type: 'sts',
        domain: 'example.com',
        strings: ['version: STSv1', 'mode: enforce', 'mx: *.example.com', 'max_age: 604800'],
        mxHosts: ['*.example.com'],
      },
      successful: 41,
      failed: 3,
      details: [
        {
          resultType: 'certificate-expired',
          sendingMtaIp: '192.0.2.99',
          receivingMxHostname: 'mx.example.com',
          receivingIp: '192.0.2.1',
          failureReasonCode: null,
          count: 3,
        },
      ],
    },
  ],
};

const FACTS = {
  report: REPORT,
  policyDomain: 'example.com',
  submitter: 'example.org',
  from: 'tlsrpt@example.org',
  to: 'reports@example.com',
  date: Date.UTC(2026, 10, 29, 1, 2, 3),
};

test('a report has the names and the day of RFC 8460 (S-RPT-2)', () => {
  assert.deepEqual(JSON.parse(reportJson(REPORT)), {
    'organization-name': 'Example Org',
    'date-range': { 'start-datetime': '2026-11-28T00:00:00Z', 'end-datetime': '2026-11-28T23:59:59Z' },
    'contact-info': 'postmaster@example.org',
    'report-id': '2026-11-28.example.com.k3x',
    policies: [
      {
        policy: {
          'policy-type': 'sts',
          'policy-string': ['version: STSv1', 'mode: enforce', 'mx: *.example.com', 'max_age: 604800'],
          'policy-domain': 'example.com',
          'mx-host': ['*.example.com'],
        },
        summary: { 'total-successful-session-count': 41, 'total-failure-session-count': 3 },
        'failure-details': [
          {
            'result-type': 'certificate-expired',
            'sending-mta-ip': '192.0.2.99',
            'receiving-mx-hostname': 'mx.example.com',
            'receiving-ip': '192.0.2.1',
            'failed-session-count': 3,
          },
        ],
      },
    ],
  });
  const { from, to } = boundsOfDay('2026-11-28');
  assert.deepEqual([dayOf(from), dayOf(to - 1), dayOf(to)], ['2026-11-28', '2026-11-28', '2026-11-29']);
});

test('the message is a report for machines: media types, fields, file name, waived TLS policies (S-RPT-4, S-RPT-5)', async () => {
  const text = reportMail(FACTS).toString('ascii');
  const [header = ''] = text.split('\r\n\r\n');
  const unfolded = header.replace(/\r\n (?=\S)/g, ' ').split('\r\n');
  for (const line of [
    'From: <tlsrpt@example.org>',
    'To: <reports@example.com>',
    'Date: Sun, 29 Nov 2026 01:02:03 +0000',
    'Subject: Report Domain: example.com Submitter: example.org Report-ID: <2026-11-28.example.com.k3x@example.org>',
    'TLS-Report-Domain: example.com',
    'TLS-Report-Submitter: example.org',
    'TLS-Required: No',
  ]) {
    assert.ok(unfolded.includes(line), line);
  }
  assert.match(unfolded.at(-1) ?? '', /^Content-Type: multipart\/report; report-type="tlsrpt"; boundary="[\w-]+"$/);
  assert.match(text, /^Content-Type: application\/tlsrpt\+gzip\r$/m);
  assert.equal(
    reportFileName(FACTS),
    `example.org!example.com!${Date.UTC(2026, 10, 28) / 1000}!${Date.UTC(2026, 10, 28, 23, 59, 59) / 1000}!20261128examplecomk3x.json.gz`,
  );
  assert.ok(text.includes(`filename="${reportFileName(FACTS)}"`));
  for (const line of text.split('\r\n')) assert.ok(line.length <= 998 && !/[^\x20-\x7e]/.test(line));
  const read = await readReportMail(reportMail(FACTS));
  assert.ok(read.ok);
  assert.deepEqual(
    [read.value.id, read.value.policies[0]?.successful, read.value.policies[0]?.failed],
    [REPORT.id, 41, 3],
  );
  assert.equal(gunzipSync(gzippedReport(REPORT)).toString(), reportJson(REPORT));
});

test('a mailto: address in a record yields a mailbox, percent-encoding undone, or none', () => {
  assert.equal(mailboxOf('mailto:a%2Cb@example.com'), 'a,b@example.com');
  assert.equal(mailboxOf('MAILTO:a@example.com?subject=x'), 'a@example.com');
  for (const uri of [
    'https://example.com/',
    'mailto:a%0D%0Ab@example.com',
    'mailto:%ff@example.com',
    'mailto:a%20b@example.com',
  ]) {
    assert.equal(mailboxOf(uri), null, uri);
  }
});

test('reports of others are read however they are written (S-RPT-6)', () => {
  const read = readReport(
    Buffer.from(
      JSON.stringify({
        'report-id': 7,
        policies: {
          policy: {
            'policy-type': 'of-the-future',
            'policy-string': 'version: STSv1',
            'mx-host-pattern': '*.example.com',
          },
          summary: { 'total-successful-session-count': '12' },
          'failure-details': { 'result-type': 'new-type', 'failed-session-count': -1 },
        },
      }),
    ),
  );
  assert.ok(read.ok);
  const [policy] = read.value.policies;
  assert.deepEqual(
    [read.value.id, read.value.organization, policy?.type, policy?.domain, policy?.strings, policy?.mxHosts],
    ['7', null, 'of-the-future', null, ['version: STSv1'], ['*.example.com']],
  );
  assert.deepEqual([policy?.successful, policy?.failed, policy?.details[0]?.count], [12, null, null]);
});

test('what is no report is a fault, and a bomb is not unpacked (S-RPT-6, R7)', () => {
  const kinds = (bytes: Buffer): string | null => {
    const read = readReport(bytes);
    return read.ok ? null : read.failure.kind;
  };
  assert.equal(kinds(Buffer.from('{')), 'not-json');
  assert.equal(kinds(Buffer.from('[]')), 'not-a-report');
  assert.equal(kinds(Buffer.from('{"a":1}')), 'not-a-report');
  assert.equal(kinds(Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3])), 'not-gzip');
  assert.equal(kinds(gzipSync(Buffer.alloc(MAX_REPORT_OCTETS + 1, 0x20))), 'too-large');
});

test('no JSON and no message makes a reader throw (S-RPT-6)', async () => {
  await fc.assert(
    fc.asyncProperty(fc.json(), fc.uint8Array({ maxLength: 300 }), async (json, bytes) => {
      readReport(Buffer.from(`{"policies":[${json}],"date-range":${json}}`));
      readReport(bytes);
      await readReportMail(bytes);
    }),
    { numRuns: 200 },
  );
});

test('failures and policies beyond the bounds are summed up and still counted (R7)', () => {
  const tally = new DayTally('2026-11-28');
  const policy = (number: number) =>
    ({ type: 'sts', domain: 'example.com', strings: [`max_age: ${number}`], mxHosts: [] }) as const;
  const failure = (number: number) =>
    ({
      resultType: 'certificate-expired',
      sendingMtaIp: null,
      receivingMxHostname: `mx${number}.example.com`,
      receivingIp: null,
      failureReasonCode: null,
    }) as const;
  const extra = 50;
  for (let number = 0; number < MAX_DETAILS_PER_POLICY + extra; number++) {
    tally.count({ reportTo: 'example.com', policy: policy(0), failure: failure(number) });
  }
  for (let number = 1; number < MAX_POLICIES_PER_DOMAIN + extra; number++) {
    tally.count({ reportTo: 'example.com', policy: policy(number), failure: null });
  }
  const policies = tally.stored().domains[0]?.policies ?? [];
  assert.equal(policies.length, MAX_POLICIES_PER_DOMAIN);
  assert.equal(policies[0]?.details.length, MAX_DETAILS_PER_POLICY + 1);
  assert.deepEqual(
    [policies[0]?.details.at(-1)?.failureReasonCode, policies[0]?.details.at(-1)?.count],
    ['and-more', extra],
  );
  assert.equal(
    policies.reduce((sum, { successful, failed }) => sum + successful + failed, 0),
    MAX_DETAILS_PER_POLICY + MAX_POLICIES_PER_DOMAIN + 2 * extra - 1,
  );
});
