import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ChainVerdict } from '../../src/pki/chain-verdict.ts';
import { type IssuedCertificate, issueCertificate } from '../../src/pki/issue.ts';
import { generateKey } from '../../src/pki/issue-key.ts';
import { judgeChain } from '../../src/pki/judge-chain.ts';
import { MAX_NAME_COMPARISONS } from '../../src/pki/name-constraints.ts';
import { MAX_PATH_DEPTH, MAX_VISITED_EDGES } from '../../src/pki/path-search.ts';
import { MAX_SIGNATURE_CHECKS, MAX_SIGNATURE_COST } from '../../src/pki/signature-check.ts';
import { type TrustAnchors, trustAnchors } from '../../src/pki/trust-anchors.ts';
import { AT, anchorsOf, DATES, KEY, mintRoot, mintUnder, OTHER_KEY, ROOT_KEY } from './scenario.ts';

/** The figure asked for, on an idle core; the margin is for a busy one. */
const CPU_LIMIT_MS = 50;
const MARGIN = 4;
const NOBODY = trustAnchors([]);

/** Judges and holds the CPU time to the limit. */
function judgeInTime(chainAsSent: readonly Buffer[], anchors: TrustAnchors): ChainVerdict {
  const before = process.cpuUsage();
  const verdict = judgeChain({ chainAsSent, anchors, at: AT });
  const { user, system } = process.cpuUsage(before);
  const spent = (user + system) / 1000;
  assert.ok(spent < CPU_LIMIT_MS * MARGIN, `${spent} ms of CPU for ${verdict.problem}`);
  return verdict;
}

/** Ten levels of three certificates each with one name and key a level: 3^10 paths lead to the root. */
function lattice(root: IssuedCertificate): Buffer[] {
  const sent: Buffer[] = [];
  let issuer = root;
  for (let level = 10; level > 0; level -= 1) {
    const key = generateKey('p256');
    // Keys differ by level, so that the three of one level are different certificates of one authority.
    const copies = [1n, 2n, 3n].map((serial) =>
      mintUnder(issuer, { subject: { CN: `Level ${level}` }, ca: true, key, serial }),
    );
    sent.unshift(...copies.map(({ der }) => der));
    issuer = copies[0] ?? root;
  }
  return [mintUnder(issuer, { subject: { CN: 'mx.example.com' }, dnsNames: ['mx.example.com'] }).der, ...sent];
}

describe('a chain made to keep the path builder busy', () => {
  it('with 3^10 paths that all break at the root is refused in time', () => {
    const root = mintRoot({ nameConstraints: { excluded: { dnsNames: ['example.com'] } } });
    const verdict = judgeInTime(lattice(root), anchorsOf(root));
    assert.equal(verdict.problem, 'name-constraints');
  });

  it('with 3^10 paths to nowhere is refused in time', () => {
    assert.equal(judgeInTime(lattice(mintRoot()), NOBODY).problem, 'untrusted-root');
  });

  it('with 3^10 paths that all are good is trusted', () => {
    const root = mintRoot();
    assert.equal(judgeInTime(lattice(root), anchorsOf(root)).trusted, true);
  });

  it('with authorities that certify each other says so', () => {
    const [a, b] = [mintRoot({ subject: { CN: 'A' }, key: KEY }), mintRoot({ subject: { CN: 'B' }, key: OTHER_KEY })];
    const aByB = mintUnder(b, { subject: { CN: 'A' }, ca: true, key: KEY });
    const bByA = mintUnder(a, { subject: { CN: 'B' }, ca: true, key: OTHER_KEY });
    const leaf = mintUnder(a, { subject: { CN: 'mx.example.com' } });
    const verdict = judgeInTime([leaf.der, aByB.der, bByA.der], NOBODY);
    assert.equal(verdict.problem, 'untrusted-root');
    assert.match(verdict.detail ?? '', /in a circle/);
  });

  it('with a circle beside the way to the root is trusted', () => {
    const root = mintRoot();
    const [a, b] = [
      mintUnder(root, { subject: { CN: 'A' }, ca: true }),
      mintRoot({ subject: { CN: 'B' }, key: OTHER_KEY }),
    ];
    const aByB = mintUnder(b, { subject: { CN: 'A' }, ca: true });
    const bByA = mintUnder(a, { subject: { CN: 'B' }, ca: true, key: OTHER_KEY });
    const leaf = mintUnder(a, { subject: { CN: 'mx.example.com' } });
    assert.equal(judgeInTime([leaf.der, aByB.der, bByA.der, a.der], anchorsOf(root)).trusted, true);
  });

  it('with 99 slow keys of one name stops at the limit of signature checks', () => {
    const [slow, stranger] = [generateKey('p521'), generateKey('p521')];
    const name = { CN: 'Same' };
    const root = mintRoot({ subject: name, key: slow });
    // Signed by a key that is not in the chain: each check is a full one, and each fails.
    const sent = Array.from({ length: 99 }, (_, index) => {
      const request = { subject: name, ca: true, key: slow, serial: BigInt(index + 1), ...DATES };
      return issueCertificate({ ...request, issuer: { certificate: root.der, key: stranger } }).der;
    });
    const verdict = judgeInTime(sent, anchorsOf(root));
    assert.equal(verdict.problem, 'search-limit');
    assert.match(verdict.detail ?? '', /more signature checks/);
  });

  it('with thousands of names under thousands of constraints stops at the limit of comparisons', () => {
    const names = Array.from({ length: 1500 }, (_, index) => `h${index}.example.com`);
    const root = mintRoot({ nameConstraints: { excluded: { dnsNames: names.map((name) => `x.${name}`) } } });
    const leaf = mintUnder(root, { dnsNames: names });
    const verdict = judgeInTime([leaf.der], anchorsOf(root));
    assert.equal(verdict.problem, 'search-limit');
    assert.match(verdict.detail ?? '', /more names than can be held/);
  });

  it('with a path deeper than any honest one is refused', () => {
    const root = mintRoot();
    const sent: Buffer[] = [];
    let issuer = root;
    for (let level = 0; level <= MAX_PATH_DEPTH; level += 1) {
      issuer = mintUnder(issuer, { subject: { CN: `Level ${level}` }, ca: true, key: ROOT_KEY });
      sent.unshift(issuer.der);
    }
    const leaf = mintUnder(issuer);
    assert.equal(judgeInTime([leaf.der, ...sent], anchorsOf(root)).problem, 'path-too-long');
  });

  it('with 10,000 certificates is refused unread', () => {
    const { der } = mintRoot();
    const verdict = judgeInTime(
      Array.from({ length: 10_000 }, () => der),
      NOBODY,
    );
    assert.equal(verdict.problem, 'too-many-certificates');
    assert.match(verdict.detail ?? '', /sent 10000 certificates/);
  });

  it('leaves room for honest chains under every limit', () => {
    assert.ok(MAX_VISITED_EDGES >= 1000 && MAX_SIGNATURE_CHECKS >= 50 && MAX_NAME_COMPARISONS >= 100_000);
    // Six P-521 checks, the slowest key that a public authority may use.
    assert.ok(MAX_SIGNATURE_COST >= 6 * 1500);
  });
});
