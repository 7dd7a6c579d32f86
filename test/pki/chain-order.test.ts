import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Certificate, parseCertificate } from '../../src/pki/certificate.ts';
import { readCertificates, readPrivateKey } from '../../src/pki/certificate-bundle.ts';
import { arrangeChain, describeChainNote } from '../../src/pki/chain-order.ts';
import { writeCount, writeDer, writeOid } from '../../src/pki/der-writer.ts';
import { type IssuedCertificate, issueCertificate } from '../../src/pki/issue.ts';

const notBefore = new Date('2026-01-01T00:00:00Z');
const notAfter = new Date('2027-01-01T00:00:00Z');

function issued(name: string, by?: IssuedCertificate, ca = true): IssuedCertificate {
  const issuer = by === undefined ? {} : { issuer: { certificate: by.certificate, key: by.privateKey } };
  return issueCertificate({ subject: { CN: name }, ca, notBefore, notAfter, ...issuer });
}

const root = issued('Root');
const upper = issued('Upper', root);
const lower = issued('Lower', upper);
const leaf = issued('mx.example.com', lower, false);
const stranger = issued('Stranger');

function read({ der }: IssuedCertificate): Certificate {
  const certificate = parseCertificate(der);
  assert.ok(certificate.ok);
  return certificate.value;
}

function arranged(...given: readonly IssuedCertificate[]) {
  const { chain, notes } = arrangeChain(read(leaf), given.map(read));
  return {
    chain: chain.map(({ subject }) => subject.commonName),
    notes: notes.map(({ kind, subject }) => `${kind} ${subject}`),
  };
}

describe('intermediates that come with a certificate', () => {
  it('stay as they are where all is well', () => {
    assert.deepEqual(arranged(lower, upper), { chain: ['Lower', 'Upper'], notes: [] });
  });

  it('are put in order, and each that was given twice or does not belong is named (R102)', () => {
    assert.deepEqual(arranged(upper, lower), { chain: ['Lower', 'Upper'], notes: ['reordered CN=Upper'] });
    assert.deepEqual(arranged(lower, upper, lower), { chain: ['Lower', 'Upper'], notes: ['duplicate CN=Lower'] });
    assert.deepEqual(arranged(leaf, lower, upper, root, stranger), {
      chain: ['Lower', 'Upper'],
      notes: ['certificate-repeated CN=mx.example.com', 'foreign CN=Stranger', 'root-left-out CN=Root'],
    });
    const { notes } = arrangeChain(read(leaf), [upper, lower, upper].map(read));
    assert.match(notes.map(describeChainNote).join(' '), /CN=Upper was given twice.*wrong order/);
  });

  it('are missed where the issuer is not among them', () => {
    assert.deepEqual(arranged(), { chain: [], notes: ['issuer-missing CN=Lower'] });
  });

  it('count by signature, not by name alone: a name twin with another key is a stranger', () => {
    const twin = issued('Lower', root);
    assert.deepEqual(arranged(twin, lower, upper).chain, ['Lower', 'Upper']);
    assert.deepEqual(arranged(twin, lower, upper).notes, ['foreign CN=Lower']);
  });
});

describe('a file with certificates', () => {
  const bundle = writeDer(
    0x30,
    writeOid('1.2.840.113549.1.7.2'),
    writeDer(
      0xa0,
      writeDer(
        0x30,
        writeCount(1),
        writeDer(0x31),
        writeDer(0x30, writeOid('1.2.840.113549.1.7.1')),
        writeDer(0xa0, leaf.der, lower.der),
        writeDer(0x31),
      ),
    ),
  );

  it('is read as PEM, as DER and as PKCS#7', () => {
    const shapes = {
      pem: Buffer.from(`said before\n${leaf.certificate}${lower.certificate}`),
      bundle,
      pemBundle: Buffer.from(`-----BEGIN PKCS7-----\n${bundle.toString('base64')}\n-----END PKCS7-----\n`),
    };
    for (const [shape, bytes] of Object.entries(shapes)) {
      const found = readCertificates(bytes);
      assert.ok(found.ok, shape);
      assert.deepEqual(
        found.value.map((der) => der.toString('hex')),
        [leaf, lower].map(({ der }) => der.toString('hex')),
        shape,
      );
    }
    const single = readCertificates(leaf.der);
    assert.ok(single.ok && single.value.length === 1);
  });

  it('is refused in words that say what it is instead', () => {
    const why = (bytes: Buffer): string => {
      const found = readCertificates(bytes);
      return found.ok ? 'read' : found.failure;
    };
    assert.match(why(Buffer.from('hello')), /neither PEM nor DER/);
    assert.match(why(Buffer.from(leaf.keyPem)), /private key where certificates belong/);
    assert.match(
      why(Buffer.from('-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n')),
      /signing request/,
    );
    assert.match(why(leaf.der.subarray(0, 100)), /neither a certificate nor a bundle/);
    assert.match(why(Buffer.alloc(2_000_000)), /larger than/);
  });

  it('may hold a private key under a passphrase', () => {
    const locked = leaf.privateKey
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' })
      .toString();
    assert.ok(readPrivateKey(`${leaf.certificate}${leaf.keyPem}`, null).ok);
    assert.deepEqual(readPrivateKey(leaf.certificate, null), { ok: false, failure: 'no-key' });
    assert.deepEqual(readPrivateKey(locked, null), { ok: false, failure: 'passphrase-needed' });
    assert.deepEqual(readPrivateKey(locked, 'wrong'), { ok: false, failure: 'wrong-passphrase' });
    assert.ok(readPrivateKey(locked, 'secret').ok);
  });
});
