import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type DaneVerdict,
  describeDaneNote,
  type MatchRequest,
  matchDane,
  referenceNames,
} from '../../src/dane/match.ts';
import { associationData, type TlsaRecord } from '../../src/dane/usable.ts';
import { type CertificateRequest, type IssuedCertificate, issueCertificate } from '../../src/pki/issue.ts';
import { generateKey } from '../../src/pki/issue-key.ts';

const AT = Date.UTC(2026, 5, 1);
const SHARED = generateKey('p256');
const dates = { notBefore: new Date('2026-01-01'), notAfter: new Date('2027-01-01') };

function issue(over: Partial<CertificateRequest>, by?: IssuedCertificate): IssuedCertificate {
  const issuer = by === undefined ? {} : { issuer: { certificate: by.certificate, key: by.privateKey } };
  return issueCertificate({ subject: { CN: 'mx.example.test' }, ...dates, ...issuer, ...over });
}

const root = issue({ subject: { CN: 'Own Root' }, ca: true });
const intermediate = issue({ subject: { CN: 'Own Intermediate' }, ca: true }, root);
const leaf = issue({ dnsNames: ['mx.example.test'] }, intermediate);
const stranger = issue({ subject: { CN: 'Stranger' }, ca: true });

function spkiOf({ privateKey }: IssuedCertificate): Buffer {
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
}

/** The record of this form for a certificate. */
function tlsa(form: string, of: IssuedCertificate): TlsaRecord {
  const [usage, selector, matchingType] = form.split(' ').map(Number);
  const octets = selector === 0 ? of.der : spkiOf(of);
  return {
    usage: usage ?? 0,
    selector: selector ?? 0,
    matchingType: matchingType ?? 0,
    data: associationData(matchingType ?? 0, octets),
  };
}

/** The happy path is a chain of three and a sender at the right time; each test changes one thing. */
function match(
  records: readonly TlsaRecord[],
  over: Partial<MatchRequest> & { chain?: readonly IssuedCertificate[] } = {},
): DaneVerdict {
  const { chain = [leaf, intermediate, root], ...rest } = over;
  const verdict = matchDane({
    records,
    presented: { kind: 'chain', certificates: chain.map(({ der }) => der) },
    referenceNames: ['mx.example.test'],
    at: AT,
    ...rest,
  });
  assert.match(verdict.detail, /\.$/);
  assert.equal(verdict.records.length, records.length);
  for (const note of verdict.notes) assert.match(describeDaneNote(note), /\.$/);
  return verdict;
}

const inShort = ({ status, usage }: DaneVerdict): string => (usage === null ? status : `${status} ${usage}`);

describe('DANE-EE', () => {
  for (const form of ['3 0 0', '3 0 1', '3 0 2', '3 1 0', '3 1 1', '3 1 2']) {
    it(`${form} matches the server's own certificate, and no other of the chain (S-DANE-9)`, () => {
      assert.equal(inShort(match([tlsa(form, leaf)])), 'match 3');
      assert.equal(inShort(match([tlsa(form, intermediate)])), 'mismatch');
      assert.equal(inShort(match([tlsa(form, stranger)])), 'mismatch');
    });
  }

  it('looks neither at names nor at dates, chain, key usage or purpose (S-DANE-9)', () => {
    const odd = issue(
      {
        subject: { CN: 'somebody.else.test' },
        dnsNames: ['somebody.else.test'],
        extendedKeyUsage: ['clientAuth'],
        keyUsage: ['cRLSign'],
        notAfter: new Date('2026-02-01'),
      },
      stranger,
    );
    const verdict = match([tlsa('3 1 1', odd)], { chain: [odd] });
    assert.equal(inShort(verdict), 'match 3');
    assert.deepEqual(verdict.notes, [{ kind: 'expired', notAfter: '2026-02-01T00:00:00.000Z' }]);
    const early = match([tlsa('3 1 1', leaf)], { at: Date.UTC(2025, 0, 1) });
    assert.deepEqual([inShort(early), early.notes[0]?.kind], ['match 3', 'not-yet-valid']);
  });

  it('compares the key of a certificate that a strict reader refuses (S-DANE-9)', () => {
    const twice = { oid: '1.2.3.4', critical: false, value: Buffer.from('0500', 'hex') };
    const odd = issue({ extraExtensions: [twice, twice] });
    assert.equal(inShort(match([tlsa('3 1 1', odd)], { chain: [odd] })), 'match 3');
    assert.equal(inShort(match([tlsa('3 0 1', odd)], { chain: [odd] })), 'match 3');
  });

  it('is satisfied by one record of several, as in a roll-over, and calls the others no failure (S-DANE-14)', () => {
    const verdict = match([tlsa('3 1 1', stranger), tlsa('3 1 1', leaf)]);
    assert.equal(inShort(verdict), 'match 3');
    assert.deepEqual(verdict.notes, [{ kind: 'other-records', count: 1 }]);
    assert.match(verdict.notes.map(describeDaneNote).join(' '), /^1 more usable TLSA record matches something else/);
    assert.deepEqual(
      verdict.records.map(({ matched }) => matched),
      [false, true],
    );
  });

  it('does not fall back to a weaker digest (S-DANE-13)', () => {
    const wrong = { ...tlsa('3 1 2', stranger) };
    assert.equal(inShort(match([tlsa('3 1 1', leaf), wrong])), 'mismatch');
    assert.equal(inShort(match([tlsa('3 1 1', leaf), { ...wrong, data: 'ab' }])), 'match 3');
  });

  it('matches a raw public key by 3 1 x and by nothing else (S-DANE-21)', () => {
    const presented = { kind: 'raw-public-key', spki: spkiOf(leaf) } as const;
    for (const form of ['3 1 0', '3 1 1', '3 1 2'])
      assert.equal(inShort(match([tlsa(form, leaf)], { presented })), 'match 3');
    for (const form of ['3 0 0', '3 0 1', '2 1 1', '2 1 0', '2 0 0']) {
      assert.equal(inShort(match([tlsa(form, leaf)], { presented })), 'mismatch', form);
    }
  });
});

describe('DANE-TA', () => {
  for (const form of ['2 0 0', '2 0 1', '2 0 2', '2 1 0', '2 1 1', '2 1 2']) {
    it(`${form} anchors the chain at the root or at an intermediate that was sent (S-DANE-10)`, () => {
      for (const anchor of [root, intermediate]) assert.equal(inShort(match([tlsa(form, anchor)])), 'match 2');
      assert.equal(inShort(match([tlsa(form, stranger)])), 'mismatch');
    });
  }

  it('needs the anchor in the chain as sent where the record holds a digest only (S-DANE-10)', () => {
    const chain = [leaf, intermediate];
    for (const form of ['2 0 1', '2 1 1', '2 0 2', '2 1 2']) {
      const verdict = match([tlsa(form, root)], { chain });
      assert.equal(inShort(verdict), 'mismatch');
      assert.match(verdict.records[0]?.detail ?? '', /is not in the chain the server sent$/);
    }
    for (const form of ['2 0 0', '2 1 0']) assert.equal(inShort(match([tlsa(form, root)], { chain })), 'match 2', form);
  });

  it('anchors a leaf that the key of a bare-key record signed, without any other certificate (S-DANE-10)', () => {
    const alone = [leaf];
    assert.equal(inShort(match([tlsa('2 1 0', intermediate)], { chain: alone })), 'match 2');
    assert.equal(inShort(match([tlsa('2 1 0', root)], { chain: alone })), 'mismatch');
    assert.equal(inShort(match([tlsa('2 1 1', intermediate)], { chain: alone })), 'mismatch');
  });

  it('does not take the server itself for its own authority (S-DANE-10)', () => {
    for (const form of ['2 0 0', '2 0 1', '2 1 1']) assert.equal(inShort(match([tlsa(form, leaf)])), 'mismatch', form);
  });

  it('takes a certificate in the chain that did not sign the server for no anchor (S-DANE-10)', () => {
    assert.equal(
      inShort(match([tlsa('2 1 1', stranger)], { chain: [leaf, intermediate, root, stranger] })),
      'mismatch',
    );
  });

  const broken: readonly (readonly [title: string, chain: () => readonly IssuedCertificate[], detail: RegExp])[] = [
    [
      'an expired server certificate',
      () => [issue({ dnsNames: ['mx.example.test'], notAfter: new Date('2026-02-01') }, root), root],
      /expired on/,
    ],
    [
      'an intermediate that is no authority',
      () => {
        const no = issue({ subject: { CN: 'No CA' } }, root);
        return [issue({ dnsNames: ['mx.example.test'] }, no), no, root];
      },
      /not a certificate authority/,
    ],
    [
      'a certificate for clients',
      () => [issue({ dnsNames: ['mx.example.test'], extendedKeyUsage: ['clientAuth'] }, root), root],
      /not issued for TLS servers/,
    ],
    ['a missing intermediate', () => [leaf, root], /\./],
  ];
  for (const [title, chain, detail] of broken) {
    it(`fails with ${title} (S-DANE-10)`, () => {
      const verdict = match([tlsa('2 1 1', root)], { chain: chain() });
      assert.equal(inShort(verdict), 'mismatch');
      assert.match(verdict.detail, detail);
    });
  }

  it('asks for one of the reference names, wildcards for one label, the CN only without SAN (S-DANE-11)', () => {
    const named = (dnsNames: readonly string[], names: readonly string[], commonName = 'x.test'): string =>
      inShort(
        match([tlsa('2 1 1', root)], {
          chain: [issue({ subject: { CN: commonName }, dnsNames }, root), root],
          referenceNames: names,
        }),
      );
    assert.equal(named(['example.test'], ['mx.example.test', 'example.test']), 'match 2');
    assert.equal(named(['*.example.test'], ['mx.example.test']), 'match 2');
    assert.equal(named(['*.example.test'], ['a.mx.example.test']), 'mismatch');
    assert.equal(named(['other.test'], ['mx.example.test'], 'mx.example.test'), 'mismatch');
    assert.equal(named([], ['mx.example.test'], 'mx.example.test'), 'match 2');
    assert.equal(named([], [], 'mx.example.test'), 'mismatch');
  });

  it('says whose certificate it is when the name does not fit', () => {
    const verdict = match([tlsa('2 1 1', root)], { referenceNames: ['mx.other.test'] });
    assert.match(
      verdict.detail,
      /anchors the chain, but its certificate is for mx\.example\.test, not for mx\.other\.test/,
    );
  });

  it('has up to four reference names, the recipient domain only behind a secure MX set (S-DANE-11)', () => {
    const host = {
      baseDomain: 'host.hoster.test',
      exchange: 'mx.example.test',
      nextHop: 'example.test',
      nextHopCanonicalName: 'canonical.test',
      mxSecure: true,
    };
    assert.deepEqual(referenceNames(host), ['host.hoster.test', 'mx.example.test', 'example.test', 'canonical.test']);
    assert.deepEqual(referenceNames({ ...host, mxSecure: false }), ['host.hoster.test', 'mx.example.test']);
    const plain = { ...host, baseDomain: host.exchange, nextHopCanonicalName: host.nextHop };
    assert.deepEqual(referenceNames(plain), ['mx.example.test', 'example.test']);
    assert.deepEqual(referenceNames({ ...plain, nextHop: null, nextHopCanonicalName: null }), ['mx.example.test']);
  });
});

describe('a set of TLSA records', () => {
  it('with none usable is neither a match nor a mismatch (S-DANE-8)', () => {
    const verdict = match([tlsa('1 1 1', leaf), tlsa('0 0 1', root), { ...tlsa('3 1 1', leaf), data: 'ab' }]);
    assert.equal(inShort(verdict), 'unusable');
    assert.match(verdict.detail, /^None of the 3 TLSA records can be used/);
    assert.match(match([tlsa('1 1 1', leaf)]).detail, /^The TLSA record cannot be used/);
    assert.deepEqual(
      verdict.records.map(({ why }) => why),
      ['pkix-usage', 'pkix-usage', 'wrong-digest-length'],
    );
  });

  it('with one usable record that does not match is a mismatch, whatever the unusable ones hold (S-DANE-7)', () => {
    assert.equal(inShort(match([tlsa('1 1 1', leaf), tlsa('3 1 1', stranger)])), 'mismatch');
  });

  it('prefers usage 3 where both match, since names and dates then do not count', () => {
    assert.equal(inShort(match([tlsa('2 1 1', root), tlsa('3 1 1', leaf)])), 'match 3');
  });

  it('that is empty says nothing', () => {
    assert.equal(inShort(match([])), 'none');
  });

  it('names the digest of no data', () => {
    const empty = { ...tlsa('3 1 1', leaf), data: associationData(1, Buffer.alloc(0)) };
    const verdict = match([empty]);
    assert.equal(inShort(verdict), 'mismatch');
    assert.deepEqual(verdict.notes, [{ kind: 'digest-of-nothing', count: 1 }]);
    assert.match(verdict.detail, /no data at all/);
  });

  it('is judged in bounded time by a chain of a hundred and a thousand records (R7)', () => {
    const chain = Array.from({ length: 100 }, (_, index) =>
      issue({ subject: { CN: `CA ${index}` }, ca: true, key: SHARED }, root),
    );
    const records = Array.from({ length: 1000 }, (_, index) => ({
      ...tlsa('2 1 0', { ...stranger, privateKey: index % 2 === 0 ? stranger.privateKey : SHARED }),
    }));
    const started = process.cpuUsage();
    match(records, { chain: [leaf, ...chain] });
    const { user, system } = process.cpuUsage(started);
    assert.ok(user + system < 500_000, `${user + system} us`);
  });

  it('never matches when octets of the records changed, and never throws on any octets', () => {
    // Not 2 0 0: such a record is itself the anchor, and its signature on itself does not count.
    const forms = ['3 0 1', '3 1 1', '3 1 2', '2 0 1', '2 1 1', '2 1 2', '3 0 0', '3 1 0'];
    const changed = fc
      .tuple(fc.constantFrom(...forms), fc.nat(), fc.integer({ min: 1, max: 255 }))
      .map(([form, at, by]) => {
        const record = tlsa(form, form.startsWith('3') ? leaf : root);
        const data = Buffer.from(record.data, 'hex');
        const index = at % data.length;
        data[index] = (data[index] ?? 0) ^ by;
        return { ...record, data: data.toString('hex') };
      });
    fc.assert(
      fc.property(fc.array(changed, { minLength: 1, maxLength: 4 }), (records) => {
        assert.notEqual(match(records).status, 'match');
      }),
      { numRuns: 1000 },
    );
    const anyCertificates = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
        fc.tuple(fc.nat(), fc.nat(255)).map(([at, octet]) => {
          const der = Buffer.from(leaf.der);
          der[at % der.length] = octet;
          return der;
        }),
      ),
      { maxLength: 3 },
    );
    fc.assert(
      fc.property(anyCertificates, fc.constantFrom(...forms), (certificates, form) => {
        const records = [tlsa(form, form.startsWith('3') ? leaf : root)];
        const { status } = match(records, { presented: { kind: 'chain', certificates } });
        assert.ok(status === 'match' || status === 'mismatch');
        if (form.startsWith('2')) assert.equal(status, 'mismatch');
      }),
      { numRuns: 1000 },
    );
  });
});
