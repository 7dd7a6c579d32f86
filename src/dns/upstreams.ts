/**
 * Several resolvers asked as one: in the order given, the next one when one does not answer, cannot be read, fails or
 * refuses; one that was silent is asked last for a while.
 *
 * A validating resolver says "bogus" with SERVFAIL. Therefore, once a believed resolver answered SERVFAIL, only other
 * believed ones are asked: the word of an unbelieving one would hide the attack (S-DANE-3).
 */
import type { Clock } from '../base/clock.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import type { DnsFailure } from './answer.ts';
import type { DnsMessage, Question } from './message.ts';
import { RCODE, rcodeName } from './record-type.ts';
import type { ExchangeOptions, Upstream } from './upstream.ts';

/** How long a resolver that was silent or out of reach is asked last, ms. */
export const DOWN_FOR_MS = 10_000;

export interface UpstreamsOptions {
  readonly upstreams: readonly Upstream[];
  readonly clock: Clock;
  /** ms for one question to one resolver. */
  readonly timeoutMs: number;
  /** Rounds over all resolvers; only silence and unreadable answers are worth another round. */
  readonly attempts: number;
}

export interface Reply {
  /** NOERROR or NXDOMAIN. */
  readonly message: DnsMessage;
  readonly upstream: Upstream;
}

export interface NoReply {
  /** The most telling failure of all resolvers asked. */
  readonly failure: DnsFailure;
  /** Whose failure that is. */
  readonly upstream: Upstream | null;
}

export interface Upstreams {
  ask(question: Question, options: AskAllOptions): Promise<Outcome<Reply, NoReply>>;
  close(): Promise<void>;
}

export interface AskAllOptions {
  readonly dnssecOk: boolean;
  readonly signal?: AbortSignal | undefined;
}

export function createUpstreams(options: UpstreamsOptions): Upstreams {
  const { clock, upstreams, timeoutMs } = options;
  const downUntil = new Map<Upstream, number>();
  const inOrder = (): Upstream[] => {
    const now = clock.monotonic();
    const isDown = (upstream: Upstream): number => ((downUntil.get(upstream) ?? 0) > now ? 1 : 0);
    return [...upstreams].sort((a, b) => isDown(a) - isDown(b));
  };
  return {
    async ask(question, { dnssecOk, signal }) {
      const startedAt = clock.monotonic();
      let worst: NoReply = { failure: { kind: 'unreachable', code: 'no resolver' }, upstream: null };
      let believedOnly = false;
      const finish = (): Outcome<Reply, NoReply> => {
        const afterMs = Math.round(clock.monotonic() - startedAt);
        return failed(
          worst.failure.kind === 'timed-out' ? { ...worst, failure: { kind: 'timed-out', afterMs } } : worst,
        );
      };
      for (let round = 0; round < options.attempts; round += 1) {
        let worthAnother = false;
        for (const upstream of inOrder()) {
          if (believedOnly && !upstream.trustAd) continue;
          const answer = await askOne(upstream, question, { timeoutMs, signal, dnssecOk, edns: 'offered' });
          if (answer.ok) {
            downUntil.delete(upstream);
            return succeeded({ message: answer.value, upstream });
          }
          const failure = answer.failure;
          if (failure.kind === 'cancelled') return failed({ failure, upstream });
          if (weight(failure) > weight(worst.failure)) worst = { failure, upstream };
          if (failure.kind === 'servfail' && upstream.trustAd) believedOnly = true;
          if (failure.kind === 'timed-out' || failure.kind === 'unreachable') {
            downUntil.set(upstream, clock.monotonic() + DOWN_FOR_MS);
          }
          worthAnother ||= failure.kind === 'timed-out' || failure.kind === 'malformed';
        }
        if (!worthAnother) break;
      }
      return finish();
    },
    close: async () => {
      await Promise.all(upstreams.map((upstream) => upstream.close()));
    },
  };
}

/** One resolver, with EDNS and, where it cannot read that, without (RFC 6891 section 7). */
async function askOne(
  upstream: Upstream,
  question: Question,
  options: ExchangeOptions,
): Promise<Outcome<DnsMessage, DnsFailure>> {
  const first = await upstream.ask(question, options);
  if (!first.ok) return first;
  const refusesEdns = [RCODE.formatError, RCODE.notImplemented].includes(first.value.rcode);
  const answer = refusesEdns ? await upstream.ask(question, { ...options, edns: 'left-out' }) : first;
  if (!answer.ok) return answer;
  const failure = isReferral(answer.value) ? NOT_RESOLVING : failureOfRcode(answer.value.rcode);
  return failure === null ? answer : failed(failure);
}

const NOT_RESOLVING: DnsFailure = { kind: 'malformed', detail: 'a referral instead of an answer' };

/** The names of other servers alone: this one does not resolve for us, and its silence is no absence of data. */
function isReferral(message: DnsMessage): boolean {
  if (message.rcode !== RCODE.noError || message.authoritative || message.answers.length > 0) return false;
  const types = message.authorities.map(({ type }) => type);
  return types.includes('NS') && !types.includes('SOA');
}

function failureOfRcode(rcode: number): DnsFailure | null {
  switch (rcode) {
    case RCODE.noError:
    case RCODE.nameError:
      return null;
    case RCODE.serverFailure:
      return { kind: 'servfail' };
    case RCODE.refused:
      return { kind: 'refused' };
    default:
      return { kind: 'rcode', rcode: rcodeName(rcode) };
  }
}

/** Which of several failures says most about the name asked for, rather than about the way to a resolver. */
function weight(failure: DnsFailure): number {
  const order: readonly DnsFailure['kind'][] = [
    'unreachable',
    'timed-out',
    'malformed',
    'rcode',
    'refused',
    'servfail',
  ];
  return failure.kind === 'unreachable' && failure.code === 'no resolver' ? -1 : order.indexOf(failure.kind);
}
