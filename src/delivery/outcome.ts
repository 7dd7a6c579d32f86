/**
 * From what a server said, or why there was nobody to ask, to what it means for a recipient. Pure.
 */
import type { Decision } from '../policy/decide.ts';
import { describeDialogueFailure, describeReply } from '../policy/describe.ts';
import type { DialogueFailure } from '../policy/evidence.ts';
import { isPositive, type SmtpReply } from '../smtp/reply.ts';
import type { RecipientOutcome } from './hand-over.ts';
import type { Place, Setback } from './setback.ts';
import { reasonOf, statusOfReply } from './status.ts';
import type { Recipient } from './transaction.ts';

const NO_REPLY = { code: '000', lines: [] } as const;

/** A recipient whom nobody could be asked about, or whom no host took. */
export function setBack({ rid, address }: Recipient, setback: Setback): RecipientOutcome {
  const { place, status, category, reply, because, permanent } = setback;
  return {
    rid,
    address,
    result: permanent ? 'failed' : 'deferred',
    channel: 'none',
    verified: null,
    host: place?.host ?? null,
    ip: place?.ip ?? null,
    dcid: place?.dcid ?? 0,
    status,
    reason: reasonOf(status),
    reply: reply === null ? NO_REPLY : repliedWith(reply),
    category,
    possible: false,
    ...(setback.begun === true ? { begun: true } : {}),
    because,
  };
}

export interface Verdict {
  readonly place: Place;
  /** What `decide` made of the session the message went over. */
  readonly decision: Extract<Decision, { kind: 'clear' | 'encrypted' }>;
}

/** The server's final word on the message, or its refusal of MAIL, RCPT or DATA (E12). */
export function answered(
  { rid, address }: Recipient,
  reply: SmtpReply,
  at: 'mail' | 'rcpt' | 'data' | 'message',
  { place, decision }: Verdict,
): RecipientOutcome {
  const taken = at === 'message' && isPositive(reply);
  const tooMany = at === 'rcpt' && meansTooMany(reply);
  const status = tooMany ? '4.5.3' : taken || !isPositive(reply) ? statusOfReply(reply, at) : '4.5.0';
  // What is neither 2yz nor 5yz, defined or not, is tried again.
  const refused = reply.code >= 500 && !tooMany;
  return {
    rid,
    address,
    result: taken ? 'delivered' : refused ? 'failed' : 'deferred',
    channel: taken ? decision.kind : 'none',
    verified: taken && decision.kind === 'encrypted' ? decision.verified : null,
    ...place,
    status,
    reason: taken ? '' : reasonOf(status),
    reply: repliedWith(reply),
    category: taken ? 'none' : refused ? '5xx' : '4xx',
    possible: false,
    because: taken ? decision.because : [...decision.because, `${COMMAND[at]} was answered ${describeReply(reply)}`],
  };
}

/** RFC 5321 4.5.3.1.10: 452, and the 552 of older servers, say that the others have to come in another transaction. */
export function meansTooMany({ code, enhancedStatus }: SmtpReply): boolean {
  if (code !== 452 && code !== 552) return false;
  return enhancedStatus === null || (enhancedStatus.subject === 5 && enhancedStatus.detail === 3);
}

const COMMAND = { mail: 'MAIL', rcpt: 'RCPT', data: 'DATA', message: 'the message' } as const;

/** The end of the text was sent and no reply came: perhaps it was delivered (specification 2.i). */
export function perhapsDelivered(
  { rid, address }: Recipient,
  failure: DialogueFailure,
  { place, decision }: Verdict,
  countsAs: 'delivered' | 'retried',
): RecipientOutcome {
  const delivered = countsAs === 'delivered';
  const status = delivered ? '2.0.0' : '4.4.2';
  return {
    rid,
    address,
    result: delivered ? 'delivered' : 'deferred',
    channel: delivered ? decision.kind : 'none',
    verified: delivered && decision.kind === 'encrypted' ? decision.verified : null,
    ...place,
    status,
    reason: delivered ? '' : reasonOf(status),
    reply: NO_REPLY,
    category: delivered ? 'none' : 'connection',
    possible: true,
    because: [...decision.because, describeDialogueFailure('the reply to the message', failure)],
  };
}

function repliedWith({ code, lines }: SmtpReply): RecipientOutcome['reply'] {
  return { code: String(code), lines };
}
