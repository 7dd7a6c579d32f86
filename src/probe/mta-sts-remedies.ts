/**
 * The MTA-STS policy a domain should serve, and the record that announces it (RFC 8461 sections 3.1 and 3.2), with the
 * TLSRPT record beside it (RFC 8460 section 3).
 */
import { POLICY_PATH, policyHostName } from '../mtasts/fetch.ts';
import { firstMatch } from '../mtasts/match.ts';
import { SHORT_MAX_AGE, type StsPolicy } from '../mtasts/policy.ts';
import { stsRecordName } from '../mtasts/record.ts';
import { readReportRecord, reportRecordName } from '../tlsrpt/record.ts';
import { policyOf } from './domain-policy.ts';
import { isPlainName, makeRemedy, removalLine, txtLine, zoneRemedy } from './remedy.ts';
import { type RemedyFacts, validHosts } from './remedy-facts.ts';
import type { Remedy } from './result.ts';

/** Codes whose remedy is a policy. */
const POLICY_CODES = [
  'mta-sts-absent',
  'mta-sts-failed',
  'mta-sts-not-covered',
  'mta-sts-testing',
  'mta-sts-warning',
] as const;
type PolicyCode = (typeof POLICY_CODES)[number];

export function isPolicyCode(code: string): code is PolicyCode {
  return POLICY_CODES.some((each) => each === code);
}

/**
 * The policy that the remedy of a code serves; null where none would help. It names exactly the MX hosts that present a
 * valid certificate. A first policy is for testing (RFC 8461 section 5); one that cannot be had is taken up again, enforced
 * where every MX host would stand it; `enforce` follows `testing` under the same condition.
 */
export function advisedPolicy(code: PolicyCode, host: string | undefined, facts: RemedyFacts): StsPolicy | null {
  const mx = validHosts(facts);
  const everyHost = facts.hosts.length > 0 && facts.hosts.every(({ exchange }) => mx.includes(exchange));
  const current = policyOf(facts.published.domain);
  const maxAge = Math.max(current?.maxAge ?? 0, SHORT_MAX_AGE);
  if (mx.length === 0 || !mx.every(isPlainName)) return null;
  switch (code) {
    case 'mta-sts-absent':
      return { mode: 'testing', mx, maxAge };
    case 'mta-sts-failed':
      return { mode: everyHost ? 'enforce' : 'testing', mx, maxAge };
    case 'mta-sts-testing':
      return everyHost ? { mode: 'enforce', mx, maxAge } : null;
    case 'mta-sts-not-covered':
      return current === null || host === undefined || !mx.includes(host) ? null : { mode: current.mode, mx, maxAge };
    case 'mta-sts-warning':
      return current === null || current.mode === 'none' ? null : { mode: current.mode, mx, maxAge };
  }
}

export function stsRemedies(code: PolicyCode, host: string | undefined, facts: RemedyFacts): readonly Remedy[] {
  const policy = advisedPolicy(code, host, facts);
  const served = policy === null ? [] : [policyFile(facts.domain, policy)];
  return [...policyHostRemedies(code, facts), ...served, ...(served.length === 0 ? [] : announcement(facts))];
}

/** What the web server behind the policy has to change, where it is to blame. */
function policyHostRemedies(code: PolicyCode, { domain, published }: RemedyFacts): readonly Remedy[] {
  const { mtaSts } = published.domain;
  if (code !== 'mta-sts-failed' || mtaSts?.kind !== 'failed' || !isPlainName(domain)) return [];
  if (mtaSts.failure?.kind !== 'certificate') return [];
  return [
    makeRemedy({
      kind: 'certificate',
      for: 'mta-sts-host',
      step: 'policy-certificate',
      text: `DNS:${policyHostName(domain)}`,
    }),
  ];
}

function policyFile(domain: string, { mode, mx, maxAge }: StsPolicy): Remedy {
  return makeRemedy({
    kind: 'policy-file',
    for: 'mta-sts-host',
    step: 'policy-serve',
    places: { url: `https://${policyHostName(domain)}${POLICY_PATH}` },
    text: ['version: STSv1', `mode: ${mode}`, ...mx.map((name) => `mx: ${name}`), `max_age: ${maxAge}`].join('\n'),
  });
}

function announcement({ domain, startedAt, published }: RemedyFacts): readonly Remedy[] {
  const { mtaSts } = published.domain;
  const stands = mtaSts !== null && !(mtaSts.record.kind === 'absent' && mtaSts.record.ignored.length === 0);
  const current = mtaSts?.record.kind === 'record' ? mtaSts.record.id : null;
  const name = stsRecordName(domain);
  return zoneRemedy('policy-announce', [
    ...(stands ? [removalLine(name, 'TXT', null)] : []),
    txtLine(name, `v=STSv1; id=${policyId(startedAt, current)};`),
  ]);
}

/** RFC 8461 3.1: up to 32 letters and digits, another one for every policy: `20261124044500`, the time of the advice. */
export function policyId(at: number, current: string | null): string {
  const id = new Date(at).toISOString().replace(/\D/g, '').slice(0, 14);
  return id === current ? `${id}a` : id;
}

/** One record with the addresses that the faulty ones name, or with the usual one. */
export function reportRemedies({ domain, published }: RemedyFacts): readonly Remedy[] {
  const { tlsRpt } = published.domain;
  if (!isPlainName(domain)) return [];
  const texts = tlsRpt?.kind === 'faulty' ? tlsRpt.texts : [];
  const name = reportRecordName(domain);
  const kept = [...new Set(texts.flatMap((text) => text.match(REPORT_ADDRESS) ?? []))].filter(isUsable);
  const rua = kept.length > 0 ? kept : [`mailto:tls-reports@${domain}`];
  return zoneRemedy(kept.length > 0 ? 'reports-one' : 'reports-new', [
    ...(texts.length === 0 ? [] : [removalLine(name, 'TXT', null)]),
    txtLine(name, reportRecord(rua)),
  ]);
}

const REPORT_ADDRESS = /(?:mailto:[^\s,;"]+|https:\/\/[^\s,;"]+)/gi;

function reportRecord(rua: readonly string[]): string {
  return `v=TLSRPTv1; rua=${rua.join(',')};`;
}

function isUsable(address: string): boolean {
  return readReportRecord([[Buffer.from(reportRecord([address]))]]).kind === 'record';
}

/** What a policy gives a host: covered in its mode, or not. */
export function coverOf(policy: StsPolicy | null, exchange: string): 'covered-enforce' | 'covered-testing' | null {
  if (policy === null || policy.mode === 'none' || firstMatch(policy.mx, exchange) === null) return null;
  return policy.mode === 'enforce' ? 'covered-enforce' : 'covered-testing';
}
