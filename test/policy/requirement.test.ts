import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decide } from '../../src/policy/decide.ts';
import { exampleEvidence } from '../../src/policy/example-evidence.ts';
import { TLS_MODES } from '../../src/policy/mode.ts';
import {
  type CheckForce,
  isAtLeast,
  join,
  NO_REQUIREMENT,
  type Requirement,
  requirementOf,
  TLS_VERSIONS,
} from '../../src/policy/requirement.ts';
import { EVENTS } from '../../src/policy/state-table.ts';

const force = fc.constantFrom<CheckForce>('off', 'try', 'must');
const requirement: fc.Arbitrary<Requirement> = fc.record(
  {
    host: fc.constantFrom('allowed', 'avoid'),
    starttls: fc.constantFrom('never', 'if-offered', 'always'),
    clear: fc.constantFrom('allowed', 'before-220', 'never'),
    checks: fc.record(
      { verify: force, hosted: force, 'mta-sts': force, dane: force, chain: force, pinned: force },
      { noNullPrototype: true },
    ),
    minTlsVersion: fc.constantFrom(...TLS_VERSIONS),
    because: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd')).map((words) => words.sort()),
  },
  { noNullPrototype: true },
);

/** What a mode or a policy may ask for: nobody forbids TLS and clear text both, which would be to send nothing ever. */
const sender = requirement.filter(({ starttls, clear }) => !(starttls === 'never' && clear === 'never'));

describe('joining requirements', () => {
  it('does not depend on the order of the two', () => {
    fc.assert(fc.property(requirement, requirement, (a, b) => assert.deepEqual(join(a, b), join(b, a))));
  });

  it('does not depend on grouping', () => {
    fc.assert(
      fc.property(requirement, requirement, requirement, (a, b, c) =>
        assert.deepEqual(join(join(a, b), c), join(a, join(b, c))),
      ),
    );
  });

  it('changes nothing when joined with itself, or with what asks for nothing', () => {
    fc.assert(
      fc.property(requirement, (a) => {
        assert.deepEqual(join(a, a), a);
        const neutral = join(a, { ...NO_REQUIREMENT, minTlsVersion: 'SSLv2' });
        assert.deepEqual(neutral, a);
      }),
    );
  });

  it('never lets through what one of the two holds back', () => {
    fc.assert(
      fc.property(sender, sender, fc.constantFrom(...EVENTS), (a, b, { event }) => {
        const evidence = exampleEvidence(event);
        const joined = decide(join(a, b), evidence);
        if (joined.kind === 'clear') {
          for (const one of [a, b]) assert.equal(one.clear !== 'never' && decide(one, evidence).kind !== 'next', true);
        }
        if (joined.kind === 'encrypted' && joined.verified === true) {
          for (const one of [a, b]) {
            const alone = decide(one, evidence);
            assert.equal(alone.kind === 'encrypted' || alone.kind === 'clear', true);
          }
        }
      }),
    );
  });

  it('keeps the mode that asks for more', () => {
    assert.deepEqual(join(requirementOf('no'), requirementOf('required')).starttls, requirementOf('required').starttls);
    for (const mode of TLS_MODES) {
      const strictest = join(requirementOf(mode), requirementOf('required-verify'));
      assert.equal(strictest.checks.verify, 'must');
      assert.equal(strictest.clear, 'never');
    }
  });
});

describe('comparing TLS versions', () => {
  it('knows their order and takes no unknown name for good', () => {
    assert.equal(isAtLeast('TLSv1.2', 'TLSv1.2'), true);
    assert.equal(isAtLeast('TLSv1.3', 'TLSv1.2'), true);
    assert.equal(isAtLeast('TLSv1', 'TLSv1.1'), false);
    assert.equal(isAtLeast('SSLv3', 'TLSv1'), false);
    assert.equal(isAtLeast('unknown', 'SSLv2'), false);
  });
});
