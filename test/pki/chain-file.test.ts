import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answerCase, type CaseAnswer, judgeOfflineChain, MAX_CASE_LENGTH } from '../../src/pki/chain-file.ts';
import { trustAnchors } from '../../src/pki/trust-anchors.ts';
import { AT, mintWorld } from './scenario.ts';

const { leaf, intermediate, root, anchors } = mintWorld({ leaf: { ipAddresses: ['192.0.2.1'] } });
const fallback = { anchors, at: AT };

function answer(overrides: Readonly<Record<string, unknown>>, given = fallback): CaseAnswer {
  const body = { id: 'one', chain: [leaf.certificate, intermediate.certificate], ...overrides };
  return answerCase(JSON.stringify(body), given);
}

function trusted(reply: CaseAnswer): boolean | string {
  return 'error' in reply ? reply.error : reply.trusted;
}

describe('one chain judged offline', () => {
  it('has the chain and, with a name, the identity', () => {
    const certificates = [leaf.der, intermediate.der];
    const named = judgeOfflineChain({ certificates, anchors, at: AT, name: 'mx.example.com' });
    assert.equal(named.chain.trusted, true);
    assert.equal(named.identity?.matched, true);
    assert.deepEqual(named.identity?.mx.presented, ['mx.example.com']);
    assert.equal(judgeOfflineChain({ certificates, anchors, at: AT, name: null }).identity, null);
    assert.equal(judgeOfflineChain({ certificates, anchors, at: AT, name: '192.0.2.1' }).identity?.matched, true);
    assert.equal(judgeOfflineChain({ certificates: [], anchors, at: AT, name: 'a.example' }).identity?.matched, false);
  });
});

describe('one line of cases', () => {
  it('is answered with its id, the verdict and the identity', () => {
    assert.deepEqual(answer({ name: { kind: 'dns', value: 'MX.example.com' } }), {
      id: 'one',
      trusted: true,
      problem: null,
      detail: null,
      identity: {
        matched: true,
        mx: { matched: true, expected: 'mx.example.com', presented: ['mx.example.com'] },
      },
    });
    const wrong = answer({ name: { kind: 'ip', value: '192.0.2.2' } });
    assert.equal('error' in wrong ? null : wrong.identity?.matched, false);
  });

  it('with anchors trusts those alone', () => {
    assert.equal(trusted(answer({ anchors: [] })), false);
    assert.equal(trusted(answer({ anchors: [root.certificate] }, { anchors: trustAnchors([]), at: AT })), true);
  });

  it('is judged at its own time, or else at the time of the call', () => {
    assert.equal(trusted(answer({ at: '2028-01-01T00:00:00Z' })), false);
    assert.equal(trusted(answer({}, { anchors, at: Date.parse('2028-01-01T00:00:00Z') })), false);
    assert.equal(trusted(answer({ at: '2026-06-01T00:00:00Z' }, { anchors, at: 0 })), true);
  });

  it('may bound the depth of the path', () => {
    assert.equal(trusted(answer({ maxChainDepth: 0 })), false);
    assert.equal(trusted(answer({ maxChainDepth: 1 })), true);
  });

  it('with a certificate that is none is answered as malformed', () => {
    const reply = answer({ chain: ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'] });
    assert.equal('error' in reply ? reply.error : reply.problem, 'malformed');
    const text = answer({ chain: ['no PEM'] });
    assert.equal('error' in text ? text.error : text.problem, 'malformed');
  });

  for (const [what, line, error, id] of [
    ['is no JSON', '{', 'the line is not JSON', null],
    ['is no object', '[1]', 'the line is not a JSON object', null],
    ['has no chain', '{"id":7}', '"chain" is not a list of PEM certificates', 7],
    ['has an empty chain', '{"id":"a","chain":[]}', '"chain" has no certificate', 'a'],
    ['has a number in its chain', '{"id":"a","chain":[1]}', '"chain" item 1 is not text', 'a'],
    [
      'has anchors that are no list',
      '{"id":"a","chain":["x"],"anchors":"y"}',
      '"anchors" is not a list of PEM certificates',
      'a',
    ],
    [
      'has no readable time',
      '{"id":"a","chain":["x"],"at":"soon"}',
      '"at" is not a date and time as 2026-11-23T10:00:00Z',
      'a',
    ],
    [
      'has a name of no kind',
      '{"id":"a","chain":["x"],"name":{"kind":"x","value":"y"}}',
      '"name" has a "kind" other than dns and ip',
      'a',
    ],
    ['has a name that is text', '{"id":"a","chain":["x"],"name":"y"}', '"name" is not {"kind", "value"}', 'a'],
    [
      'has a broken depth',
      '{"id":"a","chain":["x"],"maxChainDepth":-1}',
      '"maxChainDepth" is not a whole number from 0',
      'a',
    ],
  ] as const) {
    it(`that ${what} is answered with an error and its id`, () => {
      assert.deepEqual(answerCase(line, fallback), { id, error });
    });
  }

  it('beyond the limit is answered with an error', () => {
    const reply = answerCase(' '.repeat(MAX_CASE_LENGTH + 1), fallback);
    assert.match('error' in reply ? reply.error : '', /longer than/);
  });
});
