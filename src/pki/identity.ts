/**
 * Whose certificate is it? Four answers to one question, each by its own rules, side by side:
 *
 * - `matched`: RFC 9525, the SAN alone, no CN at all, against the MX name or the address (S-PKI-2);
 * - `mx`: as receiver testers do, the SAN dNSNames, and the CN only where there is none;
 * - `verify`: V1 a SAN dNSName is the recipient's domain, V2 the CN is, V3 the CN is a forward-confirmed PTR name of the
 *   address. The MX name never counts, and the CN counts although there are SANs (R88 to R91);
 * - `hosted`: the SAN dNSNames alone where there are any, else the CN: H1 the recipient's domain, H2 the host of an
 *   explicit SMTP route, H3 without such a route the MX name that was connected to (R92, R93).
 *
 * `strength` says what a match is worth: a name that came from unauthenticated DNS was chosen by whoever controls it.
 */
import { parseIpAddress } from '../base/ip-address.ts';
import { printable } from '../base/printable.ts';
import type { Certificate } from './certificate.ts';
import { showAddress } from './certificate-facts.ts';
import { foldName, matchesDnsName, matchesIpAddress } from './dns-name.ts';
import type { IdentityStrength, IdentityVerdict, NameVerdict, StepVerdict } from './identity-verdict.ts';

export interface IdentityToJudge {
  /** Null when the certificate could not be read: then nothing matches. */
  readonly leaf: Certificate | null;
  /** The MX host name connected to (A-label), or the text of the address when the target is a literal. */
  readonly host: string;
  /** Null when the recipient's domain is an address literal. */
  readonly recipientDomain: string | null;
  /** The host of an explicit SMTP route, when it is a name. */
  readonly staticRoute: string | null;
  /** Forward-confirmed PTR names of the address connected to; empty where nobody looked. */
  readonly ptrNames: readonly string[];
  /** The MX name is DNSSEC-secure or named by a validated MTA-STS policy. */
  readonly mxNameSecure: boolean;
  /** V2 and V3 compare exactly: no wildcard in the CN (R98). */
  readonly strictCn: boolean;
}

export function judgeIdentity(request: IdentityToJudge): IdentityVerdict {
  const { leaf, host } = request;
  const names = leaf?.alternativeNames;
  const matched =
    parseIpAddress(host) === null
      ? (names?.dnsNames ?? []).some((name) => matchesDnsName(name, host))
      : (names?.ipAddresses ?? []).some((address) => matchesIpAddress(address, host));
  return { matched, mx: judgeMxName(request), verify: judgeVerify(request), hosted: judgeHosted(request) };
}

/** Whether the PTR names can still change the verdict: V1 and V2 failed, and there is a CN for V3 to look at. */
export function needsPointerNames(request: Omit<IdentityToJudge, 'ptrNames'>): boolean {
  if (request.recipientDomain === null || request.leaf?.subject.commonName == null) return false;
  return !judgeVerify({ ...request, ptrNames: [] }).matched;
}

function judgeMxName({ leaf, host }: IdentityToJudge): NameVerdict {
  const { dnsNames, ipAddresses } = leaf?.alternativeNames ?? { dnsNames: [], ipAddresses: [] };
  const commonName = leaf?.subject.commonName ?? null;
  if (parseIpAddress(host) !== null) {
    const addresses = ipAddresses.map(showAddress);
    const presented = addresses.length + dnsNames.length === 0 && commonName !== null ? [commonName] : addresses;
    return { matched: presented.includes(host), expected: host, presented };
  }
  const presented = dnsNames.length > 0 ? dnsNames : commonName === null ? [] : [commonName];
  return { matched: presented.some((name) => matches(name, host)), expected: host, presented: presented.map(asText) };
}

function judgeVerify({ leaf, recipientDomain, ptrNames, strictCn }: IdentityToJudge): StepVerdict {
  if (recipientDomain === null) {
    return unmatched(['V1: the target is an address literal, so there is no recipient domain to compare with']);
  }
  const sans = leaf?.alternativeNames.dnsNames ?? [];
  const commonName = leaf?.subject.commonName ?? null;
  const trail: string[] = [];
  const san = sans.find((name) => matches(name, recipientDomain));
  trail.push(line({ step: 'V1', kind: 'SAN', presented: sans, references: [recipientDomain], match: san }));
  if (san !== undefined) return matchedAt('V1', 'strong', san, trail);
  const steps = [
    { step: 'V2', strength: 'strong', references: [recipientDomain] },
    { step: 'V3', strength: 'weak', references: ptrNames },
  ] as const;
  for (const { step, strength, references } of steps) {
    const found = commonName !== null && references.some((name) => matches(commonName, name, !strictCn));
    const presented = commonName === null ? [] : [commonName];
    const match = found ? commonName : undefined;
    trail.push(
      references.length === 0
        ? `${step}: the address has no PTR name that leads back to it`
        : line({ step, kind: 'CN', presented, references, match }),
    );
    if (match !== undefined) return matchedAt(step, strength, match, trail);
  }
  return unmatched(trail);
}

function judgeHosted({ leaf, host, recipientDomain, staticRoute, mxNameSecure }: IdentityToJudge): StepVerdict {
  const sans = leaf?.alternativeNames.dnsNames ?? [];
  const commonName = leaf?.subject.commonName ?? null;
  const kind = sans.length > 0 ? 'SAN' : 'CN';
  const presented = sans.length > 0 ? sans : commonName === null ? [] : [commonName];
  const hostName = parseIpAddress(host) === null ? host : null;
  const trail: string[] = [];
  const steps: { step: 'H1' | 'H2' | 'H3'; strength: IdentityStrength; reference: string }[] = [];
  if (recipientDomain === null) {
    trail.push('H1: the target is an address literal, so there is no recipient domain to compare with');
  } else {
    steps.push({ step: 'H1', strength: 'strong', reference: recipientDomain });
  }
  if (staticRoute !== null) steps.push({ step: 'H2', strength: 'strong', reference: staticRoute });
  else if (hostName !== null)
    steps.push({ step: 'H3', strength: mxNameSecure ? 'strong' : 'weak', reference: hostName });
  for (const { step, strength, reference } of steps) {
    const match = presented.find((name) => matches(name, reference));
    trail.push(line({ step, kind, presented, references: [reference], match }));
    if (match !== undefined) return matchedAt(step, strength, match, trail);
  }
  return unmatched(trail);
}

/** R97: a trailing dot does not count in these comparisons, on either side. */
function matches(presented: string, reference: string, wildcards = true): boolean {
  return matchesDnsName(foldName(presented), reference, wildcards);
}

function matchedAt(
  step: Exclude<StepVerdict['step'], null>,
  strength: IdentityStrength,
  presented: string,
  trail: readonly string[],
): StepVerdict {
  return { matched: true, step, strength, presented: asText(presented), trail };
}

function unmatched(trail: readonly string[]): StepVerdict {
  return { matched: false, step: null, strength: null, presented: null, trail };
}

/** Names shown in one line of a trail before the rest is counted. */
const SHOWN_NAMES = 3;

interface Comparison {
  readonly step: string;
  readonly kind: 'SAN' | 'CN';
  readonly presented: readonly string[];
  readonly references: readonly string[];
  readonly match: string | undefined;
}

/** `V1: SAN mx.example.net is not example.com`. */
function line({ step, kind, presented, references, match }: Comparison): string {
  const wanted = list(references, 'or');
  if (match !== undefined) {
    const name = printable(asText(match), 255);
    const literal = references.some((reference) => foldName(reference) === foldName(match));
    return `${step}: ${kind} ${name} ${literal ? 'is' : 'covers'} ${wanted}`;
  }
  if (presented.length === 0) {
    return `${step}: the certificate has no ${kind === 'SAN' ? 'SAN dNSName' : 'CN'} to be ${wanted}`;
  }
  return `${step}: ${kind} ${list(presented, 'and')} ${presented.length === 1 ? 'is' : 'are'} not ${wanted}`;
}

function list(names: readonly string[], joint: 'and' | 'or'): string {
  const shown = names.slice(0, SHOWN_NAMES).map((name) => printable(asText(name), 255));
  const rest = names.length - shown.length;
  if (rest > 0) return `${shown.join(', ')} ${joint} ${rest} more`;
  const last = shown.pop() ?? '';
  return shown.length === 0 ? last : `${shown.join(', ')} ${joint} ${last}`;
}

/** dNSNames are kept as Latin-1 bytes; for people they are read as what they were meant to be. */
function asText(name: string): string {
  return /[\x80-\xff]/.test(name) && !/[^\0-\xff]/.test(name) ? Buffer.from(name, 'latin1').toString('utf8') : name;
}
