/**
 * The Confidence Factor, formula CF-1: this project's own, fitted to the published points of a well-known tester and
 * published in full (docs/confidence-factor.md). Pure arithmetic; every term is in the result, so that a reader can
 * recompute it by hand (R47).
 */
import type { Confidence, HostVerdict, Loss, ScoreTerms } from './result.ts';

/** What the formula looks at, of one address of one host. */
export interface ScoredAddress {
  readonly exchange: string;
  readonly address: string | null;
  readonly preference: number;
  readonly verdict: HostVerdict;
  /** OpenSSL's name; null without a TLS session. */
  readonly protocol: string | null;
  /** Finding code of what kept the session from being encrypted; null when it was. */
  readonly fault: string | null;
  /** Finding code of the certificate's fault, null when chain and MX name are good or DANE-EE matched. */
  readonly certificateFault: string | null;
  readonly cipher: CipherFacts | null;
  readonly mtaSts: 'covered-enforce' | 'covered-testing' | null;
  readonly daneMatch: boolean;
}

export interface CipherFacts {
  readonly name: string;
  readonly bits: number;
  readonly keyType: 'rsa' | 'rsa-pss' | 'dsa' | 'ec' | 'ed25519' | 'ed448' | 'other';
  readonly keyBits: number;
  /** Signature algorithm of the leaf. */
  readonly signature: string;
}

export interface ConfidenceOptions {
  readonly ignoreNoConnect: boolean;
  readonly mtaStsTested: boolean;
  readonly daneTested: boolean;
}

export interface ScoredHosts {
  readonly confidence: Confidence;
  /** One per input address, in the same order. */
  readonly scores: readonly (number | null)[];
  readonly terms: readonly ScoreTerms[];
}

/** From here on the word is "secure". */
export const SECURE_FROM = 90;
export const BEST_IN_CLASS = 121;

const UNREACHABLE_SCORE = 50;
const CLEAR_SCORE = 0;
/** Whatever is wrong with an encrypted session, it is better than not knowing. */
const LEAST_ENCRYPTED = 51;
const BASE: Readonly<Record<string, number>> = {
  SSLv2: 60,
  SSLv3: 60,
  TLSv1: 70,
  'TLSv1.1': 80,
  'TLSv1.2': 100,
  'TLSv1.3': 107,
};
/** TLS 1.2 is the full mark that losses are counted from; TLS 1.3 is the best a session alone can score. */
const FULL_BASE = 100;
const BEST_BASE = 107;
/** Of a protocol nobody has a number for, and of SSL. */
const WORST_BASE = 60;
const CERTIFICATE_FAULT = 10;
const CIPHER_CAP = 9;
const LEAST_WEIGHT = 1 / 16;
const BONUS = 7;
const BONUS_TESTING = 3;

/** Scores every address, then every host as the mean of its addresses, then the domain as the weighted mean of its hosts. */
export function scoreHosts(addresses: readonly ScoredAddress[], options: ConfidenceOptions): ScoredHosts {
  const own = addresses.map(scoreAddress);
  const hosts = weighHosts(addresses, own, options);
  const value = weightedMean(hosts, addresses);
  const maximum = BEST_BASE + BONUS * (Number(options.mtaStsTested) + Number(options.daneTested));
  return {
    scores: own.map(({ score }) => score),
    terms: own.map(({ terms }, index) => {
      const host = hosts.get(hostKey(addresses[index]));
      return { ...terms, rank: host?.rank ?? 0, weight: host?.weight ?? 0 };
    }),
    confidence: {
      formula: 'CF-1',
      value,
      maximum,
      bestInClass: BEST_IN_CLASS,
      percent: value === null ? null : Math.round((100 * value) / maximum),
      provisional: addresses.some(({ verdict }) => verdict === 'inconclusive'),
      secure: value !== null && value >= SECURE_FROM,
      losses: addresses.flatMap((address) => lossesOf(address)),
    },
  };
}

/** No host to score at all: null MX, no such domain, DNS failure. */
export function noConfidence(options: ConfidenceOptions): Confidence {
  return scoreHosts([], options).confidence;
}

/** QFactor (R23): the score of the first host that could be judged; null when all put us off, 50 when none answered. */
export function qFactorOf(addresses: readonly ScoredAddress[], scores: readonly (number | null)[]): number | null {
  const answered = addresses.flatMap(({ verdict }, index) =>
    verdict === 'unreachable' || verdict === 'skipped' ? [] : [scores[index] ?? null],
  );
  return answered.length === 0 ? UNREACHABLE_SCORE : (answered.find((score) => score !== null) ?? null);
}

/** Points for cipher, key and leaf signature, 0 to 9. */
export function cipherPoints({ name, bits, keyType, keyBits, signature }: CipherFacts): number {
  const shortKey =
    ((keyType === 'rsa' || keyType === 'rsa-pss' || keyType === 'dsa') && keyBits < 2048) ||
    (keyType === 'ec' && keyBits < 224);
  const weakSignature = /md[245]|sha1/i.test(signature);
  return Math.min(CIPHER_CAP, strengthPoints(name, bits) + (shortKey || weakSignature ? 4 : 0));
}

/** Points for the bulk cipher alone. */
export function strengthPoints(name: string, bits: number): number {
  const broken = /RC4|EXP|NULL|ADH|AECDH|anon|DES-CBC-/i.test(name) && !/3DES|DES-CBC3/i.test(name);
  return broken || bits < 112 ? CIPHER_CAP : bits < 128 ? 5 : 0;
}

function scoreAddress(address: ScoredAddress): { readonly score: number | null; readonly terms: ScoreTerms } {
  const none = { base: 0, certificate: 0, cipher: 0, bonus: 0, rank: 0, weight: 0 };
  switch (address.verdict) {
    case 'encrypted': {
      const base = BASE[address.protocol ?? ''] ?? WORST_BASE;
      const certificate = address.certificateFault === null ? 0 : CERTIFICATE_FAULT;
      const cipher = address.cipher === null ? 0 : cipherPoints(address.cipher);
      const bonus = bonusOf(address);
      const score = Math.max(LEAST_ENCRYPTED, base - certificate - cipher) + bonus;
      return { score, terms: { ...none, state: 'encrypted', base, certificate, cipher, bonus } };
    }
    case 'clear':
    case 'broken-tls':
      return { score: CLEAR_SCORE, terms: { ...none, state: 'clear', base: CLEAR_SCORE } };
    case 'unreachable':
      return { score: UNREACHABLE_SCORE, terms: { ...none, state: 'unreachable', base: UNREACHABLE_SCORE } };
    case 'inconclusive':
      return { score: null, terms: { ...none, state: 'inconclusive' } };
    case 'skipped':
      return { score: null, terms: { ...none, state: 'skipped' } };
  }
}

/** Bonuses only from TLS 1.2 on (D7): a published policy does not make an old protocol good. */
function bonusOf({ protocol, mtaSts, daneMatch }: ScoredAddress): number {
  if (protocol !== 'TLSv1.2' && protocol !== 'TLSv1.3') return 0;
  const sts = mtaSts === 'covered-enforce' ? BONUS : mtaSts === 'covered-testing' ? BONUS_TESTING : 0;
  return sts + (daneMatch ? BONUS : 0);
}

interface WeighedHost {
  readonly rank: number;
  readonly weight: number;
  readonly score: number;
}

function hostKey(address: ScoredAddress | undefined): string {
  return `${address?.preference} ${address?.exchange}`;
}

function weighHosts(
  addresses: readonly ScoredAddress[],
  own: readonly { readonly score: number | null }[],
  { ignoreNoConnect }: ConfidenceOptions,
): ReadonlyMap<string, WeighedHost> {
  const ranks = [...new Set(addresses.map(({ preference }) => preference))].sort((a, b) => a - b);
  const someReached = addresses.some(
    ({ verdict }) => verdict === 'encrypted' || verdict === 'clear' || verdict === 'broken-tls',
  );
  const rows = addresses.map((address, index) => ({ address, score: own[index]?.score ?? null }));
  const hosts = new Map<string, WeighedHost>();
  for (const [key, group] of Map.groupBy(rows, ({ address }) => hostKey(address))) {
    const rank = ranks.indexOf(group[0]?.address.preference ?? 0);
    const judged = group.filter(
      ({ address, score }) => score !== null && !(ignoreNoConnect && address.verdict === 'unreachable'),
    );
    const unreachable = group.every(
      ({ address }) => address.verdict === 'unreachable' || address.verdict === 'skipped',
    );
    const counted = judged.length > 0 ? judged : group.filter(({ score }) => score !== null);
    if (counted.length === 0) continue;
    const full = Math.max(2 ** -rank, LEAST_WEIGHT);
    const weight = !unreachable || !someReached ? full : ignoreNoConnect ? 0 : full / 2;
    hosts.set(key, { rank, weight, score: counted.reduce((sum, { score }) => sum + (score ?? 0), 0) / counted.length });
  }
  return hosts;
}

function weightedMean(hosts: ReadonlyMap<string, WeighedHost>, addresses: readonly ScoredAddress[]): number | null {
  let sum = 0;
  let weights = 0;
  for (const { weight, score } of hosts.values()) {
    sum += weight * score;
    weights += weight;
  }
  if (weights > 0) return Math.floor(sum / weights + 0.5 + 1e-9);
  return addresses.length > 0 && addresses.every(({ verdict }) => verdict === 'unreachable') ? UNREACHABLE_SCORE : null;
}

function lossesOf(address: ScoredAddress): readonly Loss[] {
  const loss = (code: string, points: number): readonly Loss[] =>
    points > 0 ? [{ code, points, host: address.exchange, address: address.address }] : [];
  switch (address.verdict) {
    case 'encrypted':
      return [
        ...loss('tls-old-version', FULL_BASE - (BASE[address.protocol ?? ''] ?? WORST_BASE)),
        ...loss(
          address.certificateFault ?? 'certificate-name',
          address.certificateFault === null ? 0 : CERTIFICATE_FAULT,
        ),
        ...loss('cipher-weak', address.cipher === null ? 0 : cipherPoints(address.cipher)),
      ];
    case 'clear':
      return loss(address.fault ?? 'starttls-not-offered', FULL_BASE);
    case 'broken-tls':
      return loss(address.fault ?? 'broken-after-220', FULL_BASE);
    case 'unreachable':
      return loss(address.fault ?? 'not-reachable', FULL_BASE - UNREACHABLE_SCORE);
    case 'inconclusive':
    case 'skipped':
      return [];
  }
}
