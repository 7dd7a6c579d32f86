/**
 * Senders other than the six TLS modes: those who honour DANE or MTA-STS and nothing else, REQUIRETLS (RFC 8689), and
 * the TLS security levels of Postfix, whose words many operators think in.
 */

import type { Evidence } from '../policy/evidence.ts';
import type { TlsMode } from '../policy/mode.ts';
import type { PolicyForce } from '../policy/published.ts';
import { avoidHost, requireTlsOf } from '../policy/require-tls.ts';
import { type Check, join, NO_REQUIREMENT, type Requirement, requirementOf } from '../policy/requirement.ts';
import { type PublishedPolicy, publishedAt, requirementAt } from './domain-policy.ts';
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
      return join(
        requirementOf('required'),
        requireTlsOf(session, publishedAt(context.published, session.exchange), context.mxSecure),
      );
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

/** The chain, and a name that the sender's own rule accepts; `fault` is null when it does. */
function namedBy(session: Evidence, fault: string | null): Requirement {
  // Before a session shows a certificate there is no name to compare: whatever ended it tells why.
  return fault === null || session.identity.kind !== 'seen' ? must('chain') : avoidHost(fault);
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
