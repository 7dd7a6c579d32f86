/** Profiles: the same report, seen with the eyes of several guidelines. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { ScanReport } from '../../src/policy/scan-evidence.ts';
import { LEGACY_SUITES, TLS13_SUITES } from '../../src/scan/cipher-suites.ts';
import type { Rating } from '../../src/scan/profiles/profile.ts';
import { overallRating, PROFILES, type RatingRow, rate } from '../../src/scan/profiles/rate.ts';
import { groupName, SIGNATURE_SCHEMES, signatureName, TLS13_GROUPS } from '../../src/scan/registry.ts';
import { type ScanRequest, scanAddress } from '../../src/scan/scan.ts';
import { scanDependencies, scanRequest } from '../support/scan.ts';
import { mint, type PeerTls, startSmtpPeer, tlsOf } from '../support/smtp-peer.ts';

async function reportOf(tls: PeerTls, changes: Partial<ScanRequest> = {}): Promise<ScanReport> {
  const peer = await startSmtpPeer({ tls });
  try {
    return await scanAddress(scanRequest(peer.port, { budget: 400, ...changes }), scanDependencies());
  } finally {
    await peer.stop();
  }
}

function rows(report: ScanReport, id: string): readonly RatingRow[] {
  const profile = PROFILES.find((each) => each.id === id);
  assert.ok(profile !== undefined);
  return rate(report, profile);
}

function ratingOf(found: readonly RatingRow[], what: string): Rating | undefined {
  return found.find((row) => row.what === what)?.rating;
}

const MODERN = await reportOf({
  ...tlsOf(mint({ key: 'p256' })),
  minVersion: 'TLSv1.3',
  ciphers: 'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256',
  groups: 'X25519MLKEM768:X25519',
});
const OLD = await reportOf({ ...tlsOf(mint({ key: 'rsa2048' })), ciphers: 'ALL:NULL:@SECLEVEL=0' }, { budget: 60 });

test('NCSC-NL 2025: versions, suites, groups, keys and hashes as its tables have them (S-PKI-6)', () => {
  const modern = rows(MODERN, 'ncsc-nl-2025');
  assert.equal(ratingOf(modern, 'TLSv1.3'), 'good');
  assert.equal(ratingOf(modern, 'TLS_AES_256_GCM_SHA384'), 'good');
  assert.equal(ratingOf(modern, 'X25519MLKEM768'), 'good');
  assert.equal(ratingOf(modern, 'ECDSA P-256'), 'good');
  const old = rows(OLD, 'ncsc-nl-2025');
  assert.equal(ratingOf(old, 'TLSv1.2'), 'sufficient');
  assert.equal(ratingOf(old, 'TLSv1.1'), 'insufficient');
  assert.equal(ratingOf(old, 'TLSv1'), 'insufficient');
  assert.equal(ratingOf(old, 'TLS_AES_128_GCM_SHA256'), 'sufficient');
  assert.equal(ratingOf(old, 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'), 'sufficient');
  assert.equal(ratingOf(old, 'TLS_DHE_RSA_WITH_AES_128_GCM_SHA256'), 'phase-out');
  assert.equal(ratingOf(old, 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256'), 'phase-out');
  assert.equal(ratingOf(old, 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA'), 'insufficient');
  assert.equal(ratingOf(old, 'TLS_RSA_WITH_AES_128_GCM_SHA256'), 'insufficient');
  assert.equal(ratingOf(old, 'ffdhe2048'), 'insufficient');
  assert.equal(ratingOf(old, 'ffdhe3072'), 'phase-out');
  assert.equal(ratingOf(old, 'RSA 2048'), 'phase-out');
  assert.equal(ratingOf(old, 'rsa_pkcs1_sha1'), 'insufficient');
  assert.equal(ratingOf(old, 'rsa_pkcs1_sha224'), 'phase-out');
  assert.equal(ratingOf(old, 'extended master secret: yes'), 'good');
});

test('RFC 9325 and RFC 8996: old versions must not be, RSA key transport, DHE and CBC should not (S-PKI-5)', () => {
  const old = rows(OLD, 'rfc-9325');
  assert.equal(ratingOf(old, 'TLSv1'), 'insufficient');
  assert.equal(ratingOf(old, 'TLSv1.1'), 'insufficient');
  assert.equal(ratingOf(old, 'TLSv1.2'), 'sufficient');
  assert.equal(ratingOf(old, 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'), 'good');
  assert.equal(ratingOf(old, 'TLS_RSA_WITH_AES_128_GCM_SHA256'), 'phase-out');
  assert.equal(ratingOf(old, 'TLS_DHE_RSA_WITH_AES_128_GCM_SHA256'), 'phase-out');
  assert.equal(ratingOf(old, 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256'), 'phase-out');
  assert.equal(ratingOf(old, 'RSA 2048'), 'good');
  assert.equal(overallRating(old), 'insufficient');
  assert.equal(
    overallRating(rows(MODERN, 'rfc-9325')),
    'sufficient',
    'good but for hybrid groups, which it does not know',
  );
});

test('Mozilla: modern is TLS 1.3 alone with an ECDSA key, intermediate takes both', () => {
  assert.equal(overallRating(rows(MODERN, 'mozilla-modern')), 'good');
  assert.equal(overallRating(rows(MODERN, 'mozilla-intermediate')), 'good');
  assert.equal(ratingOf(rows(OLD, 'mozilla-modern'), 'TLSv1.2'), 'insufficient');
  assert.equal(ratingOf(rows(OLD, 'mozilla-modern'), 'RSA 2048'), 'insufficient');
  const intermediate = rows(OLD, 'mozilla-intermediate');
  assert.equal(ratingOf(intermediate, 'TLSv1.2'), 'good');
  assert.equal(ratingOf(intermediate, 'RSA 2048'), 'good');
  assert.equal(ratingOf(intermediate, 'TLS_DHE_RSA_WITH_AES_128_GCM_SHA256'), 'insufficient');
});

test('CF-1: what costs points is not good, and what costs none is', () => {
  const old = rows(OLD, 'cf-1');
  assert.equal(ratingOf(old, 'TLSv1.3'), 'good');
  assert.equal(ratingOf(old, 'TLSv1'), 'phase-out');
  assert.equal(ratingOf(old, 'TLS_RSA_WITH_AES_128_GCM_SHA256'), 'good');
  assert.ok(old.some(({ what, rating }) => what.includes('_anon_') && rating === 'insufficient'));
  assert.equal(ratingOf(old, 'RSA 2048'), 'good');
});

test('what was not found out is rated by nobody', async () => {
  const scant = await reportOf(tlsOf(mint({ key: 'rsa2048' })), { budget: 1 });
  for (const profile of PROFILES) {
    const found = rate(scant, profile);
    assert.deepEqual(
      found.filter(({ subject }) => subject === 'version').map(({ what }) => what),
      ['TLSv1.3'],
    );
    assert.ok(!found.some(({ subject }) => subject === 'fact' || subject === 'certificate'), profile.id);
  }
  assert.equal(overallRating([]), null);
});

test('each profile has a word for every suite, and all words have a reason and a reference', () => {
  for (const profile of PROFILES) {
    for (const { name } of [...LEGACY_SUITES, ...TLS13_SUITES]) {
      assert.ok(
        profile.suites.some((rule) => rule.name.test(name)),
        `${profile.id}: ${name}`,
      );
    }
    if (profile.groups.length > 0) {
      for (const code of TLS13_GROUPS) assert.ok(profile.groups.some((rule) => rule.name.test(groupName(code))));
      for (const code of SIGNATURE_SCHEMES)
        assert.ok(profile.signatures.some((rule) => rule.name.test(signatureName(code))));
    }
    for (const { why, reference } of [
      ...profile.suites,
      ...profile.groups,
      ...profile.keys,
      ...Object.values(profile.versions),
    ]) {
      assert.ok(why !== '' && reference !== '', profile.id);
    }
  }
  assert.equal(new Set(PROFILES.map(({ id }) => id)).size, PROFILES.length);
});

test('a suite that every guideline forbids is good in no profile', () => {
  for (const profile of PROFILES) {
    for (const { name, classes } of LEGACY_SUITES) {
      if (!classes.some((each) => ['null', 'anonymous', 'export', 'rc4', 'des'].includes(each))) continue;
      const rule = profile.suites.find((each) => each.name.test(name));
      assert.equal(rule?.rating, 'insufficient', `${profile.id}: ${name}`);
    }
  }
});
