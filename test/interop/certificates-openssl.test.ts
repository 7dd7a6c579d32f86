/** What we write of keys and certificates, as OpenSSL reads it, and the other way round. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { unpredictableRandom } from '../../src/app/world.ts';
import { parseCertificate } from '../../src/pki/certificate.ts';
import { readCertificates } from '../../src/pki/certificate-bundle.ts';
import { certificateSigningRequest } from '../../src/pki/certificate-signing-request.ts';
import { issueCertificate } from '../../src/pki/issue.ts';
import { readPkcs12, writePkcs12 } from '../../src/pki/pkcs12.ts';
import { mintSelfSigned, readSelfSigned } from '../../src/pki/self-signed.ts';

const isThere = spawnSync('openssl', ['version']).status === 0;
if (!isThere && process.env['CI'] === 'true') throw new Error('openssl is missing');
const skip = isThere ? false : 'openssl is missing';
const folder = mkdtempSync(join(tmpdir(), 'tlsreach-openssl-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const openssl = (...words: readonly string[]): string =>
  execFileSync('openssl', words, { cwd: folder, encoding: 'latin1', stdio: ['ignore', 'pipe', 'pipe'] });

const notBefore = new Date('2026-01-01T00:00:00Z');
const notAfter = new Date('2036-01-01T00:00:00Z');
const root = issueCertificate({ subject: { CN: 'Root' }, ca: true, notBefore, notAfter });
const leaf = issueCertificate({
  subject: { CN: 'mx.example.com' },
  issuer: { certificate: root.certificate, key: root.privateKey },
  notBefore,
  notAfter,
});

for (const key of ['rsa2048', 'p256'] as const) {
  test(`our request of a ${key} key is one that OpenSSL verifies and signs, with its names (R99)`, {
    skip,
  }, async () => {
    const fields = readSelfSigned({
      commonName: 'mx.example.com',
      organization: 'Voorbeeld België',
      country: 'BE',
      names: ['mx.example.com', '192.0.2.7'],
      key,
    });
    assert.ok(fields.ok);
    const pair = await mintSelfSigned(fields.value, notBefore.getTime());
    const [der] = readCertificates(Buffer.from(pair.certificate)).ok
      ? (readCertificates(Buffer.from(pair.certificate)) as { value: readonly Buffer[] }).value
      : [];
    const certificate = parseCertificate(der ?? Buffer.alloc(0));
    assert.ok(certificate.ok);
    writeFileSync(join(folder, 'a.csr'), certificateSigningRequest(certificate.value, createPrivateKey(pair.key)));
    const shown = openssl('req', '-in', 'a.csr', '-verify', '-noout', '-text');
    assert.match(shown, /DNS:mx\.example\.com, IP Address:192\.0\.2\.7/);
    assert.match(shown, /CN ?= ?mx\.example\.com/);
    writeFileSync(join(folder, 'ca.pem'), root.certificate);
    writeFileSync(join(folder, 'ca.key'), root.keyPem);
    openssl('x509', '-req', '-in', 'a.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-set_serial', '7', '-out', 'a.pem');
    const signed = readCertificates(readFileSync(join(folder, 'a.pem')));
    assert.ok(signed.ok);
    const parsed = parseCertificate(signed.value[0] ?? Buffer.alloc(0));
    assert.ok(parsed.ok && parsed.value.spki.equals(certificate.value.spki));
  });
}

test('OpenSSL opens our PKCS#12 with its password and with no other (R100)', { skip }, async () => {
  const contents = { name: 'mx', key: leaf.privateKey, certificate: leaf.der, chain: [root.der] };
  writeFileSync(join(folder, 'ours.p12'), await writePkcs12(contents, 'geheim é', unpredictableRandom));
  const text = openssl('pkcs12', '-in', 'ours.p12', '-passin', 'pass:geheim é', '-nodes');
  assert.match(text, /friendlyName: mx/);
  assert.equal(text.match(/BEGIN CERTIFICATE/g)?.length, 2);
  assert.match(text, /BEGIN PRIVATE KEY/);
  assert.throws(() => openssl('pkcs12', '-in', 'ours.p12', '-passin', 'pass:other', '-nodes'));
});

const WAYS: Readonly<Record<string, readonly string[]>> = {
  'as it does by itself': [],
  'with triple DES': ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-macalg', 'sha1'],
  'with AES-128 and SHA-512': ['-keypbe', 'aes-128-cbc', '-certpbe', 'aes-128-cbc', '-macalg', 'sha512'],
  'without a lock on the certificates': ['-certpbe', 'NONE'],
  'without a MAC': ['-nomac'],
  'with few rounds': ['-iter', '1'],
  'as older versions and appliances do, with RC2 and triple DES': ['-legacy'],
  'with RC2 of 128 bits': ['-legacy', '-certpbe', 'PBE-SHA1-RC2-128', '-keypbe', 'PBE-SHA1-RC2-128'],
};

for (const [how, words] of Object.entries(WAYS)) {
  test(`a PKCS#12 that OpenSSL wrote ${how} is read (R100)`, { skip }, async () => {
    writeFileSync(join(folder, 'leaf.pem'), leaf.certificate);
    writeFileSync(join(folder, 'leaf.key'), leaf.keyPem);
    writeFileSync(join(folder, 'root.pem'), root.certificate);
    const files = ['-in', 'leaf.pem', '-inkey', 'leaf.key', '-certfile', 'root.pem', '-out', 'theirs.p12'];
    openssl('pkcs12', '-export', ...files, '-passout', 'pass:geheim é', ...words);
    const read = await readPkcs12(readFileSync(join(folder, 'theirs.p12')), 'geheim é');
    assert.ok(read.ok, JSON.stringify(read));
    assert.ok(read.value.key.equals(leaf.privateKey));
    assert.equal(read.value.others.length, 1);
    const wrong = await readPkcs12(readFileSync(join(folder, 'theirs.p12')), 'geheim');
    assert.equal(wrong.ok ? 'read' : wrong.failure.kind, 'wrong-password');
  });
}

test('a PKCS#7 bundle of OpenSSL is read, as DER and as PEM (R102)', { skip }, () => {
  writeFileSync(join(folder, 'both.pem'), `${leaf.certificate}${root.certificate}`);
  for (const form of ['DER', 'PEM']) {
    openssl('crl2pkcs7', '-nocrl', '-certfile', 'both.pem', '-outform', form, '-out', 'both.p7b');
    const read = readCertificates(readFileSync(join(folder, 'both.p7b')));
    assert.ok(read.ok && read.value.length === 2, form);
  }
});
