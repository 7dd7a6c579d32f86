/** What a handshake shows of the server, old and weak ones included: seen and reported, never "cannot connect". */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TlsSession } from '../../src/policy/evidence.ts';
import { cipherBits, groupOf, MAX_CHAIN_AS_SENT } from '../../src/session/tls-facts.ts';
import { runSession, type SessionChanges, testJudge } from '../support/session.ts';
import { goodTls, mint, type PeerTls, sharedKey, startSmtpPeer, testRoot, tlsOf } from '../support/smtp-peer.ts';

async function shake(tls: PeerTls, changes: Partial<SessionChanges> = {}) {
  const peer = await startSmtpPeer({ tls });
  const opened = await runSession({ port: peer.port, ...changes });
  await peer.stop();
  const [session] = peer.sessions;
  assert.ok(session !== undefined);
  return { ...opened, peer: session };
}

async function tlsSeen(tls: PeerTls, changes: Partial<SessionChanges> = {}): Promise<TlsSession> {
  const { evidence } = await shake(tls, changes);
  assert.ok(evidence.handshake.kind === 'seen', JSON.stringify(evidence.handshake));
  assert.equal(evidence.rcpt.kind, 'seen');
  return evidence.handshake.value;
}

describe('a server with', () => {
  for (const version of ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const) {
    for (const key of ['rsa2048', 'p256'] as const) {
      it(`${version} alone and a key ${key} is seen as that (R16)`, async () => {
        const { protocol } = await tlsSeen({
          ...tlsOf(mint({ key: sharedKey(key) })),
          minVersion: version,
          maxVersion: version,
        });
        assert.equal(protocol, version);
      });
    }
  }

  it('a short RSA key and a SHA-1 signature is seen, key and all (R16)', async () => {
    const { evidence } = await shake(tlsOf(mint({ key: sharedKey('rsa1024'), signatureHash: 'sha1' })));
    assert.ok(evidence.path.kind === 'seen');
    const [leaf] = evidence.path.value.sent;
    assert.equal(leaf?.key, 'RSA 1024');
    assert.match(leaf?.signature ?? '', /SHA1/i);
  });

  for (const [ciphers, cipher, bits, group] of [
    ['AES128-SHA', 'AES128-SHA', 128, null],
    ['AES256-GCM-SHA384', 'AES256-GCM-SHA384', 256, null],
    ['ECDHE-RSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305', 256, 'X25519'],
    ['DHE-RSA-AES128-SHA', 'DHE-RSA-AES128-SHA', 128, 'DH 2048'],
    ['ECDHE-RSA-CAMELLIA128-SHA256', 'ECDHE-RSA-CAMELLIA128-SHA256', 128, 'X25519'],
  ] as const) {
    it(`the cipher ${cipher} alone is seen with its strength and key agreement (R16)`, async () => {
      const tls = {
        ...tlsOf(mint({ key: sharedKey('rsa2048') })),
        maxVersion: 'TLSv1.2',
        ciphers: `${ciphers}:@SECLEVEL=0`,
      } as const;
      const { evidence } = await shake(tls);
      assert.ok(evidence.handshake.kind === 'seen', JSON.stringify(evidence.handshake));
      const seen = evidence.handshake.value;
      assert.deepEqual([seen.cipher, seen.bits, seen.group], [cipher, bits, group]);
      assert.match(seen.cipherStandardName, /^TLS_/);
    });
  }

  for (const [groups, group] of [
    ['P-256', 'P-256'],
    ['P-384', 'P-384'],
    ['X448', 'X448'],
    ['X25519', 'X25519'],
    ['X25519MLKEM768', 'X25519MLKEM768'],
    ['ffdhe2048', 'DH 2048'],
  ] as const) {
    it(`the group ${groups} alone is seen with it (R16, S-PKI-11)`, async () => {
      assert.equal((await tlsSeen({ ...goodTls(), groups })).group, group);
    });
  }

  it('nothing that we offer has nothing in common with us, or says so in an alert', async () => {
    const { evidence } = await shake({ ...goodTls(), maxVersion: 'TLSv1.2', ciphers: 'PSK:@SECLEVEL=0' });
    assert.ok(evidence.handshake.kind === 'failed');
    assert.ok(['alert', 'nothing-in-common'].includes(evidence.handshake.failure.kind));
    const old = await shake({ ...goodTls(), maxVersion: 'TLSv1.1' }, { minTlsVersion: 'TLSv1.2' });
    assert.ok(old.evidence.handshake.kind === 'failed');
    assert.equal(old.evidence.handshake.failure.kind, 'nothing-in-common');
  });

  it('a chain in any order is recorded as it was sent, duplicates and strangers included (R16, R20)', async () => {
    const intermediate = mint({ subject: { CN: 'Intermediate' }, ca: true, dnsNames: [] });
    const leaf = mint({ issuer: { certificate: intermediate.certificate, key: intermediate.privateKey } });
    const stranger = mint({ subject: { CN: 'Stranger' }, dnsNames: [] });
    const order = [leaf, stranger, intermediate, intermediate, testRoot];
    const { evidence } = await shake(tlsOf(leaf, order.slice(1)));
    assert.ok(evidence.handshake.kind === 'seen' && evidence.path.kind === 'seen');
    assert.deepEqual(
      evidence.handshake.value.chainAsSent,
      order.map(({ der }) => der.toString('base64')),
    );
    assert.equal(evidence.path.value.trusted, true);
  });

  it('a self-signed certificate has sent one certificate', async () => {
    const { chainAsSent } = await tlsSeen(tlsOf(testRoot));
    assert.equal(chainAsSent.length, 1);
  });

  it('more certificates than anybody needs is looked at as far as the judge has to see that (R7)', async () => {
    const key = mint().privateKey;
    const many = Array.from({ length: 120 }, (_, index) => mint({ key, subject: { CN: `n${index}` }, dnsNames: [] }));
    const { evidence } = await shake(tlsOf(mint({ key }), many));
    assert.ok(evidence.handshake.kind === 'seen' && evidence.path.kind === 'seen');
    assert.equal(evidence.handshake.value.chainAsSent.length, MAX_CHAIN_AS_SENT);
    assert.equal(evidence.path.value.problem, 'too-many-certificates');
  });
});

describe('the server name', () => {
  it('sent is the MX host name, and changes no verdict (R86, S-TLS-9)', async () => {
    const { evidence, peer } = await shake(goodTls(), { exchange: 'mx.example.com' });
    assert.equal(peer.serverName, 'mx.example.com');
    assert.ok(evidence.handshake.kind === 'seen');
    assert.equal(evidence.handshake.value.serverName, 'mx.example.com');
  });

  it('is not sent where the target is an address (R86, S-TLS-9)', async () => {
    for (const exchange of ['127.0.0.1', '2001:db8::1']) {
      const { evidence, peer } = await shake(goodTls(), { exchange });
      assert.equal(peer.serverName, null);
      assert.ok(evidence.handshake.kind === 'seen');
      assert.equal(evidence.handshake.value.serverName, null);
    }
  });
});

describe('a client certificate', () => {
  const ours = mint({
    subject: { CN: 'sender.example.net' },
    dnsNames: ['sender.example.net'],
    extendedKeyUsage: ['clientAuth'],
  });
  const clientCertificate = { certificate: ours.certificate, key: ours.keyPem };

  it('is shown to a server that asks for it (R4)', async () => {
    const { peer, evidence } = await shake({ ...goodTls(), clientCertificate: 'ask' }, { clientCertificate });
    assert.equal(peer.clientCertificate, true);
    assert.equal(evidence.rcpt.kind, 'seen');
    const without = await shake({ ...goodTls(), clientCertificate: 'ask' });
    assert.equal(without.peer.clientCertificate, false);
    assert.equal(without.evidence.rcpt.kind, 'seen');
  });

  it('that is missing breaks TLS 1.2 in the handshake, and TLS 1.3 at the command behind it', async () => {
    const require = { ...goodTls(), clientCertificate: 'require' } as const;
    const early = await shake({ ...require, maxVersion: 'TLSv1.2' });
    assert.ok(early.evidence.handshake.kind === 'failed');
    const late = await shake({ ...require, minVersion: 'TLSv1.3' });
    assert.equal(late.evidence.handshake.kind, 'seen');
    assert.equal(late.evidence.ehloUnderTls.kind, 'failed');
    assert.equal(late.evidence.mail.kind, 'not-reached');
    assert.ok(late.transcript.some(({ kind, text }) => kind === 'warning' && /alert certificate required/.test(text)));
  });
});

describe('a stapled OCSP response', () => {
  it('is asked for where wanted, and given to the judge as it came', async () => {
    const staple = Buffer.from('3003020100', 'hex');
    const tls = { ...goodTls(), ocspStaple: staple };
    const given: (string | null)[] = [];
    const judge = {
      ...testJudge(),
      judgeChain: (chain: readonly Buffer[], ocsp: Buffer | null) => {
        given.push(ocsp?.toString('hex') ?? null);
        return testJudge().judgeChain(chain, ocsp, new AbortController().signal);
      },
    };
    await shake(tls, { dependencies: { judge } });
    await shake(tls, { dependencies: { judge }, askForStaple: false });
    await shake(goodTls(), { dependencies: { judge } });
    assert.deepEqual(given, ['3003020100', null, null]);
  });
});

describe('the strength of a cipher', () => {
  for (const [bits, names] of [
    [
      256,
      [
        'TLS_AES_256_GCM_SHA384',
        'TLS_CHACHA20_POLY1305_SHA256',
        'AES256-SHA',
        'ECDHE-ECDSA-AES256-CCM8',
        'CAMELLIA256-SHA',
        'ARIA256-GCM-SHA384',
      ],
    ],
    [
      128,
      [
        'TLS_AES_128_GCM_SHA256',
        'AES128-SHA',
        'CAMELLIA128-SHA',
        'ECDHE-ARIA128-GCM-SHA256',
        'SEED-SHA',
        'IDEA-CBC-SHA',
        'RC4-MD5',
      ],
    ],
    [112, ['DES-CBC3-SHA', 'ECDHE-RSA-DES-CBC3-SHA', 'TLS_RSA_WITH_3DES_EDE_CBC_SHA']],
    [56, ['DES-CBC-SHA', 'EXP1024-RC4-SHA']],
    [40, ['EXP-RC4-MD5', 'EXP-DES-CBC-SHA']],
    [0, ['NULL-SHA', 'ECDHE-RSA-NULL-SHA', 'something else']],
  ] as const) {
    it(`is ${bits} bits of ${names[0]} and its like (R16)`, () => {
      for (const name of names) assert.equal(cipherBits(name), bits, name);
    });
  }

  it('stands beside a group that has a name in the registry where OpenSSL has another', () => {
    assert.equal(groupOf({ type: 'ECDH', name: 'prime256v1', size: 256 }), 'P-256');
    assert.equal(groupOf({ type: 'TLSGroup', name: 'X25519MLKEM768' }), 'X25519MLKEM768');
    assert.equal(groupOf({ type: 'DH', size: 1024 }), 'DH 1024');
    assert.equal(groupOf({ type: 'DH' }), 'DH');
    for (const none of [{}, null, undefined]) assert.equal(groupOf(none), null);
  });
});
