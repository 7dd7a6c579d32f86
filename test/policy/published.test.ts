/** What DANE and MTA-STS ask of a sender, one beside the other, and what that makes of a session. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { DaneLookup } from '../../src/dane/lookup.ts';
import { decide } from '../../src/policy/decide.ts';
import type { Evidence } from '../../src/policy/evidence.ts';
import { exampleEvidence, GOOD_EVIDENCE } from '../../src/policy/example-evidence.ts';
import { HONOURS_ALL, type PolicyForce, publishedRequirement } from '../../src/policy/published.ts';
import { join, type Requirement, requirementOf } from '../../src/policy/requirement.ts';

const { exchange } = GOOD_EVIDENCE;
const ENFORCED = { mode: 'enforce', mx: [exchange], maxAge: 604_800 } as const;
const TRAIL = { steps: [] };
const NO_DANE: DaneLookup = { ...TRAIL, kind: 'none', why: 'insecure-records' };
const FAILED: DaneLookup = {
  ...TRAIL,
  kind: 'failed',
  name: `_25._tcp.${exchange}`,
  type: 'TLSA',
  failure: { kind: 'servfail' },
};

function usable(): DaneLookup {
  return {
    ...TRAIL,
    kind: 'records',
    baseDomain: exchange,
    tlsaName: `_25._tcp.${exchange}`,
    records: [{ usage: 3, selector: 1, matchingType: 1, data: '07'.repeat(32) }],
    ttl: 300,
    securityFrom: 'own validation',
    nameSecure: true,
  };
}

/** Of a sender whose own mode asks for nothing. */
function asked(dane: DaneLookup, force: PolicyForce = HONOURS_ALL): Requirement {
  return join(requirementOf('preferred'), publishedRequirement({ exchange, dane, mtaSts: ENFORCED }, force));
}

function speaking(protocol: 'TLSv1.1' | 'TLSv1.2'): Evidence {
  const { handshake } = GOOD_EVIDENCE;
  assert.ok(handshake.kind === 'seen');
  return { ...GOOD_EVIDENCE, handshake: { ...handshake, value: { ...handshake.value, protocol } } };
}

test("an enforced policy wants the MX host's own name in the certificate, on a trusted path (S-STS-9)", () => {
  const requirement = asked(NO_DANE);
  const good = decide(requirement, GOOD_EVIDENCE);
  assert.ok(good.kind === 'encrypted' && good.verified === true, JSON.stringify(good));
  // The pattern of the policy names the host in each case; the certificate does not, or has no path.
  assert.ok(decide(requirement, exampleEvidence('E7')).kind === 'next');
  assert.ok(decide(requirement, exampleEvidence('E6')).kind === 'next');
  const { identity } = GOOD_EVIDENCE;
  assert.ok(identity.kind === 'seen');
  // What the looser engines take, by the CN or by the recipient's domain, is not enough.
  const loose = { ...identity, value: { ...identity.value, matched: false } };
  assert.ok(loose.value.mx.matched && loose.value.hosted.matched);
  assert.equal(decide(requirement, { ...GOOD_EVIDENCE, identity: loose }).kind, 'next');
});

test('an enforced policy never sends mail to a host whose DANE fails (S-STS-14)', () => {
  assert.equal(asked(FAILED).host, 'avoid', 'a look-up that failed');
  // The certificate has the name and the path, but no record matches it.
  assert.equal(decide(asked(usable()), GOOD_EVIDENCE).kind, 'next');
});

test('where usable DANE decides, MTA-STS asks for nothing more; where nobody honours it, it does (S-STS-14)', () => {
  assert.deepEqual(
    publishedRequirement({ exchange, dane: usable(), mtaSts: ENFORCED }, HONOURS_ALL),
    publishedRequirement({ exchange, dane: usable(), mtaSts: null }, HONOURS_ALL),
  );
  assert.equal(asked(usable(), { dane: 'off', mtaSts: 'on' }).checks['mta-sts'], 'must');
});

test('an enforced policy wants TLS 1.2, whatever the mode of the sender is content with (S-STS-16)', () => {
  assert.equal(decide(requirementOf('required'), speaking('TLSv1.1')).kind, 'encrypted');
  assert.equal(decide(asked(NO_DANE), speaking('TLSv1.1')).kind, 'next');
  assert.equal(decide(asked(NO_DANE), speaking('TLSv1.2')).kind, 'encrypted');
});
