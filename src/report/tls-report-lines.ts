/** A received TLS report for people: who reports, about which time, and under each policy what went well and what did not. */
import { printable } from '../base/printable.ts';
import type { ReadDetail, ReadPolicy, ReadReport } from '../tlsrpt/read-report.ts';

/** Failures that are listed for one policy; the rest is counted. */
export const MAX_LISTED_FAILURES = 50;
/** Policies that are listed. */
export const MAX_LISTED_POLICIES = 200;
const MAX_TEXT = 200;

export function tlsReportLines(report: ReadReport): readonly string[] {
  const { organization, contact, id, start, end, policies } = report;
  const more = policies.length - MAX_LISTED_POLICIES;
  return [
    `Report of ${shown(organization)} (${shown(contact)}), ${shown(id)}`,
    `From ${shown(start)} to ${shown(end)}`,
    ...policies.slice(0, MAX_LISTED_POLICIES).flatMap(policyLines),
    ...(more > 0 ? ['', `and ${more} more policies`] : []),
  ];
}

/** Something in it failed. */
export function hasFailures({ policies }: ReadReport): boolean {
  return policies.some(({ failed, details }) => (failed ?? 0) > 0 || details.length > 0);
}

function policyLines({ type, domain, mxHosts, successful, failed, details }: ReadPolicy): readonly string[] {
  const hosts = mxHosts.length === 0 ? '' : `, hosts ${mxHosts.slice(0, 10).map(shown).join(' ')}`;
  const more = details.length - MAX_LISTED_FAILURES;
  return [
    '',
    `${shown(domain)}: ${shown(type)}${hosts}`,
    `  ${successful ?? 'an unknown number of'} sessions went well, ${failed ?? 'an unknown number'} failed`,
    ...details.slice(0, MAX_LISTED_FAILURES).map(detailLine),
    ...(more > 0 ? [`  and ${more} more kinds of failure`] : []),
  ];
}

function detailLine(detail: ReadDetail): string {
  const from = detail.sendingMtaIp === null ? '' : ` from ${shown(detail.sendingMtaIp)}`;
  const names = [detail.receivingMxHostname, detail.receivingIp].filter((name) => name !== null);
  const to = names.length === 0 ? '' : ` to ${names.map(shown).join(' ')}`;
  const why = [detail.failureReasonCode, detail.additionalInformation].filter((text) => text !== null);
  return `  ${detail.count ?? '?'} x ${shown(detail.resultType)}${from}${to}${why.length === 0 ? '' : ` (${why.map(shown).join('; ')})`}`;
}

function shown(text: string | null): string {
  return text === null ? 'unknown' : printable(text, MAX_TEXT);
}
