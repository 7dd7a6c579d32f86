/**
 * What a verdict is made of, without words: which faults how many hosts have, what is published, why nobody would take a
 * message. Every language and every format says these facts in words of its own.
 */
import type { TlsMode } from '../policy/mode.ts';
import { TLS_MODES } from '../policy/mode.ts';
import { type HostResult, type Prediction, type ProbeResult, SENDERS, type SenderName } from '../probe/result.ts';

export const DOUBTS = [
  'clear',
  'broken-tls',
  'unreachable',
  'old-tls',
  'identity',
  'weak-cipher',
  'dane-mismatch',
] as const;
export type DoubtKind = (typeof DOUBTS)[number];

export interface Doubt {
  readonly kind: DoubtKind;
  /** Hosts that have it, by name. */
  readonly number: number;
  /** Hosts that were looked at. */
  readonly total: number;
}

const HAS: Readonly<Record<DoubtKind, (host: HostResult) => boolean>> = {
  clear: ({ verdict }) => verdict === 'clear',
  'broken-tls': ({ verdict }) => verdict === 'broken-tls',
  unreachable: ({ verdict }) => verdict === 'unreachable',
  'old-tls': ({ verdict, terms }) => verdict === 'encrypted' && terms.base < 100,
  identity: ({ terms }) => terms.certificate > 0,
  'weak-cipher': ({ terms }) => terms.cipher > 0,
  'dane-mismatch': ({ dane }) => dane.status === 'mismatch',
};

/** Each fault with how many hosts have it, the gravest first. */
export function doubtsOf({ hosts }: ProbeResult): readonly Doubt[] {
  const total = lookedAt(hosts);
  return DOUBTS.flatMap((kind) => {
    const number = namesOf(hosts.filter(HAS[kind])).length;
    return number === 0 ? [] : [{ kind, number, total }];
  });
}

/** Hosts by name, those left out that nobody contacted. */
export function lookedAt(hosts: readonly HostResult[]): number {
  return namesOf(hosts.filter(({ verdict }) => verdict !== 'skipped')).length;
}

function namesOf(hosts: readonly HostResult[]): readonly string[] {
  return [...new Set(hosts.map(({ exchange }) => exchange))];
}

export const DANE_STATES = ['mismatch', 'failed', 'match', 'match-some', 'unusable', 'none', 'none-signed'] as const;
export type DaneState = (typeof DANE_STATES)[number];

/** The TLSA records of all hosts together; null where nobody looked. */
export function daneState({ hosts, dns }: ProbeResult): DaneState | null {
  const statuses = new Set(hosts.map(({ dane }) => dane.status));
  if (statuses.has('mismatch')) return 'mismatch';
  if (statuses.has('failed')) return 'failed';
  if (statuses.has('match')) return statuses.size === 1 ? 'match' : 'match-some';
  if (statuses.has('unusable')) return 'unusable';
  if (!statuses.has('none')) return null;
  return dns.mx.security === 'secure' ? 'none-signed' : 'none';
}

/** Those who come out the same, together; `K` is a mode or a sender. */
export interface Alike<K> {
  readonly who: readonly K[];
  readonly prediction: Prediction;
}

/** The six modes, those that come out the same for the same reasons together. */
export function modesAlike(result: ProbeResult): readonly Alike<TlsMode>[] {
  return alike(TLS_MODES, (mode) => result.predictions[mode], result);
}

/** The senders beside them. */
export function sendersAlike(result: ProbeResult): readonly Alike<SenderName>[] {
  return alike(SENDERS, (sender) => result.senders[sender], result);
}

function alike<K extends TlsMode | SenderName>(
  keys: readonly K[],
  of: (key: K) => Prediction,
  result: ProbeResult,
): readonly Alike<K>[] {
  const groups = Map.groupBy(keys, (key) => {
    const { channel, host, verified, outcomes } = of(key);
    // Reasons matter only where there is no delivery to speak for itself.
    return JSON.stringify([channel, host, verified, outcomes, channel === 'none' ? reasonsOf(key, result) : []]);
  });
  return [...groups.values()].flatMap((who) => {
    const [first] = who;
    return first === undefined ? [] : [{ who, prediction: of(first) }];
  });
}

export const REASONS = [
  'unreachable',
  'unjudged',
  'clear',
  'broken-tls',
  'chain',
  'not-the-domain',
  'not-the-host',
  'dane-mismatch',
  'dane-absent',
  'sts-not-covered',
  'no-requiretls',
  'refused',
] as const;
export type ReasonKind = (typeof REASONS)[number];

/** Why no host takes the message, one kind with all hosts it holds for. */
export interface Reason {
  readonly kind: ReasonKind;
  readonly hosts: readonly string[];
}

/** Told from what each host showed; in the order of the hosts. */
export function reasonsOf(who: TlsMode | SenderName, { hosts }: Pick<ProbeResult, 'hosts'>): readonly Reason[] {
  const each = hosts.map((host) => ({ host: host.exchange, kind: reasonAt(who, host) }));
  return [...Map.groupBy(each, ({ kind }) => kind)].map(([kind, list]) => ({
    kind,
    hosts: [...new Set(list.map(({ host }) => host))],
  }));
}

function reasonAt(who: TlsMode | SenderName, host: HostResult): ReasonKind {
  switch (host.verdict) {
    case 'unreachable':
      return 'unreachable';
    case 'inconclusive':
    case 'skipped':
      return 'unjudged';
    case 'broken-tls':
      return 'broken-tls';
    case 'clear':
      return who === 'no' || who === 'postfix-none' ? 'refused' : 'clear';
    case 'encrypted':
      return reasonUnderTls(who, host);
  }
}

function reasonUnderTls(who: TlsMode | SenderName, host: HostResult): ReasonKind {
  if (host.stages.from.result === 'fail' || host.stages.to.result === 'fail') return 'refused';
  const { chain, identity, dane, mtaSts } = host;
  const trusted = chain?.trusted === true;
  switch (who) {
    case 'preferred-verify':
    case 'required-verify':
      return trusted && identity?.verify.matched !== true ? 'not-the-domain' : trusted ? 'refused' : 'chain';
    case 'required-verify-hosted':
      return trusted && identity?.hosted.matched !== true ? 'not-the-host' : trusted ? 'refused' : 'chain';
    case 'dane-opportunistic':
    case 'postfix-dane':
      return 'dane-mismatch';
    case 'dane-mandatory':
    case 'postfix-dane-only':
      return dane.status === 'mismatch' ? 'dane-mismatch' : 'dane-absent';
    case 'mta-sts':
      if (mtaSts.status === 'not-covered') return 'sts-not-covered';
      return trusted ? 'not-the-host' : 'chain';
    case 'requiretls':
      return host.extensionsUnderTls.some((each) => /^REQUIRETLS\b/i.test(each)) ? 'not-the-host' : 'no-requiretls';
    case 'postfix-verify':
      return trusted ? 'not-the-host' : 'chain';
    case 'postfix-secure':
      return trusted ? 'not-the-domain' : 'chain';
    default:
      return 'refused';
  }
}
