/** Real servers, configured in all sorts of ways: what a scan finds is how they are configured. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Finding, ScanReport, ScanVersion } from '../../src/policy/scan-evidence.ts';
import { DEFAULT_BUDGET, type ScanRequest, scanAddress } from '../../src/scan/scan.ts';
import { scanDependencies, scanRequest } from '../support/scan.ts';
import { mint, type PeerScript, type PeerTls, type SmtpPeer, startSmtpPeer, tlsOf } from '../support/smtp-peer.ts';

const RSA = tlsOf(mint({ key: 'rsa2048' }));
const ECDSA = tlsOf(mint({ key: 'p256' }));
const WHOLE_LIST = 400;

/** OpenSSL's names and those of IANA, for an RSA certificate; none of them is for TLS 1.2 alone but the first six. */
const SUITES: Readonly<Record<string, string>> = {
  'ECDHE-RSA-AES256-GCM-SHA384': 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  'ECDHE-RSA-CHACHA20-POLY1305': 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
  'DHE-RSA-AES128-GCM-SHA256': 'TLS_DHE_RSA_WITH_AES_128_GCM_SHA256',
  'AES256-CCM8': 'TLS_RSA_WITH_AES_256_CCM_8',
  'ECDHE-RSA-CAMELLIA256-SHA384': 'TLS_ECDHE_RSA_WITH_CAMELLIA_256_CBC_SHA384',
  'ECDHE-ARIA128-GCM-SHA256': 'TLS_ECDHE_RSA_WITH_ARIA_128_GCM_SHA256',
  'ECDHE-RSA-AES128-SHA': 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA',
  'DHE-RSA-CAMELLIA128-SHA': 'TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA',
  'AES256-SHA': 'TLS_RSA_WITH_AES_256_CBC_SHA',
  'NULL-SHA': 'TLS_RSA_WITH_NULL_SHA',
  'ADH-AES256-SHA': 'TLS_DH_anon_WITH_AES_256_CBC_SHA',
  'AECDH-AES128-SHA': 'TLS_ECDH_anon_WITH_AES_128_CBC_SHA',
};
const TLS12_ONLY = Object.keys(SUITES).slice(0, 6);
const TLS13_SUITES = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_128_CCM_SHA256',
];
const GROUPS = [
  'X25519MLKEM768',
  'SecP256r1MLKEM768',
  'SecP384r1MLKEM1024',
  'X25519',
  'P-256',
  'P-384',
  'P-521',
  'X448',
  'ffdhe2048',
  'ffdhe8192',
  'MLKEM512',
];
const CURVES = ['X25519', 'P-256', 'P-384', 'P-521', 'X448', 'brainpoolP256r1', 'secp256k1'];
const VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

interface Scanned {
  readonly report: ScanReport;
  readonly peer: SmtpPeer;
}

async function scanned(
  tls: Partial<PeerTls>,
  changes: Partial<ScanRequest> = {},
  script: Partial<PeerScript> = {},
): Promise<Scanned> {
  const peer = await startSmtpPeer({ tls: { ...RSA, ...tls }, ...script });
  try {
    return { report: await scanAddress(scanRequest(peer.port, changes), scanDependencies()), peer };
  } finally {
    await peer.stop();
  }
}

function knownOf<Value>(finding: Finding<Value>): Value | string {
  return finding.kind === 'known' ? finding.value : finding.why;
}

function acceptedVersions({ versions }: ScanReport): readonly string[] {
  return VERSIONS.filter((version) => knownOf(versions[version]) === 'accepted');
}

function suitesOf(report: ScanReport, version: ScanVersion): readonly string[] {
  return report.suites.find((found) => found.version === version)?.accepted.map(({ name }) => name) ?? [];
}

function groupsOf(report: ScanReport, version: ScanVersion): readonly string[] {
  return report.groups.accepted.filter(({ versions }) => versions.includes(version)).map(({ name }) => name);
}

test('whatever a real server is configured to, the scan finds versions, suites in order, groups and whose order counts', async () => {
  const configurations = fc.record({
    versions: fc.tuple(fc.nat(3), fc.nat(3)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const),
    suites: fc.shuffledSubarray(Object.keys(SUITES), { minLength: 2 }),
    tls13: fc.shuffledSubarray(TLS13_SUITES, { minLength: 1 }),
    groups: fc.shuffledSubarray(GROUPS, { minLength: 1 }),
    serverOrder: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(configurations, async ({ versions: [from, to], suites, tls13, groups, serverOrder }) => {
      const versions = VERSIONS.slice(from, to + 1);
      const newestOld = versions.filter((version) => version !== 'TLSv1.3').at(-1);
      // OpenSSL does not come up for a version without a suite, nor agree on a curve without one.
      const fitting = suites.filter((name) => newestOld === 'TLSv1.2' || !TLS12_ONLY.includes(name));
      const usable = fitting.length > 0 ? fitting : ['AES256-SHA'];
      const curves = [...groups, 'P-256'].filter((name, index, all) => all.indexOf(name) === index);
      const { report } = await scanned(
        {
          minVersion: versions[0],
          maxVersion: versions.at(-1),
          ciphers: [...tls13, ...usable, '@SECLEVEL=0'].join(':'),
          groups: curves.join(':'),
          serverOrder,
        },
        { budget: WHOLE_LIST },
      );
      assert.equal(report.complete, true);
      const spoken = versions.filter((version) => version === 'TLSv1.3' || speaks(usable, version));
      assert.deepEqual(acceptedVersions(report), spoken);
      for (const version of spoken) {
        const truth =
          version === 'TLSv1.3'
            ? tls13
            : usable.filter((name) => speaks([name], version)).map((name) => SUITES[name] ?? '');
        const found = suitesOf(report, version);
        if (serverOrder && !truth.some((name) => /anon|NULL/.test(name)))
          assert.deepEqual(found, truth, `${version} in order`);
        else assert.deepEqual([...found].sort(), [...truth].sort(), version);
        const order = report.suites.find((each) => each.version === version)?.order;
        if (truth.length > 1) assert.equal(order?.kind === 'known' && order.value, serverOrder ? 'server' : 'client');
      }
      if (spoken.includes('TLSv1.3')) assert.deepEqual([...groupsOf(report, 'TLSv1.3')].sort(), [...curves].sort());
    }),
    { numRuns: 15 },
  );
});

function speaks(suites: readonly string[], version: string): boolean {
  return suites.some((name) => version === 'TLSv1.2' || !TLS12_ONLY.includes(name));
}

test('the default budget is never exceeded, and suffices for versions, weak classes, order, groups and the rest', async () => {
  const { report, peer } = await scanned({ minVersion: 'TLSv1.2', serverOrder: true, ciphers: 'DEFAULT' });
  assert.ok(peer.accepted() <= DEFAULT_BUDGET, `${peer.accepted()} connections`);
  assert.equal(report.connections, peer.accepted());
  assert.deepEqual(
    Object.fromEntries(Object.entries(report.versions).map(([version, found]) => [version, knownOf(found)])),
    {
      SSLv2: 'refused',
      SSLv3: 'refused',
      TLSv1: 'refused',
      'TLSv1.1': 'refused',
      'TLSv1.2': 'accepted',
      'TLSv1.3': 'accepted',
    },
  );
  for (const name of ['anonymous', 'null', 'export', 'des', 'rc4', '3des', 'obsolete'] as const) {
    assert.equal(knownOf(report.classes[name]), false, name);
  }
  assert.equal(knownOf(report.groups.postQuantum), true);
  assert.deepEqual(
    [...groupsOf(report, 'TLSv1.3')],
    ['X25519MLKEM768', 'X25519', 'P-256', 'X448', 'P-384', 'P-521', 'ffdhe2048', 'ffdhe3072'],
  );
  assert.equal(knownOf(report.suites[1]?.order ?? { kind: 'unknown', why: 'not-asked' }), 'server');
  assert.equal(knownOf(report.extendedMasterSecret), true);
  assert.equal(knownOf(report.secureRenegotiation), true);
  assert.equal(knownOf(report.compression), false);
  assert.equal(knownOf(report.sessionTickets), true);
  assert.equal(knownOf(report.resumption), true);
  assert.equal(knownOf(report.largeHello), 'answered');
  assert.equal(knownOf(report.fallbackScsv), true);
  assert.equal(knownOf(report.withoutServerName), 'same-certificate');
  assert.equal(report.inconclusive, false);
  assert.equal(report.throttled, null);
});

for (const budget of [1, 2, 5, 13]) {
  test(`a budget of ${budget} is a budget of ${budget}, and what is not known is not called no`, async () => {
    const { report, peer } = await scanned({}, { budget });
    assert.equal(peer.accepted(), budget);
    assert.equal(report.connections, budget);
    assert.equal(report.complete, false);
    assert.equal(knownOf(report.versions['TLSv1.3']), 'accepted');
    assert.deepEqual(report.resumption, { kind: 'unknown', why: 'not-asked' });
  });
}

test('TLS 1.3 alone, with an ECDSA key: the certificate and the ticket show in whole handshakes', async () => {
  const { report, peer } = await scanned({ ...ECDSA, minVersion: 'TLSv1.3' }, { budget: WHOLE_LIST });
  assert.equal(report.complete, true);
  assert.deepEqual(acceptedVersions(report), ['TLSv1.3']);
  assert.equal(report.chainAsSent.length, 1);
  assert.equal(knownOf(report.withoutServerName), 'same-certificate');
  assert.equal(knownOf(report.classes.anonymous), false);
  assert.equal(knownOf(report.compression), false);
  assert.equal(knownOf(report.signatures.weak), 'not-applicable');
  assert.equal(knownOf(report.dheBits), 'not-applicable');
  assert.ok(peer.sessions.some(({ protocol, commands }) => protocol === 'TLSv1.3' && commands.at(-1)?.text === 'QUIT'));
});

test('an ECDSA key up to TLS 1.2: its own curve stays on offer, so that curves are not missed', async () => {
  const { report } = await scanned(
    { ...ECDSA, maxVersion: 'TLSv1.2', minVersion: 'TLSv1.2', groups: CURVES.join(':'), ciphers: 'ECDHE:@SECLEVEL=0' },
    { budget: WHOLE_LIST },
  );
  assert.deepEqual(acceptedVersions(report), ['TLSv1.2']);
  const found = groupsOf(report, 'TLSv1.2');
  for (const name of found) assert.ok(CURVES.includes(name), name);
  assert.ok(found.includes('P-256'), found.join());
  for (const name of CURVES) assert.ok(!report.groups.refused.includes(name), `${name} is not called refused`);
});

test('curves up to TLS 1.2 with an RSA key are all found', async () => {
  const { report } = await scanned(
    { maxVersion: 'TLSv1.2', groups: CURVES.join(':'), ciphers: 'ECDHE:@SECLEVEL=0' },
    { budget: WHOLE_LIST },
  );
  assert.deepEqual([...groupsOf(report, 'TLSv1.2')].sort(), [...CURVES].sort());
});

test('signature algorithms of the key exchange are found one by one, the weak ones at the default budget', async () => {
  const weak = await scanned({ minVersion: 'TLSv1.2', signatures: 'rsa_pss_rsae_sha256:RSA+SHA1:RSA+SHA512' });
  assert.equal(knownOf(weak.report.signatures.weak), true);
  const all = await scanned(
    { minVersion: 'TLSv1.2', signatures: 'rsa_pss_rsae_sha256:RSA+SHA384:RSA+SHA512' },
    { budget: WHOLE_LIST },
  );
  assert.deepEqual(
    all.report.signatures.accepted.map(({ name }) => name),
    ['rsa_pss_rsae_sha256', 'rsa_pkcs1_sha384', 'rsa_pkcs1_sha512'],
  );
  assert.equal(knownOf(all.report.signatures.weak), false);
});

test('another certificate without a server name is seen, with TLS 1.2 and with TLS 1.3 alone', async () => {
  const other = tlsOf(
    mint({ key: 'rsa2048', subject: { CN: 'default.example.net' }, dnsNames: ['default.example.net'] }),
  );
  for (const minVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const { report } = await scanned({ minVersion, withoutServerName: { ...other, minVersion } });
    assert.equal(knownOf(report.withoutServerName), 'other-certificate', minVersion);
    assert.notEqual(report.chainWithoutServerName[0], report.chainAsSent[0]);
  }
});

test('an address literal sends no server name, and there is nothing to compare', async () => {
  const { report, peer } = await scanned({}, { serverName: null });
  assert.equal(knownOf(report.withoutServerName), 'not-applicable');
  assert.deepEqual(new Set(peer.sessions.map(({ serverName }) => serverName)), new Set([null]));
});

test('no tickets: nothing is resumed, and no connection is spent on trying', async () => {
  const { report } = await scanned({ withoutTickets: true, maxVersion: 'TLSv1.2' });
  assert.equal(knownOf(report.sessionTickets), false);
});

test('a staple is found, in clear with TLS 1.2', async () => {
  const { report } = await scanned({ ocspStaple: Buffer.from('3003020100', 'hex'), maxVersion: 'TLSv1.2' });
  assert.equal(knownOf(report.ocspStaple), true);
});

test('the size of the finite-field group is the smallest that was seen', async () => {
  const { report } = await scanned({
    maxVersion: 'TLSv1.2',
    ciphers: 'DHE-RSA-AES128-SHA:ECDHE-RSA-AES128-SHA:@SECLEVEL=0',
  });
  assert.equal(knownOf(report.dheBits), 2048);
  assert.equal(knownOf(report.classes.dhe), true);
});

test('implicit TLS needs no STARTTLS', async () => {
  const { report, peer } = await scanned({}, { implicitTls: true }, { implicitTls: true });
  assert.equal(report.problem, null);
  assert.equal(knownOf(report.versions['TLSv1.3']), 'accepted');
  assert.equal(knownOf(report.resumption), true);
  assert.ok(peer.sessions.every(({ clearText }) => clearText === ''));
});

test('a server that throws a pipelined command away is sound (S-TLS-5, S-TLS-8)', async () => {
  const { report, peer } = await scanned({}, { injectionTest: true });
  assert.equal(knownOf(report.commandInjection), 'discarded');
  assert.ok(peer.sessions.some(({ clearText }) => clearText.includes('STARTTLS\r\nNOOP\r\n')));
});

test('no command is pipelined behind STARTTLS unless asked for (S-TLS-5)', async () => {
  const { report, peer } = await scanned({});
  assert.deepEqual(report.commandInjection, { kind: 'unknown', why: 'not-asked' });
  for (const { clearText } of peer.sessions) assert.ok(!clearText.includes('NOOP'));
});
