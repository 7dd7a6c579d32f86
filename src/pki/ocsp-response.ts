/** An OCSP response as RFC 6960 section 4.2.1 writes it, read by our own DER reader; throws `DerFault`. */
import {
  content,
  DerFault,
  type DerValue,
  inside,
  members,
  readDer,
  readInteger,
  readOctets,
  readOid,
  readTime,
  TAG,
  whole,
} from './der.ts';
import { readSignatureAlgorithm, type SignatureFacts } from './public-key.ts';

export interface OcspResponse {
  /** The signed bytes. */
  readonly signed: Buffer;
  readonly algorithm: SignatureFacts;
  readonly signature: Buffer;
  /** DER of the certificates that came along. */
  readonly certificates: readonly Buffer[];
  readonly answers: readonly OcspAnswer[];
}

export interface OcspAnswer {
  readonly hash: 'sha1' | 'sha256' | 'sha384' | 'sha512' | null;
  readonly issuerNameHash: Buffer;
  readonly issuerKeyHash: Buffer;
  /** Content octets of the INTEGER. */
  readonly serial: Buffer;
  readonly status: 'good' | 'revoked' | 'unknown';
  /** ms since the epoch; null unless revoked. */
  readonly revokedAt: number | null;
  readonly thisUpdate: number;
  readonly nextUpdate: number | null;
}

/** Answers read from one response; a staple has one. */
export const MAX_OCSP_ANSWERS = 100;

/** Null when the responder sent an error instead of an answer. */
export function readOcspResponse(der: Buffer): OcspResponse | null {
  const [status, wrapped] = members(readDer(der));
  if (status === undefined || status.tag !== TAG.enumerated) throw new DerFault('it has no status');
  if (content(status)[0] !== 0 || wrapped === undefined) return null;
  const [type, body] = members(inside(wrapped, 0xa0));
  if (type === undefined || body === undefined || readOid(type) !== '1.3.6.1.5.5.7.48.1.1') return null;
  if (body.tag !== TAG.octetString) throw new DerFault('it has no body');
  return readBasic(readDer(content(body)));
}

function readBasic(value: DerValue): OcspResponse {
  const [data, algorithm, signature, certificates] = members(value);
  if (data === undefined || algorithm === undefined || signature === undefined) throw new DerFault('it is cut short');
  return {
    signed: whole(data),
    algorithm: readSignatureAlgorithm(algorithm),
    signature: readOctets(signature),
    certificates: certificates === undefined ? [] : members(inside(certificates, 0xa0)).map(whole),
    answers: readAnswers(data),
  };
}

function readAnswers(data: DerValue): OcspAnswer[] {
  const fields = members(data).filter(({ tag }) => tag !== 0xa0);
  const [, , responses] = fields;
  if (responses === undefined) throw new DerFault('it has no answers');
  return members(responses).slice(0, MAX_OCSP_ANSWERS).map(readAnswer);
}

function readAnswer(value: DerValue): OcspAnswer {
  const [id, status, thisUpdate, ...optional] = members(value);
  if (id === undefined || status === undefined || thisUpdate === undefined)
    throw new DerFault('an answer is cut short');
  const [algorithm, nameHash, keyHash, serial] = members(id);
  const [hash] = algorithm === undefined ? [] : members(algorithm);
  if (hash === undefined || nameHash === undefined || keyHash === undefined || serial === undefined) {
    throw new DerFault('an answer does not say what it is about');
  }
  const next = optional.find(({ tag }) => tag === 0xa0);
  return {
    hash: HASHES.get(readOid(hash)) ?? null,
    issuerNameHash: content(nameHash),
    issuerKeyHash: content(keyHash),
    serial: readInteger(serial),
    ...readStatus(status),
    thisUpdate: readTime(thisUpdate),
    nextUpdate: next === undefined ? null : readTime(inside(next, 0xa0)),
  };
}

function readStatus(value: DerValue): Pick<OcspAnswer, 'status' | 'revokedAt'> {
  switch (value.tag) {
    case 0x80:
      return { status: 'good', revokedAt: null };
    case 0xa1: {
      const [when] = members(value, 0xa1);
      if (when === undefined) throw new DerFault('a revocation has no date');
      return { status: 'revoked', revokedAt: readTime(when) };
    }
    case 0x82:
      return { status: 'unknown', revokedAt: null };
    default:
      throw new DerFault('an answer has no status');
  }
}

const HASHES: ReadonlyMap<string, 'sha1' | 'sha256' | 'sha384' | 'sha512'> = new Map([
  ['1.3.14.3.2.26', 'sha1'],
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
]);
