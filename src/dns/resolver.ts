/**
 * Asking the DNS: what the rest of the house sees.
 *
 * One question is answered from the cache, else together with everybody who asks the same at this moment, else by the
 * resolvers in turn (`upstreams.ts`), CNAMEs followed until their bounded end (`alias-chain.ts`). "No record", "no such
 * name" and "no answer" stay three things throughout.
 */
import type { Clock } from '../base/clock.ts';
import { assertNever } from '../base/outcome.ts';
import type { Random } from '../base/random.ts';
import type { Net } from '../net/net.ts';
import { type ChainState, followAliases, maxAliases } from './alias-chain.ts';
import type { DnsAnswer, DnsFailure, DnsSecurity, RecordType } from './answer.ts';
import { createAnswerCache, DEFAULT_CACHE_ENTRIES } from './answer-cache.ts';
import { canonicalName } from './name.ts';
import { CLASS_IN, TYPE_NUMBERS } from './record-type.ts';
import type { ResolverSpec } from './resolver-spec.ts';
import { weakestSecurity } from './security.ts';
import { createSingleFlight } from './single-flight.ts';
import { type LookupHost, upstreamOf } from './upstream-of.ts';
import { createUpstreams, type Reply, type Upstreams } from './upstreams.ts';

export interface AskOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface Resolver {
  /** Asks for one RRset, following CNAMEs. Never throws for what the network does; see `DnsAnswer`. */
  ask<T extends RecordType>(name: string, type: T, options?: AskOptions): Promise<DnsAnswer<T>>;
}

/** A resolver with connections that somebody has to close. */
export interface OwnedResolver extends Resolver {
  close(): Promise<void>;
}

export interface ResolverOptions {
  /** Asked in this order. */
  readonly servers: readonly ResolverSpec[];
  readonly clock: Clock;
  /** Has to be unpredictable: ids of questions come from it. */
  readonly random: Random;
  /** The way out for TCP and TLS; its guard must allow the resolvers' own addresses. One of our own where left out. */
  readonly net?: Net | undefined;
  /** ms for one question to one resolver. */
  readonly timeoutMs?: number | undefined;
  readonly attempts?: number | undefined;
  /** Answers kept; 0 for none. */
  readonly cacheEntries?: number | undefined;
  /** PEM; trusted instead of the runtime's own for `tls://` and `https://`. */
  readonly trustAnchors?: readonly string[] | undefined;
  /** How the host of a `tls://` is found; by the system's own way where left out. */
  readonly lookupHost?: LookupHost | undefined;
}

export const DEFAULT_TIMEOUT_MS = 5000;
export const DEFAULT_ATTEMPTS = 2;

export function createResolver(options: ResolverOptions): OwnedResolver {
  const { clock } = options;
  const upstreams = createUpstreams({
    upstreams: options.servers.map((spec) => upstreamOf(spec, options)),
    clock,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    attempts: options.attempts ?? DEFAULT_ATTEMPTS,
  });
  const cache = createAnswerCache(clock, options.cacheEntries ?? DEFAULT_CACHE_ENTRIES);
  const flights = createSingleFlight<DnsAnswer>();
  return {
    async ask<T extends RecordType>(typed: string, type: T, { signal }: AskOptions = {}): Promise<DnsAnswer<T>> {
      const name = canonicalName(typed);
      if (name === null) return notAsked(typed, type, { kind: 'malformed', detail: 'the name cannot be asked for' });
      const key = `${type} ${name}`;
      // Under a key that names the type there are answers of that type alone.
      const cached = cache.get(key) as DnsAnswer<T> | null;
      if (cached !== null) return cached;
      const work = async (flightSignal: AbortSignal): Promise<DnsAnswer> => {
        const { answer, ttl } = await lookUp(upstreams, clock, { name, type, signal: flightSignal });
        cache.put(key, answer, ttl);
        return answer;
      };
      const answer = (await flights.join(key, work, signal)) as DnsAnswer<T> | null;
      return answer ?? notAsked(name, type, { kind: 'cancelled' });
    },
    close: () => upstreams.close(),
  };
}

interface Lookup<T extends RecordType> {
  readonly name: string;
  readonly type: T;
  readonly signal: AbortSignal;
}

interface LookedUp<T extends RecordType> {
  readonly answer: DnsAnswer<T>;
  /** Seconds it may be kept. */
  readonly ttl: number;
}

async function lookUp<T extends RecordType>(
  upstreams: Upstreams,
  clock: Clock,
  { name, type, signal }: Lookup<T>,
): Promise<LookedUp<T>> {
  const startedAt = clock.monotonic();
  let state: ChainState = { names: [name], ttl: Number.POSITIVE_INFINITY };
  let said: Said = { security: 'secure', securityFrom: null, resolver: '' };
  const failWith = (failure: DnsFailure, resolver: string): LookedUp<T> => ({
    answer: { ...notAsked(name, type, failure), resolver, ms: clock.monotonic() - startedAt },
    ttl: 0,
  });
  // Every round but the last adds a link to the chain, which is bounded.
  for (;;) {
    const question = { name: state.names.at(-1) ?? '', type: TYPE_NUMBERS[type], class: CLASS_IN };
    const reply = await upstreams.ask(question, { dnssecOk: false, signal });
    if (!reply.ok) return failWith(reply.failure.failure, reply.failure.upstream?.text ?? '');
    said = alsoSaid(said, reply.value);
    const followed = followAliases(reply.value.message, type, state);
    const step = followed.step;
    state = followed.state;
    const answered = {
      name,
      type,
      ...said,
      ms: clock.monotonic() - startedAt,
      canonicalName: state.names.at(-1) ?? name,
      aliases: state.names.slice(1),
    };
    switch (step.kind) {
      case 'records':
        return { answer: { kind: 'records', ...answered, records: step.records, ttl: state.ttl }, ttl: state.ttl };
      case 'no-data':
      case 'no-such-name':
        return { answer: { kind: step.kind, ...answered }, ttl: Math.min(state.ttl, step.ttl ?? 0) };
      case 'alias-loop':
        return failWith({ kind: 'alias-loop', links: maxAliases(type) }, said.resolver);
      case 'unfinished':
        break;
      default:
        return assertNever(step);
    }
  }
}

interface Said {
  readonly security: DnsSecurity;
  readonly securityFrom: string | null;
  readonly resolver: string;
}

/**
 * What is known about the security of a chain after one more reply. The AD flag of a believed resolver is its word; what
 * any other one says about security is nobody's.
 */
function alsoSaid(before: Said, { message, upstream }: Reply): Said {
  const now: DnsSecurity = !upstream.trustAd ? 'indeterminate' : message.authenticData ? 'secure' : 'insecure';
  const security = weakestSecurity([before.security, now]);
  return {
    security,
    securityFrom: security === 'indeterminate' ? null : upstream.text,
    resolver: upstream.text,
  };
}

function notAsked<T extends RecordType>(
  name: string,
  type: T,
  failure: DnsFailure,
): Extract<DnsAnswer<T>, { kind: 'failed' }> {
  return { kind: 'failed', name, type, failure, security: 'indeterminate', securityFrom: null, resolver: '', ms: 0 };
}
