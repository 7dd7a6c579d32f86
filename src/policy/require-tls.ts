/**
 * REQUIRETLS (RFC 8689): a message that must never travel over a connection whose other end is not authenticated. The
 * requirement is joined with that of the sender's mode, and looks at the session, since part of it is what the server
 * offers.
 */
import { offers } from '../smtp/ehlo.ts';
import type { Evidence } from './evidence.ts';
import { type Published, stsCoverage } from './published.ts';
import { type Check, NO_REQUIREMENT, type Requirement } from './requirement.ts';

/** Says that a host is not used, and why. */
export function avoidHost(because: string): Requirement {
  return { ...NO_REQUIREMENT, host: 'avoid', because: [because] };
}

/**
 * RFC 8689 section 4.2.1: the MX names must be protected by DNSSEC (`mxSecure`) or an enforced MTA-STS policy
 * (S-RTLS-3), the host authenticated by DANE or by its name (S-RTLS-2), and the extension offered inside TLS (S-RTLS-1).
 */
export function requireTlsOf(session: Evidence, { exchange, mtaSts }: Published, mxSecure: boolean): Requirement {
  const bySts = mtaSts?.mode === 'enforce' && stsCoverage(mtaSts, exchange) === 'covered';
  if (!mxSecure && !bySts) return avoidHost('REQUIRETLS: neither DNSSEC nor MTA-STS vouches for the MX names');
  if (!mayOfferRequireTls(session)) return avoidHost('REQUIRETLS: the host does not offer it inside TLS');
  const { dane, identity } = session;
  if (dane.kind === 'seen' && dane.value.status === 'match') return must('dane');
  if (identity.kind === 'seen' && !identity.value.matched)
    return avoidHost(`REQUIRETLS: the certificate does not name ${exchange}`);
  return must('chain');
}

/** False once a session has shown, inside TLS, that the server does not know REQUIRETLS. */
export function mayOfferRequireTls({ ehloUnderTls }: Evidence): boolean {
  return ehloUnderTls.kind !== 'seen' || offers(ehloUnderTls.value, 'REQUIRETLS');
}

function must(check: Check): Requirement {
  return { ...NO_REQUIREMENT, checks: { ...NO_REQUIREMENT.checks, [check]: 'must' } };
}
