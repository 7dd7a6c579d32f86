/**
 * An open connection that has been judged good for a message, and what it carries: transaction after transaction, for
 * this message's recipients and perhaps for more messages to the same destination. It goes to nobody else.
 */
import type { Clock } from '../base/clock.ts';
import { type Deadline, startDeadline } from '../base/deadline.ts';
import { type Decision, decide, type HostHistory } from '../policy/decide.ts';
import { describeDialogueFailure } from '../policy/describe.ts';
import type { Evidence, Phase } from '../policy/evidence.ts';
import type { Requirement } from '../policy/requirement.ts';
import type { OpenConnection } from '../session/open.ts';
import { offers } from '../smtp/ehlo.ts';
import type { SmtpReply } from '../smtp/reply.ts';
import { limitsOf } from './envelope-commands.ts';
import type { OnDeliveryEvent } from './events.ts';
import { unfitness } from './fitness.ts';
import type { DeliveryLine, HandOverReport, OutgoingMessage, RecipientOutcome } from './hand-over.ts';
import { answered, meansTooMany, perhapsDelivered, setBack, type Verdict } from './outcome.ts';
import { lostAt, type Place, type Setback, setbackOf, tooLate } from './setback.ts';
import type { DeliverySettings } from './settings.ts';
import { type Answer, type Recipient, type TransactionResult, transact } from './transaction.ts';

export interface LineOptions {
  readonly connection: OpenConnection;
  /** Of the opening, without MAIL. */
  readonly evidence: Evidence;
  readonly history: HostHistory;
  readonly place: Place;
  readonly requirementFor: (message: OutgoingMessage, evidence: Evidence) => Requirement;
  readonly settings: DeliverySettings;
  readonly maxMessages: number;
  readonly clock: Clock;
  readonly emit: OnDeliveryEvent;
  /** Called once, when the connection is over. */
  readonly onClosed: () => void;
  readonly signal: AbortSignal;
}

/** What became of the recipients that were to go over a line. */
export interface Carried {
  readonly outcomes: readonly RecipientOutcome[];
  /** For the next host, and why. */
  readonly left: readonly Recipient[];
  readonly setback: Setback | null;
  /** The host was willing, and its limit of messages a connection was reached: the same host again. */
  readonly again: boolean;
}

export class Line implements DeliveryLine {
  readonly #options: LineOptions;
  readonly #limits: { readonly recipients: number; readonly mails: number | null };
  #carried = 0;
  /** The last transaction left something behind (RFC 5321 4.1.1.5). */
  #needsReset = false;
  #closed = false;

  constructor(options: LineOptions) {
    this.#options = options;
    this.#limits = limitsOf(options.connection.ehlo);
    options.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  get dcid(): number {
    return this.#options.place.dcid;
  }

  get host(): string {
    return this.#options.place.host;
  }

  get ip(): string {
    return this.#options.place.ip;
  }

  get encrypted(): boolean {
    return this.#options.connection.encrypted;
  }

  get carried(): number {
    return this.#carried;
  }

  /** Another transaction may begin. */
  get usable(): boolean {
    const most = Math.min(this.#options.maxMessages, this.#limits.mails ?? Number.POSITIVE_INFINITY);
    return !this.#closed && this.#options.connection.ready && this.#carried < most;
  }

  takes(message: OutgoingMessage): boolean {
    if (!this.usable || unfitness(message, this.#options.connection.ehlo) !== null) return false;
    return this.#judge(message, {}).kind === (this.encrypted ? 'encrypted' : 'clear');
  }

  async send(message: OutgoingMessage): Promise<HandOverReport> {
    const { place, settings, clock } = this.#options;
    const deadline = startDeadline(clock, settings.timeouts.handOver * 1000);
    // Whoever did not ask first whether it takes the message gets it back as it was.
    const { outcomes, left, setback } = this.takes(message)
      ? await this.carry(message, message.recipients, deadline)
      : { outcomes: [], left: message.recipients, setback: null };
    deadline.dispose();
    const stale = setback ?? lostAt(place);
    const { because } = stale;
    const lost = left.map((recipient) => setBack(recipient, stale));
    if (!this.usable) await this.close();
    return {
      recipients: [...outcomes, ...lost],
      attempts: [
        {
          host: place.host,
          ip: place.ip,
          dcid: place.dcid,
          event: lost.length > 0 ? stale.event : null,
          action: lost.length > 0 ? 'next' : this.encrypted ? 'encrypted' : 'clear',
          detail: lost.length > 0 ? because.join('; ') : 'over a connection that stood already',
        },
      ],
      contacted: true,
      // A connection that was closed over night, so to speak, says nothing about the message.
      busy: outcomes.length === 0 && !deadline.expired(),
    };
  }

  /**
   * One transaction after the other until every recipient is settled or the connection cannot go on. Where the deadline
   * passes, the connection ends.
   */
  async carry(message: OutgoingMessage, recipients: readonly Recipient[], deadline: Deadline): Promise<Carried> {
    const { connection, place } = this.#options;
    const onLate = (): void => connection.close();
    if (deadline.expired()) onLate();
    deadline.signal.addEventListener('abort', onLate, { once: true });
    try {
      const carried = await this.#carry(message, recipients, deadline);
      if (!deadline.expired() || carried.left.length === 0) return carried;
      const begun = carried.setback?.begun === true;
      return { ...carried, setback: tooLate(place, deadline.afterMs / 1000, begun), again: false };
    } finally {
      deadline.signal.removeEventListener('abort', onLate);
    }
  }

  async #carry(message: OutgoingMessage, recipients: readonly Recipient[], deadline: Deadline): Promise<Carried> {
    const outcomes: RecipientOutcome[] = [];
    let left = recipients;
    let setback: Setback | null = null;
    while (left.length > 0 && setback === null && this.usable) {
      if (this.#needsReset && !(await this.#reset())) break;
      const group = left.slice(0, this.#limits.recipients);
      const done = await this.#transact(message, group, deadline);
      outcomes.push(...done.outcomes);
      left = [...done.left, ...left.slice(group.length)];
      setback = done.setback;
    }
    const reached = setback === null && left.length > 0 && outcomes.length > 0;
    return { outcomes, left, setback, again: reached };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { connection, signal } = this.#options;
    signal.removeEventListener('abort', this.#onAbort);
    await connection.quit();
    this.#over();
  }

  readonly #onAbort = (): void => {
    this.#options.connection.close();
    if (this.#closed) return;
    this.#closed = true;
    this.#over();
  };

  #over(): void {
    const { emit, clock, place, onClosed } = this.#options;
    emit({ kind: 'connection-closed', at: clock.now(), dcid: place.dcid });
    onClosed();
  }

  async #reset(): Promise<boolean> {
    const { connection, settings } = this.#options;
    const reply = await connection.command({ verb: 'RSET' }, settings.timeouts.command * 1000);
    if (reply.ok && reply.value.code === 250) {
      this.#needsReset = false;
      return true;
    }
    connection.close();
    return false;
  }

  #judge(message: OutgoingMessage, spoken: Partial<Evidence>): Decision {
    const { evidence, history, requirementFor } = this.#options;
    const seen = { ...evidence, ...spoken };
    return decide(requirementFor(message, seen), seen, history);
  }

  async #transact(
    message: OutgoingMessage,
    group: readonly Recipient[],
    deadline: Deadline,
  ): Promise<Omit<Carried, 'again'>> {
    const { connection, settings, clock, emit, place } = this.#options;
    this.#carried += 1;
    this.#needsReset = true;
    emit({ kind: 'delivery-started', at: clock.now(), dcid: place.dcid, mid: message.mid, rids: ridsOf(group) });
    const result = inTime(await transact(message, group, { connection, clock, timeouts: settings.timeouts }), deadline);
    if (result.text.kind === 'answered' && result.text.at === 'message') this.#needsReset = false;
    const settled = this.#settle(message, group, result);
    const taken = settled.outcomes.filter((each) => each.result === 'delivered' && !each.possible);
    if (taken.length > 0 && result.text.kind === 'answered') {
      const response = result.text.reply.lines.join(' ');
      emit({
        kind: 'message-done',
        at: clock.now(),
        dcid: place.dcid,
        mid: message.mid,
        rids: ridsOf(taken),
        response,
      });
    }
    const possible = settled.outcomes.filter((each) => each.possible);
    if (possible.length > 0) {
      const counted = settings.possibleDelivery ? 'delivered' : 'retried';
      const rids = ridsOf(possible);
      emit({ kind: 'possible-delivery', at: clock.now(), dcid: place.dcid, mid: message.mid, rids, counted });
    }
    return settled;
  }

  /** Recipient by recipient: what `decide` makes of the replies to MAIL and RCPT, then the word on the text. */
  #settle(
    message: OutgoingMessage,
    group: readonly Recipient[],
    { mail, rcpts, text }: TransactionResult,
  ): Omit<Carried, 'again'> {
    const { place, evidence } = this.#options;
    const dsnPassedOn = offers(this.#options.connection.ehlo, 'DSN');
    const outcomes: RecipientOutcome[] = [];
    const left: Recipient[] = [];
    let setback: Setback | null = null;
    const passOn = (recipient: Recipient, why: Setback): void => {
      left.push(recipient);
      setback ??= why;
    };
    const someAccepted = rcpts.some((answer) => answer.ok && answer.value.code < 300);
    for (const [index, recipient] of group.entries()) {
      const rcpt = rcpts[index] ?? mail;
      const seen = { ...evidence, mail: phaseOf(mail), rcpt: phaseOf(rcpt) };
      const decision = this.#judge(message, seen);
      switch (decision.kind) {
        case 'refused':
          if (decision.at === 'rcpt' && someAccepted && meansTooMany(decision.reply)) left.push(recipient);
          else outcomes.push(answered(recipient, decision.reply, decision.at, refusedWith(place, decision)));
          break;
        case 'clear':
        case 'encrypted': {
          const settled = this.#afterText(recipient, text, { place, decision });
          if ('place' in settled) passOn(recipient, settled);
          else outcomes.push({ ...settled, dsnPassedOn });
          break;
        }
        case 'next':
          passOn(recipient, setbackOf(decision, seen, place));
          break;
        case 'start-tls':
          throw new Error('a message went over a connection that was not ready for it');
      }
    }
    return { outcomes, left, setback };
  }

  #afterText(recipient: Recipient, text: TransactionResult['text'], verdict: Verdict): RecipientOutcome | Setback {
    const { place, settings } = this.#options;
    switch (text.kind) {
      case 'answered':
        if (text.at === 'data' && text.reply.code === 421) return lostHere(place, text.reply, 'DATA was answered 421');
        return answered(recipient, text.reply, text.at, verdict);
      case 'possible':
        return perhapsDelivered(recipient, text.failure, verdict, settings.possibleDelivery ? 'delivered' : 'retried');
      case 'broken':
        return lostHere(place, null, describeDialogueFailure('the message text', text.failure));
      case 'not-sent':
        return lostHere(place, null, 'the connection was lost before the message text');
    }
  }
}

/** A connection that we ended was not lost by anybody else. */
function inTime(result: TransactionResult, deadline: Deadline): TransactionResult {
  if (result.text.kind !== 'possible' || !deadline.expired()) return result;
  const failure = { kind: 'timed-out', afterMs: deadline.afterMs, begun: false } as const;
  return { ...result, text: { kind: 'possible', failure } };
}

/** A refusal has no channel; the last reason is the reply, which is told with it. */
function refusedWith(place: Place, { because }: Decision): Verdict {
  return { place, decision: { kind: 'clear', event: null, because: because.slice(0, -1) } };
}

function lostHere(place: Place, reply: SmtpReply | null, detail: string): Setback {
  const because = [`${place.host}: ${detail}`];
  return {
    place,
    event: 'E10',
    status: '4.4.2',
    category: 'connection',
    reply,
    because,
    permanent: false,
    begun: true,
  };
}

function phaseOf(answer: Answer): Evidence['mail'] {
  const phase: Phase<SmtpReply, never> | null =
    answer.ok && answer.value.code < 300 ? { kind: 'seen', ms: 0, value: answer.value } : null;
  if (phase !== null) return phase;
  const failure = answer.ok ? ({ kind: 'refused', reply: answer.value } as const) : answer.failure;
  return { kind: 'failed', ms: 0, failure };
}

function ridsOf(recipients: readonly { readonly rid: number }[]): readonly number[] {
  return recipients.map(({ rid }) => rid);
}
