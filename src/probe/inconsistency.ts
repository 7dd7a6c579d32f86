/**
 * Answers of one host that differ: between its addresses, between the families, and between repeated tries at one
 * address. Pure, over all sessions there were.
 */
import type { Evidence } from '../policy/evidence.ts';
import type { FindingCode } from './finding-catalogue.ts';
import { makeFinding } from './findings.ts';
import type { Finding } from './result.ts';

/** Values of one feature that are told apart in a finding; the rest is counted. */
export const MAX_SHOWN_VALUES = 4;

export function findingsOfInconsistency(sessions: readonly Evidence[]): readonly Finding[] {
  return [...Map.groupBy(sessions, ({ exchange }) => exchange)].flatMap(([exchange, tries]) =>
    tries.length < 2
      ? []
      : [
          ...differing(exchange, tries, 'inconsistent', PROTECTION),
          ...differing(exchange, tries, 'inconsistent-identity', IDENTITY),
        ],
  );
}

interface Feature {
  readonly name: string;
  /** Null: this session did not come so far as to tell. */
  readonly of: (evidence: Evidence) => string | null;
}

/** What decides how a message is protected. */
const PROTECTION: readonly Feature[] = [
  { name: 'STARTTLS', of: starttlsOf },
  { name: 'TLS version', of: ({ handshake }) => (handshake.kind === 'seen' ? handshake.value.protocol : null) },
  { name: 'names on the certificate', of: namesOf },
];

/** What only tells machines apart. */
const IDENTITY: readonly Feature[] = [
  { name: 'certificate', of: fingerprintOf },
  {
    name: 'name in the greeting',
    of: ({ greeting }) =>
      greeting.kind === 'seen' ? (/^[^\s]{1,253}/.exec(greeting.value.lines[0] ?? '')?.[0] ?? 'none') : null,
  },
];

function differing(
  exchange: string,
  tries: readonly Evidence[],
  code: FindingCode,
  features: readonly Feature[],
): readonly Finding[] {
  const clauses = features.flatMap((feature) => clauseOf(feature, tries) ?? []);
  return clauses.length === 0 ? [] : [makeFinding(code, clauses.join('; '), { host: exchange })];
}

/** `STARTTLS: offered at 192.0.2.1, not offered at 192.0.2.2 (1 of 3 tries)`; null where all agree. */
function clauseOf({ name, of }: Feature, tries: readonly Evidence[]): string | null {
  const told = tries.flatMap((session) => {
    const value = of(session);
    return value === null ? [] : [{ address: session.address, value }];
  });
  const values = [...Map.groupBy(told, ({ value }) => value)];
  if (values.length < 2) return null;
  const perAddress = Map.groupBy(told, ({ address }) => address);
  const shown = values.slice(0, MAX_SHOWN_VALUES).map(([value, seen]) => {
    const places = [...Map.groupBy(seen, ({ address }) => address)].map(([address, here]) => {
      const all = perAddress.get(address)?.length ?? 0;
      return all > 1 ? `${address} (${here.length} of ${all} tries)` : address;
    });
    return `${value} at ${places.join(' and ')}`;
  });
  const more = values.length > MAX_SHOWN_VALUES ? [`and ${values.length - MAX_SHOWN_VALUES} others`] : [];
  return `${name}: ${[...shown, ...more].join(', ')}`;
}

function starttlsOf({ ehlo, starttls }: Evidence): string | null {
  if (starttls.kind === 'seen') return 'offered';
  if (starttls.kind === 'failed') return starttls.failure.kind === 'cancelled' ? null : 'offered, then refused';
  if (ehlo.kind !== 'seen' || starttls.kind !== 'not-tried') return null;
  return starttls.why === 'not-offered' || starttls.why === 'helo-only' ? 'not offered' : null;
}

function namesOf({ path }: Evidence): string | null {
  const leaf = path.kind === 'seen' ? path.value.sent[0] : undefined;
  if (leaf === undefined) return null;
  const names = [...new Set([...leaf.names, ...leaf.addresses])].sort();
  return names.length === 0 ? (leaf.commonName ?? 'none') : names.join(' ');
}

function fingerprintOf({ path }: Evidence): string | null {
  const leaf = path.kind === 'seen' ? path.value.sent[0] : undefined;
  return leaf === undefined ? null : `SHA-256 ${leaf.fingerprint.slice(0, 16)}…`;
}
