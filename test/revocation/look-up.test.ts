import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { fromBER, Integer, Sequence } from 'asn1js';
import { systemClock } from '../../src/app/world.ts';
import { createNet } from '../../src/net/net.ts';
import { type Certificate, parseCertificate } from '../../src/pki/certificate.ts';
import { MAX_CRL_OCTETS } from '../../src/pki/crl.ts';
import type { IssuedCertificate } from '../../src/pki/issue.ts';
import { issueCrl } from '../../src/pki/issue-crl.ts';
import { authorityInformation, distributionPoints, type ExtensionToWrite } from '../../src/pki/issue-extensions.ts';
import { issueOcspResponse, type OcspRequest } from '../../src/pki/issue-ocsp.ts';
import { createStatusSource, type StatusWorld } from '../../src/revocation/fetch-status.ts';
import { lookUpRevocation } from '../../src/revocation/look-up.ts';
import { AT, mintUnder, mintWorld } from '../pki/scenario.ts';
import { handWoundClock } from '../support/hand-wound-clock.ts';
import { knownResolver } from '../support/resolver.ts';
import { type StatusPlace, type StatusWords, startStatusPlace } from '../support/status-place.ts';

const { intermediate } = mintWorld();
const day = 86_400_000;
const OCSP = 'http://ocsp.example.com/ocsp';
const CRL = 'http://crl.example.com/list?a=b';
const EVERYWHERE = [authorityInformation([OCSP]), distributionPoints([CRL])];

function leafWith(...extraExtensions: readonly ExtensionToWrite[]): IssuedCertificate {
  return mintUnder(intermediate, { subject: { CN: 'mx.example.com' }, extraExtensions });
}

function read({ der }: IssuedCertificate): Certificate {
  const parsed = parseCertificate(der);
  return parsed.ok ? parsed.value : assert.fail(parsed.failure.why);
}

function ocsp(leaf: IssuedCertificate, changes: Partial<OcspRequest> = {}): Buffer {
  return issueOcspResponse({
    certificate: leaf.der,
    issuer: intermediate.der,
    signer: { key: intermediate.privateKey },
    status: 'good',
    thisUpdate: new Date(AT - day),
    nextUpdate: new Date(AT + day),
    ...changes,
  });
}

function crl(...revoked: readonly IssuedCertificate[]): Buffer {
  return issueCrl({
    issuer: intermediate.der,
    key: intermediate.privateKey,
    thisUpdate: new Date(AT - day),
    nextUpdate: new Date(AT + day),
    revoked: revoked.map(({ der }) => ({ certificate: der, at: new Date(AT - day) })),
  });
}

describe('whether a certificate is revoked', { concurrency: 8 }, () => {
  const places: StatusPlace[] = [];
  after(() => Promise.all(places.map((place) => place.stop())));

  /** A house whose every address leads to one place, at a standing time. */
  async function scene(words: StatusWords, changes: Partial<StatusWorld> = {}) {
    const place = await startStatusPlace(words);
    places.push(place);
    const clock = { ...systemClock, now: () => AT };
    const redirect = () => ({ address: { family: 4, text: '127.0.0.1' }, port: place.port }) as const;
    const source = createStatusSource({
      clock,
      net: createNet({ clock, privateAddresses: 'denied', redirect }),
      resolver: knownResolver(
        new Map<string, readonly unknown[]>([
          ['A ocsp.example.com', ['198.51.100.1', '8.8.8.8']],
          ['AAAA crl.example.com', ['2001:4860:4860::8888']],
          ['A home.example.com', ['10.0.0.1']],
        ]),
      ),
      ...changes,
    });
    const ask = (leaf: IssuedCertificate, at = AT, signal = new AbortController().signal) =>
      lookUpRevocation(source, { leaf: read(leaf), issuer: read(intermediate), at }, signal);
    return { place, ask };
  }

  it('is nobody’s to say where the certificate names no place that can be asked in clear', async () => {
    const { place, ask } = await scene(() => Buffer.alloc(0));
    assert.equal(await ask(leafWith()), null);
    assert.equal(await ask(leafWith(authorityInformation(['https://ocsp.example.com/', 'ldap://x/']))), null);
    assert.deepEqual(place.asked, []);
  });

  it('the responder says first, asked with a POST that another reader of DER understands', async () => {
    const leaf = leafWith(...EVERYWHERE);
    const { place, ask } = await scene(() => ocsp(leaf));
    assert.deepEqual(await ask(leaf), { state: 'good', revokedAt: null, from: OCSP, why: null });
    assert.deepEqual(
      place.asked.map(({ what }) => what),
      ['POST /ocsp'],
    );
    // OCSPRequest, TBSRequest, requestList, Request, CertID: hash, name, key, serial.
    let block = fromBER(Uint8Array.from(place.asked[0]?.body ?? []).buffer).result;
    for (let depth = 0; depth < 4; depth++) {
      assert.ok(block instanceof Sequence && block.valueBlock.value.length === 1);
      block = block.valueBlock.value[0] ?? assert.fail('it is cut short');
    }
    const serial = block instanceof Sequence ? block.valueBlock.value[3] : undefined;
    assert.ok(serial instanceof Integer);
    // As numbers: DER puts an octet of zeros before a first bit that is set.
    const asked = BigInt(`0x${Buffer.from(serial.valueBlock.valueHexView).toString('hex')}`);
    assert.equal(asked, BigInt(`0x${read(leaf).serial}`));
  });

  it('revoked is told with its date, by responder and by list', async () => {
    const leaf = leafWith(...EVERYWHERE);
    const byResponder = await scene(() => ocsp(leaf, { status: 'revoked', revokedAt: new Date(AT - 1000) }));
    assert.deepEqual(await byResponder.ask(leaf), { state: 'revoked', revokedAt: AT - 1000, from: OCSP, why: null });
    const listed = leafWith(distributionPoints([CRL]));
    const byList = await scene(() => crl(listed));
    assert.deepEqual(await byList.ask(listed), { state: 'revoked', revokedAt: AT - day, from: CRL, why: null });
    assert.deepEqual(
      byList.place.asked.map(({ what }) => what),
      ['GET /list?a=b'],
    );
  });

  it('where the responder has no word that counts, the list is asked', async () => {
    const leaf = leafWith(...EVERYWHERE);
    const words: readonly Buffer[] = [
      Buffer.from('no DER'),
      ocsp(mintUnder(intermediate, { subject: { CN: 'another' } })),
      ocsp(leaf, { status: 'unknown' }),
      ocsp(leaf, { nextUpdate: new Date(AT - 1000) }),
    ];
    for (const word of words) {
      const { ask } = await scene((path) => (path === '/ocsp' ? word : crl()));
      assert.deepEqual(await ask(leaf), { state: 'good', revokedAt: null, from: CRL, why: null });
    }
  });

  const FAILURES: readonly (readonly [string, StatusWords, RegExp])[] = [
    [
      'redirects',
      () => (_, answer) => answer.writeHead(302, { location: 'http://x.test/' }).end(),
      /redirects \(status 302\)/,
    ],
    ['knows nothing', () => (_, answer) => answer.writeHead(404).end(), /answered with status 404/],
    ['hangs up', () => (request) => request.socket.destroy(), /broke the exchange off/],
    ['is silent', () => () => {}, /did not answer within 0\.3 s/],
  ];
  for (const [what, words, why] of FAILURES) {
    it(`a place that ${what} is a remark and no failure`, async () => {
      const { ask } = await scene(words, { timeoutMs: what === 'is silent' ? 300 : 20_000 });
      const seen = await ask(leafWith(distributionPoints([CRL])));
      assert.deepEqual([seen?.state, seen?.from], ['unknown', null]);
      assert.match(seen?.why ?? '', why);
    });
  }

  it('a list too large is not read to its end', async () => {
    const { ask } = await scene(() => Buffer.alloc(MAX_CRL_OCTETS + 1), { timeoutMs: 20_000 });
    assert.match((await ask(leafWith(distributionPoints([CRL]))))?.why ?? '', /sent more than/);
  });

  it('nobody is asked at an address that the guard forbids, by name or written out', async () => {
    const { place, ask } = await scene(() => crl());
    for (const url of ['http://home.example.com/', 'http://10.0.0.1/', 'http://[::1]:8080/']) {
      const seen = await ask(leafWith(distributionPoints([url])));
      assert.match(seen?.why ?? '', /not allowed here/, url);
    }
    assert.match((await ask(leafWith(distributionPoints(['http://nowhere.example.com/']))))?.why ?? '', /no address/);
    assert.deepEqual(place.asked, []);
  });

  it('an answer is kept as long as it counts, and many who ask at once are one', async () => {
    const clock = handWoundClock(AT);
    const leaf = leafWith(...EVERYWHERE);
    const { place, ask } = await scene(() => ocsp(leaf), { clock: { ...systemClock, now: clock.now } });
    await Promise.all(Array.from({ length: 20 }, () => ask(leaf)));
    await ask(leaf);
    assert.equal(place.asked.length, 1);
    clock.wind(2 * day);
    await ask(leaf, AT);
    assert.equal(place.asked.length, 2);
  });

  it('a place that failed is left alone for a minute', async () => {
    const clock = handWoundClock(AT);
    const { place, ask } = await scene(() => (_, answer) => answer.writeHead(500).end(), {
      clock: { ...systemClock, now: clock.now },
    });
    const leaf = leafWith(distributionPoints([CRL]));
    await ask(leaf);
    await ask(leaf);
    assert.equal(place.asked.length, 1);
    clock.wind(61_000);
    await ask(leaf);
    assert.equal(place.asked.length, 2);
  });

  it('ends when the run is stopped', async () => {
    const { ask } = await scene(() => () => {});
    const stop = new AbortController();
    const asking = ask(leafWith(...EVERYWHERE), AT, stop.signal);
    setTimeout(() => stop.abort(), 50);
    assert.match((await asking)?.why ?? '', /the run was stopped/);
  });
});
