/**
 * Reading reports that others send (RFC 8460), with the patience they need (S-RPT-6): a policy without its domain, texts
 * where lists are due and the other way round, types nobody has heard of, counts that are missing. What is not there is
 * null, never guessed. Bounded in everything; never throws.
 */
import { gunzipSync } from 'node:zlib';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';

export interface ReadReport {
  readonly organization: string | null;
  readonly contact: string | null;
  readonly id: string | null;
  /** As they stand there. */
  readonly start: string | null;
  readonly end: string | null;
  readonly policies: readonly ReadPolicy[];
}

export interface ReadPolicy {
  /** `sts`, `tlsa`, `no-policy-found`, or what else stands there. */
  readonly type: string | null;
  readonly domain: string | null;
  readonly strings: readonly string[];
  readonly mxHosts: readonly string[];
  readonly successful: number | null;
  readonly failed: number | null;
  readonly details: readonly ReadDetail[];
}

export interface ReadDetail {
  readonly resultType: string | null;
  readonly sendingMtaIp: string | null;
  readonly receivingMxHostname: string | null;
  readonly receivingMxHelo: string | null;
  readonly receivingIp: string | null;
  readonly count: number | null;
  readonly additionalInformation: string | null;
  readonly failureReasonCode: string | null;
}

export type ReadReportFault =
  | { readonly kind: 'too-large'; readonly limit: number }
  | { readonly kind: 'not-gzip' }
  | { readonly kind: 'not-json' }
  /** JSON, but nothing in it is a report's. */
  | { readonly kind: 'not-a-report' };

/** Octets of a report, unpacked. */
export const MAX_REPORT_OCTETS = 20 * 1024 * 1024;
export const MAX_READ_POLICIES = 10_000;
export const MAX_READ_DETAILS = 10_000;
/** Strings of one list, and characters of one text. */
const MAX_LIST = 1000;
const MAX_TEXT = 2000;

/** JSON, or gzipped JSON: the bytes tell. */
export function readReport(bytes: Uint8Array): Outcome<ReadReport, ReadReportFault> {
  const unpacked = bytes[0] === 0x1f && bytes[1] === 0x8b ? unpack(bytes) : succeeded(Buffer.from(bytes));
  if (!unpacked.ok) return unpacked;
  if (unpacked.value.length > MAX_REPORT_OCTETS) return failed({ kind: 'too-large', limit: MAX_REPORT_OCTETS });
  let value: unknown;
  try {
    value = JSON.parse(unpacked.value.toString('utf8').replace(/^\ufeff/, ''));
  } catch {
    return failed({ kind: 'not-json' });
  }
  const report = objectOf(value);
  if (report === null || !KNOWN.some((key) => Object.hasOwn(report, key))) return failed({ kind: 'not-a-report' });
  const range = objectOf(report['date-range']) ?? {};
  return succeeded({
    organization: text(report['organization-name']),
    contact: text(report['contact-info']),
    id: text(report['report-id']),
    start: text(range['start-datetime'] ?? range['start']),
    end: text(range['end-datetime'] ?? range['end']),
    policies: list(report['policies'], MAX_READ_POLICIES).map(policyOf),
  });
}

export function describeReadReportFault(fault: ReadReportFault): string {
  switch (fault.kind) {
    case 'too-large':
      return `it is larger than ${fault.limit} octets`;
    case 'not-gzip':
      return 'it begins like gzip and is broken';
    case 'not-json':
      return 'it is not JSON';
    case 'not-a-report':
      return 'it is JSON, but no TLS report';
  }
}

const KNOWN = ['policies', 'report-id', 'organization-name', 'date-range'] as const;

function unpack(bytes: Uint8Array): Outcome<Buffer, ReadReportFault> {
  try {
    return succeeded(gunzipSync(bytes, { maxOutputLength: MAX_REPORT_OCTETS }));
  } catch (error) {
    const tooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    return failed(tooLarge ? { kind: 'too-large', limit: MAX_REPORT_OCTETS } : { kind: 'not-gzip' });
  }
}

function policyOf(value: unknown): ReadPolicy {
  const entry = objectOf(value) ?? {};
  const policy = objectOf(entry['policy']) ?? {};
  const summary = objectOf(entry['summary']) ?? {};
  return {
    type: text(policy['policy-type']),
    domain: text(policy['policy-domain']),
    strings: texts(policy['policy-string']),
    mxHosts: texts(policy['mx-host'] ?? policy['mx-host-pattern']),
    successful: count(summary['total-successful-session-count']),
    failed: count(summary['total-failure-session-count']),
    details: list(entry['failure-details'], MAX_READ_DETAILS).map(detailOf),
  };
}

function detailOf(value: unknown): ReadDetail {
  const detail = objectOf(value) ?? {};
  return {
    resultType: text(detail['result-type']),
    sendingMtaIp: text(detail['sending-mta-ip']),
    receivingMxHostname: text(detail['receiving-mx-hostname']),
    receivingMxHelo: text(detail['receiving-mx-helo']),
    receivingIp: text(detail['receiving-ip']),
    count: count(detail['failed-session-count']),
    additionalInformation: text(detail['additional-information'] ?? detail['additional-info-uri']),
    failureReasonCode: text(detail['failure-reason-code'] ?? detail['failure-error-code']),
  };
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
}

/** A single object stands for a list of one. */
function list(value: unknown, most: number): readonly unknown[] {
  if (Array.isArray(value)) return value.slice(0, most);
  return objectOf(value) === null ? [] : [value];
}

function text(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value.slice(0, MAX_TEXT) : null;
}

function texts(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value.slice(0, MAX_TEXT)];
  if (!Array.isArray(value)) return [];
  return value.slice(0, MAX_LIST).flatMap((each) => text(each) ?? []);
}

function count(value: unknown): number | null {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : null;
}
