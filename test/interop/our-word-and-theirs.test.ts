/**
 * Real Postfix, Exim and OpenSMTPD behind a real resolver: what we say of them is what was set up, and what Postfix's,
 * OpenSSL's and GnuTLS's own clients say of the same servers at the same time.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import type { TlsMode } from '../../src/policy/mode.ts';
import type { HostResult, ProbeResult } from '../../src/probe/result.ts';
import { probe, tlsreach, wordOf } from './our-word.ts';
import { gnutlsClient, opensslClient, posttlsFinger } from './peers-word.ts';
import { type Rig, skipUnlessRig, startRig } from './rig.ts';
import {
  BOGUS_DOMAIN,
  LAME_DOMAIN,
  MISSING_DOMAIN,
  type RealServer,
  SECURE_DOMAIN,
  SERVERS,
  type ServerKey,
} from './servers.ts';
import { comparable, TRUTH, type Truth, type Word } from './word.ts';

const skip = skipUnlessRig();
let rig: Rig;

before(async () => {
  if (skip === false) rig = await startRig();
});
after(async () => {
  await rig?.stop();
});

interface Case {
  readonly domain: string;
  readonly server: ServerKey;
  readonly what: string;
  readonly predicted: Readonly<Partial<Record<TlsMode, 'encrypted' | 'clear' | 'none'>>>;
}

const VERIFIED = { preferred: 'encrypted', required: 'encrypted', 'required-verify-hosted': 'encrypted' } as const;
const UNVERIFIED = { preferred: 'encrypted', required: 'encrypted', 'required-verify-hosted': 'none' } as const;

const CASES: readonly Case[] = [
  { domain: 'good.test', server: 'rsa', what: 'TLS 1.3 with an RSA chain', predicted: VERIFIED },
  { domain: 'tls12.test', server: 'tls12', what: 'TLS 1.2 alone', predicted: VERIFIED },
  { domain: 'ecdsa.test', server: 'ecdsa', what: 'an ECDSA certificate under TLS 1.3', predicted: VERIFIED },
  { domain: 'wildcard.test', server: 'wildcard', what: 'a wildcard certificate', predicted: VERIFIED },
  { domain: 'old-tls.test', server: 'oldTls', what: 'TLS 1.0 alone', predicted: { required: 'encrypted' } },
  { domain: 'expired.test', server: 'expired', what: 'an expired certificate', predicted: UNVERIFIED },
  { domain: 'self-signed.test', server: 'selfSigned', what: 'a self-signed certificate', predicted: UNVERIFIED },
  { domain: 'wrong-name.test', server: 'wrongName', what: "another host's certificate", predicted: UNVERIFIED },
  { domain: 'incomplete.test', server: 'incomplete', what: 'a missing intermediate', predicted: UNVERIFIED },
  { domain: 'clear.test', server: 'clear', what: 'no STARTTLS', predicted: { preferred: 'clear', required: 'none' } },
  { domain: 'down.test', server: 'down', what: 'nobody listening', predicted: { preferred: 'none', required: 'none' } },
  { domain: 'exim.test', server: 'exim', what: 'Exim, which speaks TLS through GnuTLS', predicted: VERIFIED },
  {
    domain: 'opensmtpd.test',
    server: 'opensmtpd',
    what: 'an OpenSMTPD whose handshake breaks',
    predicted: { no: 'clear', preferred: 'none', required: 'none' },
  },
];

for (const { domain, server: key, what, predicted } of CASES) {
  const server: RealServer = SERVERS[key];

  test(`${what} (${server.host}): ours is the peers' word`, { skip }, async () => {
    const { result } = await probe(rig, `someone@${domain}`);
    const host = onlyHost(result);
    const ours = wordOf(host);
    const truth: Truth = TRUTH[key];
    assert.equal(host.exchange, server.host);
    assert.equal(host.address, server.address);
    assert.deepEqual(comparable(ours, truth), truth, 'what was set up');
    for (const [peer, said] of await peersOn(key, server)) {
      assert.deepEqual(comparable(ours, said), comparable(said, ours), `the word of ${peer}`);
    }
  });

  test(`${what}: what a sender's mail to ${domain} would do`, { skip }, async () => {
    const { result } = await probe(rig, `someone@${domain}`);
    for (const [mode, channel] of Object.entries(predicted)) {
      assert.equal(result.predictions[mode as TlsMode].channel, channel, mode);
    }
  });
}

test('several MX hosts stand in preference order, equals by name, each with what it really speaks (R8)', {
  skip,
}, async () => {
  const { result, exitCode } = await probe(rig, 'someone@several.test');
  assert.deepEqual(
    result.hosts.map((host) => `${host.preference} ${host.exchange} ${host.tls?.protocol}`),
    ['10 mx1.good.test TLSv1.3', '10 mx2.good.test TLSv1.2', '20 mx.ecdsa.test TLSv1.3'],
  );
  for (const host of result.hosts) assert.equal(host.stages.to.result, 'ok', host.exchange);
  assert.equal(result.average.cert, 100);
  assert.equal(result.confidence.secure, true);
  assert.equal(exitCode, 0);
});

test('with the first host down mail goes to the second, and the probe says so', { skip }, async () => {
  const { result } = await probe(rig, 'someone@one-down.test');
  assert.deepEqual(
    result.hosts.map((host) => `${host.exchange} ${host.verdict}`),
    ['mx.down.test unreachable', 'mx1.good.test encrypted'],
  );
  assert.equal(result.predictions.required.host, 'mx1.good.test');
  assert.equal(result.predictions.required.channel, 'encrypted');
  assert.equal(result.average.answer, 50);
});

test('a null MX, a domain that does not exist and broken zones are four different answers (R21)', {
  skip,
}, async () => {
  const answers: string[] = [];
  for (const domain of ['null-mx.test', MISSING_DOMAIN, BOGUS_DOMAIN, LAME_DOMAIN]) {
    // The resolver alone has the key by which one zone is bogus: its word is taken. The rig's root signs nothing.
    const { result, exitCode } = await probe(rig, `someone@${domain}`, '?trust-ad');
    answers.push(`${domain} ${result.status} ${exitCode} ${result.confidence.value}`);
  }
  assert.deepEqual(answers, [
    'null-mx.test null-mx 1 null',
    `${MISSING_DOMAIN} no-such-domain 1 null`,
    `${BOGUS_DOMAIN} dns-failure 3 null`,
    `${LAME_DOMAIN} dns-failure 3 null`,
  ]);
});

test("the resolver's word on DNSSEC counts only where it is trusted (S-DANE-1)", { skip }, async () => {
  const target = `someone@${SECURE_DOMAIN}`;
  const believed = await probe(rig, target, '?trust-ad');
  assert.equal(believed.result.dns.mx.security, 'secure');
  const doubted = await probe(rig, target);
  assert.equal(doubted.result.dns.mx.security, 'indeterminate');
  const unsigned = await probe(rig, 'someone@good.test', '?trust-ad');
  assert.notEqual(unsigned.result.dns.mx.security, 'secure');
});

test('the exit code follows the confidence (R58)', { skip }, async () => {
  for (const domain of ['good.test', 'clear.test', 'opensmtpd.test', 'down.test']) {
    const { result, exitCode } = await probe(rig, `someone@${domain}`);
    const value = result.confidence.value ?? 0;
    const untested = result.hosts.every((host) => host.verdict === 'unreachable');
    assert.equal(exitCode, untested ? 3 : value >= 90 ? 0 : 1, `${domain} has ${value}`);
  }
});

test('a chain is judged offline as OpenSSL judges the same file', { skip }, async () => {
  for (const { server: key } of CASES) {
    const server: RealServer = SERVERS[key];
    const file = join(rig.folder, 'certificates', `${key}.chain.pem`);
    if (!existsSync(file)) continue;
    const words = ['--ca-file', rig.rootFile, '--no-system-ca', '--name', server.host, '--format', 'json'];
    const ours = await tlsreach(['chain', ...words, file]);
    const verified = opensslVerifies(rig.rootFile, file, server.host);
    assert.equal(ours.exitCode, verified ? 0 : 1, `${key}: ${ours.stdout}${ours.stderr}`);
  }
});

test("after all these probes no message has reached a server's queue (R9)", { skip }, () => {
  const log = readFileSync(join(rig.folder, 'postfix', 'postfix.log'), 'utf8');
  assert.match(log, /connect from/);
  assert.doesNotMatch(log, /postfix\/(cleanup|qmgr\[\d+\]: [0-9A-F]+:)/);
});

function onlyHost(result: ProbeResult): HostResult {
  assert.equal(result.hosts.length, 1, JSON.stringify(result.problem));
  const [host] = result.hosts;
  assert.ok(host !== undefined);
  return host;
}

async function peersOn(key: ServerKey, server: RealServer): Promise<readonly (readonly [string, Word])[]> {
  const said: (readonly [string, Word])[] = [['openssl s_client', await opensslClient(server, rig.rootFile)]];
  if (key !== 'oldTls') said.push(['posttls-finger', await posttlsFinger(server, rig.rootFile)]);
  if (key !== 'clear') said.push(['gnutls-cli', await gnutlsClient(server, rig.rootFile)]);
  return said;
}

function opensslVerifies(rootFile: string, chainFile: string, name: string): boolean {
  const words = ['verify', '-CAfile', rootFile, '-no-CApath', '-no-CAstore', '-untrusted', chainFile];
  try {
    execFileSync('openssl', [...words, '-purpose', 'sslserver', '-verify_hostname', name, chainFile], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}
