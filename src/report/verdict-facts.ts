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

export const DANE_STATES = [
  'mismatch',
  'failed',
  'match',
  'match-some',
  'unusable',
  'uncompared',
  'none',
  'none-signed',
] as const;
export type DaneState = (typeof DANE_STATES)[number];

/** The TLSA records of all hosts together; null where nobody looked. */
export function daneState({ hosts, dns }: ProbeResult): DaneState | null {
  const statuses = new Set(hosts.map(({ dane }) => dane.status));
  if (statuses.has('mismatch')) return 'mismatch';
  if (statuses.has('failed')) return 'failed';
  if (statuses.has('match')) return statuses.size === 1 ? 'match' : 'match-some';
  if (statuses.has('unusable')) return 'unusable';
  // Records that nobody showed a certificate for.
  if (hosts.some(({ dane }) => (dane.records ?? []).length > 0)) return 'uncompared';
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
export function reasonsOf(who: TlsMode | SenderName, { hosts, mtaSts }: Judged): readonly Reason[] {
  const enforced = mtaSts.mode === 'enforce';
  const each = hosts.map((host) => ({ host: host.exchange, kind: reasonAt(who, host, enforced) }));
  return [...Map.groupBy(each, ({ kind }) => kind)].map(([kind, list]) => ({
    kind,
    hosts: [...new Set(list.map(({ host }) => host))],
  }));
}

type Judged = Pick<ProbeResult, 'hosts' | 'mtaSts'>;

/** Senders whose mode is joined with what is published (`policy/published.ts`). */
const HONOURS: ReadonlySet<string> = new Set<TlsMode | SenderName>([...TLS_MODES, 'mta-sts']);

function reasonAt(who: TlsMode | SenderName, host: HostResult, enforced: boolean): ReasonKind {
  const { stages } = host;
  switch (host.verdict) {
    case 'unreachable':
      return 'unreachable';
    case 'skipped':
      return 'unjudged';
    case 'inconclusive':
      // It came as far as STARTTLS and refused that for now.
      return stages.helo.result === 'ok' && stages.tls.result === 'fail' ? 'clear' : 'unjudged';
    case 'broken-tls':
      return 'broken-tls';
    case 'clear':
      return mayGoInClear(who, host, enforced) ? 'refused' : 'clear';
    case 'encrypted':
      return reasonUnderTls(who, host, enforced);
  }
}

/** No mode and no published policy forbids it: whoever refuses is the host. */
function mayGoInClear(who: TlsMode | SenderName, { dane, mtaSts }: HostResult, enforced: boolean): boolean {
  if (who === 'postfix-none' || who === 'postfix-may') return true;
  const asked = dane.status === 'failed' || (dane.records ?? []).length > 0;
  const covered = enforced && mtaSts.status === 'covered';
  return (who === 'no' || who === 'preferred' || who === 'preferred-verify') && !asked && !covered;
}

function reasonUnderTls(who: TlsMode | SenderName, host: HostResult, enforced: boolean): ReasonKind {
  const { chain, identity, dane, mtaSts, stages } = host;
  if (stages.from.result === 'fail' || stages.to.result === 'fail') return 'refused';
  const named = (kind: ReasonKind): ReasonKind => (chain?.trusted === true ? kind : 'chain');
  if (HONOURS.has(who)) {
    if (who !== 'mta-sts' && dane.status === 'mismatch') return 'dane-mismatch';
    if (enforced && mtaSts.status === 'not-covered') return 'sts-not-covered';
  }
  switch (who) {
    case 'required-verify':
      return named(identity?.verify.matched === true ? 'not-the-host' : 'not-the-domain');
    case 'postfix-secure':
      return named('not-the-domain');
    case 'dane-opportunistic':
    case 'postfix-dane':
      return 'dane-mismatch';
    case 'dane-mandatory':
    case 'postfix-dane-only':
      return dane.status === 'mismatch' ? 'dane-mismatch' : 'dane-absent';
    case 'requiretls':
      return host.extensionsUnderTls.some((each) => /^REQUIRETLS\b/i.test(each))
        ? named('not-the-host')
        : 'no-requiretls';
    case 'postfix-none':
    case 'postfix-may':
    case 'postfix-encrypt':
    case 'postfix-fingerprint':
      return 'refused';
    // What asks for no name itself may still have to honour an enforced policy, which does.
    default:
      return named('not-the-host');
  }
}
