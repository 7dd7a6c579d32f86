import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  describeReportRecordFault,
  MAX_REPORT_ADDRESSES,
  type ReportRecord,
  readReportRecord,
  reportRecordName,
} from '../../src/tlsrpt/record.ts';

function read(...records: readonly string[]): ReportRecord {
  return readReportRecord(records.map((text) => [Buffer.from(text)]));
}

describe('the record of TLS reports', () => {
  it('stands at its name below the domain', () => {
    assert.equal(reportRecordName('example.test'), '_smtp._tls.example.test');
  });

  it('names mail addresses and web addresses, of several rua fields all (S-RPT-1)', () => {
    const record = read('v=TLSRPTv1; rua=mailto:a@example.test,https://example.test/r?x=1; rua=mailto:b@example.test');
    assert.ok(record.kind === 'record');
    assert.deepEqual(record.rua, [
      { scheme: 'mailto', uri: 'mailto:a@example.test' },
      { scheme: 'https', uri: 'https://example.test/r?x=1' },
      { scheme: 'mailto', uri: 'mailto:b@example.test' },
    ]);
  });

  it('counts only when there is exactly one; other texts beside it do no harm (S-RPT-1)', () => {
    const good = 'v=TLSRPTv1; rua=mailto:a@example.test';
    assert.equal(read(good, 'v=spf1 -all').kind, 'record');
    const two = read(good, good);
    assert.deepEqual(two.kind === 'faulty' && two.fault, { kind: 'several', count: 2 });
    assert.deepEqual(read('v=tlsrptv1; rua=mailto:a@example.test').kind, 'absent');
    assert.deepEqual(read(), { kind: 'absent', ignored: [] });
  });

  it('is put together from its character-strings (S-RPT-1)', () => {
    const record = readReportRecord([[Buffer.from('v=TLSRPTv1; rua=mail'), Buffer.from('to:a@example.test')]]);
    assert.equal(record.kind, 'record');
  });

  for (const uri of [
    'http://example.test/',
    'mailto:nobody',
    'https://',
    'ftp://example.test/',
    'mailto:a@b!10m',
    'https://e.test/%zz',
  ]) {
    it(`does not take ${uri} for an address (S-RPT-1)`, () => {
      const record = read(`v=TLSRPTv1; rua=${uri}`);
      assert.deepEqual(record.kind === 'faulty' && record.fault, { kind: 'bad-uri', uri });
    });
  }

  it(`keeps ${MAX_REPORT_ADDRESSES} addresses at most (R7)`, () => {
    const record = read(
      `v=TLSRPTv1; rua=${Array.from({ length: 40 }, (_, index) => `mailto:a${index}@e.test`).join(',')}`,
    );
    assert.equal(record.kind === 'record' && record.rua.length, MAX_REPORT_ADDRESSES);
  });

  it('is read without an error whatever the octets are', () => {
    const octets = fc.oneof(
      fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
      fc.string({ unit: 'binary' }).map((text) => Buffer.from(`v=TLSRPTv1; rua=${text}`)),
    );
    fc.assert(
      fc.property(fc.array(fc.array(octets, { maxLength: 3 }), { maxLength: 3 }), (records) => {
        const record = readReportRecord(records);
        if (record.kind === 'record') assert.ok(record.rua.length > 0);
        if (record.kind === 'faulty') assert.ok(describeReportRecordFault(record.fault).length > 0);
      }),
      { numRuns: 1000 },
    );
  });
});
