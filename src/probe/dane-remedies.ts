/**
 * The TLSA records of the chain that is live, and the order in which the next key comes in (RFC 7671 section 8, RFC 7672
 * section 3.1.1): 3 1 1 of every key in use, 2 1 1 of the authority that issued, where it is sent along.
 */
import { tlsaName } from '../dane/lookup.ts';
import { associationData, showTlsa, sortRecords } from '../dane/usable.ts';
import { type Certificate, namesChain, parseCertificate } from '../pki/certificate.ts';
import type { Evidence } from '../policy/evidence.ts';
import { isPlainName, makeRemedy, recordLine, removalLine, zoneRemedy } from './remedy.ts';
import { encryptedSessions, type RemedyFacts } from './remedy-facts.ts';
import type { Remedy } from './result.ts';

/** SHA-256, which every sender knows (RFC 7671 section 9). */
const SHA256 = 1;
/** Seconds; what is assumed of a set that does not exist yet. */
const USUAL_TTL = 3600;

export function daneRemedies(exchange: string, facts: RemedyFacts): readonly Remedy[] {
  const sessions = encryptedSessions(facts, exchange);
  const lookup = facts.published.dane.get(exchange) ?? null;
  const published = lookup?.kind === 'records' ? lookup : null;
  const name = published?.tlsaName ?? tlsaName(sessions[0]?.port ?? facts.port, exchange);
  const live = unique(sessions.flatMap((session) => keyRecord(session) ?? []));
  if (live.length === 0) return [];
  const issuers = unique(sessions.flatMap((session) => issuerRecord(session) ?? []));
  const sorted = sortRecords(published?.records ?? []);
  const standing = sorted.map((record) => showTlsa(record, Number.POSITIVE_INFINITY));
  /** Only what does not stand there yet. */
  const add = (wanted: readonly string[]): readonly (string | null)[] =>
    wanted.filter((data) => !standing.includes(data)).map((data) => recordLine(name, 'TLSA', data));
  const takeAway = (state: 'unusable' | 'other'): readonly (string | null)[] =>
    sorted
      .filter((record) => (record.state === 'unusable') === (state === 'unusable'))
      .map((record) => showTlsa(record, Number.POSITIVE_INFINITY))
      .filter((data) => !live.includes(data) && !issuers.includes(data))
      .map((data) => removalLine(name, 'TLSA', data));
  const wait = 2 * (published?.ttl ?? USUAL_TTL);
  const old = takeAway('other');
  return [
    ...zoneRemedy('tlsa-in-use', [...takeAway('unusable'), ...add(live)]),
    ...zoneRemedy('tlsa-issuer', add(issuers)),
    ...zoneRemedy('tlsa-old', old),
    ...nextKeyRemedy(exchange, name, wait),
  ];
}

/** RFC 7671 8.1: first the record, then two TTLs, then the key, and only then the old record goes. */
function nextKeyRemedy(exchange: string, name: string, wait: number): readonly Remedy[] {
  if (!isPlainName(exchange) || !isPlainName(name)) return [];
  return [
    makeRemedy({
      kind: 'configuration',
      for: 'any',
      step: 'tlsa-next-key',
      places: { seconds: wait },
      text: nextKeyCommand(exchange, name),
    }),
  ];
}

/** Makes a key and prints its record. Both names are plain ones. */
export function nextKeyCommand(exchange: string, name: string): string {
  return [
    `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ${exchange}.next.key`,
    `openssl pkey -in ${exchange}.next.key -pubout -outform DER | openssl dgst -sha256 -r | awk '{print "${name}. IN TLSA 3 1 1 " $1}'`,
  ].join('\n');
}

/** `3 1 1` of the key of the server's own certificate. */
function keyRecord(session: Evidence): string | null {
  const [leaf] = certificatesOf(session);
  return leaf === undefined ? null : `3 1 ${SHA256} ${associationData(SHA256, leaf.spki)}`;
}

/** `2 1 1` of the issuer, only where it is sent (RFC 7672 3.1.2) and may issue. */
function issuerRecord(session: Evidence): string | null {
  const [leaf, ...others] = certificatesOf(session);
  if (leaf === undefined) return null;
  const issuer = others.find((other) => namesChain(leaf, other) && other.basicConstraints?.ca === true);
  const named = session.identity.kind === 'seen' && session.identity.value.mx.matched;
  return issuer === undefined || !named ? null : `2 1 ${SHA256} ${associationData(SHA256, issuer.spki)}`;
}

function certificatesOf({ handshake }: Evidence): readonly Certificate[] {
  if (handshake.kind !== 'seen') return [];
  const certificates: Certificate[] = [];
  for (const der of handshake.value.chainAsSent) {
    const parsed = parseCertificate(Buffer.from(der, 'base64'));
    // Positions count: without the first one nothing can be said.
    if (!parsed.ok) break;
    certificates.push(parsed.value);
  }
  return certificates;
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}
