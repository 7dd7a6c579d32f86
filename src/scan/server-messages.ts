/**
 * The handshake messages that a server sends in clear (RFC 8446 4.1.3, RFC 5246 7.4, RFC 8422 5.4, RFC 6066 8), each read
 * strictly: null when it is not what it should be.
 */
import { createHash } from 'node:crypto';
import { ByteReader } from './byte-reader.ts';
import type { KeyExchange } from './cipher-suites.ts';
import { type TlsVersion, versionOf } from './registry.ts';

/** Extensions in one ServerHello. */
export const MAX_EXTENSIONS = 64;
/** Certificates in one chain; what comes behind is not kept. */
export const MAX_CERTIFICATES = 100;

export interface ServerHello {
  readonly version: TlsVersion;
  readonly suite: number;
  /** 0: none. */
  readonly compression: number;
  /** TLS 1.3: the server asks for another key share (RFC 8446 4.1.4). */
  readonly retry: boolean;
  /** TLS 1.3: the group asked for or used; null where the key share says none. */
  readonly group: number | null;
  readonly sessionIdBytes: number;
  /** Types of all extensions, in order. */
  readonly extensions: readonly number[];
}

export interface KeyExchangeParameters {
  /** Named curve; null for finite fields, RSA and curves given by their equations. */
  readonly group: number | null;
  /** Of the finite-field group, bits. */
  readonly dhBits: number | null;
  /** TLS 1.2; null for older versions, which have no choice, and where nobody signs. */
  readonly signature: number | null;
}

export const EXTENSION = {
  statusRequest: 5,
  extendedMasterSecret: 23,
  sessionTicket: 35,
  supportedVersions: 43,
  keyShare: 51,
  renegotiationInfo: 0xff01,
} as const;

/** RFC 8446 4.1.3: this value in place of the random makes the ServerHello a HelloRetryRequest. */
const RETRY_RANDOM = createHash('sha256').update('HelloRetryRequest').digest();

export function readServerHello(body: Buffer): ServerHello | null {
  const reader = new ByteReader(body);
  const legacyVersion = reader.uint(2);
  const random = reader.bytes(32);
  const sessionId = reader.vector(1);
  const suite = reader.uint(2);
  const compression = reader.uint(1);
  if (!reader.sound || sessionId.length > 32) return null;
  const extensions = reader.left === 0 ? [] : readExtensions(reader.vector(2));
  if (extensions === null || !reader.finished) return null;
  const retry = random.equals(RETRY_RANDOM);
  const selected = extensions.find(({ type }) => type === EXTENSION.supportedVersions)?.body;
  const version = selected === undefined ? versionOf(legacyVersion) : selectedVersion(selected);
  if (version === null || (version === 'TLSv1.3') !== (selected !== undefined) || (retry && selected === undefined)) {
    return null;
  }
  const keyShare = extensions.find(({ type }) => type === EXTENSION.keyShare)?.body;
  return {
    version,
    suite,
    compression,
    retry,
    group: keyShare !== undefined && keyShare.length >= 2 ? keyShare.readUInt16BE(0) : null,
    sessionIdBytes: sessionId.length,
    extensions: extensions.map(({ type }) => type),
  };
}

/** DER, in wire order. */
export function readCertificates(body: Buffer): readonly Buffer[] | null {
  const reader = new ByteReader(body);
  const list = new ByteReader(reader.vector(3));
  if (!reader.finished) return null;
  const chain: Buffer[] = [];
  while (list.left > 0) {
    const certificate = list.vector(3);
    if (list.sound && chain.length < MAX_CERTIFICATES) chain.push(Buffer.from(certificate));
  }
  return list.finished ? chain : null;
}

export function readServerKeyExchange(
  body: Buffer,
  keyExchange: KeyExchange,
  version: TlsVersion,
): KeyExchangeParameters | null {
  const reader = new ByteReader(body);
  let group: number | null = null;
  let dhBits: number | null = null;
  switch (keyExchange) {
    case 'ECDHE':
    case 'ECDH_anon': {
      const curveType = reader.uint(1);
      // Curves written out as equations (types 1 and 2) are long forbidden (RFC 8422 5.4): that is all there is to know.
      if (curveType !== 3) return reader.sound ? { group, dhBits, signature: null } : null;
      group = reader.uint(2);
      reader.vector(1);
      break;
    }
    case 'DHE':
    case 'DH_anon':
      dhBits = bitLength(reader.vector(2));
      reader.vector(2);
      reader.vector(2);
      break;
    case 'RSA_EXPORT':
      reader.vector(2);
      reader.vector(2);
      break;
    case 'RSA':
    case 'any':
      return null;
  }
  const signed = keyExchange !== 'ECDH_anon' && keyExchange !== 'DH_anon';
  const signature = signed && version === 'TLSv1.2' ? reader.uint(2) : null;
  if (signed) reader.vector(2);
  return reader.finished ? { group, dhBits, signature } : null;
}

/** The OCSP response of a CertificateStatus; null when it is none. */
export function readCertificateStatus(body: Buffer): Buffer | null {
  const reader = new ByteReader(body);
  const type = reader.uint(1);
  const response = reader.vector(3);
  return reader.finished && type === 1 && response.length > 0 ? response : null;
}

export interface Sslv2Hello {
  /** Codes of the ciphers that the server would take of those offered. */
  readonly ciphers: readonly number[];
}

/** SERVER-HELLO of SSLv2 behind its two-byte header. */
export function readSslv2ServerHello(body: Buffer): Sslv2Hello | null {
  const reader = new ByteReader(body);
  const type = reader.uint(1);
  reader.bytes(2);
  const version = reader.uint(2);
  const certificateBytes = reader.uint(2);
  const cipherBytes = reader.uint(2);
  const connectionIdBytes = reader.uint(2);
  reader.bytes(certificateBytes);
  const ciphers = new ByteReader(reader.bytes(cipherBytes));
  reader.bytes(connectionIdBytes);
  if (!reader.finished || type !== 4 || version !== 2 || cipherBytes % 3 !== 0) return null;
  const codes: number[] = [];
  while (ciphers.left > 0) codes.push(ciphers.uint(3));
  return { ciphers: codes };
}

interface Extension {
  readonly type: number;
  readonly body: Buffer;
}

/** Null when cut, too many, or one of them twice (RFC 8446 4.2). */
function readExtensions(bytes: Buffer): readonly Extension[] | null {
  const reader = new ByteReader(bytes);
  const extensions: Extension[] = [];
  while (reader.left > 0) {
    const type = reader.uint(2);
    const body = reader.vector(2);
    if (extensions.length >= MAX_EXTENSIONS || extensions.some((earlier) => earlier.type === type)) return null;
    extensions.push({ type, body });
  }
  return reader.finished ? extensions : null;
}

function selectedVersion(body: Buffer): TlsVersion | null {
  return body.length === 2 ? versionOf(body.readUInt16BE(0)) : null;
}

function bitLength(number: Buffer): number {
  const first = number.findIndex((byte) => byte !== 0);
  return first < 0 ? 0 : (number.length - first - 1) * 8 + (32 - Math.clz32(number[first] ?? 0));
}
