/**
 * Real Postfix, Exim and OpenSMTPD take our mail as the probe of the same server says: each TLS mode, each server, over
 * TLS that is really resumed, pipelined, chunked and answered by somebody else's code.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { TLS_MODES } from '../../src/policy/mode.ts';
import type { DeliveryResult } from '../../src/report/delivery.ts';
import { probe, tlsreach, worldOf } from './our-word.ts';
import { type Rig, skipUnlessRig, startRig } from './rig.ts';

const skip = skipUnlessRig();
let rig: Rig;
let folder: string;
let message: string;

before(async () => {
  if (skip !== false) return;
  rig = await startRig();
  folder = mkdtempSync(join(tmpdir(), 'tlsreach-delivery-'));
  message = join(folder, 'message.eml');
  writeFileSync(message, `Subject: a real one\n\n${'.dots and lines\n'.repeat(20_000)}.\n`);
});
after(async () => {
  if (skip !== false) return;
  await rig.stop();
  rmSync(folder, { recursive: true });
});

const DOMAINS = [
  'good.test',
  'tls12.test',
  'ecdsa.test',
  'old-tls.test',
  'expired.test',
  'self-signed.test',
  'wrong-name.test',
  'clear.test',
  'down.test',
  'exim.test',
  'opensmtpd.test',
  'one-down.test',
  'null-mx.test',
];

for (const domain of DOMAINS) {
  test(`mail to ${domain} goes as the probe says, in every mode (R76)`, { skip }, async () => {
    const target = `someone@${domain}`;
    const { result } = await probe(rig, target, '?trust-ad');
    for (const mode of TLS_MODES) {
      const words = [
        'deliver',
        ...worldOf(rig, '?trust-ad'),
        '--from',
        'ann@sender.test',
        '--to',
        target,
        '--tls',
        mode,
        '--json',
      ];
      const ran = await tlsreach([...words, message]);
      const { recipients, log }: DeliveryResult = JSON.parse(ran.stdout);
      const [came] = recipients;
      const { channel, host, verified, outcomes } = result.predictions[mode];
      assert.ok(
        [{ channel, host, verified }, ...outcomes].some(
          (each) => each.channel === came?.channel && each.host === came.host && each.verified === came.verified,
        ),
        `${mode}: ${JSON.stringify([came, channel, host, verified, log])}`,
      );
      assert.equal(ran.exitCode === 0, came?.result === 'delivered');
    }
  });
}
