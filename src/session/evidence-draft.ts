/** Evidence while it is being gathered: one phase after the other, each with the time since the end of the one before. */
import type { Clock } from '../base/clock.ts';
import type { DialogueFailure, EhloSeen, Evidence, NotTried, Phase } from '../policy/evidence.ts';
import { hasStarttlsOnGreetingLine, parseEhloReply } from '../smtp/ehlo.ts';
import { isPositive, type SmtpReply } from '../smtp/reply.ts';
import type { SessionPlan } from './plan.ts';
import type { ReplyResult } from './reply-channel.ts';

export type PhaseName = {
  [Name in keyof Evidence]: Evidence[Name] extends Phase<unknown, unknown> ? Name : never;
}[keyof Evidence];

export type ReplyPhase = 'greeting' | 'starttls' | 'auth' | 'mail' | 'rcpt';

export class EvidenceDraft {
  readonly #clock: Clock;
  readonly #onPhase: SessionPlan['onPhase'];
  readonly #phases: { -readonly [Name in keyof Evidence]: Evidence[Name] };
  #phaseEndedAt: number;

  constructor(plan: SessionPlan, clock: Clock) {
    const { exchange, preference, address, port } = plan.target;
    this.#clock = clock;
    this.#onPhase = plan.onPhase;
    this.#phaseEndedAt = clock.monotonic();
    this.#phases = {
      exchange,
      preference,
      address: address.text,
      port,
      startedAt: clock.now(),
      connect: NOT_REACHED,
      greeting: NOT_REACHED,
      ehlo: NOT_REACHED,
      starttls: plan.implicitTls ? notTried('implicit-tls') : NOT_REACHED,
      handshake: NOT_REACHED,
      path: NOT_REACHED,
      identity: NOT_REACHED,
      dane: NOT_REACHED,
      ehloUnderTls: plan.implicitTls ? notTried('implicit-tls') : NOT_REACHED,
      auth: plan.credentials === null ? notTried('not-asked') : NOT_REACHED,
      mail: plan.mailFrom === null ? notTried('not-asked') : NOT_REACHED,
      rcpt: plan.mailFrom === null || plan.rcptTo === null ? notTried('not-asked') : NOT_REACHED,
    };
  }

  /** A copy of what there is so far. */
  get evidence(): Evidence {
    return { ...this.#phases };
  }

  seen<Name extends PhaseName>(name: Name, value: SeenOf<Evidence[Name]>): void {
    this.#end(name, { kind: 'seen', ms: this.#lap(), value } as Evidence[Name]);
  }

  failed<Name extends PhaseName>(name: Name, failure: FailureOf<Evidence[Name]>): void {
    this.#end(name, { kind: 'failed', ms: this.#lap(), failure } as Evidence[Name]);
  }

  notTried(name: PhaseName, why: NotTried): void {
    this.#end(name, notTried(why));
  }

  /** Writes a reply into its phase: seen when it is the one that was hoped for, refused when it is not. */
  reply(name: ReplyPhase, result: ReplyResult, hoped: (reply: SmtpReply) => boolean = isPositive): boolean {
    if (result.ok && hoped(result.value)) {
      this.seen(name, result.value);
      return true;
    }
    this.failed(name, dialogueFailureOf(result));
    return false;
  }

  /** The same for EHLO and HELO; what HELO answers is text without extensions (RFC 5321 4.1.1.1). */
  ehlo(
    name: 'ehlo' | 'ehloUnderTls',
    verb: 'EHLO' | 'HELO',
    result: ReplyResult,
    ehloRefusal: SmtpReply | null,
  ): EhloSeen | null {
    if (!result.ok || !isPositive(result.value)) {
      this.failed(name, dialogueFailureOf(result));
      return null;
    }
    const read = parseEhloReply(result.value);
    const value: EhloSeen = {
      greetingDomain: read.greetingDomain,
      keywords: verb === 'EHLO' ? read.keywords : [],
      verb,
      reply: result.value,
      starttlsOnGreetingLine: hasStarttlsOnGreetingLine(result.value),
      ehloRefusal,
    };
    this.seen(name, value);
    return value;
  }

  /** The session goes on in clear: what belongs to TLS is not looked at. */
  withoutTls(): void {
    for (const name of ['handshake', 'path', 'identity', 'dane', 'ehloUnderTls'] as const) {
      this.#phases[name] = notTried('no-session');
    }
  }

  #end<Name extends PhaseName>(name: Name, phase: Evidence[Name]): void {
    this.#phases[name] = phase;
    this.#onPhase?.(name, this.evidence);
  }

  #lap(): number {
    const now = this.#clock.monotonic();
    const ms = now - this.#phaseEndedAt;
    this.#phaseEndedAt = now;
    return ms;
  }
}

type SeenOf<P> = P extends { readonly kind: 'seen'; readonly value: infer Value } ? Value : never;
type FailureOf<P> = P extends { readonly kind: 'failed'; readonly failure: infer Failure } ? Failure : never;

const NOT_REACHED = { kind: 'not-reached' } as const;

function notTried(why: NotTried): Phase<never, never> {
  return { kind: 'not-tried', why };
}

export function dialogueFailureOf(result: ReplyResult): DialogueFailure {
  return result.ok ? { kind: 'refused', reply: result.value } : result.failure;
}
