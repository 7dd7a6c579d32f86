/** What the remedies of one result are made from: the route, the sessions, and what the domain publishes. */
import type { MailHost, RouteRemark } from '../dns/mail-route.ts';
import type { Evidence } from '../policy/evidence.ts';
import { NO_DOMAIN_POLICY, type PublishedPolicy } from './domain-policy.ts';

export interface RemedyFacts {
  /** A-label. */
  readonly domain: string;
  /** Port of the mail servers. */
  readonly port: number;
  /** ms since the epoch. */
  readonly startedAt: number;
  /** MX records as published; an empty exchange is the null MX. */
  readonly records: readonly { readonly exchange: string; readonly preference: number }[];
  readonly hosts: readonly MailHost[];
  readonly remarks: readonly RouteRemark[];
  readonly sessions: readonly Evidence[];
  readonly published: PublishedPolicy;
}

export const NOTHING_PUBLISHED: PublishedPolicy = { domain: NO_DOMAIN_POLICY, dane: new Map() };

/** The sessions with one host that came to TLS. */
export function encryptedSessions({ sessions }: RemedyFacts, exchange: string): readonly Evidence[] {
  return sessions.filter((session) => session.exchange === exchange && session.handshake.kind === 'seen');
}

/** The certificate of that session is good for the MX name as RFC 8461 4.2 wants it: trusted, and the name in its SAN. */
export function isValidForMx({ path, identity }: Evidence): boolean {
  return path.kind === 'seen' && path.value.trusted && identity.kind === 'seen' && identity.value.matched;
}

/** MX hosts of which some address presents a valid certificate, in the order of the route. */
export function validHosts({ hosts, sessions }: RemedyFacts): readonly string[] {
  return [...new Set(hosts.map(({ exchange }) => exchange))].filter((exchange) =>
    sessions.some((session) => session.exchange === exchange && isValidForMx(session)),
  );
}
