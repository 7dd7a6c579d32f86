/**
 * Postfix as a sender at its two DANE levels, to hosts with TLSA records of every sort behind signed zones: what it does
 * is what the probe foretells of such a sender, and what `tlsreach deliver` does with the same force.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import type { ProbeResult } from '../../src/probe/result.ts';
import type { DeliveryResult } from '../../src/report/delivery.ts';
import { allowedBy, deliver, probeAll, SAME_ORDER } from './delivered.ts';
import { type PolicyRig, skipUnlessPolicyRig, startPolicyRig } from './policy-rig.ts';
import { DANE_CASES, domainOf, POLICY_RESOLVER, SIGNED_ZONE } from './policy-servers.ts';
import { type Rig, raise } from './rig.ts';
import { type PostfixWord, sendByPostfix } from './sending-postfix.ts';

const skip = skipUnlessPolicyRig();
const domains = DANE_CASES.map(domainOf);
const recipients = domains.map((domain) => `someone@${domain}`);
const LEVELS = ['dane', 'dane-only'] as const;
let rig: PolicyRig;
let sender: Pick<Rig, 'stop'>;
let foretold: ReadonlyMap<string, ProbeResult>;
let words: ReadonlyMap<string, PostfixWord> = new Map();

before(async () => {
  if (skip !== false) return;
  rig = await startPolicyRig();
  foretold = await probeAll(rig, recipients, SAME_ORDER);
  sender = await raise(async (folder, running) => {
    words = await sendByPostfix(folder, running, {
      rootFile: rig.rootFile,
      resolver: POLICY_RESOLVER,
      domains,
      levels: LEVELS,
      fingerprints: [],
      signedZone: SIGNED_ZONE,
    });
    return {};
  });
});
after(async () => {
  await sender?.stop();
  await rig?.stop();
});

for (const level of LEVELS) {
  test(`Postfix at level ${level} does what is foretold of it, whatever the TLSA records (S-DANE-1)`, { skip }, () => {
    for (const domain of domains) {
      const did = words.get(`${level}@${domain}`);
      const prediction = foretold.get(`someone@${domain}`)?.senders[`postfix-${level}`];
      assert.ok(did !== undefined && prediction !== undefined, domain);
      const { channel, host, verified } = prediction;
      assert.equal(did.channel, channel, `${domain}: ${JSON.stringify(did)}, foretold ${JSON.stringify(prediction)}`);
      assert.equal(did.host, host, domain);
      // Postfix says "Trusted" of a record that matched where the MX record itself is not secure, and sends all the same.
      if (verified !== null) assert.equal(did.verified || (insecure(domain) && did.trusted), verified, domain);
    }
  });
}

for (const [force, mode] of [
  ['opportunistic', 'dane-opportunistic'],
  ['mandatory', 'dane-mandatory'],
] as const) {
  test(`deliver with DANE ${force} does what is foretold of such a sender (S-DANE-1)`, { skip }, async () => {
    const file = join(rig.folder, 'message');
    writeFileSync(file, 'Subject: under DANE\n\nhello\n');
    const tls = force === 'mandatory' ? 'required' : 'preferred';
    const to = recipients.flatMap((recipient) => ['--to', recipient]);
    const { result } = await deliver(
      rig,
      ['--from', 'sender@sending.test', '--tls', tls, '--dane', force, '--mta-sts', 'off', ...to],
      file,
    );
    for (const recipient of recipients) {
      const prediction = foretold.get(recipient)?.senders[mode];
      assert.ok(prediction !== undefined, recipient);
      const became = outcomeOf(result, recipient);
      assert.deepEqual(became, allowedBy(prediction)[0], `${recipient}: ${JSON.stringify(prediction.because)}`);
    }
  });
}

function insecure(domain: string): boolean {
  return foretold.get(`someone@${domain}`)?.dns.mx.security === 'insecure';
}

function outcomeOf({ recipients: all }: DeliveryResult, recipient: string) {
  const found = all.find(({ address }) => address === recipient);
  assert.ok(found !== undefined, recipient);
  const { channel, host, verified } = found;
  return { channel, host, verified };
}
