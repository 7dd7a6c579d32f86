/**
 * Counting sessions for reports: per day in UTC, per domain that is reported to, per policy (S-RPT-2, S-RPT-7). One session
 * counts once for each policy that applied, as a success or as a failure, and nothing that was counted is lost: what does
 * not fit into the details is summed up. Not pure: a `DayTally` is a running count, which can be written down and taken up
 * again.
 */
import type { AppliedPolicy, FailureDetail, PolicyTally } from './report.ts';

/** How one session came out under one policy. */
export interface SessionResult {
  /** The domain whose TLSRPT record says where the report goes. */
  readonly reportTo: string;
  readonly policy: AppliedPolicy;
  /** Null: it went well. */
  readonly failure: FailureDetail | null;
}

/** Domains that are counted in one day; sessions with more are not reported. */
export const MAX_REPORTED_DOMAINS = 200_000;
/** Policies of one domain in one day, changed ones anew; more versions are added to the last, other ones not reported. */
export const MAX_POLICIES_PER_DOMAIN = 100;
/** Kinds of failure under one policy; the rest is summed up by its result type. */
export const MAX_DETAILS_PER_POLICY = 500;

/** A day as it is kept: plain data. */
export interface StoredDay {
  readonly day: string;
  readonly domains: readonly StoredDomain[];
}

export interface StoredDomain {
  readonly domain: string;
  readonly policies: readonly PolicyTally[];
  /** Report addresses that have been served, or given up, once the day is over. */
  readonly done: readonly string[];
  /** Nothing is left to do. */
  readonly finished: boolean;
}

interface RunningPolicy {
  readonly policy: AppliedPolicy;
  successful: number;
  failed: number;
  readonly details: Map<string, FailureDetail & { count: number }>;
}

interface RunningDomain {
  readonly policies: Map<string, RunningPolicy>;
  done: readonly string[];
  finished: boolean;
}

export class DayTally {
  readonly day: string;
  readonly #domains = new Map<string, RunningDomain>();

  constructor(day: string, stored: StoredDay | null = null) {
    this.day = day;
    for (const { domain, policies, done, finished } of stored?.domains ?? []) {
      const running = new Map<string, RunningPolicy>();
      for (const { policy, successful, failed, details } of policies) {
        const kept = new Map(details.map((detail) => [detailKey(detail), { ...detail }]));
        running.set(policyKey(policy), { policy, successful, failed, details: kept });
      }
      this.#domains.set(domain, { policies: running, done, finished });
    }
  }

  count({ reportTo, policy, failure }: SessionResult): void {
    const running = this.#policyOf(reportTo, policy);
    if (running === null) return;
    if (failure === null) {
      running.successful++;
      return;
    }
    running.failed++;
    const detail = running.details.has(detailKey(failure))
      ? failure
      : running.details.size < MAX_DETAILS_PER_POLICY
        ? failure
        : summedUp(failure);
    const key = detailKey(detail);
    const kept = running.details.get(key);
    if (kept === undefined) running.details.set(key, { ...detail, count: 1 });
    else kept.count++;
  }

  /** Notes that an address has been served; `finished` when the domain needs nothing more. */
  settle(domain: string, done: readonly string[], finished: boolean): void {
    const running = this.#domains.get(domain);
    if (running === undefined) return;
    running.done = [...new Set([...running.done, ...done])];
    running.finished ||= finished;
  }

  get finished(): boolean {
    return [...this.#domains.values()].every(({ finished }) => finished);
  }

  stored(): StoredDay {
    const domains = [...this.#domains].map(([domain, { policies, done, finished }]): StoredDomain => {
      const tallies = [...policies.values()].map(
        ({ policy, successful, failed, details }): PolicyTally => ({
          policy,
          successful,
          failed,
          details: [...details.values()].map((detail) => ({ ...detail })),
        }),
      );
      return { domain, policies: tallies, done, finished };
    });
    return { day: this.day, domains };
  }

  #policyOf(reportTo: string, policy: AppliedPolicy): RunningPolicy | null {
    let domain = this.#domains.get(reportTo);
    if (domain === undefined) {
      if (this.#domains.size >= MAX_REPORTED_DOMAINS) return null;
      domain = { policies: new Map(), done: [], finished: false };
      this.#domains.set(reportTo, domain);
    }
    const key = policyKey(policy);
    const kept = domain.policies.get(key);
    if (kept !== undefined) return kept;
    if (domain.policies.size >= MAX_POLICIES_PER_DOMAIN) {
      // One that changes by the minute: its versions are no longer kept apart, its sessions still count.
      const alike = [...domain.policies.values()].findLast((each) => sameSubject(each.policy, policy));
      return alike ?? null;
    }
    const running: RunningPolicy = { policy, successful: 0, failed: 0, details: new Map() };
    domain.policies.set(key, running);
    return running;
  }
}

function sameSubject(one: AppliedPolicy, other: AppliedPolicy): boolean {
  return one.type === other.type && one.domain === other.domain;
}

function policyKey({ type, domain, strings, mxHosts }: AppliedPolicy): string {
  return JSON.stringify([type, domain, strings, mxHosts]);
}

function detailKey(detail: FailureDetail): string {
  const { resultType, sendingMtaIp, receivingMxHostname, receivingIp, failureReasonCode } = detail;
  return JSON.stringify([resultType, sendingMtaIp, receivingMxHostname, receivingIp, failureReasonCode]);
}

function summedUp({ resultType }: FailureDetail): FailureDetail {
  return {
    resultType,
    sendingMtaIp: null,
    receivingMxHostname: null,
    receivingIp: null,
    failureReasonCode: 'and-more',
  };
}
