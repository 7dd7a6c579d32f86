/**
 * DANE at real mail hosts behind signed zones: what we say of each, believing unbound and validating ourselves, beside
 * Postfix's posttls-finger at both of its DANE levels and GnuTLS's client. The table of who agrees is `DANE_CASES`; where
 * somebody differs, the title says why. And how often a whole assessment connects.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { HostResult, ProbeResult } from '../../src/probe/result.ts';
import { tlsreach } from './our-word.ts';
import { fingerWord, gnutlsDaneWord } from './policy-peers.ts';
import { type PolicyRig, skipUnlessPolicyRig, startPolicyRig } from './policy-rig.ts';
import { DANE_CASES, type DaneWord, domainOf, exchangeOf, type GnutlsWord, hostOf } from './policy-servers.ts';
import { ownAddress } from './policy-zones.ts';
import { eventually } from './rig.ts';

const skip = skipUnlessPolicyRig();
const resolverForGnutls = ownAddress();
const skipGnutls = skip || (resolverForGnutls === null && 'libunbound asks no resolver in 127.0.0.0/8');
let rig: PolicyRig;

before(async () => {
  if (skip === false) rig = await startPolicyRig();
});
after(async () => {
  await rig?.stop();
});

/** The rule that a case is about. */
const ABOUT: Readonly<Record<string, string>> = {
  'ta-unsent': '(S-DANE-10)',
  'ta-name': '(S-DANE-11)',
  'ee-name': '(S-DANE-9)',
  'ee-expired': '(S-DANE-9)',
  'roll-over': '(S-DANE-14)',
  agility: '(S-DANE-13)',
  unusable: '(S-DANE-7, S-DANE-8, S-DANE-22)',
  'no-starttls': '(S-DANE-16)',
  'open-host': '(S-DANE-2)',
  'open-domain': '(S-DANE-17)',
  bogus: '(S-DANE-3)',
  deaf: '(S-DANE-3)',
  alias: '(S-DANE-5, S-DANE-12)',
};

for (const dane of DANE_CASES) {
  const { what, expected, ours, finger, gnutls } = dane;
  const about = ABOUT[dane.key] ?? '(S-DANE-1)';
  const domain = domainOf(dane);

  test(`${what}: we say "${ours}", with the word of unbound and with our own ${about}`, { skip }, async () => {
    for (const words of [believing(), validating()]) {
      const result = await probe(domain, words);
      const host = onlyHost(result);
      // The server name that is sent is the one that has the records.
      if (ours === 'match') assert.equal(host.tls?.serverName, hostOf(dane));
      const from = result.dns.mx.securityFrom;
      assert.equal(host.dane.status, ours, `${words.join(' ')}: ${host.dane.detail}`);
      assert.deepEqual(
        [wordOf(result, 'postfix-dane'), wordOf(result, 'postfix-dane-only')],
        expected,
        words.join(' '),
      );
      if (dane.arrangement !== 'open-domain')
        assert.equal(from, words.includes('--dnssec-anchor') ? 'own validation' : rig.resolver);
    }
  });

  const otherwise = finger === undefined ? `posttls-finger says so, too` : `posttls-finger differs: ${finger.because}`;
  test(`${what}: ${expected.join(' at dane, ')} at dane-only; ${otherwise}`, { skip }, async () => {
    const said = [await fingerWord(rig, domain, 'dane'), await fingerWord(rig, domain, 'dane-only')];
    assert.deepEqual(said, finger?.says ?? expected);
    if (finger !== undefined) assert.notDeepEqual(said, expected);
  });

  if (gnutls !== null) {
    const { says, because } = gnutls;
    const title = because === undefined ? `gnutls-cli agrees: ${says}` : `gnutls-cli says "${says}": ${because}`;
    test(`${what}: ${title}`, { skip: skipGnutls }, async () => {
      assert.equal(await gnutlsDaneWord(rig, resolverForGnutls ?? '', exchangeOf(dane)), says);
      assert.equal(AGREES[ours].includes(says), because === undefined);
    });
  }
}

test('a whole assessment connects to each address at most twice, the look for clear text included', {
  skip,
}, async () => {
  const counted: (readonly [string, number, number])[] = [];
  for (const dane of DANE_CASES) {
    const once = await connectionsOf(dane.key, () => probe(domainOf(dane), validating()));
    const both = await connectionsOf(dane.key, () => probe(domainOf(dane), [...validating(), '--assure-tls']));
    counted.push([dane.key, once, both]);
  }
  const many = counted.filter(([, once, both]) => Math.max(once, both) > 2);
  assert.deepEqual(many, [], 'plain, and with --assure-tls');
  assert.ok(
    counted.every(([, once, both]) => once >= 1 && both >= once),
    JSON.stringify(counted),
  );
});

/** What GnuTLS can say where it agrees. */
const AGREES: Readonly<Record<HostResult['dane']['status'], readonly GnutlsWord[]>> = {
  match: ['match'],
  mismatch: ['mismatch'],
  none: ['no-data', 'insecure'],
  failed: ['failed'],
  unusable: [],
  'not-tested': [],
};

function believing(): readonly string[] {
  return ['--resolver', `${rig.resolver}?trust-ad`];
}

function validating(): readonly string[] {
  return ['--resolver', rig.resolver, '--dnssec-anchor', rig.anchorFile];
}

async function probe(domain: string, words: readonly string[]): Promise<ProbeResult> {
  const trust = ['--ca-file', rig.rootFile, '--no-system-ca', '--timeout', '10'];
  const ran = await tlsreach(['probe', ...words, ...trust, '--format', 'json', `someone@${domain}`]);
  assert.notEqual(ran.stdout, '', ran.stderr);
  return JSON.parse(ran.stdout) as ProbeResult;
}

function onlyHost({ hosts, problem }: ProbeResult): HostResult {
  const [host] = hosts;
  assert.ok(host !== undefined && hosts.length === 1, JSON.stringify(problem));
  return host;
}

/** What we predict for a sender at a level, in the words of the peers. */
function wordOf(result: ProbeResult, sender: 'postfix-dane' | 'postfix-dane-only'): DaneWord {
  const host = onlyHost(result);
  const { status } = host.dane;
  const { channel, verified } = result.senders[sender];
  if (channel === 'none') return status === 'mismatch' || host.verdict === 'clear' ? 'refused' : 'deferred';
  if (status === 'none') return 'opportunistic';
  return verified === true ? 'authenticated' : 'encrypted';
}

/** Waits until Postfix has written down the end of every connection whose beginning it wrote down. */
async function connectionsOf(key: string, what: () => Promise<unknown>): Promise<number> {
  const before = rig.connections(key);
  await what();
  await eventually(`${key} has seen the client go`, async () => {
    const { begun, ended } = rig.connections(key);
    return begun > before.begun && begun === ended;
  });
  return rig.connections(key).begun - before.begun;
}
