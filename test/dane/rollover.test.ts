import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DaneVerdict, JudgedRecord } from '../../src/dane/match.ts';
import {
  describeRolloverRemark,
  LONG_TTL,
  type RolloverFacts,
  type RolloverRequest,
  rolloverFacts,
} from '../../src/dane/rollover.ts';

const AT = Date.UTC(2026, 0, 1);
const DAY = 86_400_000;

/** `3 1 1 key`, matched when the name of the key is `live`. */
function record(text: string, over: Partial<JudgedRecord> = {}): JudgedRecord {
  const [usage, selector, matchingType, data = ''] = text.split(' ');
  return {
    usage: Number(usage),
    selector: Number(selector),
    matchingType: Number(matchingType),
    data,
    state: 'counts',
    why: null,
    digestOfNothing: false,
    matched: data.startsWith('live'),
    detail: '',
    ...over,
  };
}

function facts(records: readonly (string | JudgedRecord)[], over: Partial<RolloverRequest> = {}): RolloverFacts {
  const verdict: DaneVerdict = {
    status: 'match',
    usage: 3,
    records: records.map((one) => (typeof one === 'string' ? record(one) : one)),
    notes: [],
    detail: '.',
  };
  const found = rolloverFacts({ verdict, ttl: 3600, notAfter: AT + 60 * DAY, at: AT, ...over });
  for (const remark of found.remarks) assert.match(describeRolloverRemark(remark), /\.$/);
  return found;
}

const kinds = ({ remarks }: RolloverFacts): readonly string[] => remarks.map(({ kind }) => kind);

describe('a roll-over', () => {
  it('needs a record of the next key before the key changes (S-DANE-20)', () => {
    const alone = facts(['3 1 1 live']);
    assert.deepEqual(kinds(alone), ['no-next-record']);
    assert.deepEqual(alone.survives, { renewalWithSameKey: true, newKeyUnderSameAuthority: false });
    const announced = facts(['3 1 1 live', '3 1 1 next']);
    assert.deepEqual([kinds(announced), announced.waiting], [[], ['3 1 1 next']]);
  });

  it('is covered by a record of the authority in use beside that of the key (S-DANE-20)', () => {
    const both = facts(['3 1 1 live', '2 1 1 live-authority']);
    assert.deepEqual(kinds(both), []);
    assert.equal(both.survives.newKeyUnderSameAuthority, true);
  });

  it('is safe two TTLs after the record is published (S-DANE-20)', () => {
    assert.equal(facts(['3 1 1 live']).switchSafeAt, AT + 7_200_000);
  });

  it('comes with every renewal where the certificate itself is pinned, and has a last day for it (S-DANE-20)', () => {
    const pinned = facts(['3 0 1 live']);
    assert.deepEqual(kinds(pinned), ['pins-certificate', 'no-next-record']);
    assert.equal(pinned.publishBefore, AT + 60 * DAY - 7_200_000);
    assert.equal(facts(['3 1 1 live']).publishBefore, null);
  });

  it('leaves old records behind, which history tells from the next (S-DANE-20)', () => {
    const lastMatched = new Map([['3 1 1 old', AT - 90 * DAY]]);
    const found = facts(['3 1 1 live', '3 1 1 old'], { lastMatched });
    assert.deepEqual([found.old, found.waiting], [['3 1 1 old'], []]);
    assert.deepEqual(kinds(found), ['no-next-record', 'old-record']);
  });

  it('is not announced by what cannot match: weaker digests, unusable records, digests of nothing (S-DANE-20)', () => {
    const found = facts([
      '3 1 2 live',
      record('3 1 1 weak', { state: 'superseded' }),
      record('1 1 1 pkix', { state: 'unusable', why: 'pkix-usage' }),
      record('3 1 2 none', { digestOfNothing: true }),
    ]);
    assert.deepEqual([found.waiting, kinds(found)], [[], ['no-next-record']]);
  });

  it('takes long to mend where the TTL is long', () => {
    assert.deepEqual(kinds(facts(['3 1 1 live', '3 1 1 next'], { ttl: LONG_TTL + 1 })), ['long-ttl']);
    assert.deepEqual(kinds(facts(['3 1 1 live', '3 1 1 next'], { ttl: LONG_TTL })), []);
  });
});
