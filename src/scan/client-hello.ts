/**
 * A ClientHello, written by hand (RFC 8446 4.1.2, RFC 5246 7.4.1.2, RFC 6101 5.6.1.2): any version, suite, group and size,
 * also those that no TLS library speaks any more. With TLS 1.3 the key share is empty, so that the server names the group it
 * wants in a HelloRetryRequest, and nobody has to compute anything.
 */
import type { Random } from '../base/random.ts';
import { type TlsVersion, versionNumber, versionsDownFrom } from './registry.ts';

export interface ClientHello {
  /** The newest version offered. */
  readonly version: TlsVersion;
  /** With TLS 1.3: nothing older is offered beside it. */
  readonly onlyThisVersion: boolean;
  readonly suites: readonly number[];
  readonly groups: readonly number[];
  readonly signatures: readonly number[];
  /** SNI (RFC 6066 3); null leaves it out. */
  readonly serverName: string | null;
  /** DEFLATE is offered beside no compression (RFC 3749); never with TLS 1.3, which forbids it. */
  readonly compression: boolean;
  /** TLS_FALLBACK_SCSV (RFC 7507): "I could do better, and was refused". */
  readonly fallback: boolean;
  /** The handshake message is padded to at least so many bytes (RFC 7685); 0: as it comes. */
  readonly padTo: number;
}

/** One record holds no more (RFC 8446 5.1); a longer message goes on in the next. */
export const MAX_RECORD_BYTES = 16_384;
/** Suites in one hello: some servers read no further than 128. */
export const MAX_SUITES_OFFERED = 120;
/** The largest hello written, bytes. */
export const MAX_HELLO_BYTES = 60_000;

const FALLBACK_SCSV = 0x5600;
const RENEGOTIATION_SCSV = 0x00ff;
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
/** A handshake message of this length or more, but shorter than 512, hangs some old load balancers (RFC 7685 1). */
const AWKWARD_FROM = 256;
const AWKWARD_TO = 512;

/** The records as they go over the wire. */
export function writeClientHello(hello: ClientHello, random: Random): Buffer {
  const body = helloBody(hello, random);
  const message = Buffer.concat([Buffer.from([CLIENT_HELLO]), uint24(body.length), body]);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += MAX_RECORD_BYTES) {
    const fragment = message.subarray(at, at + MAX_RECORD_BYTES);
    // TLS 1.0 on the record, whatever is offered inside: servers of any age read it (RFC 8446 5.1, RFC 5246 E.1).
    const record = hello.version === 'SSLv3' ? 0x0300 : 0x0301;
    records.push(Buffer.from([HANDSHAKE]), uint16(record), uint16(fragment.length), fragment);
  }
  return Buffer.concat(records);
}

/** The alert that ends a handshake in order, in clear (RFC 8446 6.1). */
export function closeNotify(): Buffer {
  return Buffer.from([21, 3, 1, 0, 2, 1, 0]);
}

/** An SSLv2 CLIENT-HELLO with every cipher of that protocol (the Netscape draft, 2.5). */
export function writeSslv2ClientHello(random: Random): Buffer {
  const ciphers = Buffer.concat(SSLV2_CIPHERS.map(([code]) => uint24(code)));
  const challenge = drawBytes(16, random);
  const body = Buffer.concat([
    Buffer.from([1, 0, 2]),
    uint16(ciphers.length),
    uint16(0),
    uint16(challenge.length),
    ciphers,
    challenge,
  ]);
  return Buffer.concat([uint16(0x8000 | body.length), body]);
}

/** Ciphers of SSLv2, with their strength in bits. */
export const SSLV2_CIPHERS: readonly (readonly [code: number, name: string, bits: number])[] = [
  [0x010080, 'SSL_CK_RC4_128_WITH_MD5', 128],
  [0x020080, 'SSL_CK_RC4_128_EXPORT40_WITH_MD5', 40],
  [0x030080, 'SSL_CK_RC2_128_CBC_WITH_MD5', 128],
  [0x040080, 'SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5', 40],
  [0x050080, 'SSL_CK_IDEA_128_CBC_WITH_MD5', 128],
  [0x060040, 'SSL_CK_DES_64_CBC_WITH_MD5', 56],
  [0x0700c0, 'SSL_CK_DES_192_EDE3_CBC_WITH_MD5', 112],
];

function helloBody(hello: ClientHello, random: Random): Buffer {
  const { version, suites, fallback, padTo } = hello;
  if (suites.length > MAX_SUITES_OFFERED) throw new Error(`${suites.length} cipher suites in one ClientHello`);
  if (padTo > MAX_HELLO_BYTES) throw new Error(`a ClientHello of ${padTo} bytes`);
  // TLS 1.3 is told by an extension; the field stays at 1.2 (RFC 8446 4.1.2).
  const legacyVersion = version === 'TLSv1.3' ? 0x0303 : versionNumber(version);
  const offered = [...suites, RENEGOTIATION_SCSV, ...(fallback ? [FALLBACK_SCSV] : [])];
  const head = Buffer.concat([
    uint16(legacyVersion),
    drawBytes(32, random),
    // A session id as in the compatible mode of TLS 1.3 (D.4), which changes nothing for the others but resumption.
    version === 'TLSv1.3' ? vector8(drawBytes(32, random)) : vector8(Buffer.alloc(0)),
    vector16(Buffer.concat(offered.map(uint16))),
    vector8(Buffer.from(hello.compression && version !== 'TLSv1.3' ? [1, 0] : [0])),
  ]);
  // SSLv3 knows no extensions.
  if (version === 'SSLv3') return head;
  const extensions = extensionsOf(hello);
  const length = head.length + 2 + extensions.length;
  const wanted = wantedLength(length + 4, padTo) - 4;
  if (wanted <= length) return Buffer.concat([head, vector16(extensions)]);
  const padding = extension(21, Buffer.alloc(Math.max(0, wanted - length - 4)));
  return Buffer.concat([head, vector16(Buffer.concat([extensions, padding]))]);
}

function wantedLength(length: number, padTo: number): number {
  const wanted = Math.max(length, padTo);
  return wanted >= AWKWARD_FROM && wanted < AWKWARD_TO ? AWKWARD_TO : wanted;
}

function extensionsOf(hello: ClientHello): Buffer {
  const { version, onlyThisVersion, groups, signatures, serverName } = hello;
  const tls13 = version === 'TLSv1.3';
  const legacy = !tls13 || !onlyThisVersion;
  const parts: Buffer[] = [];
  if (serverName !== null) parts.push(extension(0, serverNameList(serverName)));
  if (legacy) parts.push(extension(23, EMPTY));
  if (groups.length > 0) parts.push(extension(10, vector16(Buffer.concat(groups.map(uint16)))));
  if (legacy && groups.length > 0) parts.push(extension(11, vector8(Buffer.from([0]))));
  if (legacy) parts.push(extension(35, EMPTY));
  // status_request: OCSP, no responders named, no extensions (RFC 6066 8).
  parts.push(extension(5, Buffer.from([1, 0, 0, 0, 0])));
  if (tls13 || version === 'TLSv1.2') parts.push(extension(13, vector16(Buffer.concat(signatures.map(uint16)))));
  if (tls13) {
    const versions = onlyThisVersion ? [version] : versionsDownFrom(version).filter((each) => each !== 'SSLv3');
    parts.push(extension(43, vector8(Buffer.concat(versions.map((each) => uint16(versionNumber(each)))))));
    parts.push(extension(51, vector16(EMPTY)));
  }
  return Buffer.concat(parts);
}

function serverNameList(name: string): Buffer {
  return vector16(Buffer.concat([Buffer.from([0]), vector16(Buffer.from(name, 'latin1'))]));
}

function extension(type: number, body: Buffer): Buffer {
  return Buffer.concat([uint16(type), vector16(body)]);
}

function vector8(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([body.length]), body]);
}

function vector16(body: Buffer): Buffer {
  return Buffer.concat([uint16(body.length), body]);
}

function uint16(value: number): Buffer {
  return Buffer.from([(value >> 8) & 0xff, value & 0xff]);
}

function uint24(value: number): Buffer {
  return Buffer.from([(value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff]);
}

/** No secret comes of it: the handshake is never finished. */
function drawBytes(count: number, random: Random): Buffer {
  return Buffer.from(Array.from({ length: count }, () => Math.floor(random() * 256)));
}

const EMPTY = Buffer.alloc(0);
