/**
 * The monitor role of an installation: runs what is due, keeps what came of it, and sees that notices leave. Several
 * processes may do this over one database: a run is leased to one of them, and what a process that dies leaves undone comes
 * back when its lease is over. Monitors are those of the configuration in force; a commit is followed at once.
 */
import { hostname as machineName } from 'node:os';
import type { Alert } from '../delivery/alerts.ts';
import { advance, scheduleOf, type TargetOutcome } from '../monitor/advance.ts';
import type { Monitor } from '../monitor/monitor.ts';
import {
  type ClaimedMonitor,
  DEFAULT_RETENTION,
  type KeptResult,
  type MonitorStore,
  type Posting,
} from '../monitor/monitor-store.ts';
import { addressOf, type Notice, noticeLines, noticeTitle, wants } from '../monitor/notice.ts';
import { firstRunAt } from '../monitor/schedule.ts';
import type { ProbeOptions } from '../probe/probe-record.ts';
import { parseTarget } from '../probe/target.ts';
import { createMonitorStore } from '../store/monitor-store.ts';
import type { Installation } from './installation.ts';
import { createPostman } from './monitor-postman.ts';
import type { ProbeApps } from './probe-apps.ts';
import { DEFAULT_OPTIONS } from './probe-jobs.ts';
import { unguessable } from './secrets.ts';

export interface MonitorServiceOptions {
  /** Probes as every other face has them. */
  readonly apps: ProbeApps;
  readonly leaseMs?: number | undefined;
  readonly maxRuns?: number | undefined;
}

export interface MonitorService {
  /** Begins nothing new, waits so long for what runs, ms, and gives the rest back. */
  close(drainMs?: number): Promise<void>;
}

/** Monitors that one process runs at one time, and targets of each. */
const MAX_RUNS = 8;
const MAX_TARGETS_AT_ONCE = 4;
const LEASE_MS = 60_000;
/** Another process, or a person, may have changed what is due, ms. */
const LOOK_MS = 5_000;
/** The longest probe of one target, ms. */
const LONGEST_MS = 300_000;
const PRUNE_MS = 3_600_000;
const POSTINGS_AT_ONCE = 20;

export async function startMonitorService(
  installation: Installation,
  options: MonitorServiceOptions,
): Promise<MonitorService> {
  const { database, followed, settings, world } = installation;
  const { clock, random } = world;
  const { log } = settings;
  const store = createMonitorStore(database);
  const owner = `${machineName()} ${unguessable(random)}`;
  const leaseMs = options.leaseMs ?? LEASE_MS;
  const maxRuns = options.maxRuns ?? MAX_RUNS;
  const postman = createPostman(installation);
  const stopping = new AbortController();
  const underWay = new Set<Promise<void>>();
  let running = 0;
  let closed = false;
  let looking: Promise<void> | null = null;
  let again = false;
  const timers = new Set<() => void>();

  const monitors = (): readonly Monitor[] => followed.snapshot().document.monitors;
  const fault = (what: string) => (error: unknown) =>
    log('error', what, { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });

  const track = (work: Promise<void>): void => {
    const tracked = work.finally(() => underWay.delete(tracked));
    underWay.add(tracked);
  };

  const start = (claimed: ClaimedMonitor): void => {
    const monitor = monitors().find(({ name }) => name === claimed.name);
    if (monitor === undefined) return;
    running += 1;
    track(
      runOne(installation, options.apps, store, { monitor, claimed, owner, signal: stopping.signal })
        .catch(fault('a run of a monitor broke off; it comes back when its lease is over'))
        .finally(() => {
          running -= 1;
          look();
        }),
    );
  };

  const lookOnce = async (): Promise<void> => {
    const now = clock.now();
    const all = monitors();
    await store.sync(all.map(({ name, schedule }) => ({ name, schedule, nextAt: firstAt({ name, schedule }, now) })));
    const names = all.filter(({ paused }) => !paused).map(({ name }) => name);
    const request = { owner, now, leaseMs };
    if (running < maxRuns && names.length > 0) {
      for (const claimed of await store.claim({ ...request, names, most: maxRuns - running })) start(claimed);
    }
    for (const posting of await store.claimPostings({ ...request, most: POSTINGS_AT_ONCE })) {
      track(
        postman
          .send(posting, stopping.signal)
          .then((outcome) => store.settlePosting(posting.id, owner, outcome, clock.now()))
          .catch(fault('a notice of a monitor broke off; it is tried again')),
      );
    }
  };

  /** One look at a time; who asks meanwhile gets another one behind it. */
  function look(): void {
    if (closed) return;
    if (looking !== null) {
      again = true;
      return;
    }
    again = false;
    looking = lookOnce()
      .catch((error: unknown) => log('warn', 'monitors could not be looked at', { error: String(error) }))
      .finally(() => {
        looking = null;
        if (again) look();
      });
  }

  const every = (ms: number, act: () => void): void => {
    const cancel = clock.setTimer(ms, () => {
      timers.delete(cancel);
      if (closed) return;
      every(ms, act);
      act();
    });
    timers.add(cancel);
  };
  const prune = (): void =>
    track(
      store
        .prune(
          monitors().map(({ name }) => name),
          clock.now(),
          DEFAULT_RETENTION,
        )
        .catch(fault('old runs of monitors could not be forgotten')),
    );

  const stopHearing = store.onWork(look);
  every(LOOK_MS, look);
  every(PRUNE_MS, prune);
  every(Math.max(1, Math.floor(leaseMs / 3)), () => {
    if (underWay.size > 0) track(store.renew(owner, clock.now(), leaseMs).catch(fault('leases could not be renewed')));
  });
  prune();
  look();
  return {
    close: async (drainMs = 0) => {
      closed = true;
      stopHearing();
      await looking;
      await settledWithin(underWay, drainMs, clock.setTimer);
      stopping.abort();
      await Promise.allSettled(underWay);
      for (const cancel of timers) cancel();
      await store.release(owner).catch(fault('leases could not be given back'));
      await options.apps.close();
    },
  };
}

function firstAt(monitor: Pick<Monitor, 'name' | 'schedule'>, now: number): number {
  return firstRunAt(scheduleOf(monitor), now);
}

function settledWithin(
  work: ReadonlySet<Promise<void>>,
  ms: number,
  setTimer: Installation['world']['clock']['setTimer'],
): Promise<void> {
  if (work.size === 0 || ms <= 0) return Promise.resolve();
  return new Promise((resolve) => {
    const cancel = setTimer(ms, resolve);
    void Promise.allSettled(work).then(() => {
      cancel();
      resolve();
    });
  });
}

interface OneRun {
  readonly monitor: Monitor;
  readonly claimed: ClaimedMonitor;
  readonly owner: string;
  readonly signal: AbortSignal;
}

async function runOne(
  installation: Installation,
  apps: ProbeApps,
  store: MonitorStore,
  { monitor, claimed, owner, signal }: OneRun,
): Promise<void> {
  const { clock, random } = installation.world;
  const { log } = installation.settings;
  const startedAt = clock.now();
  const outcomes: TargetOutcome[] = [];
  const left = [...monitor.targets];
  const worker = async (): Promise<void> => {
    for (let target = left.shift(); target !== undefined && !signal.aborted; target = left.shift()) {
      const before = claimed.before.get(target) ?? null;
      outcomes.push({ ...(await probeTarget(installation, apps, monitor, target, signal)), before });
    }
  };
  await Promise.all(Array.from({ length: MAX_TARGETS_AT_ONCE }, worker));
  // Cut off by our own end: what was seen says nothing, and the run is another process's.
  if (signal.aborted) return;
  const ordered = monitor.targets.flatMap((target) => outcomes.find((each) => each.target === target) ?? []);
  const finishedAt = clock.now();
  const next = advance(monitor, claimed.memory, { startedAt, finishedAt, outcomes: ordered }, random);
  const results = ordered.flatMap((outcome, index): readonly KeptResult[] => {
    const { target, result, resultId } = outcome;
    const item = next.run.items[index];
    if (result === null || item === undefined) return [];
    const told = item.verdict !== 'inconclusive';
    const turned = claimed.memory.targets[target]?.lastVerdict !== item.verdict;
    return [{ id: resultId, target, at: finishedAt, result, told, notable: turned || item.changes.length > 0 }];
  });
  const { memory, run, nextAt, notices } = next;
  const postings = notices.flatMap((notice) => postingsOf(monitor, notice));
  const kept = await store.finish({ name: monitor.name, owner, memory, run, results, postings, nextAt });
  if (kept === null) {
    log('warn', 'a run of a monitor came too late and does not count', { monitor: monitor.name });
    return;
  }
  for (const notice of notices) {
    if (notice.event === 'change') continue;
    log(notice.event === 'recovered' ? 'info' : 'warn', 'a monitor tells', { title: noticeTitle(notice) });
    installation.sinks.alerts?.raise(alertOf(notice, finishedAt));
  }
}

function postingsOf({ channels }: Monitor, notice: Notice): readonly Posting[] {
  return channels
    .filter((channel) => wants(channel, notice))
    .map((channel) => ({ channel: channel.kind, address: addressOf(channel), notice }));
}

/** For those who get alerts of the class `monitor`, whatever channels a monitor has. */
function alertOf(notice: Notice, at: number): Alert {
  const { severity, monitor, event, state } = notice;
  const key = `monitor ${monitor} ${event} ${state}`;
  return { at, severity, class: 'monitor', key, message: noticeTitle(notice), lines: noticeLines(notice) };
}

async function probeTarget(
  { settings, world }: Installation,
  apps: ProbeApps,
  monitor: Monitor,
  target: string,
  stop: AbortSignal,
): Promise<Omit<TargetOutcome, 'before'>> {
  const { clock, random } = world;
  const resultId = unguessable(random);
  const parsed = parseTarget(target);
  if (!parsed.ok) return { target, resultId, result: null, problem: 'the target cannot be read' };
  const limit = new AbortController();
  const cancel = clock.setTimer(LONGEST_MS, () => limit.abort());
  try {
    const options: ProbeOptions = { ...DEFAULT_OPTIONS, port: settings.port, ...monitor.options };
    const { rcpt, family: _family, timeout: _timeout, port: _port, scan: _scan, ...asked } = options;
    const request = { target: parsed.value, ...asked, rcpt: rcpt ? ('yes' as const) : ('no' as const), seed: null };
    const result = await apps.probe(options, request, { signal: AbortSignal.any([stop, limit.signal]) });
    return { target, resultId, result, problem: null };
  } catch (error) {
    settings.log('error', 'a test of a monitor broke', { target, error: String(error) });
    return { target, resultId, result: null, problem: 'the test broke off because of a fault of ours' };
  } finally {
    cancel();
  }
}
