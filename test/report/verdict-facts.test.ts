import assert from 'node:assert/strict';
import test from 'node:test';
import type { HostResult } from '../../src/probe/result.ts';
import { daneState, doubtsOf, modesAlike, reasonsOf } from '../../src/report/verdict-facts.ts';
import { host, prediction, result, THREE_GOOD_HOSTS, TWO_WRONG_NAMES } from './results.ts';

const TIMES = [1, 1, 1, 1, 1, 1, 1];
const at = (more: Partial<HostResult>, verdict: HostResult['verdict'] = 'encrypted'): HostResult =>
  host({ exchange: 'mx.example.com', times: TIMES, verdict, more });
const kinds = (who: Parameters<typeof reasonsOf>[0], one: HostResult, mode: 'enforce' | 'absent' = 'absent') =>
  reasonsOf(who, result({ hosts: [one], more: { mtaSts: { mode } } })).map(({ kind }) => kind);

test('a doubt is counted over the hosts that were looked at, the gravest first', () => {
  assert.deepEqual(doubtsOf(THREE_GOOD_HOSTS), []);
  const mixed = result({
    hosts: [
      host({ exchange: 'a.example.com', times: TIMES, verdict: 'unreachable' }),
      host({ exchange: 'b.example.com', times: TIMES, verdict: 'clear' }),
      host({ exchange: 'c.example.com', times: TIMES, verdict: 'skipped' }),
    ],
  });
  assert.deepEqual(doubtsOf(mixed), [
    { kind: 'clear', number: 1, total: 2 },
    { kind: 'unreachable', number: 1, total: 2 },
  ]);
});

test('why nobody delivers follows from what the host showed and what the sender asks', () => {
  assert.deepEqual(kinds('required', at({}, 'clear')), ['clear']);
  assert.deepEqual(kinds('no', at({}, 'clear')), ['refused'], 'the mode allows it: the host does not');
  assert.deepEqual(kinds('no', at({ mtaSts: { status: 'covered' } }, 'clear'), 'enforce'), ['clear']);
  assert.deepEqual(kinds('preferred', at({}, 'broken-tls')), ['broken-tls']);
  assert.deepEqual(kinds('required-verify', at({})), ['not-the-domain']);
  assert.deepEqual(kinds('no', at({ dane: { status: 'mismatch' } })), ['dane-mismatch']);
  assert.deepEqual(kinds('dane-mandatory', at({ dane: { status: 'none' } })), ['dane-absent']);
  assert.deepEqual(kinds('mta-sts', at({ mtaSts: { status: 'not-covered' } }), 'enforce'), ['sts-not-covered']);
  assert.deepEqual(kinds('requiretls', at({})), ['no-requiretls']);
  const untrusted = at({});
  assert.ok(untrusted.chain !== null);
  assert.deepEqual(kinds('required-verify', { ...untrusted, chain: { ...untrusted.chain, trusted: false } }), [
    'chain',
  ]);
  const refusing = { ...untrusted.stages, from: { result: 'fail' } } as const;
  assert.deepEqual(kinds('required-verify', at({ stages: refusing })), ['refused']);
});

test('hosts that share a reason stand together, modes that come out the same, too', () => {
  assert.deepEqual(reasonsOf('required-verify', TWO_WRONG_NAMES), [
    { kind: 'not-the-domain', hosts: ['mailc.example.com', 'maild.example.com'] },
  ]);
  const none = prediction({ channel: 'none', host: null });
  const wrong = { ...TWO_WRONG_NAMES, predictions: { ...TWO_WRONG_NAMES.predictions, 'required-verify-hosted': none } };
  const groups = modesAlike(wrong).map(({ who }) => who);
  assert.deepEqual(groups.slice(0, 2), [['no'], ['preferred', 'required']]);
  assert.deepEqual(groups.slice(-2), [['required-verify'], ['required-verify-hosted']], 'for other reasons');
});

test('DANE is told over all hosts: the worst first, and what was published without a certificate to compare', () => {
  const of = (...danes: readonly HostResult['dane'][]) =>
    daneState(result({ hosts: danes.map((dane) => at({ dane })) }));
  assert.equal(of({ status: 'match' }, { status: 'mismatch' }), 'mismatch');
  assert.equal(of({ status: 'match' }, { status: 'none' }), 'match-some');
  assert.equal(of({ status: 'not-tested' }), null);
  const record = { record: '3 1 1 00', matched: false, detail: 'not compared' };
  assert.equal(of({ status: 'not-tested', records: [record] }), 'uncompared');
});
