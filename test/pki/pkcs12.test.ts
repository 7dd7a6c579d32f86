import assert from 'node:assert/strict';
import { createHmac, X509Certificate } from 'node:crypto';
import { describe, it } from 'node:test';
import { systemClock, unpredictableRandom } from '../../src/app/world.ts';
import { writeCount, writeDer, writeOid } from '../../src/pki/der-writer.ts';
import { issueCertificate } from '../../src/pki/issue.ts';
import { MAX_OLD_ITERATIONS, pkcs12Key } from '../../src/pki/password-encryption.ts';
import { describePkcs12Fault, MAX_PKCS12_OCTETS, readPkcs12, writePkcs12 } from '../../src/pki/pkcs12.ts';

const notBefore = new Date('2026-01-01T00:00:00Z');
const notAfter = new Date('2027-01-01T00:00:00Z');
const root = issueCertificate({ subject: { CN: 'Root' }, ca: true, notBefore, notAfter });
const leaf = issueCertificate({
  subject: { CN: 'mx.example.com' },
  issuer: { certificate: root.certificate, key: root.privateKey },
  notBefore,
  notAfter,
});
const contents = { name: 'mx é', key: leaf.privateKey, certificate: leaf.der, chain: [root.der] };
const PASSWORD = 'correct horse – é';
const file = await writePkcs12(contents, PASSWORD, unpredictableRandom);

/** A file whose parts lie in it without any lock; its MAC is of `password`. */
function openFile(bags: readonly Buffer[], password: string): Buffer {
  const data = (inner: Buffer): Buffer =>
    writeDer(0x30, writeOid('1.2.840.113549.1.7.1'), writeDer(0xa0, writeDer(0x04, inner)));
  const safe = writeDer(0x30, data(writeDer(0x30, ...bags)));
  const salt = Buffer.from('saltsalt');
  const key = pkcs12Key({ hash: 'sha1', purpose: 3, salt, iterations: 1, password, octets: 20 });
  const digest = writeDer(
    0x30,
    writeDer(0x30, writeOid('1.3.14.3.2.26'), writeDer(0x05)),
    writeDer(0x04, createHmac('sha1', key).update(safe).digest()),
  );
  return writeDer(0x30, writeCount(3), data(safe), writeDer(0x30, digest, writeDer(0x04, salt)));
}

const keyBag = writeDer(
  0x30,
  writeOid('1.2.840.113549.1.12.10.1.1'),
  writeDer(0xa0, leaf.privateKey.export({ type: 'pkcs8', format: 'der' })),
);
const certificateBag = (der: Buffer): Buffer =>
  writeDer(
    0x30,
    writeOid('1.2.840.113549.1.12.10.1.3'),
    writeDer(0xa0, writeDer(0x30, writeOid('1.2.840.113549.1.9.22.1'), writeDer(0xa0, writeDer(0x04, der)))),
  );

/** `openssl pkcs12 -export -legacy -iter 2`. */
const LEGACY = Buffer.from(
  'MIIDtwIBAzCCA34GCSqGSIb3DQEHAaCCA28EggNrMIIDZzCCAkYGCSqGSIb3DQEHBqCCAjcwggIzAgEAMIICLAYJKoZIhvcNAQcBMBsGCiqGSI' +
    'b3DQEMAQYwDQQIdBwVd9wmjt4CAQKAggIAyiKZg/wiAnj/vEMwggDeP+vdaOqoOHm5TmelBoZqEQh00GpNMbNOoU6JzeSYjMIJ+62cpPwbUI4F' +
    'hULzKYXgZ8LClyttEuATwjEwAAPPIygbBQjtTe92NsbnknIAJ6Xz20py2BVsqhYI0DElQZkWw4K5PgvXHfJPQXYqDjhEp2hTmqrpIqOOa2JmvB' +
    '2+H8VQk32J5Jhb2KjgvM/lP387s+Ydd0o/1G1yayC1HunoKf5wakb2Dn+hGG5B/nsSsMjZHFZ606EF3XuBu0PhAYguqLyXThZEwcLuPI1rV6hc' +
    'bAGUOzXwLfZT22hYGU2HLap1JpmhnfuNU8gnaBitOzl8Qbsxi9ZjFNQKjFZmpVJKKAOE1Z89E2BQK8sp2iSxsV7M6ShQ+JW5/MBJ4cNd8Ecr0G' +
    'mwbxk4pRbl5+K7ZrKIAAyhtj07VHCGh447FdTCvmBXbUJM7v+Ft9/B/Fj6QUQlhF/cvw9YFZTrH/BGzWHsj/pxs4qTkZmOZz+pxsZ+vuh/NdOX' +
    '4jfXM7BSndIaX5Tpf9SDr2NkcidEFpTLAb7f9+K+g5YKjMWExlArfEXxyAEQoIvYLug6f4QV0/xmDnI8zL3MD2tBylU+e998MA5cOchJz7nNKl' +
    'uqC56GwvpidHeqJy07DrXv3imyNtv62TmoYdVP0wqjGbEGP64Xi7Hw6fIwggEZBgkqhkiG9w0BBwGgggEKBIIBBjCCAQIwgf8GCyqGSIb3DQEM' +
    'CgECoIGzMIGwMBsGCiqGSIb3DQEMAQMwDQQIEQPxVki6VGsCAQIEgZC3KEih5njTIyRYoO2PYGgMsFP3MMO//CMtigW4aQsW8wOuZpmHABYsHc' +
    'Wcq8QMDt46jBx8vPniysgGPOoF+p2i9pc/ezOjqHaW0gcTk6XW50PZpLx5sycY9nDF81goPVrO7enP14GjcDzlyHd4GUBujnUmTCAtBVK+w1Cr' +
    'jQEHFFdQsEeeuIkywu/NJJI6QYIxOjATBgkqhkiG9w0BCRQxBh4EAG0AeDAjBgkqhkiG9w0BCRUxFgQUfTmlkK64OcKGF3kg4DBMlvixKxEwMD' +
    'AhMAkGBSsOAwIaBQAEFFdT9FflXIuwv9xsxAlC4CQoRO9NBAixXbbA6zBYCwIBAg==',
  'base64',
);

describe('PKCS#12', () => {
  it('comes back from a file as it went in: key, certificate and chain (R100)', async () => {
    const read = await readPkcs12(file, PASSWORD);
    assert.ok(read.ok, JSON.stringify(read));
    assert.equal(
      read.value.certificate.fingerprint,
      new X509Certificate(leaf.der).fingerprint256.replaceAll(':', '').toLowerCase(),
    );
    assert.deepEqual(
      read.value.others.map(({ subject }) => subject.commonName),
      ['Root'],
    );
    assert.ok(read.value.key.equals(leaf.privateKey));
    assert.ok(
      !file.includes(leaf.privateKey.export({ type: 'pkcs8', format: 'der' })),
      'the key lies open in the file',
    );
  });

  it('tells a wrong password from a file without a private key (R100)', async () => {
    const wrong = await readPkcs12(file, 'something else');
    assert.deepEqual(wrong, { ok: false, failure: { kind: 'wrong-password' } });
    const keyless = await readPkcs12(openFile([certificateBag(leaf.der)], PASSWORD), PASSWORD);
    assert.ok(!keyless.ok);
    assert.equal(keyless.failure.kind, 'no-private-key');
    assert.match(describePkcs12Fault(keyless.failure), /no private key in the file/);
  });

  it('takes a file whose parts have no lock of their own, and says what is missing in others', async () => {
    const plain = await readPkcs12(openFile([keyBag, certificateBag(root.der), certificateBag(leaf.der)], ''), '');
    assert.ok(plain.ok);
    assert.equal(plain.value.certificate.subject.commonName, 'mx.example.com');
    const kindOf = async (bags: readonly Buffer[]): Promise<string> => {
      const read = await readPkcs12(openFile(bags, 'x'), 'x');
      return read.ok ? 'read' : read.failure.kind;
    };
    assert.equal(await kindOf([keyBag]), 'no-certificate');
    assert.equal(await kindOf([keyBag, certificateBag(root.der)]), 'no-match');
    assert.equal(await kindOf([keyBag, keyBag, certificateBag(leaf.der)]), 'several-private-keys');
  });

  it('has a bound on parts, locks and rounds, so that no file keeps anybody busy', async () => {
    const lockedKey = writeDer(
      0x30,
      writeOid('1.2.840.113549.1.12.10.1.2'),
      writeDer(
        0xa0,
        writeDer(
          0x30,
          writeDer(
            0x30,
            writeOid('1.2.840.113549.1.12.1.3'),
            writeDer(0x30, writeDer(0x04, Buffer.from('saltsalt')), writeCount(MAX_OLD_ITERATIONS + 1)),
          ),
          writeDer(0x04, Buffer.alloc(16)),
        ),
      ),
    );
    const endless = await readPkcs12(openFile([lockedKey], 'x'), 'x');
    assert.ok(!endless.ok && endless.failure.kind === 'malformed');
    assert.match(describePkcs12Fault(endless.failure), /200001 rounds/);
    const started = systemClock.monotonic();
    const many = await readPkcs12(openFile([keyBag, ...Array.from({ length: 1_000 }, () => lockedKey)], 'x'), 'x');
    assert.deepEqual(many, { ok: false, failure: { kind: 'several-private-keys' } });
    assert.ok(systemClock.monotonic() - started < 5_000);
    assert.ok(!(await readPkcs12(Buffer.alloc(MAX_PKCS12_OCTETS + 1), 'x')).ok);
  });

  it('names a lock that nobody uses any more, and how to convert the file', async () => {
    const locked = writeDer(
      0x30,
      writeOid('1.2.840.113549.1.12.10.1.2'),
      writeDer(
        0xa0,
        writeDer(
          0x30,
          writeDer(
            0x30,
            writeOid('1.2.840.113549.1.12.1.1'),
            writeDer(0x30, writeDer(0x04, Buffer.from('saltsalt')), writeCount(2048)),
          ),
          writeDer(0x04, Buffer.alloc(16)),
        ),
      ),
    );
    const read = await readPkcs12(openFile([locked], 'x'), 'x');
    assert.ok(!read.ok);
    assert.match(describePkcs12Fault(read.failure), /RC4-128.*openssl pkcs12 -legacy/);
  });

  it('opens what older appliances export, the certificates locked with RC2 of 40 bits, the key with triple DES', async () => {
    const read = await readPkcs12(LEGACY, 'geheim');
    assert.ok(read.ok, JSON.stringify(read));
    assert.equal(read.value.certificate.subject.commonName, 'legacy.example');
    assert.deepEqual(await readPkcs12(LEGACY, 'geheimnis'), { ok: false, failure: { kind: 'wrong-password' } });
  });

  it('answers every damaged file with a fault, whatever was changed in it', async () => {
    const started = systemClock.monotonic();
    const small = openFile([keyBag, certificateBag(leaf.der)], 'x');
    for (let at = 0; at < small.length; at += 7) {
      const damaged = Buffer.from(small);
      damaged[at] = (damaged[at] ?? 0) ^ 0x5a;
      const read = await readPkcs12(damaged, 'x');
      assert.ok(!read.ok, `octet ${at}`);
      assert.ok(describePkcs12Fault(read.failure).length > 10);
    }
    for (const length of [0, 1, 2, 100]) assert.ok(!(await readPkcs12(small.subarray(0, length), 'x')).ok);
    assert.ok(systemClock.monotonic() - started < 8_000);
  });
});
