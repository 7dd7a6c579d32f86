/**
 * Published policy in the interop rig: mail hosts with TLSA records of every sort, each at an address of its own, and the
 * domains that lead to them. Data alone; `policy-rig.ts` makes it so.
 */
import type { HostResult } from '../../src/probe/result.ts';

/** What the mail host presents: its own certificate below an intermediate below the private root, if nothing else. */
export type PresentedChain =
  | 'with-intermediate'
  | 'with-root'
  | 'expired'
  | 'wrong-name'
  | 'self-signed'
  /** No STARTTLS at all. */
  | 'none';

/** A TLSA record: the numbers, and what it is of. */
export interface Tlsa {
  readonly usage: number;
  readonly selector: 0 | 1;
  readonly matchingType: 1 | 2;
  /** `other`: a key that is not in use. `short`: a digest with octets missing. */
  readonly of: 'own' | 'intermediate' | 'root' | 'other' | 'short';
}

/**
 * Where things stand. `signed`: domain, host and records in one signed zone. `open-host`: the host in a zone that is not
 * signed. `open-domain`: the domain in one, its host signed. `bogus-tlsa`, `deaf-tlsa`: the records in a zone of their own
 * whose signatures do not hold, or whose name server does not answer. `alias`: the MX host is a CNAME of the host.
 */
export type Arrangement = 'signed' | 'open-host' | 'open-domain' | 'bogus-tlsa' | 'deaf-tlsa' | 'alias';

/** What becomes of mail to the one host of a domain, in the vocabulary that all clients share. */
export type DaneWord =
  /** A TLSA record matched. */
  | 'authenticated'
  /** Encrypted, to nobody in particular, and never in clear. */
  | 'encrypted'
  /** As if there were no DANE: encrypted when the host offers it. */
  | 'opportunistic'
  /** Nothing is sent: no record matches, or the host does not offer TLS. */
  | 'refused'
  /** Nothing is sent, and nobody connects: whether there are records is not known, or they are not enough. */
  | 'deferred';

export interface DaneCase {
  /** The domain is `<key>.dane.example`, its host `mx.<key>.dane.example`. */
  readonly key: string;
  readonly what: string;
  readonly presented: PresentedChain;
  readonly tlsa: readonly Tlsa[];
  readonly arrangement: Arrangement;
  /** Of a sender at levels `dane` and `dane-only`. */
  readonly expected: readonly [dane: DaneWord, daneOnly: DaneWord];
  readonly ours: HostResult['dane']['status'];
  /** What posttls-finger says at these levels instead, and why that is no fault of ours. */
  readonly finger?: { readonly says: readonly [dane: DaneWord, daneOnly: DaneWord]; readonly because: string };
  /** What gnutls-cli says of the MX host; with a reason where that is something else than what we say. */
  readonly gnutls: { readonly says: GnutlsWord; readonly because?: string } | null;
}

/** `insecure`: there are records, and they are not signed. `failed`: their signatures do not hold. */
export type GnutlsWord = 'match' | 'mismatch' | 'no-data' | 'insecure' | 'failed';

const OWN: Tlsa = { usage: 3, selector: 1, matchingType: 1, of: 'own' };
const STALE: Tlsa = { ...OWN, of: 'other' };
const TA: Tlsa = { usage: 2, selector: 1, matchingType: 1, of: 'intermediate' };
const ROOT: Tlsa = { ...TA, of: 'root' };

const usual = {
  presented: 'with-intermediate',
  arrangement: 'signed',
  expected: ['authenticated', 'authenticated'],
  ours: 'match',
  gnutls: { says: 'match' },
} as const;
const refused = {
  ...usual,
  expected: ['refused', 'refused'],
  ours: 'mismatch',
  gnutls: { says: 'mismatch' },
} as const;
const without = {
  ...usual,
  expected: ['opportunistic', 'deferred'],
  ours: 'none',
  gnutls: { says: 'no-data' },
} as const;

export const DANE_CASES: readonly DaneCase[] = [
  { ...usual, key: 'ee', what: '3 1 1 of the key in use', tlsa: [OWN] },
  { ...usual, key: 'ee-cert', what: '3 0 1 of the certificate in use', tlsa: [{ ...OWN, selector: 0 }] },
  { ...usual, key: 'ee-512', what: '3 1 2 of the key in use', tlsa: [{ ...OWN, matchingType: 2 }] },
  { ...refused, key: 'stale', what: '3 1 1 of a key no longer in use', tlsa: [STALE] },
  { ...usual, key: 'roll-over', what: 'two records in roll-over', tlsa: [STALE, OWN] },
  { ...usual, key: 'ta', what: '2 1 1 of the intermediate', tlsa: [TA] },
  { ...usual, key: 'ta-root', what: '2 1 1 of the root, which is sent', presented: 'with-root', tlsa: [ROOT] },
  {
    ...refused,
    key: 'ta-unsent',
    what: '2 1 1 of the root, which is not sent',
    tlsa: [ROOT],
    gnutls: {
      says: 'match',
      because:
        'GnuTLS completes the chain from its own trusted roots, while RFC 7671 5.2.2 has the anchor in the chain as sent',
    },
  },
  {
    ...refused,
    key: 'ta-name',
    what: "2 1 1 of the intermediate above another host's certificate",
    presented: 'wrong-name',
    tlsa: [TA],
    gnutls: {
      says: 'match',
      because: 'GnuTLS leaves names to the PKIX check, while RFC 7672 3.2.2 has them checked with usage 2',
    },
  },
  { ...usual, key: 'ee-name', what: "3 1 1 with another host's name", presented: 'wrong-name', tlsa: [OWN] },
  { ...usual, key: 'ee-expired', what: '3 1 1 with an expired certificate', presented: 'expired', tlsa: [OWN] },
  { ...refused, key: 'ta-expired', what: '2 1 1 above an expired certificate', presented: 'expired', tlsa: [TA] },
  { ...usual, key: 'ee-alone', what: '3 1 1 with a self-signed certificate', presented: 'self-signed', tlsa: [OWN] },
  {
    ...refused,
    key: 'agility',
    what: '3 1 2 of another key beside 3 1 1 of the key in use',
    tlsa: [{ ...STALE, matchingType: 2 }, OWN],
    gnutls: { says: 'match', because: 'GnuTLS takes any digest, while RFC 7671 9 has the weaker one passed over' },
  },
  {
    ...usual,
    key: 'unusable',
    what: '1 1 1 and a digest of the wrong length alone',
    tlsa: [
      { ...OWN, usage: 1 },
      { ...OWN, of: 'short' },
    ],
    expected: ['encrypted', 'deferred'],
    ours: 'unusable',
    gnutls: { says: 'match', because: 'GnuTLS honours usage 1, which RFC 7672 3.1.3 leaves out for mail' },
  },
  {
    ...refused,
    key: 'no-starttls',
    what: '3 1 1 at a host without STARTTLS',
    presented: 'none',
    tlsa: [STALE],
    ours: 'not-tested',
    gnutls: null,
  },
  { ...without, key: 'plain', what: 'no TLSA records', tlsa: [] },
  {
    ...without,
    key: 'open-host',
    what: 'records in a zone that is not signed',
    arrangement: 'open-host',
    tlsa: [OWN],
    gnutls: { says: 'insecure' },
  },
  {
    ...usual,
    key: 'open-domain',
    what: 'records at a signed host of a domain that is not',
    arrangement: 'open-domain',
    tlsa: [OWN],
    expected: ['authenticated', 'deferred'],
    finger: {
      says: ['authenticated', 'authenticated'],
      because:
        'it calls the session Trusted where it would be Verified and goes on, while RFC 7672 6 with 2.2.1 has mandatory DANE need a secure MX set, as smtp(8) does',
    },
  },
  {
    ...usual,
    key: 'bogus',
    what: 'records whose signatures do not hold',
    arrangement: 'bogus-tlsa',
    tlsa: [OWN],
    expected: ['deferred', 'deferred'],
    ours: 'failed',
    gnutls: { says: 'failed' },
  },
  {
    ...usual,
    key: 'deaf',
    what: 'records whose name server does not answer',
    arrangement: 'deaf-tlsa',
    tlsa: [OWN],
    expected: ['deferred', 'deferred'],
    ours: 'failed',
    gnutls: {
      says: 'no-data',
      because: 'GnuTLS takes a failed look-up for absence, while RFC 7672 2.1.3 has the sender wait',
    },
  },
  {
    ...usual,
    key: 'alias',
    what: 'records where the CNAME of the MX host leads',
    arrangement: 'alias',
    tlsa: [OWN],
    gnutls: {
      says: 'no-data',
      because: 'GnuTLS looks at the name it was given alone, while RFC 7672 2.2.3 begins where the CNAME leads',
    },
  },
];

/** The zone that is signed and whose key everybody has. Not below `test`, of which libunbound asks nobody. */
export const SIGNED_ZONE = 'dane.example';
/** Delegated from it without DS. */
export const OPEN_ZONE = 'open.dane.example';

export function domainOf({ key, arrangement }: DaneCase): string {
  return arrangement === 'open-domain' ? `${key}.${OPEN_ZONE}` : `${key}.${SIGNED_ZONE}`;
}

/** The name the MX record has. */
export function exchangeOf(dane: DaneCase): string {
  return dane.arrangement === 'alias' ? `alias.${dane.key}.${SIGNED_ZONE}` : hostOf(dane);
}

/** Where the address and the TLSA records stand. */
export function hostOf({ key, arrangement }: DaneCase): string {
  return `mx.${key}.${arrangement === 'open-host' ? OPEN_ZONE : SIGNED_ZONE}`;
}

export function addressOf(dane: DaneCase): string {
  return `127.0.2.${10 + DANE_CASES.indexOf(dane)}`;
}

export const POLICY_RESOLVER = '127.0.2.53';
export const POLICY_AUTHORITY = '127.0.2.54';
/** nginx. */
export const POLICY_HOST = '127.0.2.80';
/** Where no name server answers. */
export const POLICY_DEAF = '127.0.2.55';
