/**
 * Cipher suites by number and name (IANA "TLS Cipher Suites"; RFC 5246 A.5, RFC 4346 A.5, RFC 8422, RFC 5288, RFC 5289,
 * RFC 5932, RFC 6209, RFC 6367, RFC 6655, RFC 7905, RFC 8446 B.4), and the classes in which they are asked for and judged.
 * Left out: suites that need a key or certificate nobody has (PSK, SRP, Kerberos, static Diffie-Hellman).
 */
import type { CipherClass } from '../policy/scan-evidence.ts';
import type { TlsVersion } from './registry.ts';

export type KeyExchange = 'any' | 'RSA' | 'RSA_EXPORT' | 'DHE' | 'DH_anon' | 'ECDHE' | 'ECDH_anon';

export interface CipherSuite {
  readonly code: number;
  /** As IANA names it. */
  readonly name: string;
  readonly keyExchange: KeyExchange;
  /** Strength of the bulk cipher, bits. */
  readonly bits: number;
  readonly classes: readonly CipherClass[];
  /** Of TLS 1.3 alone, where key exchange and signature are agreed on apart. */
  readonly tls13: boolean;
}

/** `null`: the number is not one of these. */
type Series = readonly [first: number, keyExchanges: readonly (string | null)[], ciphers: readonly string[]];

const DHS = ['DHE_DSS', 'DHE_RSA', 'DH_anon'] as const;

/** Numbers run on through the key exchanges of a series, and for each through its ciphers; null leaves a number out. */
const SERIES: readonly Series[] = [
  [0xc02b, ['ECDHE_ECDSA'], ['AES_128_GCM_SHA256', 'AES_256_GCM_SHA384']],
  [0xc02f, ['ECDHE_RSA'], ['AES_128_GCM_SHA256', 'AES_256_GCM_SHA384']],
  [0xcca8, ['ECDHE_RSA', 'ECDHE_ECDSA', 'DHE_RSA'], ['CHACHA20_POLY1305_SHA256']],
  [0x009e, ['DHE_RSA'], ['AES_128_GCM_SHA256', 'AES_256_GCM_SHA384']],
  [0xc023, ['ECDHE_ECDSA'], ['AES_128_CBC_SHA256', 'AES_256_CBC_SHA384']],
  [0xc027, ['ECDHE_RSA'], ['AES_128_CBC_SHA256', 'AES_256_CBC_SHA384']],
  [0xc009, ['ECDHE_ECDSA'], ['AES_128_CBC_SHA', 'AES_256_CBC_SHA']],
  [0xc013, ['ECDHE_RSA'], ['AES_128_CBC_SHA', 'AES_256_CBC_SHA']],
  [0x0067, ['DHE_RSA'], ['AES_128_CBC_SHA256']],
  [0x006a, ['DHE_DSS', 'DHE_RSA'], ['AES_256_CBC_SHA256']],
  [0x009c, ['RSA'], ['AES_128_GCM_SHA256', 'AES_256_GCM_SHA384']],
  [0x003c, ['RSA'], ['AES_128_CBC_SHA256', 'AES_256_CBC_SHA256']],
  [0x0040, ['DHE_DSS'], ['AES_128_CBC_SHA256']],
  [0x002f, ['RSA', null, null, ...DHS], ['AES_128_CBC_SHA']],
  [0x0035, ['RSA', null, null, ...DHS], ['AES_256_CBC_SHA']],
  [0x0041, ['RSA', null, null, ...DHS], ['CAMELLIA_128_CBC_SHA']],
  [0x0084, ['RSA', null, null, ...DHS], ['CAMELLIA_256_CBC_SHA']],
  [0x0096, ['RSA', null, null, ...DHS], ['SEED_CBC_SHA']],
  [0x00a2, ['DHE_DSS'], ['AES_128_GCM_SHA256', 'AES_256_GCM_SHA384']],
  [0x00ba, ['RSA', null, null, ...DHS], ['CAMELLIA_128_CBC_SHA256']],
  [0x00c0, ['RSA', null, null, ...DHS], ['CAMELLIA_256_CBC_SHA256']],
  [0xc072, ['ECDHE_ECDSA', null, 'ECDHE_RSA'], ['CAMELLIA_128_CBC_SHA256', 'CAMELLIA_256_CBC_SHA384']],
  [0xc07a, ['RSA', 'DHE_RSA', null, 'DHE_DSS'], ['CAMELLIA_128_GCM_SHA256', 'CAMELLIA_256_GCM_SHA384']],
  [0xc086, ['ECDHE_ECDSA', null, 'ECDHE_RSA'], ['CAMELLIA_128_GCM_SHA256', 'CAMELLIA_256_GCM_SHA384']],
  [0xc03c, ['RSA'], ['ARIA_128_CBC_SHA256', 'ARIA_256_CBC_SHA384']],
  [0xc042, ['DHE_DSS', 'DHE_RSA', 'DH_anon'], ['ARIA_128_CBC_SHA256', 'ARIA_256_CBC_SHA384']],
  [0xc048, ['ECDHE_ECDSA', null, 'ECDHE_RSA'], ['ARIA_128_CBC_SHA256', 'ARIA_256_CBC_SHA384']],
  [0xc050, ['RSA', 'DHE_RSA', null, 'DHE_DSS'], ['ARIA_128_GCM_SHA256', 'ARIA_256_GCM_SHA384']],
  [0xc05a, ['DH_anon', 'ECDHE_ECDSA', null, 'ECDHE_RSA'], ['ARIA_128_GCM_SHA256', 'ARIA_256_GCM_SHA384']],
  [0xc084, ['DH_anon'], ['CAMELLIA_128_GCM_SHA256', 'CAMELLIA_256_GCM_SHA384']],
  [0xc09c, ['RSA', 'DHE_RSA'], ['AES_128_CCM', 'AES_256_CCM']],
  [0xc0a0, ['RSA', 'DHE_RSA'], ['AES_128_CCM_8', 'AES_256_CCM_8']],
  [0xc0ac, ['ECDHE_ECDSA'], ['AES_128_CCM', 'AES_256_CCM', 'AES_128_CCM_8', 'AES_256_CCM_8']],
  [0x000a, ['RSA'], ['3DES_EDE_CBC_SHA']],
  [0x0013, ['DHE_DSS'], ['3DES_EDE_CBC_SHA']],
  [0x0016, ['DHE_RSA'], ['3DES_EDE_CBC_SHA']],
  [0x0004, ['RSA'], ['RC4_128_MD5', 'RC4_128_SHA']],
  [0x0066, ['DHE_DSS'], ['RC4_128_SHA']],
  [0xc006, ['ECDHE_ECDSA'], ['NULL_SHA', 'RC4_128_SHA', '3DES_EDE_CBC_SHA']],
  [0xc010, ['ECDHE_RSA'], ['NULL_SHA', 'RC4_128_SHA', '3DES_EDE_CBC_SHA']],
  [0xc015, ['ECDH_anon'], ['NULL_SHA', 'RC4_128_SHA', '3DES_EDE_CBC_SHA', 'AES_128_CBC_SHA', 'AES_256_CBC_SHA']],
  [0x0007, ['RSA'], ['IDEA_CBC_SHA']],
  [0x0009, ['RSA'], ['DES_CBC_SHA']],
  [0x0012, ['DHE_DSS'], ['DES_CBC_SHA']],
  [0x0015, ['DHE_RSA'], ['DES_CBC_SHA']],
  [0x0018, ['DH_anon'], ['RC4_128_MD5']],
  [0x001a, ['DH_anon'], ['DES_CBC_SHA', '3DES_EDE_CBC_SHA']],
  [0x006c, ['DH_anon'], ['AES_128_CBC_SHA256', 'AES_256_CBC_SHA256']],
  [0x00a6, ['DH_anon'], ['AES_128_GCM_SHA256', 'AES_256_GCM_SHA384']],
  [0x0001, ['RSA'], ['NULL_MD5', 'NULL_SHA']],
  [0x003b, ['RSA'], ['NULL_SHA256']],
  [0x0003, ['RSA_EXPORT'], ['RC4_40_MD5']],
  [0x0006, ['RSA_EXPORT'], ['RC2_CBC_40_MD5']],
  [0x0008, ['RSA_EXPORT'], ['DES40_CBC_SHA']],
  [0x0011, ['DHE_DSS_EXPORT'], ['DES40_CBC_SHA']],
  [0x0014, ['DHE_RSA_EXPORT'], ['DES40_CBC_SHA']],
  [0x0017, ['DH_anon_EXPORT'], ['RC4_40_MD5']],
  [0x0019, ['DH_anon_EXPORT'], ['DES40_CBC_SHA']],
  [0x0060, ['RSA_EXPORT1024'], ['RC4_56_MD5', 'RC2_CBC_56_MD5', 'DES_CBC_SHA']],
  [0x0063, ['DHE_DSS_EXPORT1024'], ['DES_CBC_SHA']],
  [0x0064, ['RSA_EXPORT1024'], ['RC4_56_SHA']],
  [0x0065, ['DHE_DSS_EXPORT1024'], ['RC4_56_SHA']],
];

const TLS13_NAMES = [
  'AES_128_GCM_SHA256',
  'AES_256_GCM_SHA384',
  'CHACHA20_POLY1305_SHA256',
  'AES_128_CCM_SHA256',
  'AES_128_CCM_8_SHA256',
] as const;

export const TLS13_SUITES: readonly CipherSuite[] = TLS13_NAMES.map((cipher, index) => ({
  code: 0x1301 + index,
  name: `TLS_${cipher}`,
  keyExchange: 'any',
  bits: bitsOf(cipher),
  classes: ['forward-secret', 'aead'],
  tls13: true,
}));

/** Suites of TLS 1.2 and older, the strong and usual ones first. */
export const LEGACY_SUITES: readonly CipherSuite[] = SERIES.flatMap(([first, keyExchanges, ciphers]) =>
  keyExchanges.flatMap((keyExchange, row) =>
    keyExchange === null
      ? []
      : ciphers.map((cipher, column) => legacySuite(first + row * ciphers.length + column, keyExchange, cipher)),
  ),
);

const SUITES: ReadonlyMap<number, CipherSuite> = new Map(
  [...TLS13_SUITES, ...LEGACY_SUITES].map((suite) => [suite.code, suite]),
);

export function cipherSuite(code: number): CipherSuite | null {
  return SUITES.get(code) ?? null;
}

export function suiteName(code: number): string {
  return SUITES.get(code)?.name ?? `suite 0x${code.toString(16).padStart(4, '0')}`;
}

/** Each of these is a hole, the worst first. Offered apart, so that no server gives up at the length of the list. */
export const WEAK_CLASSES: readonly CipherClass[] = ['anonymous', 'null', 'export', 'des', 'rc4', '3des', 'obsolete'];

/** Suites offered where the question is not about weak ones; 3DES and RC4 stand at its end for servers that have no other. */
export const MAIN_SUITES: readonly number[] = [
  ...LEGACY_SUITES.filter(({ classes }) => !classes.some((name) => WEAK_CLASSES.includes(name))),
  ...LEGACY_SUITES.filter(
    ({ classes, name }) =>
      (classes.includes('3des') || classes.includes('rc4')) &&
      !/anon|DSS|EXPORT/.test(name) &&
      !classes.includes('null'),
  ),
]
  .filter(({ name }) => !name.includes('_DSS_'))
  .map(({ code }) => code);

/** All suites of any weak class. */
export const WEAK_SUITES: readonly number[] = suitesOf(...WEAK_CLASSES);

/** What is neither: suites for keys that hardly anybody has had for twenty years (DSS). */
export const RARE_SUITES: readonly number[] = LEGACY_SUITES.map(({ code }) => code).filter(
  (code) => !MAIN_SUITES.includes(code) && !WEAK_SUITES.includes(code),
);

/** AEAD and SHA-2 came with TLS 1.2 (RFC 5246 1.2): older versions cannot speak such suites. */
export function usableSuites(suites: readonly number[], version: TlsVersion): readonly number[] {
  return version === 'TLSv1.2' || version === 'TLSv1.3' ? suites : suites.filter((code) => OLD_SUITES.has(code));
}

const OLD_SUITES: ReadonlySet<number> = new Set(
  LEGACY_SUITES.filter(({ name }) => !/GCM|CCM|POLY1305|SHA256|SHA384/.test(name)).map(({ code }) => code),
);

/** All suites of a version, in parts that one hello can hold, the strong and usual ones first. */
export function suiteParts(version: TlsVersion): readonly (readonly number[])[] {
  if (version === 'TLSv1.3') return TLS13_PARTS;
  return version === 'TLSv1.2' ? PARTS : OLD_PARTS;
}

const TLS13_PARTS = [TLS13_SUITES.map(({ code }) => code)];
const PARTS = [
  MAIN_SUITES,
  [...new Set([...WEAK_SUITES, ...RARE_SUITES])].filter((code) => !MAIN_SUITES.includes(code)),
];
const OLD_PARTS = [PARTS.flat().filter((code) => OLD_SUITES.has(code))];

/** Codes of the legacy suites in any of these classes. */
export function suitesOf(...classes: readonly CipherClass[]): readonly number[] {
  return LEGACY_SUITES.filter((suite) => suite.classes.some((name) => classes.includes(name))).map(({ code }) => code);
}

function legacySuite(code: number, keyExchange: string, cipher: string): CipherSuite {
  return {
    code,
    name: `TLS_${keyExchange}_WITH_${cipher}`,
    keyExchange: keyExchangeOf(keyExchange),
    bits: bitsOf(cipher),
    classes: classesOf(keyExchange, cipher),
    tls13: false,
  };
}

function keyExchangeOf(name: string): KeyExchange {
  if (name.startsWith('DH_anon')) return 'DH_anon';
  if (name.startsWith('ECDHE')) return 'ECDHE';
  if (name.startsWith('DHE')) return 'DHE';
  if (name.startsWith('RSA_EXPORT')) return 'RSA_EXPORT';
  return name === 'ECDH_anon' ? 'ECDH_anon' : 'RSA';
}

function classesOf(keyExchange: string, cipher: string): readonly CipherClass[] {
  const classes: CipherClass[] = [];
  if (keyExchange.includes('anon')) classes.push('anonymous');
  if (cipher.startsWith('NULL')) classes.push('null');
  if (keyExchange.includes('EXPORT')) classes.push('export');
  if (cipher.startsWith('RC4')) classes.push('rc4');
  if (/^DES_|^DES40/.test(cipher)) classes.push('des');
  if (cipher.startsWith('3DES')) classes.push('3des');
  if (/^(IDEA|SEED|RC2)/.test(cipher)) classes.push('obsolete');
  if (keyExchange.startsWith('RSA')) classes.push('static-rsa');
  if (keyExchange.startsWith('DHE')) classes.push('dhe');
  if (/^(EC)?DHE/.test(keyExchange)) classes.push('forward-secret');
  if (cipher.includes('_CBC')) classes.push('cbc');
  if (/GCM|CCM|POLY1305/.test(cipher)) classes.push('aead');
  return classes;
}

/** Three keys of 56 bits, of which meeting in the middle leaves 112 (NIST SP 800-57). */
function bitsOf(cipher: string): number {
  if (cipher.startsWith('NULL')) return 0;
  if (cipher.startsWith('3DES')) return 112;
  if (cipher.startsWith('DES_')) return 56;
  if (cipher.startsWith('DES40')) return 40;
  if (cipher.startsWith('CHACHA20')) return 256;
  const stated = /_(40|56|128|256)(_|$)/.exec(cipher);
  return stated === null ? 128 : Number(stated[1]);
}
