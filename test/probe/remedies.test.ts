import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GOOD_EVIDENCE } from '../../src/policy/example-evidence.ts';
import { FINDING_CODES } from '../../src/probe/finding-catalogue.ts';
import { makeFinding } from '../../src/probe/findings.ts';
import { policyId, reportRemedies } from '../../src/probe/mta-sts-remedies.ts';
import { remediesFor } from '../../src/probe/remedies.ts';
import { NOTHING_PUBLISHED, type RemedyFacts } from '../../src/probe/remedy-facts.ts';
import { readReportRecord } from '../../src/tlsrpt/record.ts';

const HOSTILE = 'mx.example.com"; rm -rf / #\n. IN A 192.0.2.66\u202e$(id)`id`';

function facts(changes: Partial<RemedyFacts> = {}): RemedyFacts {
  return {
    domain: 'example.com',
    port: 25,
    startedAt: Date.parse('2026-11-24T04:45:00.000Z'),
    records: [{ exchange: 'mx.example.com', preference: 10 }],
    hosts: [],
    remarks: [],
    sessions: [GOOD_EVIDENCE],
    published: NOTHING_PUBLISHED,
    ...changes,
  };
}

describe('remedies', () => {
  it('take a new policy id from the time of the advice, and never the one in use', () => {
    const at = Date.parse('2026-11-24T04:45:09.500Z');
    assert.equal(policyId(at, null), '20261124044509');
    assert.equal(policyId(at, '20261124044509'), '20261124044509a');
  });

  it('keep the report addresses that can be used, and leave out the others', () => {
    const texts = ['v=TLSRPTv1; rua=mailto:a@example.com', 'v=TLSRPTv1; rua=https://"bad";rua=https://r.example/x'];
    const tlsRpt = { kind: 'faulty', fault: { kind: 'several', count: 2 }, texts } as const;
    const published = { ...NOTHING_PUBLISHED, domain: { mtaSts: null, tlsRpt } };
    const [, line = ''] = reportRemedies(facts({ published }))[0]?.text.split('\n') ?? [];
    assert.equal(line, '_smtp._tls.example.com. IN TXT "v=TLSRPTv1; rua=mailto:a@example.com,https://r.example/x;"');
    const [, text = ''] = /"(.*)"/.exec(line) ?? [];
    assert.equal(readReportRecord([[Buffer.from(text)]]).kind, 'record');
  });

  it('have no place for a name that would be a command or a record of its own (R54)', () => {
    const shown = facts({
      domain: HOSTILE,
      records: [{ exchange: HOSTILE, preference: 10 }],
      sessions: [{ ...GOOD_EVIDENCE, exchange: HOSTILE }],
    });
    for (const code of FINDING_CODES) {
      const remedies = remediesFor({ ...makeFinding(code, 'seen', {}), host: HOSTILE }, shown);
      assert.doesNotMatch(remedies.map(({ text }) => text).join('\n'), /192\.0\.2\.66|\$\(id\)|rm -rf/, code);
    }
  });

  it('never carry a character that a terminal would obey, whatever the hosts are called (R54)', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(...FINDING_CODES), (name, code) => {
        const shown = facts({
          records: [{ exchange: name, preference: 10 }],
          sessions: [{ ...GOOD_EVIDENCE, exchange: name }],
        });
        const finding = { ...makeFinding(code, 'seen', {}), host: name };
        return remediesFor(finding, shown).every(
          ({ title, text }) => !/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/.test(title + text),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('name Postfix, Exim and OpenSMTPD for every fault of a configuration', () => {
    for (const code of [
      'starttls-not-offered',
      'broken-after-220',
      'tls-old-version',
      'cipher-weak',
      'second-ehlo-refused',
    ] as const) {
      const finding = makeFinding(code, 'seen', { host: 'mx.example.com' });
      const places = remediesFor(finding, facts()).map((remedy) => remedy.for);
      assert.deepEqual(places, ['postfix', 'exim', 'opensmtpd'], code);
    }
  });
});
