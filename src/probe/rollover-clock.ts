/**
 * The roll-over clock: from TTLs, TLSA records and the live chain, certificate dates, the policy's `max_age` and the
 * lifetime of signatures, the dates before which something has to be done, and those from which a change of key or of MX
 * host loses no mail (RFC 7671 section 8, RFC 8461 sections 5.1 and 8.3; S-DANE-20, S-STS-17). Pure.
 *
 * Two facts decide when a change is safe. Whoever asked a moment before keeps a record set for its TTL, and a name server
 * of the zone may lag behind by as much again: after two TTLs nobody has the old set. A policy is kept for its `max_age`
 * from the moment it was fetched, by those who cannot fetch the new one, too. Where a resolver's cache shows only what is
 * left of a TTL, and nobody has validated the signature that holds the whole, the dates are as early as the answer says.
 */
import { printable } from '../base/printable.ts';
import { type RolloverFacts, rolloverFacts } from '../dane/rollover.ts';
import { removableAt } from '../mtasts/policy.ts';
import type { CertificateFacts } from '../pki/chain-verdict.ts';
import { NEAR_EXPIRY_FRACTION } from '../pki/remarks.ts';
import type { Evidence } from '../policy/evidence.ts';
import type { PublishedPolicy } from './domain-policy.ts';
import type { ClockEntry, Finding } from './result.ts';
import type { FoundRoute } from './result-of.ts';

export interface ClockInput {
  /** ms since the epoch: what is published now counts from here. */
  readonly at: number;
  readonly route: FoundRoute;
  readonly sessions: readonly Evidence[];
  readonly published: PublishedPolicy;
}

/** Signatures that end sooner are late, whatever the TTL; zones that sign with each answer sign for a day, ms. */
export const LATE_SIGNATURE_MS = 3_600_000;
/** A record set is forgotten by everybody after as many TTLs: one in a cache, one on the way to the last name server. */
export const TTLS_TO_BE_SURE = 2;

const SHOWN_LENGTH = 200;

/** All entries, the earliest first; each once, however many addresses a host has. */
export function rolloverClock(input: ClockInput): readonly ClockEntry[] {
  const entries = [
    ...input.sessions.flatMap((session) => [...ofCertificates(session, input.at), ...ofKeys(session, input)]),
    ...ofRecords(input),
    ...ofPolicy(input),
  ];
  const unique = new Map(
    entries.map((each) => [`${each.at} ${each.what} ${each.severity} ${each.host ?? ''} ${each.sentence}`, each]),
  );
  return [...unique.values()].sort((a, b) => compare(a.at, b.at) || compare(a.what, b.what));
}

/** When a record set that is changed at `changedAt` (ms since the epoch) is known to everybody; TTL in seconds. */
export function knownToAllAt(changedAt: number, ttl: number): number {
  return changedAt + TTLS_TO_BE_SURE * ttl * 1000;
}

function ofCertificates({ exchange, path }: Evidence, at: number): readonly ClockEntry[] {
  if (path.kind !== 'seen') return [];
  const [leaf] = path.value.sent;
  if (leaf === undefined || Date.parse(leaf.notAfter) === 0) return [];
  const ends = Date.parse(leaf.notAfter);
  const word = ends <= at ? `ended on ${shown(ends)}` : `ends on ${shown(ends)}; the next one has to be there before`;
  const own = entry(ends, {
    what: 'certificate-ends',
    host: exchange,
    severity: urgency(leaf, ends, at),
    sentence: `The certificate of ${exchange} ${word}.`,
  });
  // An issuer that ends first takes the certificate with it.
  const issuer = path.value.path.slice(1).find(({ notAfter }) => Date.parse(notAfter) < ends);
  if (issuer === undefined) return [own];
  const issuerEnds = Date.parse(issuer.notAfter);
  const takes = entry(issuerEnds, {
    what: 'issuer-ends',
    host: exchange,
    severity: urgency(issuer, issuerEnds, at),
    sentence: `An issuer in the chain of ${exchange}, ${printable(issuer.subject, SHOWN_LENGTH)}, ends on ${shown(issuerEnds)}, before the certificate does.`,
  });
  return [own, takes];
}

/** Overdue, within the last part of a certificate's lifetime, or neither. */
function urgency({ notBefore, notAfter }: CertificateFacts, due: number, at: number): Finding['severity'] {
  if (due <= at) return 'error';
  const lifetime = Date.parse(notAfter) - Date.parse(notBefore);
  return due - at < lifetime * NEAR_EXPIRY_FRACTION ? 'warning' : 'info';
}

function ofKeys({ exchange, path, dane }: Evidence, { at, published }: ClockInput): readonly ClockEntry[] {
  const lookup = published.dane.get(exchange);
  const verdict = dane.kind === 'seen' ? dane.value.verdict : null;
  const leaf = path.kind === 'seen' ? path.value.sent[0] : undefined;
  if (lookup?.kind !== 'records' || verdict === null || leaf === undefined) return [];
  const facts = rolloverFacts({ verdict, ttl: lookup.ttl, notAfter: Date.parse(leaf.notAfter), at });
  if (facts.live.length === 0) return [];
  const entries: ClockEntry[] = [];
  if (facts.publishBefore !== null && facts.waiting.length === 0) {
    const overdue = urgency(leaf, facts.publishBefore, at);
    entries.push(
      entry(facts.publishBefore, {
        what: 'tlsa-publish-next',
        host: exchange,
        severity: overdue,
        sentence: `The TLSA records of ${exchange} pin the certificate itself: that of the next one has to stand before ${shown(facts.publishBefore)}, two TTLs before this one ends.`,
      }),
    );
  }
  if (!facts.survives.newKeyUnderSameAuthority) entries.push(keySwitch(exchange, facts));
  return entries;
}

function keySwitch(exchange: string, { switchSafeAt, waiting }: RolloverFacts): ClockEntry {
  const date = shown(switchSafeAt);
  return entry(switchSafeAt, {
    what: 'key-switch-safe',
    host: exchange,
    severity: 'info',
    sentence:
      waiting.length > 0
        ? `The TLSA record of another key of ${exchange} is known to every sender by ${date}: from then on the key may change to that one.`
        : `A TLSA record of the next key of ${exchange} that is published now is known to every sender by ${date}; the key may change from then on, and not before.`,
  });
}

/** What the TTL and the signatures of record sets say. */
function ofRecords({ at, route, published }: ClockInput): readonly ClockEntry[] {
  const mx = route.answers.find(({ type }) => type === 'MX');
  const entries: ClockEntry[] = [];
  if (mx?.kind === 'records' && route.source === 'mx') {
    const ttl = mx.signedTtl ?? mx.ttl;
    const until = knownToAllAt(at, ttl);
    entries.push(
      entry(until, {
        what: 'old-mx-needed',
        severity: 'info',
        sentence: `If the MX records change now, senders may come to the old hosts until ${shown(until)}.`,
      }),
      ...signature({ at, ends: mx.signedUntil, ttl, of: `the MX records of ${mx.name}` }),
    );
  }
  for (const [host, lookup] of published.dane) {
    if (lookup.kind !== 'records') continue;
    const { signedUntil: ends, ttl, tlsaName } = lookup;
    entries.push(...signature({ at, ends, ttl, of: `the TLSA records at ${tlsaName}`, host }));
  }
  return entries;
}

interface Signed {
  readonly at: number;
  readonly ends: number | undefined;
  readonly ttl: number;
  readonly of: string;
  readonly host?: string;
}

function signature({ at, ends, ttl, of, host }: Signed): readonly ClockEntry[] {
  if (ends === undefined) return [];
  // A set that outlives its signature in a cache is one that somebody will find bogus.
  const late = ends - at < Math.max(LATE_SIGNATURE_MS, TTLS_TO_BE_SURE * ttl * 1000);
  const severity = ends <= at ? 'error' : late ? 'warning' : 'info';
  const sentence = `A signature on the way to ${of} ends on ${shown(ends)}; the zone has to be signed again before.`;
  return [entry(ends, { what: 'signature-ends', severity, sentence, ...(host === undefined ? {} : { host }) })];
}

function ofPolicy({ at, published }: ClockInput): readonly ClockEntry[] {
  const found = published.domain.mtaSts;
  if (found?.kind !== 'policy') return [];
  const { policy, expiresAt, warnings } = found;
  const orphan = warnings.some(({ kind }) => kind === 'kept-without-record' || kind === 'kept-after-failure');
  const kept = entry(expiresAt, {
    what: 'policy-kept-ends',
    severity: 'warning',
    sentence: `The MTA-STS policy cannot be had any more; those who kept it forget it on ${shown(expiresAt)}.`,
  });
  if (policy.mode === 'none') return orphan ? [kept] : [];
  const gone = removableAt(policy, at);
  return [
    ...(orphan ? [kept] : []),
    entry(gone, {
      what: 'mx-switch-safe',
      severity: 'info',
      sentence: `A sender may hold the MTA-STS policy of now until ${shown(gone)}: an MX host that is added to it now may take mail alone from then on, and not before.`,
    }),
    entry(gone, {
      what: 'policy-removable',
      severity: 'info',
      sentence: `To give MTA-STS up, publish mode none now; policy and record may go on ${shown(gone)}, when nobody holds the old policy any more.`,
    }),
  ];
}

function entry(at: number, rest: Omit<ClockEntry, 'at'>): ClockEntry {
  return { at: new Date(at).toISOString(), ...rest };
}

/** `2026-12-24 10:00 UTC`. */
function shown(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
