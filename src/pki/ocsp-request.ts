/** Asking about one certificate by OCSP (RFC 6960 section 4.1), in the light form of RFC 5019: SHA-1, no nonce, unsigned. */
import { createHash } from 'node:crypto';
import type { Certificate } from './certificate.ts';
import { content, members, readDer, readOctets, TAG } from './der.ts';

export interface CertificateId {
  /** Hashes of the issuer's name and of the bits of its key. */
  readonly name: Buffer;
  readonly key: Buffer;
  /** Content octets of the serial number. */
  readonly serial: Buffer;
}

/** What OCSP calls a certificate by (RFC 6960 4.1.1). */
export function certificateId(
  leaf: Certificate,
  issuer: Certificate,
  digest: (bytes: Buffer) => Buffer,
): CertificateId {
  const [, bits] = members(readDer(issuer.spki));
  return {
    name: digest(issuer.subject.der),
    key: digest(bits === undefined ? Buffer.alloc(0) : readOctets(bits)),
    serial: serialOctets(leaf),
  };
}

/** DER of the request. */
export function ocspRequest(leaf: Certificate, issuer: Certificate): Buffer {
  const { name, key, serial } = certificateId(leaf, issuer, (bytes) => createHash('sha1').update(bytes).digest());
  const id = der(TAG.sequence, SHA1, der(TAG.octetString, name), der(TAG.octetString, key), der(TAG.integer, serial));
  // Request, requestList, TBSRequest and OCSPRequest are a SEQUENCE around it each.
  return der(TAG.sequence, der(TAG.sequence, der(TAG.sequence, der(TAG.sequence, id))));
}

/** Content octets of the serial number, as they stand. */
export function serialOctets({ der: bytes }: Certificate): Buffer {
  const [tbs] = members(readDer(bytes));
  const fields = tbs === undefined ? [] : members(tbs);
  const serial = fields[fields[0]?.tag === 0xa0 ? 1 : 0];
  return serial === undefined ? Buffer.alloc(0) : content(serial);
}

/** AlgorithmIdentifier of SHA-1 with its NULL. */
const SHA1 = Buffer.from('300906052b0e03021a0500', 'hex');

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const inner = Buffer.concat(parts);
  const { length } = inner;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), inner]);
}
