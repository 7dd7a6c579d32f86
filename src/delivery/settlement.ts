/**
 * From what became of recipients to what is noted, told and sent back: delivered, to be tried again at a time, or given
 * up; the events and the counters of it; the DSNs (R109 to R111). Pure: the store and the queue are somebody else's.
 */
import type { DeliveryEvent } from './events.ts';
import type { RecipientOutcome } from './hand-over.ts';
import type { AttemptFacts, ClaimedMessage, ClaimedRecipient, HostCounter, RecipientReport } from './queue-store.ts';
import { nextStep } from './schedule.ts';
import type { BounceProfile } from './settings.ts';
import { reasonOf } from './status.ts';

/** What somebody has to be told about a recipient. */
export interface Notice {
  readonly recipient: ClaimedRecipient;
  readonly outcome: RecipientOutcome;
  /** For a delay: until when it is tried, wall-clock ms. */
  readonly retryUntil: number | null;
}

/** `relayed`: delivered to a server that does not tell senders of it itself (S-DSN-2). */
export type NoticeKind = 'failed' | 'delayed' | 'relayed';

export interface Settlement {
  readonly reports: readonly RecipientReport[];
  readonly events: readonly DeliveryEvent[];
  readonly counters: Partial<Record<HostCounter, number>>;
  readonly last5xx: string | null;
  readonly notices: Readonly<Record<NoticeKind, readonly Notice[]>>;
  /** The earliest time at which one of them is tried again, ms; null when none is. */
  readonly nextAt: number | null;
}

export interface Settling {
  readonly message: ClaimedMessage;
  readonly destination: string;
  readonly profile: BounceProfile;
  readonly outcomes: readonly RecipientOutcome[];
  readonly now: number;
}

export function settle(settling: Settling): Settlement {
  const tally = new Tally();
  for (const outcome of settling.outcomes) {
    const recipient = settling.message.recipients.find(({ rid }) => rid === outcome.rid);
    if (recipient !== undefined) settleOne(settling, recipient, outcome, tally);
  }
  return tally;
}

class Tally implements Settlement {
  readonly reports: RecipientReport[] = [];
  readonly events: DeliveryEvent[] = [];
  readonly counters: Partial<Record<HostCounter, number>> = {};
  last5xx: string | null = null;
  readonly notices = { failed: [] as Notice[], delayed: [] as Notice[], relayed: [] as Notice[] };
  nextAt: number | null = null;

  count(counter: HostCounter): void {
    this.counters[counter] = (this.counters[counter] ?? 0) + 1;
  }
}

function settleOne(settling: Settling, recipient: ClaimedRecipient, outcome: RecipientOutcome, tally: Tally): void {
  const { message, profile, now } = settling;
  const { mid, attemptId } = message;
  const report = (given: RecipientReport['outcome'], facts = factsOf(outcome, now)): void => {
    tally.reports.push({ mid, rid: recipient.rid, attemptId, outcome: given, facts });
  };
  switch (outcome.result) {
    case 'delivered':
      tally.count('delivered');
      report({ kind: 'delivered' });
      if (recipient.notify?.includes('SUCCESS') === true && outcome.dsnPassedOn !== true) {
        tally.notices.relayed.push({ recipient, outcome, retryUntil: null });
      }
      return;
    case 'failed':
      bounce(settling, recipient, outcome, tally);
      report({ kind: 'bounced' });
      return;
    case 'deferred': {
      const next = nextStep({ profile, acceptedAt: message.acceptedAt, attempts: recipient.attempts + 1, now });
      if (next.kind === 'give-up') {
        const given = givenUp(outcome, next.why);
        bounce(settling, recipient, given, tally);
        report({ kind: 'bounced' }, factsOf(given, now));
        return;
      }
      const warned = isWarned(settling, recipient, outcome);
      if (warned) {
        const retryUntil = message.acceptedAt + profile.maxQueueSeconds * 1000;
        tally.notices.delayed.push({ recipient, outcome, retryUntil });
      }
      tally.count('softBounced');
      tally.nextAt = Math.min(tally.nextAt ?? next.at, next.at);
      tally.events.push(eventOf('delayed', settling, outcome, next.at));
      report({ kind: 'deferred', nextAttemptAt: next.at, uncounted: false, warned });
      return;
    }
  }
}

function bounce(settling: Settling, recipient: ClaimedRecipient, outcome: RecipientOutcome, tally: Tally): void {
  tally.count(counterOf(outcome));
  if (outcome.category === '5xx') tally.last5xx = `${outcome.reply.code} ${outcome.reply.lines.join(' ')}`;
  tally.events.push(eventOf('bounced', settling, outcome, null));
  tally.notices.failed.push({ recipient, outcome, retryUntil: null });
}

function counterOf({ category, status }: RecipientOutcome): HostCounter {
  if (status === EXPIRED) return 'expired';
  if (category === 'dns') return 'dns';
  return category === '5xx' ? 'fivexx' : 'other';
}

const EXPIRED = '5.4.7';

/** What was tried to the end has failed for good; the last reason stays, it is what the sender wants to know. */
function givenUp(outcome: RecipientOutcome, why: 'retries' | 'time-in-queue'): RecipientOutcome {
  const told = why === 'retries' ? 'all retries are used up' : 'the time in the queue is over';
  return {
    ...outcome,
    result: 'failed',
    status: EXPIRED,
    reason: reasonOf(EXPIRED),
    because: [...outcome.because.slice(0, -1), lastSeen(told, outcome.because.at(-1) ?? outcome.reason)],
  };
}

/** One that nobody tried any more, since its time in the queue was over (R108); what was last seen is the reason. */
export function outOfTime({ rid, address, last }: ClaimedRecipient): RecipientOutcome {
  const [, code = '000', text = ''] = /^(\d{3}) (.*)$/s.exec(last?.reply ?? '') ?? [];
  return {
    rid,
    address,
    result: 'failed',
    channel: 'none',
    verified: null,
    host: last?.host ?? null,
    ip: last?.address ?? null,
    dcid: 0,
    status: EXPIRED,
    reason: reasonOf(EXPIRED),
    reply: { code, lines: code === '000' ? [] : [text] },
    category: 'connection',
    possible: false,
    because: [lastSeen('the time in the queue is over', last?.reason ?? '')],
  };
}

/** One sentence, so that nobody is told of the end without what it came of. */
function lastSeen(end: string, reason: string): string {
  return reason === '' ? end : `${end}; at the last try: ${reason}`;
}

/** R111: off by default; from the second attempt on, after a 4xx reply, not too often. */
function isWarned(
  { profile, now }: Settling,
  { attempts, delayWarnings, lastWarningAt, notify }: ClaimedRecipient,
  { category }: RecipientOutcome,
): boolean {
  const asked = notify === null || notify.includes('DELAY');
  if (!profile.delayWarnings || !asked || attempts < 1 || category !== '4xx') return false;
  if (delayWarnings >= profile.maxDelayWarnings) return false;
  return lastWarningAt === null || now - lastWarningAt >= profile.delayWarningSeconds * 1000;
}

function eventOf(
  kind: 'delayed' | 'bounced',
  { message, destination, now }: Settling,
  { rid, address, dcid, status, reason, reply }: RecipientOutcome,
  nextAttemptAt: number | null,
): DeliveryEvent {
  const { mid, sender } = message;
  return {
    kind,
    at: now,
    dcid,
    mid,
    rid,
    sender,
    recipient: address,
    destination,
    status,
    reason,
    reply,
    nextAttemptAt,
  };
}

function factsOf(outcome: RecipientOutcome, at: number): AttemptFacts {
  const { dcid, channel, verified, host, ip, status, reply, because, reason } = outcome;
  return {
    at,
    dcid,
    channel,
    verified,
    host,
    address: ip,
    status,
    reply: reply.code === '000' ? '' : `${reply.code} ${reply.lines.join(' ')}`.slice(0, MAX_KEPT_REPLY),
    reason: (because.at(-1) ?? reason).slice(0, MAX_KEPT_REPLY),
  };
}

/** Characters of a reply that are kept with a recipient. */
const MAX_KEPT_REPLY = 500;

/** Put back as if nobody had touched it: nothing was tried. */
export function putBack(message: ClaimedMessage, nextAttemptAt: number, now: number): readonly RecipientReport[] {
  const facts: AttemptFacts = {
    at: now,
    dcid: 0,
    channel: 'none',
    verified: null,
    host: null,
    address: null,
    status: '',
    reply: '',
    reason: '',
  };
  return message.recipients.map(({ rid }) => ({
    mid: message.mid,
    rid,
    attemptId: message.attemptId,
    outcome: { kind: 'deferred', nextAttemptAt, uncounted: true, warned: false },
    facts,
  }));
}
