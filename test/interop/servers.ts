/**
 * Who stands where in the interop rig: real servers on loopback addresses, each at port 25, and the domains whose mail
 * they take. Data alone; `rig.ts` makes it so.
 */

export type Software = 'postfix' | 'exim' | 'opensmtpd' | 'nobody';

/** What a server presents; `certificates.ts` mints it. */
export type Presented =
  | 'rsa'
  | 'ecdsa'
  | 'expired'
  | 'self-signed'
  | 'wrong-name'
  | 'without-intermediate'
  | 'wildcard'
  | 'none';

export interface RealServer {
  readonly software: Software;
  readonly host: string;
  readonly address: string;
  readonly presented: Presented;
  /** Further names in its certificate. */
  readonly alsoCalled?: readonly string[];
  /** Postfix settings of this one service, beyond those all of them share. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface MailDomain {
  readonly domain: string;
  readonly mx: readonly (readonly [preference: number, host: string])[];
}

/** OpenSSL's security level must come down for a server that offers what is long forbidden (RFC 8996). */
const OLD_TLS_ONLY = {
  smtpd_tls_protocols: 'TLSv1',
  smtpd_tls_ciphers: 'medium',
  tls_medium_cipherlist: 'ALL:!aNULL:@SECLEVEL=0',
};

export const SERVERS = {
  rsa: {
    software: 'postfix',
    host: 'mx1.good.test',
    address: '127.0.1.1',
    presented: 'rsa',
    alsoCalled: ['mx.secure.test', 'mailbox.test'],
  },
  tls12: {
    software: 'postfix',
    host: 'mx2.good.test',
    address: '127.0.1.2',
    presented: 'rsa',
    settings: { smtpd_tls_protocols: '>=TLSv1.2, <=TLSv1.2' },
  },
  ecdsa: {
    software: 'postfix',
    host: 'mx.ecdsa.test',
    address: '127.0.1.3',
    presented: 'ecdsa',
    settings: { smtpd_tls_protocols: '>=TLSv1.3' },
  },
  expired: { software: 'postfix', host: 'mx.expired.test', address: '127.0.1.4', presented: 'expired' },
  selfSigned: { software: 'postfix', host: 'mx.self-signed.test', address: '127.0.1.5', presented: 'self-signed' },
  wrongName: { software: 'postfix', host: 'mx.wrong-name.test', address: '127.0.1.6', presented: 'wrong-name' },
  incomplete: {
    software: 'postfix',
    host: 'mx.incomplete.test',
    address: '127.0.1.7',
    presented: 'without-intermediate',
  },
  clear: {
    software: 'postfix',
    host: 'mx.clear.test',
    address: '127.0.1.8',
    presented: 'none',
    settings: { smtpd_tls_security_level: 'none' },
  },
  down: { software: 'nobody', host: 'mx.down.test', address: '127.0.1.9', presented: 'none' },
  exim: { software: 'exim', host: 'mx.exim.test', address: '127.0.1.10', presented: 'rsa' },
  opensmtpd: { software: 'opensmtpd', host: 'mx.opensmtpd.test', address: '127.0.1.11', presented: 'rsa' },
  oldTls: {
    software: 'postfix',
    host: 'mx.old-tls.test',
    address: '127.0.1.12',
    presented: 'rsa',
    settings: OLD_TLS_ONLY,
  },
  wildcard: { software: 'postfix', host: 'mx.wildcard.test', address: '127.0.1.13', presented: 'wildcard' },
} as const satisfies Readonly<Record<string, RealServer>>;

export type ServerKey = keyof typeof SERVERS;

export const SERVER_KEYS = Object.keys(SERVERS) as readonly ServerKey[];

/** Served in clear zones; `secure.test` and `bogus.test` below have zones of their own. */
export const DOMAINS: readonly MailDomain[] = [
  { domain: 'good.test', mx: [[10, 'mx1.good.test']] },
  {
    domain: 'several.test',
    mx: [
      [10, 'mx1.good.test'],
      [10, 'mx2.good.test'],
      [20, 'mx.ecdsa.test'],
    ],
  },
  {
    domain: 'one-down.test',
    mx: [
      [10, 'mx.down.test'],
      [20, 'mx1.good.test'],
    ],
  },
  {
    domain: 'mixed.test',
    mx: [
      [10, 'mx1.good.test'],
      [20, 'mx.wrong-name.test'],
    ],
  },
  { domain: 'down.test', mx: [[10, 'mx.down.test']] },
  { domain: 'tls12.test', mx: [[10, 'mx2.good.test']] },
  { domain: 'ecdsa.test', mx: [[10, 'mx.ecdsa.test']] },
  { domain: 'expired.test', mx: [[10, 'mx.expired.test']] },
  { domain: 'self-signed.test', mx: [[10, 'mx.self-signed.test']] },
  { domain: 'wrong-name.test', mx: [[10, 'mx.wrong-name.test']] },
  { domain: 'incomplete.test', mx: [[10, 'mx.incomplete.test']] },
  { domain: 'clear.test', mx: [[10, 'mx.clear.test']] },
  { domain: 'exim.test', mx: [[10, 'mx.exim.test']] },
  { domain: 'opensmtpd.test', mx: [[10, 'mx.opensmtpd.test']] },
  { domain: 'old-tls.test', mx: [[10, 'mx.old-tls.test']] },
  { domain: 'wildcard.test', mx: [[10, 'mx.wildcard.test']] },
  { domain: 'null-mx.test', mx: [[0, '.']] },
  { domain: 'mailbox.test', mx: [[10, 'mx1.good.test']] },
];

/** The domain whose mail is kept, a Maildir for each of its users; all other mail is taken and thrown away. */
export const MAILBOX_DOMAIN = 'mailbox.test';
export const MAILBOX_USERS = ['sender', 'reader', 'operator', '读者'] as const;

/** Signed; the resolver has its key. */
export const SECURE_DOMAIN = 'secure.test';
/** Signed; the resolver has been given another key for it, so that its answers are bogus. */
export const BOGUS_DOMAIN = 'bogus.test';
/** Delegated to a name server that has no such zone and refuses to speak of it. */
export const LAME_DOMAIN = 'lame.example';
/** In no zone. */
export const MISSING_DOMAIN = 'no-such-domain.test';

/** unbound, the resolver everybody asks. */
export const RESOLVER_ADDRESS = '127.0.1.53';
/** Knot, which has the zones. */
export const AUTHORITY_ADDRESS = '127.0.1.54';

export const SMTP_PORT = 25;
