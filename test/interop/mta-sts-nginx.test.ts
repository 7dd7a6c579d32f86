/** MTA-STS policies as real nginx serves them, well and badly: what we say of each, and what its senders make of it. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { ProbeResult } from '../../src/probe/result.ts';
import { tlsreach, worldOf } from './our-word.ts';
import { type PolicyRig, skipUnlessPolicyRig, startPolicyRig } from './policy-rig.ts';
import { SIGNED_ZONE } from './policy-servers.ts';
import { STS_CASES, type StsCase } from './sts-hosts.ts';

const skip = skipUnlessPolicyRig();
let rig: PolicyRig;
/** Those that take their time, begun before everything else. */
const slow = new Map<StsCase, Promise<ProbeResult>>();

before(async () => {
  if (skip !== false) return;
  rig = await startPolicyRig();
  for (const sts of STS_CASES) if (sts.slow === true) slow.set(sts, probe(sts));
});
after(async () => {
  await Promise.allSettled(slow.values());
  await rig?.stop();
});

/** The rule that a case is about. */
const ABOUT: Readonly<Record<string, string>> = {
  'sts-elsewhere': '(S-STS-8, S-STS-10)',
  'sts-testing': '(S-STS-11)',
  'sts-none': '(S-STS-11)',
  'sts-wrong-name': '(S-STS-3)',
  'sts-expired': '(S-STS-3)',
  'sts-self-signed': '(S-STS-3)',
  'sts-incomplete': '(S-STS-3)',
  'sts-redirect': '(S-STS-4)',
  'sts-missing': '(S-STS-4)',
  'sts-broken': '(S-STS-4)',
  'sts-page': '(S-STS-5)',
  'sts-octets': '(S-STS-5)',
  'sts-huge': '(S-STS-6)',
  'sts-slow': '(S-STS-6)',
  'sts-drip': '(S-STS-6)',
  'sts-no-mx': '(S-STS-7)',
  'sts-no-policy': '(S-STS-7)',
};

for (const sts of STS_CASES.toSorted((first, second) => Number(first.slow ?? false) - Number(second.slow ?? false))) {
  const { key, what, mode, status, says } = sts;
  test(`${what}: mode ${mode}, host ${status} ${ABOUT[key] ?? '(S-STS-3)'}`, { skip }, async () => {
    const result = await (slow.get(sts) ?? probe(sts));
    assert.equal(result.mtaSts.mode, mode, JSON.stringify(result.findings));
    assert.equal(result.hosts[0]?.mtaSts.status, status);
    const details = result.findings.filter(({ code }) => code.startsWith('mta-sts-')).map(({ detail }) => detail);
    if (says === undefined) assert.deepEqual(details, []);
    else assert.match(details.join('\n'), says);
    const { channel, verified } = result.senders['mta-sts'];
    assert.deepEqual([channel, verified], sendersOutcome(sts));
  });
}

/** Enforced, it decides; in every other mode, and where it cannot be had, mail goes as if there were none. */
function sendersOutcome({ mode, status }: StsCase): readonly [channel: string, verified: boolean | null] {
  if (mode !== 'enforce') return ['encrypted', null];
  return status === 'covered' ? ['encrypted', true] : ['none', null];
}

async function probe({ key }: StsCase): Promise<ProbeResult> {
  const words = ['probe', ...worldOf(rig, '?trust-ad'), '--format', 'json', `someone@${key}.${SIGNED_ZONE}`];
  // Longer than a policy may take.
  const ran = await tlsreach(words, 90_000);
  assert.notEqual(ran.stdout, '', ran.stderr);
  return JSON.parse(ran.stdout) as ProbeResult;
}
