/**
 * Senders other than the six TLS modes: those who honour DANE or MTA-STS and nothing else, REQUIRETLS (RFC 8689), and
 * the TLS security levels of Postfix, whose words many operators think in.
 */

import type { Evidence } from '../policy/evidence.ts';
import type { TlsMode } from '../policy/mode.ts';
import type { PolicyForce } from '../policy/published.ts';
import { type Check, join, NO_REQUIREMENT, type Requirement, requirementOf } from '../policy/requirement.ts';
import { offers } from '../smtp/ehlo.ts';
import { type PublishedPolicy, policyOf, requirementAt, stsStatusAt } from './domain-policy.ts';
import type { SenderName } from './result.ts';

export interface SenderContext {
  readonly published: PublishedPolicy;
  /** DNSSEC vouches for the MX names, or nobody had to. */
  readonly mxSecure: boolean;
  /** Null for an address literal. */
  readonly recipientDomain: string | null;
}

/** What such a sender asks of the host of a session. Its own name rule is applied here, to what the session showed. */
export function requirementOfSender(sender: SenderName, session: Evidence, context: SenderContext): Requirement {
  const of = (mode: TlsMode, force: PolicyForce = NEITHER): Requirement =>
    requirementAt({ mode, force }, context.published, session.exchange);
  switch (sender) {
    case 'dane-opportunistic':
    case 'postfix-dane':
      return of('preferred', OPPORTUNISTIC_DANE);
    case 'dane-mandatory':
    case 'postfix-dane-only':
      return of('required', { dane: 'mandatory', mtaSts: 'off' });
    case 'mta-sts':
      return of('preferred', { dane: 'off', mtaSts: 'on' });
    case 'requiretls':
      return join(requirementOf('required'), requireTls(session, context));
    case 'postfix-none':
      return of('no');
    case 'postfix-may':
      return of('preferred');
    case 'postfix-encrypt':
      return of('required');
    case 'postfix-fingerprint':
      return join(of('required'), must('pinned'));
    case 'postfix-verify':
      return join(of('required'), namedBy(session, nameFault(session, [session.exchange])));
    case 'postfix-secure':
      return join(of('required'), namedBy(session, nextHopFault(session, context)));
  }
}

const NEITHER: PolicyForce = { dane: 'off', mtaSts: 'off' };
const OPPORTUNISTIC_DANE: PolicyForce = { dane: 'opportunistic', mtaSts: 'off' };

function must(check: Check): Requirement {
  return { ...NO_REQUIREMENT, checks: { ...NO_REQUIREMENT.checks, [check]: 'must' } };
}

function avoid(because: string): Requirement {
  return { ...NO_REQUIREMENT, host: 'avoid', because: [because] };
}

/** The chain, and a name that the sender's own rule accepts; `fault` is null when it does. */
function namedBy(session: Evidence, fault: string | null): Requirement {
  // Before a session shows a certificate there is no name to compare: whatever ended it tells why.
  return fault === null || session.identity.kind !== 'seen' ? must('chain') : avoid(fault);
}

function nameFault({ identity }: Evidence, wanted: readonly string[]): string | null {
  if (identity.kind !== 'seen') return null;
  return identity.value.mx.matched ? null : `the certificate does not name ${wanted.join(' or ')}`;
}

/** Postfix's nexthop and dot-nexthop: the recipient's domain, or any name below it. */
function nextHopFault({ identity }: Evidence, { recipientDomain }: SenderContext): string | null {
  if (identity.kind !== 'seen') return null;
  if (recipientDomain === null) return 'there is no recipient domain to compare with';
  const names = identity.value.mx.presented.map((name) => name.toLowerCase().replace(/^\*\./, ''));
  const named = names.some((name) => name === recipientDomain || name.endsWith(`.${recipientDomain}`));
  return named ? null : `the certificate names neither ${recipientDomain} nor anything below it`;
}

/**
 * RFC 8689 section 4.2.1: the MX names must be protected by DNSSEC or an enforced MTA-STS policy (S-RTLS-3), the host
 * authenticated by DANE or by its name (S-RTLS-2), and the extension offered inside TLS (S-RTLS-1).
 */
function requireTls(session: Evidence, context: SenderContext): Requirement {
  const { domain } = context.published;
  const bySts = policyOf(domain)?.mode === 'enforce' && stsStatusAt(domain, session.exchange).status === 'covered';
  if (!context.mxSecure && !bySts) return avoid('REQUIRETLS: neither DNSSEC nor MTA-STS vouches for the MX names');
  const { ehloUnderTls, dane, identity } = session;
  if (ehloUnderTls.kind === 'seen' && !offers(ehloUnderTls.value, 'REQUIRETLS')) {
    return avoid('REQUIRETLS: the host does not offer it inside TLS');
  }
  if (dane.kind === 'seen' && dane.value.status === 'match') return must('dane');
  if (identity.kind === 'seen' && !identity.value.matched)
    return avoid(`REQUIRETLS: the certificate does not name ${session.exchange}`);
  return must('chain');
}
