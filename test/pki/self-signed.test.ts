import assert from 'node:assert/strict';
import { createPrivateKey, verify, X509Certificate } from 'node:crypto';
import { describe, it } from 'node:test';
import { parseCertificate } from '../../src/pki/certificate.ts';
import { certificateSigningRequest } from '../../src/pki/certificate-signing-request.ts';
import { content, members, readDer, readOctets, whole } from '../../src/pki/der.ts';
import { ENTRY_KEYS, mintSelfSigned, readSelfSigned } from '../../src/pki/self-signed.ts';

const NOW = Date.UTC(2026, 10, 28);

async function minted(fields: Parameters<typeof readSelfSigned>[0]) {
  const request = readSelfSigned(fields);
  assert.ok(request.ok, JSON.stringify(request));
  return mintSelfSigned(request.value, NOW);
}

describe('a self-signed certificate', () => {
  it('bears every field it was asked for, for ten years where nothing else is said (R99)', async () => {
    const { certificate, key } = await minted({
      commonName: 'mail.example.com',
      organization: 'Voorbeeld België',
      organizationalUnit: 'Post',
      locality: 'Antwerpen',
      state: 'Antwerpen',
      country: 'be',
      names: ['mail.example.com', '*.example.com', '192.0.2.1', 'MAIL.example.com'],
      key: 'p256',
    });
    const parsed = new X509Certificate(certificate);
    assert.equal(parsed.subject, 'C=BE\nST=Antwerpen\nL=Antwerpen\nO=Voorbeeld België\nOU=Post\nCN=mail.example.com');
    assert.equal(parsed.subjectAltName, 'DNS:mail.example.com, DNS:*.example.com, IP Address:192.0.2.1');
    assert.equal(parsed.validToDate.getTime(), NOW + 3650 * 86_400_000);
    assert.ok(parsed.verify(parsed.publicKey));
    assert.ok(parsed.checkPrivateKey(createPrivateKey(key)));
    assert.deepEqual(parsed.keyUsage, ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
  });

  it('has the common name among its names where it is a host name, and none where it is not', async () => {
    const named = new X509Certificate((await minted({ commonName: 'mx.example.com', key: 'p256' })).certificate);
    assert.equal(named.subjectAltName, 'DNS:mx.example.com');
    const titled = new X509Certificate((await minted({ commonName: 'Our demo', key: 'p256' })).certificate);
    assert.equal(titled.subjectAltName, undefined);
  });

  it('comes with each sort of key', async () => {
    const expected = { rsa2048: 2048, rsa3072: 3072, rsa4096: 4096, p256: 'prime256v1' } as const;
    for (const key of ENTRY_KEYS.filter((each) => each !== 'rsa4096')) {
      const { certificate } = await minted({ commonName: 'mx.example.com', key });
      const details = new X509Certificate(certificate).publicKey.asymmetricKeyDetails;
      assert.equal(details?.modulusLength ?? details?.namedCurve, expected[key]);
    }
  });

  it('is refused with all faults at once, each at its field', () => {
    const refused = readSelfSigned({
      commonName: ' ',
      country: 'NLD',
      days: 0,
      key: 'rsa1024',
      organization: 'x'.repeat(65),
      names: ['not a name', '*.com'],
    });
    assert.ok(!refused.ok);
    assert.deepEqual(refused.failure.map(({ field }) => field).toSorted(), [
      'commonName',
      'country',
      'days',
      'key',
      'names',
      'names',
      'organization',
    ]);
    assert.match(refused.failure.find(({ field }) => field === 'days')?.why ?? '', /1 to 36,500/);
  });
});

describe('a certificate signing request', () => {
  for (const key of ['rsa2048', 'p256'] as const) {
    it(`of a ${key} key names what the certificate names and is signed by its key (R99)`, async () => {
      const pair = await minted({
        commonName: 'mx.example.com',
        organization: 'Example',
        names: ['mx.example.com'],
        key,
      });
      const parsed = parseCertificate(new X509Certificate(pair.certificate).raw);
      assert.ok(parsed.ok);
      const text = certificateSigningRequest(parsed.value, createPrivateKey(pair.key));
      assert.match(text, /^-----BEGIN CERTIFICATE REQUEST-----\n/);
      const body = Buffer.from(text.replace(/-----[^-]+-----|\s/g, ''), 'base64');
      const [info, , signature] = members(readDer(body));
      assert.ok(info !== undefined && signature !== undefined);
      const [, subject, spki, attributes] = members(info);
      assert.ok(subject !== undefined && spki !== undefined && attributes !== undefined);
      assert.ok(whole(subject).equals(parsed.value.subject.der));
      assert.ok(whole(spki).equals(parsed.value.spki));
      assert.match(content(attributes).toString('latin1'), /mx\.example\.com/);
      assert.ok(verify('sha256', whole(info), new X509Certificate(pair.certificate).publicKey, readOctets(signature)));
    });
  }
});
