import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AuthorityReport, ServerWord } from '../../src/dns/authoritative.ts';
import { exampleEvidence, GOOD_EVIDENCE } from '../../src/policy/example-evidence.ts';
import { type Beside, blockedProblem, findingsBeside, NOTHING_BESIDE, resultBeside } from '../../src/probe/beside.ts';

const sessions = [{ evidence: GOOD_EVIDENCE, transcript: [] }];

function report(...words: readonly ServerWord[]): AuthorityReport {
  return {
    question: { name: 'example.com', type: 'MX' },
    zone: 'example.com',
    answers: words.map((word, index) => ({
      server: `ns${index + 1}.example.com`,
      address: `192.0.2.${index + 1}`,
      word,
    })),
  };
}

function findings(beside: Partial<Beside>): readonly string[] {
  return findingsBeside({ ...NOTHING_BESIDE, ...beside }, sessions, 'example.com').map(
    ({ code, detail }) => `${code}: ${detail}`,
  );
}

describe('what is looked at beside the sessions', () => {
  it('names which name server says what where they disagree', () => {
    const records = (text: string): ServerWord => ({ kind: 'records', records: [text] });
    const differ = report(records('10 mx'), records('10 old'), records('10 mx'));
    assert.deepEqual(findings({ authorities: [differ] }), [
      'name-servers-disagree: MX of example.com: 10 mx at ns1.example.com (192.0.2.1) and ns3.example.com (192.0.2.3); 10 old at ns2.example.com (192.0.2.2)',
    ]);
    assert.deepEqual(findings({ authorities: [report(records('10 mx'), { kind: 'not-authoritative' })] }), []);
    const shown = resultBeside({ ...NOTHING_BESIDE, authorities: [differ] }).authoritative;
    assert.deepEqual(
      shown?.map(({ agree, answers }) => [agree, answers.length]),
      [[false, 3]],
    );
  });

  it('compares repeated sessions with the first ones', () => {
    const again = [{ evidence: exampleEvidence('E2'), transcript: [] }, ...sessions];
    assert.match(findings({ again })[0] ?? '', /^inconsistent: STARTTLS: offered at \S+ \(2 of 3 tries\), not offered/);
  });

  it('blames our own way out only when a canary was asked and none answered', () => {
    const canary = (outcome: 'answered' | 'silent' | 'unknown') => ({ server: 'c.test:25', outcome, detail: 'why' });
    const problem = (...outcomes: readonly ('answered' | 'silent' | 'unknown')[]) =>
      blockedProblem({ ...NOTHING_BESIDE, canaries: outcomes.map(canary) });
    assert.match(problem('silent', 'unknown') ?? '', /blocked on the way out.*c\.test:25: why/);
    assert.equal(problem('silent', 'answered'), null);
    assert.equal(problem('unknown'), null);
    assert.equal(problem(), null);
    assert.deepEqual(resultBeside(NOTHING_BESIDE), {});
  });
});
