import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { connect, createServer } from 'node:tls';
import { encodeName, issueCertificate } from '../../src/pki/issue.ts';
import { generateKey, KEY_SPECS } from '../../src/pki/issue-key.ts';

const notBefore = new Date('2026-01-01T00:00:00Z');
const notAfter = new Date('2027-01-01T00:00:00Z');

describe('the certificate mint', () => {
  for (const spec of KEY_SPECS.filter((name) => name !== 'rsa3072' && name !== 'rsa4096')) {
    it(`issues a certificate under a ${spec} authority whose signature verifies`, () => {
      const root = issueCertificate({ subject: { CN: `Root ${spec}` }, ca: true, key: spec, notBefore, notAfter });
      const leaf = issueCertificate({
        subject: { CN: 'mx.example.com' },
        issuer: { certificate: root.certificate, key: root.privateKey },
        notBefore,
        notAfter,
        dnsNames: ['mx.example.com'],
      });
      const [parsedRoot, parsedLeaf] = [new X509Certificate(root.der), new X509Certificate(leaf.certificate)];
      assert.ok(parsedRoot.verify(parsedRoot.publicKey));
      assert.ok(parsedLeaf.verify(parsedRoot.publicKey));
      assert.ok(parsedLeaf.checkIssued(parsedRoot));
      assert.ok(parsedLeaf.checkPrivateKey(leaf.privateKey));
    });
  }

  it('writes names, addresses, usages and dates as asked', () => {
    const issued = issueCertificate({
      subject: { C: 'NL', O: 'Voorbeeld België', CN: 'mx.example.com' },
      serial: 0xfedcn,
      notBefore,
      notAfter: new Date('2051-06-01T00:00:00Z'),
      dnsNames: ['mx.example.com', '*.example.org'],
      ipAddresses: ['192.0.2.1', '2001:db8::1'],
      extendedKeyUsage: ['serverAuth', 'clientAuth'],
    });
    const parsed = new X509Certificate(issued.der);
    assert.equal(parsed.subject, 'C=NL\nO=Voorbeeld België\nCN=mx.example.com');
    assert.equal(parsed.serialNumber, 'FEDC');
    assert.equal(parsed.validToDate.toISOString(), '2051-06-01T00:00:00.000Z');
    assert.equal(
      parsed.subjectAltName,
      'DNS:mx.example.com, DNS:*.example.org, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1',
    );
    assert.deepEqual(parsed.keyUsage, ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    assert.equal(parsed.ca, false);
  });

  it('signs with the key that it is given, and gives equal requests equal serials', () => {
    const key = generateKey('p256');
    const request = { subject: { CN: 'a.example' }, key, notBefore, notAfter };
    const [first, second] = [issueCertificate(request), issueCertificate(request)];
    assert.equal(new X509Certificate(first.der).serialNumber, new X509Certificate(second.der).serialNumber);
    assert.equal(first.privateKey, key);
  });

  it('signs with weak hashes and PSS when asked, so that they can be tested against', () => {
    const key = generateKey('rsa2048');
    for (const [extra, oid] of [
      [{ signatureHash: 'md5' }, '06092a864886f70d010104'],
      [{ signatureHash: 'sha1' }, '06092a864886f70d010105'],
      [{ pss: true }, '06092a864886f70d01010a'],
    ] as const) {
      const issued = issueCertificate({ subject: { CN: 'weak' }, key, notBefore, notAfter, ...extra });
      const parsed = new X509Certificate(issued.der);
      assert.ok(issued.der.toString('hex').includes(oid));
      assert.ok(parsed.verify(parsed.publicKey));
    }
  });

  it('writes a name as a DER sequence of attributes', () => {
    assert.equal(encodeName({ O: 'x' }).toString('hex'), '300c310a300806035504' + '0a0c0178');
  });

  it('serves a TLS handshake that a client with the root accepts', async () => {
    const now = Date.now();
    const dates = { notBefore: new Date(now - 86_400_000), notAfter: new Date(now + 86_400_000) };
    const root = issueCertificate({ subject: { CN: 'Root' }, ca: true, ...dates });
    const leaf = issueCertificate({
      subject: { CN: 'mx.example.com' },
      issuer: { certificate: root.certificate, key: root.privateKey },
      dnsNames: ['mx.example.com'],
      ...dates,
    });
    const server = createServer({ key: leaf.keyPem, cert: leaf.certificate }, (socket) => socket.end());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = connect({ host: '127.0.0.1', port, servername: 'mx.example.com', ca: root.certificate });
    await once(client, 'secureConnect');
    assert.equal(client.authorized, true);
    client.destroy();
    server.close();
    await once(server, 'close');
  });
});
