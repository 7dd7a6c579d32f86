/** A test that somebody asked for over the web, as the rest of the house sees it: what was asked, by whom, how far it is. */
import type { ProbeOptions, ProbeRecord } from '../probe/probe-record.ts';
import type { ProbeResult } from '../probe/result.ts';
import { createEventTrail, type EventTrail } from './event-trail.ts';

export interface JobLimits {
  /** Tests at one time. */
  readonly running: number;
  /** Tests that wait. */
  readonly waiting: number;
  /** New tests of one client: at once, and then one in so many ms. */
  readonly perClient: { readonly burst: number; readonly everyMs: number };
  /** New tests of one domain or server, whoever asks. */
  readonly perTarget: { readonly burst: number; readonly everyMs: number };
  /** For how long a result is given again, ms. */
  readonly reuseMs: number;
  /** Finished tests kept in memory with their events. */
  readonly remembered: number;
  /** The longest a test may run, ms. */
  readonly longestMs: number;
}

export const DEFAULT_LIMITS: JobLimits = {
  running: 50,
  waiting: 500,
  perClient: { burst: 20, everyMs: 6_000 },
  perTarget: { burst: 5, everyMs: 60_000 },
  reuseMs: 600_000,
  remembered: 1_000,
  longestMs: 300_000,
};

export interface Asked {
  readonly target: string;
  readonly options: Partial<ProbeOptions>;
  /** Not the result of a moment ago. */
  readonly fresh: boolean;
  /** For a new test, if it may not have any name. */
  readonly id?: string | undefined;
  /** Whoever asks waits by himself: being told when to come back is no rebuke. */
  readonly patient?: boolean | undefined;
}

export interface Caller {
  /** Counted together: an address, or a token. */
  readonly key: string;
  /** Without a name nobody makes us speak to a mailbox. */
  readonly anonymous: boolean;
}

export interface Job {
  readonly id: string;
  readonly target: string;
  readonly domain: string;
  readonly listed: boolean;
  readonly options: ProbeOptions;
  readonly createdAt: number;
  readonly state: 'queued' | 'running' | 'done' | 'failed';
  /** In the queue, from 1; null once it runs. */
  readonly position: number | null;
  readonly finishedAt: number | null;
  readonly result: ProbeResult | null;
  readonly problem: string | null;
  readonly trail: EventTrail;
}

export interface Admitted {
  readonly job: Job;
  /** It was there before. */
  readonly reused: boolean;
}

export const DEFAULT_OPTIONS: Omit<ProbeOptions, 'port'> = {
  quick: false,
  ignoreNoConnect: false,
  assureTls: false,
  mtaSts: true,
  dane: true,
  scan: false,
  rcpt: false,
  strictCn: false,
  family: 'any',
  timeout: 30,
};

/** A test that ended in an earlier process, or in another one: what it came to is known, the steps to it are not. */
export function jobOf(record: ProbeRecord): Job {
  const trail = createEventTrail();
  tellEnd(trail, record);
  return { ...record, state: record.result === null ? 'failed' : 'done', position: null, trail };
}

/** The last event of a trail. */
export function tellEnd(trail: EventTrail, { result, problem }: Pick<ProbeRecord, 'result' | 'problem'>): void {
  if (result === null) trail.add('failed', { problem });
  else trail.add('done', result);
  trail.end();
}
