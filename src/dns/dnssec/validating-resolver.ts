/**
 * The resolver that believes nobody: any resolver is asked for the records with their signatures, and the word about
 * their security is our own. Where the resolver keeps the signatures from us, the answers are `indeterminate` and say
 * which resolver it is.
 */
import type { Clock } from '../../base/clock.ts';
import { assertNever, failed, succeeded } from '../../base/outcome.ts';
import type { DnsAnswer, DnsFailure, DnsRecord, RecordType, ResolverFault } from '../answer.ts';
import { createAnswerCache, DEFAULT_CACHE_ENTRIES } from '../answer-cache.ts';
import { canonicalName } from '../name.ts';
import { CLASS_IN } from '../record-type.ts';
import type { AskOptions, OwnedResolver, Resolver, ResolverOptions } from '../resolver.ts';
import { DEFAULT_ATTEMPTS, DEFAULT_TIMEOUT_MS } from '../resolver.ts';
import { createSingleFlight } from '../single-flight.ts';
import { upstreamOf } from '../upstream-of.ts';
import { createUpstreams } from '../upstreams.ts';
import { ROOT_ANCHORS, type TrustAnchor } from './anchors.ts';
import type { AskSigned } from './ask-signed.ts';
import { createValidator, type Judged, type Validated } from './validator.ts';
import { describeVerdict } from './verdict.ts';

/** What `securityFrom` says where we have validated. */
export const OWN_VALIDATION = 'own validation';

export interface ValidatingResolverOptions extends ResolverOptions {
  /** Instead of the built-in keys of the root. */
  readonly anchors?: readonly TrustAnchor[] | undefined;
}

/**
 * Asks the servers in turn, as `createResolver` does. One that keeps signatures or proofs back is passed over for the next
 * one; only where all of them do is the answer `indeterminate`.
 */
export function createValidatingResolver(options: ValidatingResolverOptions): OwnedResolver {
  const { clock } = options;
  const servers = options.servers.map((spec) => upstreamOf(spec, options));
  const made = new Map<number, Resolver>();
  /** With the server of this number first, the others behind it. */
  const startingWith = (first: number): Resolver => {
    const known = made.get(first);
    if (known !== undefined) return known;
    const upstreams = createUpstreams({
      upstreams: [...servers.slice(first), ...servers.slice(0, first)],
      clock,
      timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      attempts: options.attempts ?? DEFAULT_ATTEMPTS,
    });
    const ask: AskSigned = async ({ name, type }, signal) => {
      const reply = await upstreams.ask({ name, type, class: CLASS_IN }, { dnssecOk: true, signal });
      if (!reply.ok) return failed(reply.failure.failure);
      return succeeded({ message: reply.value.message, resolver: reply.value.upstream.text });
    };
    const resolver = createValidatingResolverOver({ ...options, ask, anchors: options.anchors ?? ROOT_ANCHORS });
    made.set(first, resolver);
    return resolver;
  };
  let preferred = 0;
  return {
    async ask<T extends RecordType>(name: string, type: T, asking?: AskOptions): Promise<DnsAnswer<T>> {
      const first = preferred;
      const answer = await startingWith(first).ask(name, type, asking);
      if (!keepsProofsBack(answer)) return answer;
      for (let turn = 1; turn < servers.length; turn += 1) {
        const next = (first + turn) % servers.length;
        const other = await startingWith(next).ask(name, type, asking);
        if (other.kind === 'failed' || keepsProofsBack(other)) continue;
        preferred = next;
        return other;
      }
      return answer;
    },
    close: async () => {
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}

function keepsProofsBack(answer: DnsAnswer): boolean {
  return answer.resolverFault !== undefined;
}

export interface ValidatingOver {
  readonly ask: AskSigned;
  readonly anchors: readonly TrustAnchor[];
  readonly clock: Clock;
  /** Answers kept; 0 for none. */
  readonly cacheEntries?: number | undefined;
}

/** The same over any way to ask for messages with signatures: a capture, a test bed. */
export function createValidatingResolverOver(options: ValidatingOver): Resolver {
  const { clock } = options;
  const validator = createValidator(options);
  const cache = createAnswerCache(clock, options.cacheEntries ?? DEFAULT_CACHE_ENTRIES);
  const flights = createSingleFlight<DnsAnswer>();
  return {
    async ask<T extends RecordType>(typed: string, type: T, { signal }: AskOptions = {}): Promise<DnsAnswer<T>> {
      const name = canonicalName(typed);
      if (name === null) return failure(typed, type, { kind: 'malformed', detail: 'the name cannot be asked for' });
      const key = `${type} ${name}`;
      // Under a key that names the type there are answers of that type alone.
      const cached = cache.get(key) as DnsAnswer<T> | null;
      if (cached !== null) return cached;
      const work = async (flightSignal: AbortSignal): Promise<DnsAnswer> => {
        const startedAt = clock.monotonic();
        const validated = await validator.validate(name, type, flightSignal);
        const answer = answerOf(name, type, validated, clock.monotonic() - startedAt);
        cache.put(key, answer, 'ttl' in validated ? validated.ttl : 0);
        return answer;
      };
      const answer = (await flights.join(key, work, signal)) as DnsAnswer<T> | null;
      return answer ?? failure(name, type, { kind: 'cancelled' });
    },
  };
}

function answerOf<T extends RecordType>(name: string, type: T, validated: Validated, ms: number): DnsAnswer<T> {
  switch (validated.kind) {
    case 'failed':
      return { ...failure(name, type, validated.failure), resolver: validated.resolver, ms };
    case 'bogus': {
      const detail = describeVerdict(validated.verdict);
      const { resolver } = validated;
      return { ...failure(name, type, { kind: 'bogus', detail }), ...OURS, security: 'bogus', resolver, ms };
    }
    case 'records':
    case 'no-data':
    case 'no-such-name': {
      const { verdict, names, resolver, ttl } = validated;
      const answered = {
        name,
        type,
        security: verdict.security,
        securityFrom: verdict.security === 'indeterminate' ? null : OWN_VALIDATION,
        securityDetail: describeVerdict(verdict),
        ...(verdict.security === 'secure' ? { signedUntil: verdict.validUntil } : {}),
        ...resolverFaultOf(verdict),
        resolver,
        ms,
        canonicalName: names.at(-1) ?? name,
        aliases: names.slice(1),
      };
      if (validated.kind !== 'records') return { kind: validated.kind, ...answered };
      return {
        kind: 'records',
        ...answered,
        ...signedTtlOf(validated),
        records: recordsOfSet(validated.set.records, type, ttl),
        ttl,
      };
    }
    default:
      return assertNever(validated);
  }
}

/** RFC 4034 3.1.4. Of several signatures the largest counts: nobody keeps the set for longer. */
function signedTtlOf({ verdict, set }: Extract<Validated, { readonly kind: 'records' }>): {
  readonly signedTtl?: number;
} {
  if (verdict.security !== 'secure' || set.signatures.length === 0) return {};
  return { signedTtl: Math.max(...set.signatures.map(({ data }) => data.originalTtl)) };
}

function resolverFaultOf(verdict: Judged): { readonly resolverFault?: ResolverFault } {
  if (verdict.security !== 'indeterminate' || verdict.cause === 'no-anchor') return {};
  return { resolverFault: verdict.cause };
}

const OURS = { securityFrom: OWN_VALIDATION } as const;

/** Without their places in the message; the TTL is not longer than what was signed. */
function recordsOfSet<T extends RecordType>(
  records: readonly { readonly type: string; readonly name: string; readonly ttl: number }[],
  type: T,
  ttl: number,
): DnsRecord<T>[] {
  return records
    .filter((record): record is DnsRecord<T> => record.type === type)
    .map((record) => ({ name: record.name, type, ttl: Math.min(record.ttl, ttl), data: record.data }));
}

function failure<T extends RecordType>(
  name: string,
  type: T,
  reason: DnsFailure,
): Extract<DnsAnswer<T>, { kind: 'failed' }> {
  const nobody = { security: 'indeterminate', securityFrom: null, resolver: '', ms: 0 } as const;
  return { kind: 'failed', name, type, failure: reason, ...nobody };
}
