/** Minting lists of revoked certificates (RFC 5280 section 5), for the lab and for tests. */
import { type KeyObject, X509Certificate } from 'node:crypto';
import { TAG } from './der.ts';
import { writeDer, writeTime } from './der-writer.ts';
import { subjectOf } from './issue.ts';
import { type ExtensionToWrite, encode, extensionBlock } from './issue-extensions.ts';
import { type SignatureHash, signerFor } from './issue-key.ts';

export interface CrlRequest {
  /** DER of the authority whose list it is. */
  readonly issuer: Buffer;
  readonly key: KeyObject;
  readonly thisUpdate: Date;
  readonly nextUpdate?: Date;
  readonly revoked?: readonly {
    /** DER of the certificate. */
    readonly certificate: Buffer;
    readonly at: Date;
    readonly extensions?: readonly ExtensionToWrite[];
  }[];
  readonly extensions?: readonly ExtensionToWrite[];
  readonly signatureHash?: SignatureHash;
}

/** DER of a signed list. */
export function issueCrl(request: CrlRequest): Buffer {
  const { issuer, key, thisUpdate, nextUpdate, revoked = [], extensions = [], signatureHash } = request;
  const signer = signerFor(key, signatureHash);
  const algorithm = encode(signer.algorithm());
  const contents = [writeDer(TAG.integer, Buffer.of(1)), algorithm, subjectOf(issuer), writeTime(thisUpdate)];
  if (nextUpdate !== undefined) contents.push(writeTime(nextUpdate));
  if (revoked.length > 0) contents.push(writeDer(TAG.sequence, ...revoked.map(entry)));
  if (extensions.length > 0) contents.push(writeDer(0xa0, extensionList(extensions)));
  const tbs = writeDer(TAG.sequence, ...contents);
  const signature = writeDer(TAG.bitString, Buffer.of(0), signer.sign(tbs));
  return writeDer(TAG.sequence, tbs, algorithm, signature);
}

function entry({ certificate, at, extensions = [] }: NonNullable<CrlRequest['revoked']>[number]): Buffer {
  const hexadecimal = new X509Certificate(certificate).serialNumber;
  const serial = Buffer.from(hexadecimal.length % 2 === 0 ? hexadecimal : `0${hexadecimal}`, 'hex');
  const positive = (serial[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), serial]) : serial;
  const more = extensions.length === 0 ? [] : [extensionList(extensions)];
  return writeDer(TAG.sequence, writeDer(TAG.integer, positive), writeTime(at), ...more);
}

function extensionList(extensions: readonly ExtensionToWrite[]): Buffer {
  return writeDer(TAG.sequence, ...extensions.map((extension) => encode(extensionBlock(extension))));
}
