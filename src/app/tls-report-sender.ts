/**
 * TLS reports from counting to sending (RFC 8460, S-RPT-2 to S-RPT-7): sessions are counted as they are judged, the counts
 * are kept over a restart, and after the end of each day in UTC every domain that asks for reports gets one, by mail into
 * the queue or by HTTPS. Not all senders begin at midnight: each day has a random delay of up to four hours. What fails is
 * tried again at growing distances for 24 hours (RFC 8460 5.5) and then forgotten, since reports are a courtesy.
 */
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { OnDeliveryEvent } from '../delivery/events.ts';
import type { PostFailure, PostReport } from '../delivery/post-tls-report.ts';
import { sessionResults } from '../delivery/tls-reports.ts';
import type { Resolver } from '../dns/resolver.ts';
import { readReportRecord, reportRecordName } from '../tlsrpt/record.ts';
import { boundsOfDay, dayOf, type TlsReport } from '../tlsrpt/report.ts';
import { gzippedReport, mailboxOf, reportMail } from '../tlsrpt/report-mail.ts';
import type { ReportStore } from '../tlsrpt/stored-day.ts';
import { DayTally, type StoredDomain } from '../tlsrpt/tally.ts';

/** Who reports. */
export interface Reporter {
  readonly organization: string;
  /** A mailbox for questions. */
  readonly contact: string;
  /** Domain that reports and whose key signs. */
  readonly submitter: string;
  /** Sender of report mail. */
  readonly from: string;
}

/** A report for the queue: it is to be signed with DKIM, sent with `tlsOptional` and not counted (S-RPT-5). */
export interface ReportSubmission {
  readonly sender: string;
  readonly recipient: string;
  readonly bytes: Uint8Array;
  readonly origin: 'tlsrpt';
  readonly tlsOptional: true;
}

export interface TlsReportOptions {
  readonly reporter: Reporter;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly store: ReportStore;
  readonly resolver: Resolver;
  /** Resolves when the message is in the queue. */
  readonly submit: (report: ReportSubmission) => Promise<void>;
  readonly post: PostReport;
}

export interface TlsReports {
  readonly onDelivery: OnDeliveryEvent;
  /** Takes up what was kept; counting begins with it. */
  start(): Promise<void>;
  /** Resolves when what was counted is kept and nothing is being sent. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** ms after which counts are kept: so much of them a crash may cost. */
export const SAVE_DELAY_MS = 30_000;
/** Reports of a day begin within this time after its end, ms. */
export const SEND_SPREAD_MS = 4 * 60 * 60 * 1000;
/** ms before the first retry; each wait is twice as long as the one before. */
export const FIRST_RETRY_MS = 15 * 60 * 1000;
/** ms after the first try at which it is given up. */
export const GIVE_UP_MS = 24 * 60 * 60 * 1000;
/** Domains that are served at one time. */
const CONCURRENCY = 8;
/** Addresses of one record that get a report. */
export const MAX_SERVED_ADDRESSES = 10;

interface SendPlan {
  /** ms since the epoch. */
  nextAt: number;
  waitMs: number;
  readonly giveUpAt: number;
}

export function createTlsReports(options: TlsReportOptions): TlsReports {
  return new Sender(options);
}

class Sender implements TlsReports {
  readonly #options: TlsReportOptions;
  readonly #tallies = new Map<string, DayTally>();
  readonly #plans = new Map<string, SendPlan>();
  readonly #dirty = new Set<string>();
  readonly #stopping = new AbortController();
  #started = false;
  #cancelSave: (() => void) | null = null;
  #cancelSend: (() => void) | null = null;
  #work: Promise<void> = Promise.resolve();

  constructor(options: TlsReportOptions) {
    this.#options = options;
  }

  readonly onDelivery: OnDeliveryEvent = (event) => {
    if (event.kind !== 'session-judged' || !this.#started || this.#stopping.signal.aborted) return;
    const results = sessionResults(event);
    if (results.length === 0) return;
    const tally = this.#tallyOf(dayOf(event.at));
    for (const result of results) tally.count(result);
    this.#touched(tally.day);
  };

  async start(): Promise<void> {
    for (const stored of await this.#options.store.load()) {
      this.#tallies.set(stored.day, new DayTally(stored.day, stored));
    }
    this.#started = true;
    this.#watch();
  }

  async flush(): Promise<void> {
    await this.#work;
    await this.#enqueue(() => this.#saveAll());
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    this.#cancelSave?.();
    this.#cancelSend?.();
    await this.flush();
  }

  #tallyOf(day: string): DayTally {
    let tally = this.#tallies.get(day);
    if (tally === undefined) {
      tally = new DayTally(day);
      this.#tallies.set(day, tally);
      this.#watch();
    }
    return tally;
  }

  #touched(day: string): void {
    this.#dirty.add(day);
    if (this.#cancelSave !== null || this.#stopping.signal.aborted) return;
    this.#cancelSave = this.#options.clock.setTimer(SAVE_DELAY_MS, () => {
      this.#cancelSave = null;
      void this.#enqueue(() => this.#saveAll());
    });
  }

  /** One thing after the other: saving and sending never overlap. */
  #enqueue(work: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(work).catch((error: unknown) => {
      this.#options.log('error', 'TLS reports: something of ours failed', { error: String(error) });
    });
    return this.#work;
  }

  async #saveAll(): Promise<void> {
    for (const day of [...this.#dirty]) {
      this.#dirty.delete(day);
      const tally = this.#tallies.get(day);
      if (tally === undefined) continue;
      try {
        await this.#options.store.save(tally.stored());
      } catch (error) {
        this.#dirty.add(day);
        this.#options.log('error', 'TLS reports cannot be kept; counting goes on', { day, error: String(error) });
        return;
      }
    }
  }

  /** Sets the timer for the day that is due first. */
  #watch(): void {
    this.#cancelSend?.();
    this.#cancelSend = null;
    if (this.#stopping.signal.aborted) return;
    const { clock } = this.#options;
    const next = Math.min(...[...this.#tallies.keys()].map((day) => this.#planOf(day).nextAt));
    if (next === Infinity) return;
    // A timer holds some weeks at most, and clocks are set: looked at anew at least once a day.
    const afterMs = Math.min(Math.max(0, next - clock.now()), GIVE_UP_MS);
    this.#cancelSend = clock.setTimer(afterMs, () => {
      this.#cancelSend = null;
      void this.#enqueue(() => this.#sendDue()).then(() => this.#watch());
    });
  }

  #planOf(day: string): SendPlan {
    const known = this.#plans.get(day);
    if (known !== undefined) return known;
    const { clock, random } = this.#options;
    const firstAt = Math.max(boundsOfDay(day).to, clock.now()) + Math.floor(random() * SEND_SPREAD_MS);
    const plan = { nextAt: firstAt, waitMs: FIRST_RETRY_MS, giveUpAt: firstAt + GIVE_UP_MS };
    this.#plans.set(day, plan);
    return plan;
  }

  async #sendDue(): Promise<void> {
    const now = this.#options.clock.now();
    for (const [day, tally] of [...this.#tallies]) {
      const plan = this.#planOf(day);
      if (plan.nextAt > now) continue;
      await this.#sendDay(tally);
      if (tally.finished || now >= plan.giveUpAt) {
        this.#tallies.delete(day);
        this.#plans.delete(day);
        this.#dirty.delete(day);
        await this.#options.store.remove(day);
        continue;
      }
      plan.nextAt = now + plan.waitMs;
      plan.waitMs *= 2;
      await this.#options.store.save(tally.stored());
    }
  }

  async #sendDay(tally: DayTally): Promise<void> {
    const waiting = tally.stored().domains.filter(({ finished }) => !finished);
    const serve = async (): Promise<void> => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        if (this.#stopping.signal.aborted) return;
        await this.#serve(tally, next);
        this.#dirty.add(tally.day);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, serve));
  }

  /** Every address of one domain that has not been served yet. */
  async #serve(tally: DayTally, stored: StoredDomain): Promise<void> {
    const { resolver, log } = this.#options;
    const { domain } = stored;
    const answer = await resolver.ask(reportRecordName(domain), 'TXT', { signal: this.#stopping.signal });
    if (answer.kind === 'failed') return;
    const record = readReportRecord(answer.kind === 'records' ? answer.records.map(({ data }) => data) : []);
    if (record.kind !== 'record') {
      tally.settle(domain, [], true);
      return;
    }
    const report = this.#reportOf(tally.day, stored);
    let left = 0;
    for (const { scheme, uri } of record.rua.slice(0, MAX_SERVED_ADDRESSES)) {
      if (stored.done.includes(uri)) continue;
      const outcome = scheme === 'mailto' ? await this.#mail(report, domain, uri) : await this.#post(report, uri);
      if (outcome === 'later') left++;
      else tally.settle(domain, [uri], false);
      log(outcome === 'done' ? 'info' : 'warn', `TLS report ${OUTCOME[outcome]}`, { domain, day: tally.day, to: uri });
    }
    if (left === 0) tally.settle(domain, [], true);
  }

  #reportOf(day: string, { domain, policies }: StoredDomain): TlsReport {
    const { reporter, random } = this.#options;
    const unique = Math.floor(random() * 2 ** 48).toString(36);
    const { organization, contact } = reporter;
    return { organization, contact, id: `${day}.${domain}.${unique}`, day, policies };
  }

  async #mail(report: TlsReport, policyDomain: string, uri: string): Promise<SendOutcome> {
    const { reporter, clock, submit } = this.#options;
    const recipient = mailboxOf(uri);
    if (recipient === null) return 'refused';
    const { from, submitter } = reporter;
    const bytes = reportMail({ report, policyDomain, submitter, from, to: recipient, date: clock.now() });
    return submit({ sender: from, recipient, bytes, origin: 'tlsrpt', tlsOptional: true }).then(
      () => 'done',
      () => 'later',
    );
  }

  async #post(report: TlsReport, uri: string): Promise<SendOutcome> {
    const posted = await this.#options.post(uri, gzippedReport(report), this.#stopping.signal);
    if (posted.ok) return 'done';
    return isFinal(posted.failure) ? 'refused' : 'later';
  }
}

type SendOutcome = 'done' | 'refused' | 'later';

const OUTCOME: Readonly<Record<SendOutcome, string>> = {
  done: 'sent',
  refused: 'not wanted there, given up',
  later: 'not sent yet',
};

/** What another try would not change. */
function isFinal(failure: PostFailure): boolean {
  switch (failure.kind) {
    case 'bad-url':
    case 'not-permitted':
      return true;
    case 'status':
      return failure.status >= 400 && failure.status < 500 && failure.status !== 429 && failure.status !== 408;
    default:
      return false;
  }
}
