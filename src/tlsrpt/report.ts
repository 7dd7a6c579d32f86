/**
 * A report on the TLS of a day's sessions (RFC 8460 section 4), as it is written: who reports to whom about which day, what
 * applied, how often it went well, and how it failed (S-RPT-2). Pure.
 */

/** RFC 8460 4.3 (S-RPT-3). There is none for a host the policy does not name: that is a `validation-failure`. */
export const RESULT_TYPES = [
  'starttls-not-supported',
  'certificate-host-mismatch',
  'certificate-expired',
  'certificate-not-trusted',
  'validation-failure',
  'tlsa-invalid',
  'dnssec-invalid',
  'dane-required',
  'sts-policy-fetch-error',
  'sts-policy-invalid',
  'sts-webpki-invalid',
] as const;
export type ResultType = (typeof RESULT_TYPES)[number];

export type PolicyType = 'sts' | 'tlsa' | 'no-policy-found';

/** What applied to a session. */
export interface AppliedPolicy {
  readonly type: PolicyType;
  /** The policy domain: of MTA-STS the recipient's, of DANE the TLSA base domain (RFC 8460 1.1). */
  readonly domain: string;
  /** Lines of the policy, or the TLSA records; empty where there is none to show. */
  readonly strings: readonly string[];
  /** Host patterns of an MTA-STS policy. */
  readonly mxHosts: readonly string[];
}

export interface FailureDetail {
  readonly resultType: ResultType;
  /** Null where no connection came about, or where details were summed up. */
  readonly sendingMtaIp: string | null;
  readonly receivingMxHostname: string | null;
  readonly receivingIp: string | null;
  readonly failureReasonCode: string | null;
}

export interface PolicyTally {
  readonly policy: AppliedPolicy;
  readonly successful: number;
  readonly failed: number;
  readonly details: readonly (FailureDetail & { readonly count: number })[];
}

export interface TlsReport {
  readonly organization: string;
  /** A mailbox. */
  readonly contact: string;
  readonly id: string;
  /** `2026-11-28`, a day in UTC. */
  readonly day: string;
  readonly policies: readonly PolicyTally[];
}

/** The day in UTC a moment belongs to: `2026-11-28`. */
export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** ms at which a day begins and at which the next one does. */
export function boundsOfDay(day: string): { readonly from: number; readonly to: number } {
  const from = Date.parse(`${day}T00:00:00Z`);
  return { from, to: from + 24 * 60 * 60 * 1000 };
}

/** The JSON of RFC 8460 4.4. */
export function reportJson(report: TlsReport): string {
  return JSON.stringify({
    'organization-name': report.organization,
    'date-range': { 'start-datetime': `${report.day}T00:00:00Z`, 'end-datetime': `${report.day}T23:59:59Z` },
    'contact-info': report.contact,
    'report-id': report.id,
    policies: report.policies.map(policyJson),
  });
}

function policyJson({ policy, successful, failed, details }: PolicyTally): object {
  return {
    policy: {
      'policy-type': policy.type,
      ...(policy.strings.length === 0 ? {} : { 'policy-string': policy.strings }),
      'policy-domain': policy.domain,
      ...(policy.mxHosts.length === 0 ? {} : { 'mx-host': policy.mxHosts }),
    },
    summary: { 'total-successful-session-count': successful, 'total-failure-session-count': failed },
    ...(details.length === 0 ? {} : { 'failure-details': details.map(detailJson) }),
  };
}

function detailJson(detail: FailureDetail & { readonly count: number }): object {
  return {
    'result-type': detail.resultType,
    ...(detail.sendingMtaIp === null ? {} : { 'sending-mta-ip': detail.sendingMtaIp }),
    ...(detail.receivingMxHostname === null ? {} : { 'receiving-mx-hostname': detail.receivingMxHostname }),
    ...(detail.receivingIp === null ? {} : { 'receiving-ip': detail.receivingIp }),
    'failed-session-count': detail.count,
    ...(detail.failureReasonCode === null ? {} : { 'failure-reason-code': detail.failureReasonCode }),
  };
}
