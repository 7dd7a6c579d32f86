/**
 * The TLSA records of one mail host (RFC 7672 section 2.2): first its address, then, only where that is secure, the records.
 * A zone that is not signed is never asked for TLSA, since servers that choke on the question stand behind many (S-DANE-2).
 * Failed is not absent: where a look-up failed or is bogus, this host waits (S-DANE-3).
 */
import { parseIpAddress } from '../base/ip-address.ts';
import { assertNever } from '../base/outcome.ts';
import {
  type DnsAnswer,
  type DnsFailure,
  type DnsSecurity,
  describeDnsFailure,
  type RecordType,
} from '../dns/answer.ts';
import type { Resolver } from '../dns/resolver.ts';
import { type TlsaRecord, tlsaRecord } from './usable.ts';

export interface DaneHost {
  /** The MX host name as published, or an address literal. */
  readonly exchange: string;
  readonly port: number;
  /**
   * How sure the name is: the security of the MX set, or of its absence where the domain itself is the host (S-DANE-18);
   * `secure` where an operator named the host.
   */
  readonly nameSecurity: DnsSecurity;
}

/** One question of the trail. */
export interface DaneStep {
  readonly name: string;
  readonly type: RecordType;
  readonly outcome: 'records' | 'no-data' | 'no-such-name' | 'failed';
  readonly security: DnsSecurity;
  readonly securityFrom: string | null;
  readonly failure: DnsFailure | null;
}

interface Trail {
  /** In the order asked. */
  readonly steps: readonly DaneStep[];
}

export type DaneLookup =
  | (Trail & {
      readonly kind: 'records';
      /** Where the records were found; also the server name to send (S-DANE-12) and the first reference name. */
      readonly baseDomain: string;
      readonly tlsaName: string;
      readonly records: readonly TlsaRecord[];
      /** Seconds: as the owner signed it where that is known, else what is left of it. */
      readonly ttl: number;
      /** Until when the signatures behind the records hold, ms since the epoch; only where we validated ourselves. */
      readonly signedUntil?: number | undefined;
      readonly securityFrom: string | null;
      /** False: the MX set is not secure, so whoever forges it leads elsewhere ("half DANE", S-DANE-17). */
      readonly nameSecure: boolean;
    })
  | (Trail & { readonly kind: 'none'; readonly why: WhyNoDane })
  /** This host has to wait; another may serve (S-DANE-3). */
  | (Trail & {
      readonly kind: 'failed';
      readonly name: string;
      readonly type: RecordType;
      readonly failure: DnsFailure;
    })
  /** Nobody whom we believe has said whether the answers are secure. `seen` is for people only. */
  | (Trail & { readonly kind: 'unknown'; readonly tlsaName: string; readonly seen: readonly TlsaRecord[] });

export type WhyNoDane =
  | 'address-literal'
  | 'no-address'
  | 'insecure-address'
  /** A secure answer says that there are none. */
  | 'no-records'
  /** The name of the records lies in a zone that is not signed. */
  | 'insecure-records';

export interface DaneLookupOptions {
  readonly signal?: AbortSignal | undefined;
  /** Ask for the records also where nobody says that the address is secure: for a tester, not for a sender. */
  readonly alsoUnbelieved?: boolean | undefined;
}

/** RFC 6698 3: `_25._tcp.mx.example.com` (S-DANE-19). */
export function tlsaName(port: number, domain: string): string {
  return `_${port}._tcp.${domain}`;
}

export async function lookUpDane(
  resolver: Resolver,
  host: DaneHost,
  options: DaneLookupOptions = {},
): Promise<DaneLookup> {
  const steps: DaneStep[] = [];
  const asked = async <T extends RecordType>(name: string, type: T): Promise<DnsAnswer<T>> =>
    distrustBogus(await resolver.ask(name, type, { signal: options.signal }));
  const ask = async <T extends RecordType>(name: string, type: T): Promise<DnsAnswer<T>> => {
    const answer = await asked(name, type);
    steps.push(stepOf(answer));
    return answer;
  };
  if (parseIpAddress(host.exchange.replace(/^\[(IPv6:)?|\]$/gi, '')) !== null) {
    return { kind: 'none', why: 'address-literal', steps };
  }
  const families = await Promise.all([asked(host.exchange, 'A'), asked(host.exchange, 'AAAA')]);
  steps.push(...families.map(stepOf));
  const address = summarise(families);
  switch (address.kind) {
    case 'failed':
      return { ...address, steps };
    case 'absent':
      return { kind: 'none', why: 'no-address', steps };
    case 'found':
      break;
    default:
      return assertNever(address);
  }
  const candidates = await candidatesOf(host.exchange, address, ask);
  if (candidates.kind === 'failed') return { ...candidates, steps };
  if (candidates.kind === 'insecure') return { kind: 'none', why: 'insecure-address', steps };
  if (candidates.kind === 'unknown') {
    const name = tlsaName(host.port, host.exchange);
    const answer = options.alsoUnbelieved === true ? await ask(name, 'TLSA') : null;
    const seen = answer?.kind === 'records' ? answer.records.map(({ data }) => tlsaRecord(data)) : [];
    return { kind: 'unknown', tlsaName: name, seen, steps };
  }
  let insecure = false;
  for (const baseDomain of candidates.names) {
    const name = tlsaName(host.port, baseDomain);
    const answer = await ask(name, 'TLSA');
    if (answer.kind === 'failed') return { kind: 'failed', name, type: 'TLSA', failure: answer.failure, steps };
    if (answer.security === 'indeterminate') {
      // The address was secure, so somebody believed is there; an answer without his word proves nothing.
      const failure: DnsFailure = {
        kind: 'bogus',
        detail: 'nobody vouches for the answer, though the address is secure',
      };
      return { kind: 'failed', name, type: 'TLSA', failure, steps };
    }
    insecure ||= answer.security !== 'secure';
    if (answer.kind !== 'records' || answer.security !== 'secure') continue;
    return {
      kind: 'records',
      baseDomain,
      tlsaName: name,
      records: answer.records.map(({ data }) => tlsaRecord(data)),
      ttl: answer.signedTtl ?? answer.ttl,
      ...(answer.signedUntil === undefined ? {} : { signedUntil: answer.signedUntil }),
      securityFrom: answer.securityFrom,
      nameSecure: host.nameSecurity === 'secure',
      steps,
    };
  }
  return { kind: 'none', why: insecure ? 'insecure-records' : 'no-records', steps };
}

type Ask = <T extends RecordType>(name: string, type: T) => Promise<DnsAnswer<T>>;

type Failed = {
  readonly kind: 'failed';
  readonly name: string;
  readonly type: RecordType;
  readonly failure: DnsFailure;
};

type AddressSummary =
  | Failed
  | { readonly kind: 'absent' }
  | {
      readonly kind: 'found';
      readonly security: DnsSecurity;
      readonly aliased: boolean;
      readonly canonicalName: string;
    };

/**
 * Both families as one (RFC 7672 2.2.2): one secure address is enough, and a family that fails while the other answers
 * does not count, since the host is reached over the other.
 */
function summarise(answers: readonly (DnsAnswer<'A'> | DnsAnswer<'AAAA'>)[]): AddressSummary {
  const found = answers.filter((answer) => answer.kind === 'records');
  const best =
    found.find(({ security }) => security === 'secure') ??
    found.find(({ security }) => security === 'indeterminate') ??
    found[0];
  if (best !== undefined) {
    const { security, canonicalName, aliases } = best;
    return { kind: 'found', security, canonicalName, aliased: aliases.length > 0 };
  }
  for (const answer of answers) {
    if (answer.kind === 'failed') return failedAt(answer);
  }
  return { kind: 'absent' };
}

type Candidates =
  | Failed
  | { readonly kind: 'insecure' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'names'; readonly names: readonly string[] };

/**
 * Where to look for records (RFC 7672 2.2.2 and 2.2.3, S-DANE-5): at the end of a CNAME chain that is secure all the way,
 * then at the name itself; where the chain ends insecurely but its first link is secure, at the name itself alone.
 */
async function candidatesOf(
  exchange: string,
  address: Extract<AddressSummary, { kind: 'found' }>,
  ask: Ask,
): Promise<Candidates> {
  switch (address.security) {
    case 'secure':
      return { kind: 'names', names: address.aliased ? [address.canonicalName, exchange] : [exchange] };
    case 'indeterminate':
      return { kind: 'unknown' };
    case 'insecure':
    case 'bogus': {
      if (!address.aliased) return { kind: 'insecure' };
      const alias = await ask(exchange, 'CNAME');
      if (alias.kind === 'failed') return failedAt(alias);
      return alias.kind === 'records' && alias.security === 'secure'
        ? { kind: 'names', names: [exchange] }
        : { kind: 'insecure' };
    }
    default:
      return assertNever(address.security);
  }
}

/** A bogus answer is a failure, however it is wrapped. */
function distrustBogus<T extends RecordType>(answer: DnsAnswer<T>): DnsAnswer<T> {
  if (answer.kind === 'failed' || answer.security !== 'bogus') return answer;
  const { name, type, security, securityFrom, resolver, ms } = answer;
  const failure: DnsFailure = { kind: 'bogus', detail: 'its signatures do not hold' };
  return { kind: 'failed', name, type, security, securityFrom, resolver, ms, failure };
}

function failedAt(answer: DnsAnswer & { readonly kind: 'failed' }): Failed {
  return { kind: 'failed', name: answer.name, type: answer.type, failure: answer.failure };
}

function stepOf(answer: DnsAnswer): DaneStep {
  const { name, type, kind: outcome, security, securityFrom } = answer;
  return { name, type, outcome, security, securityFrom, failure: answer.kind === 'failed' ? answer.failure : null };
}

/** One sentence on what was found, for people. */
export function describeDaneLookup(lookup: DaneLookup): string {
  switch (lookup.kind) {
    case 'records': {
      const count = lookup.records.length;
      const half = lookup.nameSecure ? '' : ' The MX set is not secure, so this does not keep anybody from forging it.';
      return `${count} TLSA record${count === 1 ? ' stands' : 's stand'} at ${lookup.tlsaName}.${half}`;
    }
    case 'none':
      return WHY_NONE[lookup.why];
    case 'failed':
      return `Whether the host has TLSA records is not known (${lookup.type} of ${lookup.name}): ${describeDnsFailure(lookup.failure)}; DANE senders wait.`;
    case 'unknown':
      return 'Whether DANE applies is not known, since nobody we believe says whether the answers of the DNS are secure.';
  }
}

const WHY_NONE: Readonly<Record<WhyNoDane, string>> = {
  'address-literal': 'DANE needs a host name, and the target is an address.',
  'no-address': 'The host has no address, so no TLSA records were asked for.',
  'insecure-address': 'The address of the host is not signed (DNSSEC), so DANE does not apply.',
  'no-records': 'The host has no TLSA records.',
  'insecure-records': 'The TLSA name of the host is not signed (DNSSEC), so DANE does not apply.',
};
