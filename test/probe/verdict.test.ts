import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DialogueFailure, Evidence } from '../../src/policy/evidence.ts';
import { exampleEvidence, GOOD_EVIDENCE } from '../../src/policy/example-evidence.ts';
import { verdictOf } from '../../src/probe/verdict.ts';

function refused(code: number): DialogueFailure {
  return { kind: 'refused', reply: { code, lines: ['no'], enhancedStatus: null } };
}

/** A session that ended at `phase` with `failure`. */
function endedAt(phase: 'greeting' | 'ehlo' | 'starttls', failure: DialogueFailure): Evidence {
  return { ...GOOD_EVIDENCE, handshake: { kind: 'not-reached' }, [phase]: { kind: 'failed', ms: 1, failure } };
}

const begun = { kind: 'timed-out', afterMs: 1000, begun: true } as const;
const silent = { kind: 'timed-out', afterMs: 1000, begun: false } as const;

describe('the verdict on a host keeps "what was found" and "could we look" apart', () => {
  for (const [what, evidence, verdict, blame] of [
    ['a good session', GOOD_EVIDENCE, 'encrypted', null],
    ['an untrusted chain', exampleEvidence('E6'), 'encrypted', null],
    ['HELO only', exampleEvidence('E1'), 'clear', 'them'],
    ['no STARTTLS', exampleEvidence('E2'), 'clear', 'them'],
    ['STARTTLS refused for now', exampleEvidence('E3'), 'inconclusive', 'them'],
    ['STARTTLS refused for good', exampleEvidence('E4'), 'clear', 'them'],
    ['a handshake that breaks', exampleEvidence('E5'), 'broken-tls', 'them'],
    ['a second EHLO that is refused', exampleEvidence('E11'), 'broken-tls', 'them'],
    [
      'bytes in clear behind the 220',
      endedAt('starttls', { kind: 'injected', bytes: 9, sample: '250 x' }),
      'broken-tls',
      'them',
    ],
    ['a refused connection', exampleEvidence('E9'), 'unreachable', 'them'],
    ['a 554 greeting', endedAt('greeting', refused(554)), 'unreachable', 'them'],
    [
      'a 554 greeting that names a block list',
      endedAt('greeting', {
        kind: 'refused',
        reply: { code: 554, lines: ['blocked using zen.spamhaus.org'], enhancedStatus: null },
      }),
      'unreachable',
      'us',
    ],
    ['a 421 greeting', endedAt('greeting', refused(421)), 'inconclusive', 'them'],
    ['a greeting that never comes', endedAt('greeting', silent), 'unreachable', 'path'],
    ['a greeting that never ends', endedAt('greeting', begun), 'inconclusive', 'them'],
    ['a 421 to EHLO', endedAt('ehlo', refused(421)), 'inconclusive', 'them'],
    ['EHLO and HELO refused', endedAt('ehlo', refused(502)), 'unreachable', 'them'],
    ['a run that was stopped', endedAt('ehlo', { kind: 'cancelled' }), 'inconclusive', 'us'],
  ] as const) {
    it(`${what} is ${verdict}`, () => {
      const seen = verdictOf(evidence);
      assert.deepEqual([seen.verdict, seen.blame], [verdict, blame]);
      assert.equal(seen.code === null, verdict === 'encrypted');
    });
  }

  for (const [failure, verdict, blame] of [
    [{ kind: 'refused' }, 'unreachable', 'them'],
    [{ kind: 'timed-out', afterMs: 1000 }, 'unreachable', 'path'],
    [{ kind: 'unreachable', code: 'EHOSTUNREACH' }, 'unreachable', 'path'],
    [{ kind: 'unreachable', code: 'ENETUNREACH' }, 'skipped', 'us'],
    [{ kind: 'no-local-address', code: 'EADDRNOTAVAIL' }, 'skipped', 'us'],
    [{ kind: 'out-of-resources', code: 'EMFILE' }, 'skipped', 'us'],
    [{ kind: 'not-permitted', scope: 'private' }, 'skipped', 'us'],
    [{ kind: 'cancelled' }, 'inconclusive', 'us'],
  ] as const) {
    it(`a connection that fails as ${JSON.stringify(failure)} is ${verdict}, and the doing of ${blame}`, () => {
      const seen = verdictOf({ ...exampleEvidence('E9'), connect: { kind: 'failed', ms: 1, failure } });
      assert.deepEqual([seen.verdict, seen.blame], [verdict, blame]);
    });
  }
});
