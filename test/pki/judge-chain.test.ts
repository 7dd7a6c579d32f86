import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import type { ChainProblem } from '../../src/pki/chain-verdict.ts';
import { encodeName } from '../../src/pki/issue.ts';
import { generateKey, KEY_SPECS } from '../../src/pki/issue-key.ts';
import { judgeChain, MAX_CHAIN_CERTIFICATES, MAX_CHAIN_OCTETS } from '../../src/pki/judge-chain.ts';
import { trustAnchors } from '../../src/pki/trust-anchors.ts';
import {
  AT,
  anchorsOf,
  judge,
  judgeScenario,
  LATER,
  LONG_AGO,
  mintRoot,
  mintUnder,
  mintWorld,
  OTHER_KEY,
  type Scenario,
} from './scenario.ts';

const NOBODY = trustAnchors([]);

describe('a chain that is in order', () => {
  it('is trusted, with its path, its anchor and the facts of every certificate sent (R16)', () => {
    const { leaf, intermediate, root, anchors } = mintWorld({
      leaf: {
        dnsNames: ['mx.example.com', '*.example.org'],
        ipAddresses: ['192.0.2.1', '2001:db8::1'],
        serial: 0xabcn,
      },
    });
    const verdict = judge([leaf, intermediate], anchors);
    assert.equal(verdict.trusted, true);
    assert.equal(verdict.problem, null);
    assert.equal(verdict.detail, null);
    assert.deepEqual(
      verdict.path.map(({ subject }) => subject),
      ['CN=mx.example.com', 'CN=Test Issuing', 'CN=Test Root'],
    );
    assert.equal(verdict.anchor?.subject, 'CN=Test Root');
    assert.equal(verdict.anchor?.from, 'ca-file');
    assert.equal(verdict.revocation, 'not-checked');
    assert.deepEqual(verdict.remarks, []);
    const [facts] = verdict.sent;
    assert.equal(facts?.serial, '0ABC');
    assert.equal(facts?.key, 'ECDSA P-256');
    assert.equal(facts?.signature, 'ecdsa-with-SHA256');
    assert.equal(facts?.notAfter, '2027-01-01T00:00:00.000Z');
    assert.deepEqual(facts?.names, ['mx.example.com', '*.example.org']);
    assert.deepEqual(facts?.addresses, ['192.0.2.1', '2001:db8::1']);
    assert.equal(verdict.anchor?.fingerprint, createHash('sha256').update(root.der).digest('hex'));
    assert.equal(verdict.path[2]?.fingerprint, verdict.anchor?.fingerprint);
  });

  for (const spec of KEY_SPECS.filter((name) => !['rsa1024', 'rsa3072', 'rsa4096'].includes(name))) {
    it(`is trusted when every signature in it is made with ${spec}`, () => {
      const key = generateKey(spec);
      const root = mintRoot({ key });
      const intermediate = mintUnder(root, { subject: { CN: 'Test Issuing' }, ca: true, key });
      const leaf = mintUnder(intermediate, { subject: { CN: 'mx.example.com' }, key });
      assert.equal(judge([leaf, intermediate], anchorsOf(root)).trusted, true);
    });
  }

  it('is trusted when an RSA key signs with PSS, and refused when the PSS hash is SHA-1', () => {
    const key = generateKey('rsa2048');
    const root = mintRoot({ key });
    assert.equal(judge([mintUnder(root, { pss: true })], anchorsOf(root)).trusted, true);
    const weak = judge([mintUnder(root, { pss: true, signatureHash: 'sha1' })], anchorsOf(root));
    assert.equal(weak.problem, 'weak-signature');
  });

  it('is trusted without extended key usage, key usage and basic constraints in the leaf (S-PKI-1)', () => {
    const verdict = judgeScenario({ leaf: { extendedKeyUsage: null, keyUsage: null, basicConstraints: 'absent' } });
    assert.equal(verdict.trusted, true);
  });

  it('is trusted to the very second in which it ends and not in the next (S-PKI-1)', () => {
    const end = Date.parse('2027-01-01T00:00:00Z');
    assert.equal(judgeScenario({ at: end }).trusted, true);
    assert.equal(judgeScenario({ at: end + 999 }).trusted, true);
    assert.equal(judgeScenario({ at: end + 1000 }).problem, 'expired');
  });

  it('is trusted when a version 1 root signed it', () => {
    assert.equal(judgeScenario({ root: { version: 1 } }).trusted, true);
  });

  it('is trusted when the self-signed leaf itself is an anchor', () => {
    const leaf = mintRoot({ subject: { CN: 'mx.example.com' }, ca: false });
    const verdict = judge([leaf], anchorsOf(leaf));
    assert.equal(verdict.trusted, true);
    assert.equal(verdict.path.length, 1);
  });
});

describe('a chain that is not in order says what is wrong', () => {
  const refusals: readonly (readonly [string, Scenario, ChainProblem, RegExp])[] = [
    [
      'an expired leaf',
      { leaf: LONG_AGO },
      'expired',
      /^the server certificate “mx.example.com” expired on 2025-01-01/,
    ],
    [
      'an expired intermediate',
      { intermediate: LONG_AGO },
      'expired',
      /^the intermediate certificate “Test Issuing” exp/,
    ],
    ['an expired root', { root: LONG_AGO }, 'expired', /^the root certificate “Test Root” expired/],
    ['a leaf of the future', { leaf: LATER }, 'not-yet-valid', /server certificate .* is not valid before 2026-12-01/],
    ['an intermediate of the future', { intermediate: LATER }, 'not-yet-valid', /intermediate .* is not valid before/],
    [
      'an intermediate that is no authority',
      { intermediate: { ca: false } },
      'not-a-ca',
      /“Test Issuing”.*not a certificate authority/,
    ],
    [
      'an intermediate without basic constraints',
      { intermediate: { basicConstraints: 'absent' } },
      'not-a-ca',
      /authority/,
    ],
    ['an intermediate of version 1', { intermediate: { version: 1 } }, 'not-a-ca', /authority/],
    [
      'a path longer than the root allows',
      { root: { pathLength: 0 } },
      'path-too-long',
      /“Test Root” allows no intermediate/,
    ],
    [
      'an intermediate that may not sign',
      { intermediate: { keyUsage: ['digitalSignature'] } },
      'key-usage',
      /not allowed to sign/,
    ],
    [
      'a leaf that may sign though it is no authority',
      { leaf: { keyUsage: ['keyCertSign'] } },
      'key-usage',
      /“mx.example.com”/,
    ],
    [
      'a leaf for clients only',
      { leaf: { extendedKeyUsage: ['clientAuth'] } },
      'extended-key-usage',
      /not issued for TLS servers/,
    ],
    [
      'an intermediate for clients only',
      { intermediate: { extendedKeyUsage: ['clientAuth'] } },
      'extended-key-usage',
      /“Test Issuing”/,
    ],
    [
      'a name outside the constraints of the intermediate',
      { intermediate: { nameConstraints: { permitted: { dnsNames: ['example.net'] } } } },
      'name-constraints',
      /“mx.example.com” breaks the name constraints of .*“Test Issuing”.*the name mx.example.com, which is not permitted/,
    ],
    [
      'a name excluded by the root',
      { root: { nameConstraints: { excluded: { dnsNames: ['example.com'] } } } },
      'name-constraints',
      /constraints of the root certificate “Test Root”.*excluded/,
    ],
    [
      'an address excluded by the root',
      { root: { nameConstraints: { excluded: { ipRanges: ['192.0.2.0/24'] } } }, leaf: { ipAddresses: ['192.0.2.9'] } },
      'name-constraints',
      /an address, which is excluded/,
    ],
    [
      'a subject outside a permitted directory name',
      { root: { nameConstraints: { permitted: { directoryNames: [encodeName({ O: 'Elsewhere' })] } } } },
      'name-constraints',
      /not permitted/,
    ],
    [
      'a CN that stands in for a host name outside the constraints',
      {
        root: { nameConstraints: { permitted: { dnsNames: ['example.com'] } } },
        leaf: { subject: { CN: 'mx.example.net' }, dnsNames: [] },
      },
      'name-constraints',
      /mx.example.net, which is not permitted/,
    ],
    [
      'an unknown critical extension',
      { leaf: { extraExtensions: [{ oid: '1.2.3.4.5', critical: true, value: Buffer.from('0500', 'hex') }] } },
      'unknown-critical-extension',
      /critical extension 1\.2\.3\.4\.5/,
    ],
    ['an RSA key of 1024 bits', { leaf: { key: generateKey('rsa1024') } }, 'weak-key', /too weak \(RSA 1024\)/],
    ['a SHA-1 signature', { leaf: { signatureHash: 'sha1' } }, 'weak-signature', /ecdsa-with-SHA1/],
    [
      'a SHA-1 signature on an intermediate',
      { intermediate: { signatureHash: 'sha1' } },
      'weak-signature',
      /“Test Issuing”/,
    ],
  ];
  for (const [what, scenario, problem, sentence] of refusals) {
    it(`${what}: ${problem} (R19, R87, S-PKI-1)`, () => {
      const verdict = judgeScenario(scenario);
      assert.equal(verdict.trusted, false);
      assert.equal(verdict.problem, problem);
      assert.match(verdict.detail ?? '', sentence);
      assert.deepEqual(verdict.path, []);
    });
  }

  it('a self-signed leaf: self-signed (R19)', () => {
    const verdict = judge([mintRoot({ subject: { CN: 'mx.example.com' }, ca: false })], NOBODY);
    assert.equal(verdict.problem, 'self-signed');
    assert.match(verdict.detail ?? '', /^the server certificate “mx.example.com” is signed by itself/);
  });

  it('a root that was sent but that nobody trusts: untrusted-root (R87)', () => {
    const { leaf, intermediate, root } = mintWorld();
    const verdict = judge([leaf, intermediate, root], NOBODY);
    assert.equal(verdict.problem, 'untrusted-root');
    assert.match(verdict.detail ?? '', /ends at the root certificate “Test Root”, which is not trusted/);
  });

  it('an issuer that is neither sent nor trusted: missing-intermediate, and it is named (R20, R87, S-PKI-4)', () => {
    const { leaf, anchors } = mintWorld();
    const verdict = judge([leaf], anchors);
    assert.equal(verdict.problem, 'missing-intermediate');
    assert.match(verdict.detail ?? '', /“CN=Test Issuing”, was not sent/);
    assert.deepEqual(verdict.remarks, [{ kind: 'missing-intermediate', issuer: 'CN=Test Issuing' }]);
  });

  it('an intermediate whose issuer is not there: untrusted-root, with the name in a remark', () => {
    const { leaf, intermediate } = mintWorld();
    const verdict = judge([leaf, intermediate], NOBODY);
    assert.equal(verdict.problem, 'untrusted-root');
    assert.match(verdict.detail ?? '', /issued by “CN=Test Root”/);
    assert.deepEqual(verdict.remarks, [{ kind: 'missing-intermediate', issuer: 'CN=Test Root' }]);
  });

  it('a signature of somebody with the same name: bad-signature', () => {
    const { leaf, intermediate } = mintWorld();
    const verdict = judge([leaf, intermediate], anchorsOf(mintRoot({ key: generateKey('p256') })));
    assert.equal(verdict.problem, 'bad-signature');
    assert.match(verdict.detail ?? '', /“Test Issuing” is not signed by the root certificate “Test Root” as it says/);
  });

  it('a leaf that cannot be read: malformed', () => {
    const { intermediate, anchors } = mintWorld();
    const verdict = judgeChain({ chainAsSent: [Buffer.from('3080', 'hex'), intermediate.der], anchors, at: AT });
    assert.equal(verdict.problem, 'malformed');
    assert.match(verdict.detail ?? '', /^the server certificate cannot be read: /);
    assert.equal(verdict.sent.length, 2);
  });

  it('a leaf with an extension twice: malformed, but told by the name that OpenSSL reads', () => {
    const extension = { oid: '1.2.3.4', value: Buffer.from('0500', 'hex') };
    const verdict = judgeScenario({ leaf: { extraExtensions: [extension, extension] } });
    assert.equal(verdict.problem, 'malformed');
    assert.match(verdict.detail ?? '', /has an extension twice/);
    assert.equal(verdict.sent[0]?.subject, 'CN=mx.example.com');
    assert.equal(verdict.sent[0]?.issuer, 'CN=Test Issuing');
  });

  it('an intermediate that cannot be read: malformed, with its position', () => {
    const { leaf, intermediate, anchors } = mintWorld();
    const broken = intermediate.der.subarray(0, intermediate.der.length - 1);
    const verdict = judgeChain({ chainAsSent: [leaf.der, broken], anchors, at: AT });
    assert.equal(verdict.problem, 'malformed');
    assert.match(verdict.detail ?? '', /^certificate 2 of 2 cannot be read/);
  });

  it('no certificate at all: malformed', () => {
    assert.equal(judgeChain({ chainAsSent: [], anchors: NOBODY, at: AT }).problem, 'malformed');
  });

  it('more certificates or octets than the limits: refused unread', () => {
    const { leaf } = mintWorld();
    const many = Array.from({ length: MAX_CHAIN_CERTIFICATES + 1 }, () => leaf.der);
    const verdict = judgeChain({ chainAsSent: many, anchors: NOBODY, at: AT });
    assert.equal(verdict.problem, 'too-many-certificates');
    assert.deepEqual(verdict.sent, []);
    const large = judgeChain({ chainAsSent: [leaf.der, Buffer.alloc(MAX_CHAIN_OCTETS)], anchors: NOBODY, at: AT });
    assert.equal(large.problem, 'too-many-certificates');
  });

  it('more intermediates than the caller allows: path-too-long', () => {
    const { leaf, intermediate, anchors } = mintWorld();
    const chainAsSent = [leaf.der, intermediate.der];
    const verdict = judgeChain({ chainAsSent, anchors, at: AT, maxDepth: 0 });
    assert.equal(verdict.problem, 'path-too-long');
    assert.equal(judgeChain({ chainAsSent, anchors, at: AT, maxDepth: 1 }).trusted, true);
  });
});

describe('a path is found', () => {
  it('whatever the order of the certificates and whoever else is among them', () => {
    const { leaf, intermediate, root, anchors } = mintWorld();
    const stranger = mintRoot({ subject: { CN: 'Stranger' }, key: OTHER_KEY });
    assert.equal(judge([leaf, stranger, root, intermediate, intermediate], anchors).trusted, true);
  });

  it('past a cross-signed dead end', () => {
    const { leaf, intermediate, root, anchors } = mintWorld();
    const expiredRoot = mintRoot({ subject: { CN: 'Old Root' }, key: OTHER_KEY, ...LONG_AGO });
    const cross = mintUnder(expiredRoot, { subject: { CN: 'Test Root' }, key: root.privateKey, ca: true });
    assert.equal(judge([leaf, intermediate, cross, expiredRoot], anchors).trusted, true);
  });

  it('through the newer of two intermediates with one name and key', () => {
    const { leaf, intermediate, root, anchors } = mintWorld();
    const request = { subject: { CN: 'Test Issuing' }, key: intermediate.privateKey, ca: true };
    const expired = mintUnder(root, { ...request, ...LONG_AGO });
    assert.equal(judge([leaf, expired, intermediate], anchors).trusted, true);
  });

  it('from the leaf that was sent, even when another certificate is an anchor', () => {
    const { leaf, intermediate } = mintWorld();
    const verdict = judge([leaf, intermediate], anchorsOf(mintRoot({ subject: { CN: 'Elsewhere' } })));
    assert.equal(verdict.trusted, false);
  });

  it('to an intermediate that is itself an anchor', () => {
    const { leaf, intermediate } = mintWorld();
    assert.equal(judge([leaf], anchorsOf(intermediate)).trusted, true);
  });

  it('when names differ only in case, spacing and string type (RFC 5280 7.1)', () => {
    const root = mintRoot({ subject: { O: 'Exact  NAME', CN: 'Root' } });
    const twin = { ...mintRoot({ subject: { O: 'exact name', CN: 'ROOT' } }), privateKey: root.privateKey };
    assert.equal(judge([mintUnder(twin)], anchorsOf(root)).trusted, true);
  });
});
