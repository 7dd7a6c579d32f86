/**
 * Numbers and names of TLS as its registry has them: versions, key-agreement groups, signature schemes, alerts (IANA "TLS
 * Parameters"; RFC 8446 4.2.3 and 4.2.7, RFC 7919, RFC 8734, draft-ietf-tls-ecdhe-mlkem, draft-ietf-tls-mlkem).
 */

/** Newest first: the order in which they are asked for. */
export const TLS_VERSIONS = ['TLSv1.3', 'TLSv1.2', 'TLSv1.1', 'TLSv1', 'SSLv3'] as const;

export type TlsVersion = (typeof TLS_VERSIONS)[number];

const VERSION_NUMBERS: Readonly<Record<TlsVersion, number>> = {
  'TLSv1.3': 0x0304,
  'TLSv1.2': 0x0303,
  'TLSv1.1': 0x0302,
  TLSv1: 0x0301,
  SSLv3: 0x0300,
};

export function versionNumber(version: TlsVersion): number {
  return VERSION_NUMBERS[version];
}

/** Null for a number that is no version known here, drafts of TLS 1.3 included. */
export function versionOf(number: number): TlsVersion | null {
  return TLS_VERSIONS.find((version) => VERSION_NUMBERS[version] === number) ?? null;
}

/** `version` and everything older, newest first. */
export function versionsDownFrom(version: TlsVersion): readonly TlsVersion[] {
  return TLS_VERSIONS.slice(TLS_VERSIONS.indexOf(version));
}

/** Groups of TLS 1.3, in the order in which they are offered: the one of the future first. */
export const TLS13_GROUPS = [
  0x11ec, 0x11eb, 0x11ed, 0x001d, 0x0017, 0x0018, 0x0019, 0x001e, 0x0100, 0x0101, 0x0102, 0x0103, 0x0104, 0x001f,
  0x0020, 0x0021, 0x0200, 0x0201, 0x0202,
] as const;

/** Curves up to TLS 1.2; finite-field groups are no part of it, since a server may ignore the names (RFC 7919 4). */
export const ECDHE_GROUPS = [
  0x001d, 0x0017, 0x0018, 0x0019, 0x001e, 0x001a, 0x001b, 0x001c, 0x0015, 0x0013, 0x0016, 0x000e, 0x000d, 0x000c,
  0x000b, 0x000a, 0x0009,
] as const;

const GROUP_NAMES: ReadonlyMap<number, string> = new Map([
  [0x0009, 'sect283k1'],
  [0x000a, 'sect283r1'],
  [0x000b, 'sect409k1'],
  [0x000c, 'sect409r1'],
  [0x000d, 'sect571k1'],
  [0x000e, 'sect571r1'],
  [0x0013, 'P-192'],
  [0x0015, 'P-224'],
  [0x0016, 'secp256k1'],
  [0x0017, 'P-256'],
  [0x0018, 'P-384'],
  [0x0019, 'P-521'],
  [0x001a, 'brainpoolP256r1'],
  [0x001b, 'brainpoolP384r1'],
  [0x001c, 'brainpoolP512r1'],
  [0x001d, 'X25519'],
  [0x001e, 'X448'],
  [0x001f, 'brainpoolP256r1tls13'],
  [0x0020, 'brainpoolP384r1tls13'],
  [0x0021, 'brainpoolP512r1tls13'],
  [0x0100, 'ffdhe2048'],
  [0x0101, 'ffdhe3072'],
  [0x0102, 'ffdhe4096'],
  [0x0103, 'ffdhe6144'],
  [0x0104, 'ffdhe8192'],
  [0x0200, 'MLKEM512'],
  [0x0201, 'MLKEM768'],
  [0x0202, 'MLKEM1024'],
  [0x11eb, 'SecP256r1MLKEM768'],
  [0x11ec, 'X25519MLKEM768'],
  [0x11ed, 'SecP384r1MLKEM1024'],
]);

/** Hybrids first of all: key agreement that a quantum computer of tomorrow does not undo (S-PKI-11). */
export function isPostQuantum(name: string): boolean {
  return name.includes('MLKEM');
}

export function groupName(code: number): string {
  return GROUP_NAMES.get(code) ?? `group ${hex(code)}`;
}

const SCHEME_NAMES: ReadonlyMap<number, string> = new Map([
  [0x0403, 'ecdsa_secp256r1_sha256'],
  [0x0503, 'ecdsa_secp384r1_sha384'],
  [0x0603, 'ecdsa_secp521r1_sha512'],
  [0x0807, 'ed25519'],
  [0x0808, 'ed448'],
  [0x0804, 'rsa_pss_rsae_sha256'],
  [0x0805, 'rsa_pss_rsae_sha384'],
  [0x0806, 'rsa_pss_rsae_sha512'],
  [0x0809, 'rsa_pss_pss_sha256'],
  [0x080a, 'rsa_pss_pss_sha384'],
  [0x080b, 'rsa_pss_pss_sha512'],
  [0x0401, 'rsa_pkcs1_sha256'],
  [0x0501, 'rsa_pkcs1_sha384'],
  [0x0601, 'rsa_pkcs1_sha512'],
  [0x081a, 'ecdsa_brainpoolP256r1tls13_sha256'],
  [0x081b, 'ecdsa_brainpoolP384r1tls13_sha384'],
  [0x081c, 'ecdsa_brainpoolP512r1tls13_sha512'],
  [0x0904, 'mldsa44'],
  [0x0905, 'mldsa65'],
  [0x0906, 'mldsa87'],
  [0x0402, 'dsa_sha256'],
  [0x0303, 'ecdsa_sha224'],
  [0x0301, 'rsa_pkcs1_sha224'],
  [0x0302, 'dsa_sha224'],
  [0x0203, 'ecdsa_sha1'],
  [0x0201, 'rsa_pkcs1_sha1'],
  [0x0202, 'dsa_sha1'],
  [0x0101, 'rsa_pkcs1_md5'],
]);

/** Everything a server may sign its key exchange with, the strong ones first. */
export const SIGNATURE_SCHEMES: readonly number[] = [...SCHEME_NAMES.keys()];

/** Of hashes that are no longer fit for signatures (RFC 9155, S-PKI-6). */
export const WEAK_SIGNATURE_SCHEMES = [0x0303, 0x0301, 0x0302, 0x0203, 0x0201, 0x0202, 0x0101] as const;

export function signatureName(code: number): string {
  return SCHEME_NAMES.get(code) ?? `signature scheme ${hex(code)}`;
}

const ALERT_NAMES: ReadonlyMap<number, string> = new Map([
  [0, 'close notify'],
  [10, 'unexpected message'],
  [20, 'bad record mac'],
  [21, 'decryption failed'],
  [22, 'record overflow'],
  [30, 'decompression failure'],
  [40, 'handshake failure'],
  [42, 'bad certificate'],
  [43, 'unsupported certificate'],
  [46, 'certificate unknown'],
  [47, 'illegal parameter'],
  [48, 'unknown ca'],
  [49, 'access denied'],
  [50, 'decode error'],
  [51, 'decrypt error'],
  [70, 'protocol version'],
  [71, 'insufficient security'],
  [80, 'internal error'],
  [86, 'inappropriate fallback'],
  [90, 'user canceled'],
  [100, 'no renegotiation'],
  [109, 'missing extension'],
  [110, 'unsupported extension'],
  [112, 'unrecognized name'],
  [113, 'bad certificate status response'],
  [115, 'unknown psk identity'],
  [116, 'certificate required'],
  [120, 'no application protocol'],
]);

export const ALERT_PROTOCOL_VERSION = 70;
export const ALERT_INAPPROPRIATE_FALLBACK = 86;

export function alertName(code: number): string {
  return ALERT_NAMES.get(code) ?? `alert ${code}`;
}

function hex(code: number): string {
  return `0x${code.toString(16).padStart(4, '0')}`;
}
