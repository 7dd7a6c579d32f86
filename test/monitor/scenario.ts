/** Monitors and results for tests: all is well unless a test says otherwise. */
import { advance, type MonitorMemory, NEW_MEMORY } from '../../src/monitor/advance.ts';
import {
  DEFAULT_CONFIRM_RUNS,
  DEFAULT_TELL,
  DEFAULT_WARN_DAYS,
  type MailChannel,
  type Monitor,
} from '../../src/monitor/monitor.ts';
import type { ProbeResult } from '../../src/probe/result.ts';
import { certificate, type HostParts, host, prediction, result } from '../report/results.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const BEGIN = Date.UTC(2026, 10, 23);

export const OPS: MailChannel = { kind: 'mail', to: ['ops@example.net'], tell: DEFAULT_TELL };

export function monitorOf(told: Partial<Monitor> = {}): Monitor {
  return {
    name: 'partners',
    description: '',
    targets: ['good.example'],
    schedule: 'PT5M',
    gates: { min: 90, expect: [] },
    options: {},
    channels: [OPS],
    confirmRuns: DEFAULT_CONFIRM_RUNS,
    staleMinutes: null,
    warnDays: DEFAULT_WARN_DAYS,
    paused: false,
    ...told,
  };
}

const TIMES = [41, 422, 50, 48, 450, 58, 41] as const;

export function hostOf(parts: Partial<HostParts> = {}): ProbeResult['hosts'][number] {
  return host({ exchange: 'mx.good.example', address: '192.0.2.1', preference: 10, times: [...TIMES], ...parts });
}

export function goodResult(target = 'good.example', more: Partial<ProbeResult> = {}): ProbeResult {
  return result({ target, hosts: [hostOf()], more });
}

/** STARTTLS is gone. */
export function clearResult(target = 'good.example'): ProbeResult {
  const clear = prediction({ channel: 'clear' });
  return result({
    target,
    hosts: [hostOf({ times: [41, 422, 50, 'FAIL', null, null, 41], verdict: 'clear' })],
    predictions: { preferred: clear, required: prediction({ channel: 'none', host: null }) },
  });
}

/** A 421 at the greeting. */
export function throttledResult(target = 'good.example'): ProbeResult {
  return result({
    target,
    hosts: [hostOf({ times: [41, 'FAIL', null, null, null, null, null], verdict: 'inconclusive' })],
  });
}

export function dnsFailure(target = 'good.example'): ProbeResult {
  return result({
    target,
    more: { status: 'dns-failure', problem: 'the name server of good.example does not answer' },
  });
}

export function otherCertificate(fingerprint: string, target = 'good.example'): ProbeResult {
  const good = goodResult(target);
  const leaf = { ...certificate('mx.good.example', 'Other ICA', ['mx.good.example']), fingerprint };
  return {
    ...good,
    hosts: good.hosts.map((each) => ({
      ...each,
      chain: each.chain === null ? null : { ...each.chain, sent: [leaf, ...each.chain.sent.slice(1)] },
    })),
  };
}

/** A monitor that lives on: each step is one run with these results, and what came of it. */
export function watch(monitor: Monitor) {
  let memory: MonitorMemory = NEW_MEMORY;
  const last = new Map<string, ProbeResult>();
  let runs = 0;
  return {
    get memory() {
      return memory;
    },
    run(at: number, results: readonly (ProbeResult | null)[]) {
      runs += 1;
      const outcomes = monitor.targets.map((target, index) => ({
        target,
        result: results[index] ?? null,
        problem: null,
        resultId: `run${runs}-${index}`,
        before: last.get(target) ?? null,
      }));
      const next = advance(monitor, memory, { startedAt: at - 1_000, finishedAt: at, outcomes }, () => 0.5);
      memory = next.memory;
      for (const [index, item] of next.run.items.entries()) {
        const now = results[index];
        if (item.verdict !== 'inconclusive' && now != null) last.set(item.target, now);
      }
      return next;
    },
  };
}
