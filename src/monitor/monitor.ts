/**
 * A monitor as the configuration says it: which targets, when, what they must show, and who is told. The contract's
 * `{ name, targets, schedule, gates, options, channels }` with what an operator may say besides.
 */
import type { Gates } from '../probe/gates.ts';
import type { ProbeOptions } from '../probe/probe-record.ts';

/** What a channel can be asked to tell. `state`: something is wrong, and well again; `date`: something ends soon. */
export const NOTICE_KINDS = ['state', 'reminder', 'change', 'date'] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

export interface MailChannel {
  readonly kind: 'mail';
  readonly to: readonly string[];
  readonly tell: readonly NoticeKind[];
}

export interface WebhookChannel {
  readonly kind: 'webhook';
  /** `https:`. */
  readonly url: string;
  /** Signs what is sent; never shown. */
  readonly secret: string;
  /** The URL may lead to an address that is not public. */
  readonly allowPrivate: boolean;
  readonly tell: readonly NoticeKind[];
}

export type Channel = MailChannel | WebhookChannel;

/** Of a probe's options those that somebody sets; the others are the probe's own. */
export type MonitorOptions = Partial<ProbeOptions>;

export interface Monitor {
  readonly name: string;
  /** For people; may be empty. */
  readonly description: string;
  readonly targets: readonly string[];
  /** `PT5M`, or `cron 0 6 * * 1-5 Europe/Amsterdam`. */
  readonly schedule: string;
  readonly gates: Gates;
  readonly options: MonitorOptions;
  readonly channels: readonly Channel[];
  /** Runs in a row that have to say the same before the state changes. */
  readonly confirmRuns: number;
  /** Minutes without a run that could tell after which nobody knows any more; null: three times the schedule. */
  readonly staleMinutes: number | null;
  /** Days before a date at which it is told, once each. */
  readonly warnDays: readonly number[];
  /** It rests, and keeps what it has seen. */
  readonly paused: boolean;
}

/** Characters of a name: it stands in addresses of pages and in metrics. */
export const MAX_MONITOR_NAME = 63;
export const MONITOR_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/;
export const MAX_MONITORS = 1_000;
export const MAX_MONITOR_TARGETS = 100;
export const MAX_CHANNELS = 10;
export const MAX_CHANNEL_ADDRESSES = 50;
export const MAX_CONFIRM_RUNS = 10;
export const MAX_WARN_DAYS = 10;
/** Twice in a row: one failure alone wakes nobody. */
export const DEFAULT_CONFIRM_RUNS = 2;
export const DEFAULT_WARN_DAYS: readonly number[] = [14, 7, 3, 1];
export const DEFAULT_SCHEDULE = 'PT15M';
/** Changes are for those who ask for them: most are somebody's intention. */
export const DEFAULT_TELL: readonly NoticeKind[] = ['state', 'reminder', 'date'];
