/**
 * What counting for TLS reports needs of a store: days, as plain data, that outlive a restart; and the shape in which they
 * are let in again, since a file may be anybody's.
 */
import { list, orNull, record, type Shape, text, truth, where, whole, word } from '../base/shape.ts';
import { MAX_REPORT_ADDRESSES } from './record.ts';
import type { AppliedPolicy, FailureDetail, PolicyTally, PolicyType, ResultType } from './report.ts';
import { MAX_DETAILS_PER_POLICY, MAX_POLICIES_PER_DOMAIN, type StoredDay, type StoredDomain } from './tally.ts';

export interface ReportStore {
  /** Every day that is kept; what cannot be read is left out. */
  load(): Promise<readonly StoredDay[]>;
  /** In place of what was kept of that day. */
  save(day: StoredDay): Promise<void>;
  remove(day: string): Promise<void>;
}

/** For runs that leave nothing behind. */
export function memoryReportStore(): ReportStore {
  const days = new Map<string, StoredDay>();
  return {
    load: async () => [...days.values()],
    save: async (day) => void days.set(day.day, day),
    remove: async (day) => void days.delete(day),
  };
}

const MAX_NAME = 300;
const MAX_STRING = 2100;
const MAX_COUNT = Number.MAX_SAFE_INTEGER;

const POLICY_TYPES: Readonly<Record<PolicyType, true>> = { sts: true, tlsa: true, 'no-policy-found': true };
const RESULTS: Readonly<Record<ResultType, true>> = {
  'starttls-not-supported': true,
  'certificate-host-mismatch': true,
  'certificate-expired': true,
  'certificate-not-trusted': true,
  'validation-failure': true,
  'tlsa-invalid': true,
  'dnssec-invalid': true,
  'dane-required': true,
  'sts-policy-fetch-error': true,
  'sts-policy-invalid': true,
  'sts-webpki-invalid': true,
};

const APPLIED = record<AppliedPolicy>({
  type: word(POLICY_TYPES),
  domain: text(MAX_NAME),
  strings: list(text(MAX_STRING), 200),
  mxHosts: list(text(MAX_NAME), 200),
});

const DETAIL = record<FailureDetail & { readonly count: number }>({
  resultType: word(RESULTS),
  sendingMtaIp: orNull(text(MAX_NAME)),
  receivingMxHostname: orNull(text(MAX_NAME)),
  receivingIp: orNull(text(MAX_NAME)),
  failureReasonCode: orNull(text(MAX_NAME)),
  count: whole(1, MAX_COUNT),
});

const TALLY = where(
  record<PolicyTally>({
    policy: APPLIED,
    successful: whole(0, MAX_COUNT),
    failed: whole(0, MAX_COUNT),
    // Beside those kept apart, one summing up for each result type.
    details: list(DETAIL, MAX_DETAILS_PER_POLICY + Object.keys(RESULTS).length),
  }),
  ({ failed, details }) => details.reduce((sum, { count }) => sum + count, 0) === failed,
  'has details that do not add up',
);

/** One domain of a day. */
export const STORED_DOMAIN: Shape<StoredDomain> = record<StoredDomain>({
  domain: text(MAX_NAME),
  policies: list(TALLY, MAX_POLICIES_PER_DOMAIN),
  done: list(text(MAX_STRING), MAX_REPORT_ADDRESSES * 4),
  finished: truth,
});

/** `2026-11-28`. */
export function isDay(name: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(name) && !Number.isNaN(Date.parse(`${name}T00:00:00Z`));
}
