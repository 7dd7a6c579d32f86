/** Facts about a host beside its TLS: the CAA records of its name and the reverse name of its address. */
import type { IpAddress } from '../base/ip-address.ts';
import { describeDnsFailure } from '../dns/answer.ts';
import type { CaaLookup } from '../dns/caa.ts';
import type { PointerLookup } from '../dns/pointer.ts';
import type { CertificateFacts } from '../pki/chain-verdict.ts';
import { caaDomainsOf } from './caa-issuers.ts';
import { makeFinding } from './findings.ts';
import type { HostRow } from './host-row.ts';
import type { Finding, HostResult } from './result.ts';

export interface HostFacts {
  readonly exchange: string;
  readonly address: string;
  /** Null for an address literal. */
  readonly caa: CaaLookup | null;
  readonly reverse: PointerLookup;
}

/** How long the facts may still be looked up when all sessions are over, ms: they are no reason to wait. */
export const FACTS_PATIENCE_MS = 2_000;

export type LookUpFacts = (exchange: string, address: IpAddress, signal: AbortSignal) => Promise<HostFacts>;

/** The row with what is known of its host; findings come last, since none of them costs points. */
export function withFacts(row: HostRow, all: readonly HostFacts[]): HostRow {
  const { result } = row;
  const facts = all.find(({ exchange, address }) => exchange === result.exchange && address === result.address);
  if (facts === undefined) return row;
  const { caa, reverse } = facts;
  return {
    ...row,
    result: {
      ...result,
      ...(caa === null ? {} : { caa: shownCaa(caa) }),
      reverse: shownReverse(reverse),
      findings: [...result.findings, ...reverseFindings(result, reverse), ...caaFindings(result, caa)],
    },
  };
}

function shownCaa(caa: CaaLookup): NonNullable<HostResult['caa']> {
  switch (caa.kind) {
    case 'none':
      return { status: 'none' };
    case 'failed':
      return { status: 'failed', detail: `${caa.at}: ${describeDnsFailure(caa.failure)}` };
    case 'found':
      return { status: 'found', at: caa.at, issuers: caa.issuers, wildcardIssuers: caa.wildcardIssuers };
  }
}

function shownReverse(reverse: PointerLookup): NonNullable<HostResult['reverse']> {
  switch (reverse.kind) {
    case 'confirmed':
      return { status: 'confirmed', names: reverse.names, unconfirmed: reverse.unconfirmed };
    case 'none':
      return { status: 'none', names: [], unconfirmed: reverse.unconfirmed };
    case 'failed':
      return { status: 'failed', names: [], unconfirmed: [], detail: describeDnsFailure(reverse.failure) };
  }
}

function reverseFindings({ exchange, address }: HostResult, reverse: PointerLookup): readonly Finding[] {
  if (reverse.kind !== 'none' || address === null) return [];
  const [claimed] = reverse.unconfirmed;
  const detail =
    claimed === undefined
      ? `${address} has no PTR record`
      : `${address} calls itself ${claimed}, which does not lead back to it`;
  return [makeFinding('ptr-missing', detail, { host: exchange, address })];
}

/** Only for a certificate that names the host itself: for other names other records counted. */
function caaFindings({ exchange, address, chain }: HostResult, caa: CaaLookup | null): readonly Finding[] {
  const leaf = chain?.sent[0];
  if (caa?.kind !== 'found' || leaf === undefined) return [];
  const allowed = allowedFor(leaf, exchange, caa);
  const domains = caaDomainsOf(leaf.issuer);
  if (allowed === null || domains === null || domains.some((domain) => allowed.includes(domain))) return [];
  const who = allowed.length === 0 ? 'nobody' : allowed.join(', ');
  const detail = `the certificate is from ${leaf.issuer}; CAA at ${caa.at} allows ${who}`;
  return [makeFinding('caa-forbids-issuer', detail, { host: exchange, address: address ?? undefined })];
}

/** Null where CAA does not restrict anybody, or does not speak of a name of this certificate. */
function allowedFor(
  { names }: CertificateFacts,
  exchange: string,
  { at, issuers, wildcardIssuers }: Extract<CaaLookup, { kind: 'found' }>,
): readonly string[] | null {
  if (names.includes(exchange)) return issuers;
  const wildcard = `*.${exchange.slice(exchange.indexOf('.') + 1)}`;
  // A wildcard is judged at the name behind its asterisk, so records at the host itself did not count.
  return names.includes(wildcard) && at !== exchange ? wildcardIssuers : null;
}
