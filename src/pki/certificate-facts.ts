/** The facts of a certificate that go into a result (`CertificateFacts`). */
import { hash, X509Certificate } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import type { Certificate } from './certificate.ts';
import type { CertificateFacts } from './chain-verdict.ts';

export function certificateFacts(certificate: Certificate): CertificateFacts {
  const known = told.get(certificate);
  if (known !== undefined) return known;
  const facts = tell(certificate);
  told.set(certificate, facts);
  return facts;
}

/** Intermediates and roots are told of in one result after the other. */
const told = new WeakMap<Certificate, CertificateFacts>();

function tell(certificate: Certificate): CertificateFacts {
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

/**
 * What can be told of a certificate that our reader refuses: it keeps its place in the chain, so that positions stay
 * true, and bears the names that OpenSSL, which forgives more, reads in it.
 */
export function factsOfUnreadable(der: Buffer): CertificateFacts {
  const lenient = readLeniently(der);
  return {
    subject: lenient === null ? '(unreadable certificate)' : oneLine(lenient.subject),
    issuer: lenient === null ? '' : oneLine(lenient.issuer),
    commonName: null,
    serial: lenient?.serialNumber ?? '',
    notBefore: (lenient?.validFromDate ?? new Date(0)).toISOString(),
    notAfter: (lenient?.validToDate ?? new Date(0)).toISOString(),
    key: '',
    keyType: 'other',
    keyBits: 0,
    signature: '',
    names: [],
    addresses: [],
    selfIssued: false,
    ca: false,
    fingerprint: hash('sha256', der, 'hex'),
  };
}

function readLeniently(der: Buffer): X509Certificate | null {
  try {
    const read = new X509Certificate(der);
    return Number.isNaN(read.validFromDate.getTime() + read.validToDate.getTime()) ? null : read;
  } catch {
    return null;
  }
}

/** Node writes one attribute a line, the most general first, and nothing at all for an empty name. */
function oneLine(name: string | undefined): string {
  return (name ?? '').split('\n').reverse().join(', ');
}

/** The canonical text of an iPAddress entry; hexadecimal when it has an odd length. */
export function showAddress(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) return `0x${bytes.toString('hex')}`;
  return new ipaddr.IPv6([...bytes]).toRFC5952String();
}
