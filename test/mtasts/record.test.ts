import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MAX_SHOWN_RECORDS } from '../../src/base/tag-list.ts';
import { describeStsRecordFault, readStsRecord } from '../../src/mtasts/record.ts';

const read = (...records: (string | readonly string[])[]) =>
  readStsRecord(records.map((record) => [record].flat().map((text) => Buffer.from(text as string))));

describe('the record of a policy', () => {
  it('is put together from its character-strings without anything between them (S-STS-1)', () => {
    const record = read(['v=STSv1; id=2016', '0831', '085700Z;']);
    assert.ok(record.kind === 'record');
    assert.equal(record.id, '20160831085700Z');
  });

  it('counts only when there is exactly one; other texts beside it do no harm (S-STS-1)', () => {
    assert.equal(read('v=STSv1; id=1', 'v=spf1 -all').kind, 'record');
    const several = read('v=STSv1; id=1', 'v=STSv1; id=1');
    assert.ok(several.kind === 'faulty');
    assert.deepEqual(several.fault, { kind: 'several', count: 2 });
    assert.match(describeStsRecordFault(several.fault), /senders use none of them$/);
  });

  it('is absent where the version is written in another way, and what stands there is kept to show (S-STS-1)', () => {
    for (const text of ['v=stsv1; id=1', ' v=STSv1; id=1', 'V=STSv1; id=1', 'v=STSv1 id=1', 'id=1; v=STSv1']) {
      assert.deepEqual(read(text), { kind: 'absent', ignored: [text] });
    }
    const many = read(...Array.from({ length: 50 }, (_, index) => `text ${index}`));
    assert.equal(many.kind === 'absent' && many.ignored.length, MAX_SHOWN_RECORDS);
  });

  it('has an id of 1 to 32 letters and digits, the first one where there are two (S-STS-1)', () => {
    assert.equal(read(`v=STSv1; id=${'a'.repeat(32)}`).kind, 'record');
    for (const id of ['', 'a'.repeat(33), 'a-b', 'é', 'a b'])
      assert.equal(read(`v=STSv1; id=${id}`).kind, 'faulty', id);
    const twice = read('v=STSv1; id=first; id=second');
    assert.equal(twice.kind === 'record' && twice.id, 'first');
  });

  it('shows nothing of a hostile text as it is', () => {
    const record = read('v=STSv1; id=\u001b[31m');
    assert.ok(record.kind === 'faulty');
    assert.doesNotMatch(JSON.stringify(record), /\\u001b/);
  });

  it('is read without an error whatever the octets are', () => {
    const octets = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.string().map((text) => Buffer.from(`v=STSv1;${text}`)),
    );
    fc.assert(
      fc.property(fc.array(fc.array(octets, { maxLength: 3 }), { maxLength: 4 }), (records) => {
        const record = readStsRecord(records);
        if (record.kind === 'record') assert.match(record.id, /^[A-Za-z0-9]{1,32}$/);
        if (record.kind === 'faulty') assert.ok(describeStsRecordFault(record.fault).length > 0);
      }),
      { numRuns: 1000 },
    );
  });
});
