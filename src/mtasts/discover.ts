/**
 * From a domain to the policy that applies to it (RFC 8461 sections 3 and 5): the record, then what is kept, then a fetch.
 * The domain is the recipient's own, never what a CNAME of it leads to (S-STS-15). A look-up that failed is not an absence,
 * and neither ends a policy that is still kept (S-STS-2).
 */
import type { Clock } from '../base/clock.ts';
import { type DnsFailure, type DnsSecurity, describeDnsFailure } from '../dns/answer.ts';
import type { Resolver } from '../dns/resolver.ts';
import { createSingleFlight } from '../dns/single-flight.ts';
import {
  afterFailure,
  afterFetch,
  changedUnderSameId,
  expiresAt,
  type KeptPolicy,
  liveOf,
  type PolicyCache,
  type PolicyEntry,
  planRefresh,
} from './cache.ts';
import { describeFetchFailure, type FetchFailure, type FetchPolicy, type PolicyFetch } from './fetch.ts';
import { describePolicyRemark, type StsPolicy } from './policy.ts';
import { describeStsRecordFault, readStsRecord, type StsRecord, stsRecordName } from './record.ts';
import type { ResponseRemark } from './response.ts';

/** What stands at `_mta-sts.<domain>`, and who says so. */
export type RecordSeen = (StsRecord | { readonly kind: 'failed'; readonly failure: DnsFailure }) & {
  readonly name: string;
  readonly security: DnsSecurity;
  readonly securityFrom: string | null;
};

export type StsWarning =
  | ResponseRemark
  /** Something like a record stands there, but not one (S-STS-1). */
  | { readonly kind: 'not-a-record'; readonly texts: readonly string[] }
  /** The kept policy goes on applying although the record is gone, broken or cannot be looked up. */
  | { readonly kind: 'kept-without-record' }
  /** The kept policy goes on applying although the newer one cannot be fetched (S-STS-12). */
  | { readonly kind: 'kept-after-failure'; readonly failure: FetchFailure }
  /** S-STS-18: the policy is other than before under the same id. */
  | { readonly kind: 'changed-under-same-id'; readonly id: string }
  /** S-STS-18: a policy is served, but no record points to it, so that nobody uses it. */
  | { readonly kind: 'served-without-record'; readonly policy: StsPolicy }
  /** Some addresses of the policy host do not serve. */
  | { readonly kind: 'address-does-not-serve'; readonly address: string; readonly failure: FetchFailure };

interface Discovered {
  readonly record: RecordSeen;
  readonly warnings: readonly StsWarning[];
  /** The fetch that was made now, with its trail; null when none was. */
  readonly fetch: PolicyFetch | null;
}

export type StsDiscovery =
  /** Proven: no record, or none that counts (`record.kind` tells). */
  | (Discovered & { readonly kind: 'absent' })
  | (Discovered & {
      readonly kind: 'policy';
      readonly policy: StsPolicy;
      readonly id: string;
      readonly from: 'fetch' | 'cache';
      /** ms since the epoch. */
      readonly fetchedAt: number;
      readonly expiresAt: number;
    })
  /** There may be a policy, and nobody knows which. `failure` is null when the record could not be looked up. */
  | (Discovered & { readonly kind: 'failed'; readonly failure: FetchFailure | null });

export interface StsDiscoveryOptions {
  readonly resolver: Resolver;
  readonly clock: Clock;
  readonly cache: PolicyCache;
  readonly fetch: FetchPolicy;
  /** Look for a served policy also where no record is (S-STS-18): for a tester, not for a sender. */
  readonly alsoWithoutRecord?: boolean | undefined;
}

export type DiscoverSts = (domain: string, signal?: AbortSignal) => Promise<StsDiscovery>;

/** One discovery for all who ask for the same domain at the same time. */
export function createStsDiscovery(options: StsDiscoveryOptions): DiscoverSts {
  const flights = createSingleFlight<StsDiscovery>();
  return async (domain, signal) => {
    const found = await flights.join(domain, (flightSignal) => discover(options, domain, flightSignal), signal);
    if (found !== null) return found;
    const record: RecordSeen = {
      kind: 'failed',
      failure: { kind: 'cancelled' },
      name: stsRecordName(domain),
      ...NOBODY,
    };
    return { kind: 'failed', record, failure: null, warnings: [], fetch: null };
  };
}

const NOBODY = { security: 'indeterminate', securityFrom: null } as const;

async function discover(options: StsDiscoveryOptions, domain: string, signal: AbortSignal): Promise<StsDiscovery> {
  const { cache, clock } = options;
  const record = await lookUpRecord(options.resolver, domain, signal);
  const entry = await cache.get(domain);
  const warnings: StsWarning[] = [];
  if (record.kind === 'absent' && record.ignored.length > 0) {
    warnings.push({ kind: 'not-a-record', texts: record.ignored });
  }
  if (record.kind !== 'record') {
    const kept = liveOf(entry, clock.now());
    if (kept !== null) {
      if (kept.policy.mode !== 'none') warnings.push({ kind: 'kept-without-record' });
      return applying(kept, 'cache', { record, warnings, fetch: null });
    }
    if (record.kind === 'failed') return { kind: 'failed', failure: null, record, warnings, fetch: null };
    if (options.alsoWithoutRecord !== true) return { kind: 'absent', record, warnings, fetch: null };
    const fetch = await options.fetch(domain, signal);
    if (fetch.outcome.ok) warnings.push({ kind: 'served-without-record', policy: fetch.outcome.value.policy });
    return { kind: 'absent', record, warnings, fetch };
  }
  const plan = planRefresh(entry, record.id, clock.now());
  switch (plan.kind) {
    case 'keep':
      return applying(plan.kept, 'cache', { record, warnings, fetch: null });
    case 'wait':
      return afterFailing(entry, plan.failed.failure, clock.now(), { record, warnings, fetch: null });
    case 'fetch': {
      const fetch = await options.fetch(domain, signal);
      return settle(options, { domain, id: record.id, entry, seen: { record, warnings, fetch }, fetch });
    }
  }
}

interface Fetched {
  readonly domain: string;
  readonly id: string;
  readonly entry: PolicyEntry | null;
  readonly seen: Discovered;
  readonly fetch: PolicyFetch;
}

async function settle({ cache, clock }: StsDiscoveryOptions, fetched: Fetched): Promise<StsDiscovery> {
  const { domain, id, entry, seen, fetch } = fetched;
  const at = clock.now();
  if (!fetch.outcome.ok) {
    const { failure } = fetch.outcome;
    // A run that was stopped says nothing about the policy host.
    if (failure.kind !== 'cancelled') await cache.put(domain, afterFailure(entry, { id, at, failure }));
    return afterFailing(entry, failure, at, seen);
  }
  const { policy, remarks } = fetch.outcome.value;
  const now = afterFetch(policy, id, at);
  await cache.put(domain, now);
  const kept: KeptPolicy = { policy, id, fetchedAt: at };
  const warnings: StsWarning[] = [...seen.warnings, ...remarks];
  if (changedUnderSameId(entry?.kept ?? null, kept)) warnings.push({ kind: 'changed-under-same-id', id });
  for (const { address, failure } of fetch.trail.tried) {
    if (failure !== null) warnings.push({ kind: 'address-does-not-serve', address, failure });
  }
  return applying(kept, 'fetch', { ...seen, warnings });
}

/** The newer policy cannot be had: the old one goes on where it still applies. */
function afterFailing(entry: PolicyEntry | null, failure: FetchFailure, at: number, seen: Discovered): StsDiscovery {
  const kept = liveOf(entry, at);
  if (kept === null) return { kind: 'failed', failure, ...seen };
  return applying(kept, 'cache', { ...seen, warnings: [...seen.warnings, { kind: 'kept-after-failure', failure }] });
}

function applying(kept: KeptPolicy, from: 'fetch' | 'cache', seen: Discovered): StsDiscovery {
  const { policy, id, fetchedAt } = kept;
  return { kind: 'policy', policy, id, from, fetchedAt, expiresAt: expiresAt(kept), ...seen };
}

async function lookUpRecord(resolver: Resolver, domain: string, signal: AbortSignal): Promise<RecordSeen> {
  const name = stsRecordName(domain);
  const answer = await resolver.ask(name, 'TXT', { signal });
  const said = { name, security: answer.security, securityFrom: answer.securityFrom };
  if (answer.kind === 'failed') return { kind: 'failed', failure: answer.failure, ...said };
  if (answer.security === 'bogus') {
    return { kind: 'failed', failure: { kind: 'bogus', detail: 'the TXT set at the record name' }, ...said };
  }
  const records = answer.kind === 'records' ? answer.records.map(({ data }) => data) : [];
  return { ...readStsRecord(records), ...said };
}

/** One sentence on what was found, for people. */
export function describeStsDiscovery(discovery: StsDiscovery): string {
  const { record } = discovery;
  switch (discovery.kind) {
    case 'policy': {
      const { mode, mx } = discovery.policy;
      const where = discovery.from === 'cache' ? ', as kept from an earlier fetch' : '';
      return mode === 'none'
        ? `The domain has withdrawn its MTA-STS policy (mode none${where}).`
        : `The domain has an MTA-STS policy in mode ${mode} for ${mx.join(', ')}${where}.`;
    }
    case 'absent':
      return record.kind === 'faulty'
        ? `The MTA-STS record ${describeStsRecordFault(record.fault)}; senders see no policy.`
        : 'The domain has no MTA-STS policy.';
    case 'failed': {
      if (discovery.failure !== null) {
        return `The MTA-STS policy could not be fetched: ${describeFetchFailure(discovery.failure)}.`;
      }
      const why = record.kind === 'failed' ? `: ${describeDnsFailure(record.failure)}` : '';
      return `Whether the domain has an MTA-STS policy is not known${why}.`;
    }
  }
}

/** One sentence for the owner of the domain. */
export function describeStsWarning(warning: StsWarning): string {
  switch (warning.kind) {
    case 'not-a-record':
      return `At the name of the MTA-STS record stands something that is none: ${warning.texts.map((text) => `"${text}"`).join(', ')}.`;
    case 'kept-without-record':
      return 'The record of the policy cannot be found, but senders who kept the policy go on applying it.';
    case 'kept-after-failure':
      return `The policy could not be fetched again, so the one kept goes on applying: ${describeFetchFailure(warning.failure)}.`;
    case 'changed-under-same-id':
      return `The policy has changed under the same id ${warning.id}; senders who kept the old one will not notice.`;
    case 'served-without-record':
      return `A policy in mode ${warning.policy.mode} is served, but no record points to it, so nobody uses it.`;
    case 'address-does-not-serve':
      return `The policy host does not serve at ${warning.address}: ${describeFetchFailure(warning.failure)}.`;
    case 'content-type':
      return `The policy is sent as ${warning.contentType ?? 'nothing in particular'} instead of text/plain; strict senders refuse it.`;
    default:
      return describePolicyRemark(warning);
  }
}
