/**
 * Why a host did not take a message, or why there was none to ask: what is told of a recipient whom nobody took. Pure.
 */
import type { ConnectFailure } from '../net/net.ts';
import { type Decision, offersStarttls, type PolicyEvent } from '../policy/decide.ts';
import type { Evidence } from '../policy/evidence.ts';
import { mayOfferRequireTls } from '../policy/require-tls.ts';
import type { SmtpReply } from '../smtp/reply.ts';
import type { RecipientOutcome } from './hand-over.ts';
import { statusOfEvent } from './status.ts';

/** Where it was said. */
export interface Place {
  readonly host: string;
  readonly ip: string;
  /** 0 where no connection was made. */
  readonly dcid: number;
}

/** Why a host, or all of them, did not take a message: what stands in the report when no other one does. */
export interface Setback {
  readonly place: Place | null;
  readonly event: PolicyEvent | null;
  /** Enhanced status. */
  readonly status: string;
  readonly category: RecipientOutcome['category'];
  /** What the server said where that was the reason. */
  readonly reply: SmtpReply | null;
  readonly because: readonly string[];
  /** Trying again would end the same way. */
  readonly permanent: boolean;
  /** The host was about to take the message. */
  readonly begun?: boolean;
}

/** A host that is passed by, in the words of the decision and of what the session showed. */
export function setbackOf(decision: Extract<Decision, { kind: 'next' }>, evidence: Evidence, place: Place): Setback {
  const { event, because } = decision;
  const reply = replyBehind(evidence);
  const connection = event === 'E9' || event === 'E10' || event === 'E12';
  return {
    place,
    event,
    status: statusOfEvent(event, reply),
    category: connection ? 'connection' : 'tls',
    reply,
    because: because.map((reason) => `${place.host}: ${reason}`),
    permanent: false,
  };
}

/** The connection could not be opened, and why; null where it could. */
export function connectFailureOf({ connect }: Evidence): ConnectFailure['kind'] | null {
  return connect.kind === 'failed' ? connect.failure.kind : null;
}

/** The refusal that ended a session. */
function replyBehind(evidence: Evidence): SmtpReply | null {
  for (const phase of [evidence.greeting, evidence.ehlo, evidence.starttls, evidence.ehloUnderTls, evidence.mail]) {
    if (phase.kind === 'failed' && phase.failure.kind === 'refused') return phase.failure.reply;
  }
  return null;
}

/**
 * The setback that is told of all of them: TLS that could not be had before hosts that could not be reached, and the
 * later before the earlier. It is for good only where every single one is.
 */
export function worstOf(setbacks: readonly Setback[]): Setback | null {
  const told = setbacks.findLast(({ category }) => category === 'tls' || category === 'content') ?? setbacks.at(-1);
  if (told === undefined) return null;
  const permanent = setbacks.every((setback) => setback.permanent);
  const because = setbacks.flatMap((setback) => setback.because);
  const begun = setbacks.some((setback) => setback.begun === true);
  if (permanent === told.permanent) return { ...told, because, begun };
  return { ...told, begun, permanent, status: told.status.replace(/^[45]/, permanent ? '5' : '4'), because };
}

/** The session ended although nothing it showed says why. */
export const LOST: Extract<Decision, { kind: 'next' }> = {
  kind: 'next',
  event: 'E10',
  alert: false,
  because: ['the connection was lost before the message'],
};

export function lostAt(place: Place): Setback {
  const because = [`${place.host}: the connection could not be used any more`];
  return { place, event: 'E10', status: '4.4.2', category: 'connection', reply: null, because, permanent: false };
}

/** S-RTLS-4: a host that cannot do what the message asks for will not learn it. */
export function forRequireTls(setback: Setback, evidence: Evidence): Setback {
  if (evidence.ehlo.kind === 'seen' && !offersStarttls(evidence)) {
    return { ...setback, status: '5.7.10', category: 'tls', permanent: true };
  }
  if (!mayOfferRequireTls(evidence)) return { ...setback, status: '5.7.30', category: 'tls', permanent: true };
  return setback;
}

const NOWHERE = { place: null, event: null, reply: null, permanent: false } as const;
export const ALL_BUSY: Setback = {
  ...NOWHERE,
  status: '4.4.5',
  category: 'connection',
  because: ['every address has as many connections as are allowed'],
};
export const NO_HOST: Setback = {
  ...NOWHERE,
  status: '4.4.4',
  category: 'dns',
  because: ['there is no host to deliver to'],
};
export const STOPPED: Setback = {
  ...NOWHERE,
  status: '4.4.2',
  category: 'connection',
  because: ['the run was stopped'],
};
