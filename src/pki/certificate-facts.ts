/** The facts of a certificate that go into a result (`CertificateFacts`). */
import ipaddr from 'ipaddr.js';
import type { Certificate } from './certificate.ts';
import type { CertificateFacts } from './chain-verdict.ts';

export function certificateFacts(certificate: Certificate): CertificateFacts {
  return {
    subject: certificate.subject.text,
    issuer: certificate.issuer.text,
    commonName: certificate.subject.commonName,
    serial: certificate.serial,
    notBefore: new Date(certificate.notBefore).toISOString(),
    notAfter: new Date(certificate.notAfter).toISOString(),
    key: certificate.key.text,
    keyType: certificate.key.type,
    keyBits: certificate.key.bits,
    signature: certificate.signature.name,
    names: certificate.alternativeNames.dnsNames.map((name) => Buffer.from(name, 'latin1').toString('utf8')),
    addresses: certificate.alternativeNames.ipAddresses.map(showAddress),
    selfIssued: certificate.selfIssued,
    ca: certificate.basicConstraints?.ca ?? false,
    fingerprint: certificate.fingerprint,
  };
}

/** The canonical text of an iPAddress entry; hexadecimal when it has an odd length. */
export function showAddress(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) return `0x${bytes.toString('hex')}`;
  return new ipaddr.IPv6([...bytes]).toRFC5952String();
}
