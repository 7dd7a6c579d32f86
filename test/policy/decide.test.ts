import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decide } from '../../src/policy/decide.ts';
import type { Evidence } from '../../src/policy/evidence.ts';
import { exampleEvidence, GOOD_EVIDENCE } from '../../src/policy/example-evidence.ts';
import { TLS_MODES } from '../../src/policy/mode.ts';
import { requirementOf } from '../../src/policy/requirement.ts';

const OPPORTUNISTIC = ['preferred', 'preferred-verify'] as const;

describe('a decision', () => {
  for (const mode of OPPORTUNISTIC) {
    it(`${mode}: after TLS broke behind a 220 at this MX name, its other addresses get nothing in clear (R77)`, () => {
      for (const event of ['E1', 'E2', 'E3', 'E4'] as const) {
        const decision = decide(requirementOf(mode), exampleEvidence(event), { brokenAfter220: true });
        assert.equal(decision.kind, 'next', event);
      }
    });
  }

  it('preferred: an address that does TLS is used although another one broke', () => {
    const decision = decide(requirementOf('preferred'), GOOD_EVIDENCE, { brokenAfter220: true });
    assert.equal(decision.kind, 'encrypted');
  });

  it('no: what broke at TLS is no hindrance, since TLS is not used', () => {
    assert.equal(decide(requirementOf('no'), exampleEvidence('E2'), { brokenAfter220: true }).kind, 'clear');
  });

  it('asks for STARTTLS while the session stands after EHLO, in every mode but No', () => {
    const afterEhlo: Evidence = {
      ...GOOD_EVIDENCE,
      starttls: { kind: 'not-reached' },
      handshake: { kind: 'not-reached' },
      path: { kind: 'not-reached' },
      identity: { kind: 'not-reached' },
      dane: { kind: 'not-reached' },
      ehloUnderTls: { kind: 'not-reached' },
      mail: { kind: 'not-reached' },
    };
    const kinds = TLS_MODES.map((mode) => decide(requirementOf(mode), afterEhlo).kind);
    assert.deepEqual(kinds, ['clear', 'start-tls', 'start-tls', 'start-tls', 'start-tls', 'start-tls']);
  });

  it('takes 421 to STARTTLS for the end of the connection, not for a refusal to go on after in clear', () => {
    const evidence: Evidence = {
      ...exampleEvidence('E3'),
      starttls: {
        kind: 'failed',
        ms: 1,
        failure: { kind: 'refused', reply: { code: 421, lines: ['bye'], enhancedStatus: null } },
      },
    };
    for (const mode of TLS_MODES.filter((each) => each !== 'no')) {
      const decision = decide(requirementOf(mode), evidence);
      assert.equal(decision.kind === 'next' && decision.event, 'E10', mode);
    }
  });

  it('takes a connection that was lost over credentials for lost, and refused credentials for no reason', () => {
    const auth = (failure: Extract<Evidence['auth'], { kind: 'failed' }>['failure']): Evidence => ({
      ...GOOD_EVIDENCE,
      auth: { kind: 'failed', ms: 1, failure },
      mail: { kind: 'not-reached' },
    });
    const reply = (code: number) =>
      ({ kind: 'refused', reply: { code, lines: ['no'], enhancedStatus: null } }) as const;
    const required = requirementOf('required');
    for (const failure of [{ kind: 'closed', how: 'end', begun: false }, reply(421)] as const) {
      const decision = decide(required, auth(failure));
      assert.equal(decision.kind === 'next' && decision.event, 'E10');
    }
    assert.equal(decide(required, auth(reply(535))).kind, 'encrypted');
  });

  it('passes by a server that addresses beyond ASCII cannot be given to, in every mode (S-EXT-3)', () => {
    const evidence: Evidence = { ...GOOD_EVIDENCE, mail: { kind: 'not-tried', why: 'not-offered' } };
    for (const mode of TLS_MODES.filter((each) => each !== 'no')) {
      const decision = decide(requirementOf(mode), evidence);
      assert.equal(decision.kind === 'next' && decision.event, 'E12', mode);
    }
  });

  it('counts bytes in clear behind the 220 as a failure after the 220 (R13)', () => {
    const evidence: Evidence = {
      ...exampleEvidence('E5'),
      starttls: { kind: 'failed', ms: 1, failure: { kind: 'injected', bytes: 20, sample: '250 AUTH' } },
      handshake: { kind: 'not-reached' },
    };
    const decision = decide(requirementOf('preferred'), evidence);
    assert.equal(decision.kind === 'next' && decision.event, 'E5');
  });

  it('holds a protocol below the minimum for a failed handshake', () => {
    const decision = decide(
      { ...requirementOf('preferred'), minTlsVersion: 'TLSv1.2' },
      {
        ...GOOD_EVIDENCE,
        handshake:
          GOOD_EVIDENCE.handshake.kind === 'seen'
            ? { ...GOOD_EVIDENCE.handshake, value: { ...GOOD_EVIDENCE.handshake.value, protocol: 'TLSv1.1' } }
            : GOOD_EVIDENCE.handshake,
      },
    );
    assert.equal(decision.kind === 'next' && decision.event, 'E5');
  });

  it('defers on 4xx to RCPT and fails on 5xx, on the channel where it was said', () => {
    for (const [code, at] of [
      [451, 'rcpt'],
      [550, 'rcpt'],
      [452, 'mail'],
    ] as const) {
      const failure = { kind: 'refused', reply: { code, lines: ['no'], enhancedStatus: null } } as const;
      const decision = decide(requirementOf('required'), {
        ...GOOD_EVIDENCE,
        [at]: { kind: 'failed', ms: 1, failure },
      });
      assert.equal(decision.kind === 'refused' && decision.reply.code, code);
      assert.equal(
        decide(requirementOf('no'), { ...GOOD_EVIDENCE, [at]: { kind: 'failed', ms: 1, failure } }).kind,
        'clear',
      );
    }
  });
});
