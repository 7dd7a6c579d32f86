/**
 * The deep scan of real servers: versions, suites and groups are what is configured there, and what sslscan and testssl.sh
 * find where they can look.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { systemClock } from '../../src/app/world.ts';
import { seededRandom } from '../../src/base/random.ts';
import { createNet } from '../../src/net/net.ts';
import { SCAN_VERSIONS, type ScanReport, type ScanVersion } from '../../src/policy/scan-evidence.ts';
import { DEFAULT_BUDGET, DEFAULT_TIME_LIMIT_MS, scanAddress } from '../../src/scan/scan.ts';
import { type Rig, skipUnlessRig, startRig } from './rig.ts';
import { skipUnless, sslscanWord, testsslWord } from './scanners-word.ts';
import { type RealServer, SERVERS, type ServerKey, SMTP_PORT } from './servers.ts';

const skip = skipUnlessRig();
let rig: Rig;

before(async () => {
  if (skip === false) rig = await startRig();
});
after(async () => {
  await rig?.stop();
});

/** Enough for every list that these servers have. */
const WHOLE_LIST = 200;

const dependencies = {
  net: createNet({ clock: systemClock, privateAddresses: 'allowed' }),
  clock: systemClock,
  random: seededRandom(11),
};

function scan(server: RealServer, budget: number): Promise<ScanReport> {
  return scanAddress(
    {
      address: { family: 4, text: server.address },
      port: SMTP_PORT,
      serverName: server.host,
      heloName: 'scanner.example.net',
      implicitTls: false,
      budget,
      injectionTest: true,
      stageTimeoutMs: 20_000,
      timeLimitMs: DEFAULT_TIME_LIMIT_MS,
      signal: new AbortController().signal,
    },
    dependencies,
  );
}

function versionsOf({ versions }: ScanReport): readonly ScanVersion[] {
  return SCAN_VERSIONS.filter((version) => {
    const found = versions[version];
    assert.equal(found.kind, 'known', version);
    return found.kind === 'known' && found.value === 'accepted';
  });
}

/** As `servers.ts` configures them; Debian's Postfix and Exim take TLS 1.0 unless told otherwise. */
const TRUTH: readonly { readonly key: ServerKey; readonly versions: readonly ScanVersion[] }[] = [
  { key: 'rsa', versions: ['TLSv1.3', 'TLSv1.2', 'TLSv1.1', 'TLSv1'] },
  { key: 'tls12', versions: ['TLSv1.2'] },
  { key: 'ecdsa', versions: ['TLSv1.3'] },
  { key: 'oldTls', versions: ['TLSv1'] },
  { key: 'exim', versions: ['TLSv1.3', 'TLSv1.2', 'TLSv1.1', 'TLSv1'] },
];

for (const { key, versions } of TRUTH) {
  const server: RealServer = SERVERS[key];

  test(`${server.host}: the default budget finds ${versions.join(', ')} and no other version`, { skip }, async () => {
    const report = await scan(server, DEFAULT_BUDGET);
    assert.deepEqual(versionsOf(report), versions);
    assert.ok(report.connections <= DEFAULT_BUDGET);
    assert.equal(report.throttled, null);
    // OpenSSL 3.0 and GnuTLS 3.7 know no hybrid group.
    assert.deepEqual(report.groups.postQuantum.kind === 'known' && report.groups.postQuantum.value, false);
    assert.equal(report.largeHello.kind === 'known' && report.largeHello.value, 'answered');
    const obeyed = report.commandInjection.kind === 'known' ? report.commandInjection.value : 'unknown';
    assert.notEqual(obeyed, 'executed-inside-tls');
    assert.notEqual(obeyed, 'unknown');
  });

  // Exim lets go of a broken handshake half a second late, and sslscan waits for each of hundreds.
  if (key === 'exim') continue;
  test(`${server.host}: sslscan finds the same versions, suites and groups`, {
    skip: skip || skipUnless('sslscan'),
  }, async () => {
    const theirs = await sslscanWord(server);
    const ours = await scan(server, WHOLE_LIST);
    assert.equal(ours.complete, true);
    assert.deepEqual(versionsOf(ours), theirs.versions);
    for (const { version, accepted } of ours.suites) {
      assert.deepEqual(
        accepted.map(({ code }) => code).sort((a, b) => a - b),
        [...(theirs.suites.get(version) ?? [])].sort((a, b) => a - b),
        `suites of ${version}`,
      );
    }
    // sslscan knows no finite-field groups.
    const groups = ours.groups.accepted.filter(
      ({ name, versions: spoken }) => !name.startsWith('ffdhe') && spoken[0] === versions[0],
    );
    if (theirs.groups.size > 0) {
      assert.deepEqual(
        groups.map(({ code }) => code).sort((a, b) => a - b),
        [...(theirs.groups.get(versions[0] ?? 'SSLv2') ?? [])].sort((a, b) => a - b),
      );
    }
  });
}

test('testssl.sh finds the same versions', { skip: skip || skipUnless('testssl') }, async () => {
  for (const key of ['rsa', 'tls12', 'ecdsa'] as const) {
    assert.deepEqual(await testsslWord(SERVERS[key]), TRUTH.find((each) => each.key === key)?.versions, key);
  }
});

test('a server whose handshakes break still shows what it would speak', { skip }, async () => {
  const report = await scan(SERVERS.opensmtpd, DEFAULT_BUDGET);
  assert.deepEqual(versionsOf(report), ['TLSv1.3', 'TLSv1.2']);
  assert.equal(report.resumption.kind, 'unknown');
});

test('a server without STARTTLS has nothing to scan', { skip }, async () => {
  const report = await scan(SERVERS.clear, DEFAULT_BUDGET);
  assert.equal(report.problem?.kind, 'no-starttls');
  assert.equal(report.connections, 1);
});
