/**
 * Postfix as a sender, at each of its TLS security levels, to the same servers at the same time: what it does is what the
 * probe foretells of such a sender. Where it is not, the table below says why.
 */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import type { ProbeResult } from '../../src/probe/result.ts';
import { allowedBy, probeAll } from './delivered.ts';
import { type Rig, raise, skipUnlessRig, startRig } from './rig.ts';
import { LEVELS, type Level, type PostfixWord, sendByPostfix } from './sending-postfix.ts';
import { DOMAINS, RESOLVER_ADDRESS, type RealServer, SECURE_DOMAIN, SERVER_KEYS, SERVERS } from './servers.ts';

interface Difference {
  readonly levels: readonly Level[];
  readonly channel: PostfixWord['channel'];
  /** In Postfix's words. */
  readonly reason: RegExp;
  readonly because: string;
}

/** Where Postfix does something else than was foretold of it. */
const DIFFERENCES: Readonly<Record<string, Difference>> = {
  'old-tls.test': {
    levels: ['verify', 'secure', 'fingerprint'],
    channel: 'none',
    reason: /^Cannot start TLS: handshake failure$/,
    because:
      "Debian's OpenSSL has security level 2, at which TLS 1.0 is over; Postfix takes it down to 0 where it admits anonymous ciphers, at may and encrypt, and nowhere else",
  },
};

const skip = skipUnlessRig();
const domains = [...DOMAINS.map(({ domain }) => domain), SECURE_DOMAIN];
let rig: Rig;
let sender: Pick<Rig, 'stop'>;
let foretold: ReadonlyMap<string, ProbeResult>;
let words: ReadonlyMap<string, PostfixWord> = new Map();

before(async () => {
  if (skip !== false) return;
  rig = await startRig();
  foretold = await probeAll(
    rig,
    domains.map((domain) => `someone@${domain}`),
  );
  sender = await raise(async (folder, running) => {
    words = await sendByPostfix(folder, running, {
      rootFile: rig.rootFile,
      resolver: RESOLVER_ADDRESS,
      domains,
      levels: LEVELS,
      fingerprints: fingerprints(),
    });
    return {};
  });
});
after(async () => {
  await sender?.stop();
  await rig?.stop();
});

for (const level of LEVELS) {
  const differing = Object.entries(DIFFERENCES).filter(([, { levels }]) => levels.includes(level));
  const but = differing.map(([domain, { because }]) => `, but for ${domain}: ${because}`).join('');
  test(`Postfix at level ${level} does what is foretold of it${but}`, { skip }, () => {
    for (const domain of domains) {
      const did = words.get(`${level}@${domain}`);
      const prediction = foretold.get(`someone@${domain}`)?.senders[`postfix-${level}`];
      assert.ok(did !== undefined && prediction !== undefined, domain);
      const agrees = allowedBy(prediction).some(
        ({ channel, host, verified }) =>
          channel === did.channel && host === did.host && (verified === null || verified === did.verified),
      );
      const difference = DIFFERENCES[domain];
      const differs = difference?.levels.includes(level) === true;
      assert.equal(agrees, !differs, `${domain}: ${JSON.stringify(did)}, foretold ${JSON.stringify(prediction)}`);
      if (!differs) continue;
      assert.equal(did.channel, difference.channel, domain);
      assert.match(did.reason, difference.reason, domain);
    }
  });
}

/** Of every certificate in the rig: whoever pins, pins what he has seen. */
function fingerprints(): readonly string[] {
  return SERVER_KEYS.map((key): readonly [string, RealServer] => [key, SERVERS[key]])
    .filter(([, { presented }]) => presented !== 'none')
    .map(([key]) => {
      const pem = readFileSync(join(rig.folder, 'certificates', `${key}.chain.pem`));
      return new X509Certificate(pem).fingerprint256;
    });
}
