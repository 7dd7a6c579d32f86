/** Asking about one certificate by OCSP (RFC 6960 section 4.1), in the light form of RFC 5019: SHA-1, no nonce, unsigned. */
import { createHash } from 'node:crypto';
import type { Certificate } from './certificate.ts';
import { content, members, readDer, readOctets, TAG } from './der.ts';
import { writeDer } from './der-writer.ts';

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
  const id = writeDer(
    TAG.sequence,
    SHA1,
    writeDer(TAG.octetString, name),
    writeDer(TAG.octetString, key),
    writeDer(TAG.integer, serial),
  );
  // Request, requestList, TBSRequest and OCSPRequest are a SEQUENCE around it each.
  return writeDer(TAG.sequence, writeDer(TAG.sequence, writeDer(TAG.sequence, writeDer(TAG.sequence, id))));
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
