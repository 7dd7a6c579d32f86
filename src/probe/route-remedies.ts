/** The MX and address records that would mend a route (RFC 5321 section 5.1, RFC 2181 10.3, RFC 7505). */
import { parseIpAddress } from '../base/ip-address.ts';
import { matchesDnsName } from '../pki/dns-name.ts';
import type { FindingCode } from './finding-catalogue.ts';
import { absoluteName, recordLine, removalLine, zoneRemedy } from './remedy.ts';
import type { RemedyFacts } from './remedy-facts.ts';
import type { Remedy } from './result.ts';

/** Preference of an MX record that is written where none was. */
const FIRST_PREFERENCE = 10;

export function routeRemedies(code: FindingCode, host: string | undefined, facts: RemedyFacts): readonly Remedy[] {
  switch (code) {
    case 'mx-is-alias':
      return host === undefined ? [] : aliasRemedies(host, facts);
    case 'mx-is-address-literal':
      return host === undefined ? [] : literalRemedies(host, facts);
    case 'mx-has-no-address':
    case 'mx-bad-name':
      return host === undefined ? [] : removalRemedies(host, facts);
    case 'mx-duplicate':
      return host === undefined ? [] : duplicateRemedies(host, facts);
    case 'null-mx-among-others':
      return zoneRemedy(
        'null-mx-remove',
        removals(facts, ({ exchange }) => exchange === ''),
      );
    case 'implicit-mx':
      return zoneRemedy('mx-new', [mxLine(facts.domain, FIRST_PREFERENCE, facts.domain)]);
    default:
      return [];
  }
}

/** An MX host whose records would only be missed by nobody: others of the domain have addresses. */
export function canBeRemoved(exchange: string, { hosts }: RemedyFacts): boolean {
  return hosts.some((host) => host.exchange !== exchange && host.addresses.length > 0);
}

/** The host of the route that has the address of a literal; null where none does. */
export function ownerOfLiteral(exchange: string, { hosts }: RemedyFacts): string | null {
  const address = literalAddress(exchange);
  const owner = hosts.find(({ addresses }) => addresses.some(({ text }) => text === address));
  return owner?.exchange ?? null;
}

function literalAddress(exchange: string): string | null {
  return parseIpAddress(exchange.replace(/^\[(?:ipv6:)?(.*)\]$/i, '$1'))?.text ?? null;
}

/**
 * The name the alias leads to, as long as the certificate is for it; where it is for the alias alone, address records
 * in place of the alias mend the same without breaking the name check.
 */
function aliasRemedies(exchange: string, facts: RemedyFacts): readonly Remedy[] {
  const host = facts.hosts.find((each) => each.exchange === exchange);
  if (host === undefined || host.canonicalName === exchange) return [];
  const { canonicalName } = host;
  const names = facts.sessions.flatMap((session) =>
    session.exchange === exchange && session.identity.kind === 'seen' ? [session.identity.value.mx.presented] : [],
  );
  const allCover = (wanted: string): boolean =>
    names.every((presented) => presented.some((name) => matchesDnsName(name, wanted)));
  if (allCover(canonicalName) || !allCover(exchange)) {
    const own = facts.records.filter((record) => record.exchange === exchange);
    return zoneRemedy('mx-itself', [
      ...removals(facts, (record) => record.exchange === exchange),
      ...own.map(({ preference }) => mxLine(facts.domain, preference, canonicalName)),
    ]);
  }
  return zoneRemedy('mx-addresses', [
    removalLine(exchange, 'CNAME', null),
    ...host.addresses.map(({ family, text }) => recordLine(exchange, family === 4 ? 'A' : 'AAAA', text)),
  ]);
}

/** RFC 5321 2.3.5: an MX names a host. Where a host of the domain has this address already, the record adds nothing. */
function literalRemedies(exchange: string, facts: RemedyFacts): readonly Remedy[] {
  const gone = removals(facts, (record) => record.exchange === exchange);
  const owner = ownerOfLiteral(exchange, facts);
  if (owner !== null) return zoneRemedy('mx-literal-remove', gone, { owner });
  const address = literalAddress(exchange);
  if (address === null) return [];
  const name = `mx-${address.replace(/[.:]+/g, '-').replace(/-$/, '')}.${facts.domain}`;
  const preferences = facts.records.filter((record) => record.exchange === exchange);
  return zoneRemedy('mx-literal-name', [
    ...gone,
    recordLine(name, address.includes(':') ? 'AAAA' : 'A', address),
    ...preferences.map(({ preference }) => mxLine(facts.domain, preference, name)),
  ]);
}

function removalRemedies(exchange: string, facts: RemedyFacts): readonly Remedy[] {
  if (!canBeRemoved(exchange, facts)) return [];
  return zoneRemedy(
    'mx-nowhere',
    removals(facts, (record) => record.exchange === exchange),
  );
}

/** The best preference stays: the others are never used before it. */
function duplicateRemedies(exchange: string, facts: RemedyFacts): readonly Remedy[] {
  const own = facts.records.filter((record) => record.exchange === exchange);
  const best = Math.min(...own.map(({ preference }) => preference));
  return zoneRemedy(
    'mx-best',
    removals(facts, (record) => record.exchange === exchange && record.preference !== best),
  );
}

function removals(
  { domain, records }: RemedyFacts,
  which: (record: RemedyFacts['records'][number]) => boolean,
): readonly (string | null)[] {
  return records.filter(which).map(({ exchange, preference }) => {
    const target = absoluteName(exchange);
    return target === null ? null : removalLine(domain, 'MX', `${preference} ${target}`);
  });
}

function mxLine(domain: string, preference: number, exchange: string): string | null {
  const target = absoluteName(exchange);
  return target === null ? null : recordLine(domain, 'MX', `${preference} ${target}`);
}
