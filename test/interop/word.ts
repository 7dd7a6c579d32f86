/**
 * What can be said of a server in one vocabulary, so that our word and the peers' words can be laid side by side. A
 * field that a peer does not speak about is absent.
 */

export interface Word {
  /** `none`: no connection. `clear`: STARTTLS is not offered. `broken`: the handshake failed. */
  readonly channel: 'none' | 'clear' | 'broken' | 'encrypted';
  /** `TLSv1.3` */
  readonly protocol?: string;
  /** As OpenSSL names it. */
  readonly cipher?: string;
  readonly bits?: number;
  /** The key-agreement group. */
  readonly group?: string;
  /** SHA-256 of each certificate as sent, lower-case hexadecimal. */
  readonly sent?: readonly string[];
  readonly leaf?: string;
  readonly sentCount?: number;
  readonly trusted?: boolean;
  readonly problem?: 'expired' | 'self-signed' | 'missing-intermediate' | null;
  readonly nameMatched?: boolean;
}

/** The rig as it was meant, so that nobody's word is taken for granted, ours least of all. */
export type Truth = Required<Pick<Word, 'channel'>> & Partial<Omit<Word, 'sent' | 'leaf'>>;

const ENCRYPTED = {
  channel: 'encrypted',
  protocol: 'TLSv1.3',
  cipher: 'TLS_AES_256_GCM_SHA384',
  bits: 256,
  group: 'X25519',
  sentCount: 2,
  trusted: true,
  problem: null,
  nameMatched: true,
} as const satisfies Truth;

export const TRUTH = {
  rsa: ENCRYPTED,
  tls12: { ...ENCRYPTED, protocol: 'TLSv1.2', cipher: 'ECDHE-RSA-AES256-GCM-SHA384' },
  ecdsa: ENCRYPTED,
  expired: { ...ENCRYPTED, trusted: false, problem: 'expired' },
  selfSigned: { ...ENCRYPTED, trusted: false, problem: 'self-signed', sentCount: 1 },
  wrongName: { ...ENCRYPTED, nameMatched: false },
  incomplete: { ...ENCRYPTED, trusted: false, problem: 'missing-intermediate', sentCount: 1 },
  clear: { channel: 'clear' },
  down: { channel: 'none' },
  exim: ENCRYPTED,
  opensmtpd: { channel: 'broken' },
  oldTls: { ...ENCRYPTED, protocol: 'TLSv1', cipher: 'ECDHE-RSA-AES256-SHA' },
  wildcard: ENCRYPTED,
} as const satisfies Readonly<Record<string, Truth>>;

/** The fields of `said` that `other` speaks about too: what the two can agree or differ on. */
export function comparable(said: Word, other: Word): Record<string, unknown> {
  return Object.fromEntries(Object.entries(said).filter(([field]) => field in other));
}
