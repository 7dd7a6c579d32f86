/**
 * The certificate a host should present: the names it must carry, the request that gets it, and the order of the chain
 * file with what is missing in it (RFC 8446 section 4.4.2).
 */
import { matchesDnsName } from '../pki/dns-name.ts';
import type { Evidence } from '../policy/evidence.ts';
import type { FindingCode } from './finding-catalogue.ts';
import { isPlainName, makeRemedy } from './remedy.ts';
import { encryptedSessions, type RemedyFacts } from './remedy-facts.ts';
import type { Remedy } from './result.ts';
import { chainFileLines } from './server-remedies.ts';

/** Names of a certificate that are taken over into the next one; a longer list is not a mail host's. */
const MAX_NAMES = 30;

export function certificateRemedies(
  code: FindingCode,
  exchange: string,
  address: string | undefined,
  facts: RemedyFacts,
): readonly Remedy[] {
  const sessions = encryptedSessions(facts, exchange);
  const session = sessions.find((each) => each.address === address) ?? sessions[0];
  if (session === undefined || !isPlainName(exchange)) return [];
  switch (code) {
    case 'certificate-name':
      return [nameRemedy(exchange), requestRemedy(session, 'same-key')];
    case 'certificate-expired':
    case 'certificate-near-expiry':
    case 'certificate-not-yet-valid':
    case 'certificate-self-signed':
    case 'certificate-untrusted-root':
    case 'certificate-weak-signature':
    case 'certificate-invalid':
      return [requestRemedy(session, 'same-key')];
    case 'certificate-weak-key':
    case 'certificate-revoked':
      return [requestRemedy(session, 'new-key')];
    case 'certificate-missing-intermediate':
      return [...missingRemedy(session), ...chainFileLines(exchange)];
    case 'chain-duplicate':
    case 'chain-misordered':
    case 'chain-foreign':
    case 'chain-root-sent':
      return orderRemedy(session);
    default:
      return [];
  }
}

function nameRemedy(exchange: string): Remedy {
  return makeRemedy({
    kind: 'certificate',
    for: 'any',
    step: 'certificate-name',
    text: `DNS:${exchange}`,
  });
}

/** With the same key, TLSA records of that key go on matching; a new one needs its record first. */
function requestRemedy(session: Evidence, which: 'same-key' | 'new-key'): Remedy {
  const { exchange } = session;
  const key =
    which === 'same-key'
      ? `-key ${exchange}.key`
      : `-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ${exchange}.next.key`;
  const names = namesFor(session).map((name) => `DNS:${name}`);
  return makeRemedy({
    kind: 'certificate',
    for: 'any',
    step: which === 'same-key' ? 'request-same-key' : 'request-new-key',
    text: `openssl req -new ${key} -subj "/CN=${exchange}" -addext "subjectAltName=${names.join(',')}" -out ${exchange}.csr`,
  });
}

/** The MX name first, then what the certificate carried; what is no plain name has no place in a command. */
function namesFor({ exchange, path }: Evidence): readonly string[] {
  const carried = path.kind === 'seen' ? (path.value.sent[0]?.names ?? []) : [];
  const others = carried.filter((name) => isPlainName(name) && !matchesDnsName(name, exchange));
  const covering = carried.filter((name) => isPlainName(name) && name !== exchange && matchesDnsName(name, exchange));
  return [...new Set([exchange, ...covering, ...others])].slice(0, MAX_NAMES);
}

/** The certificate that is lacking, by the name its child gives its issuer. */
function missingRemedy({ path }: Evidence): readonly Remedy[] {
  if (path.kind !== 'seen') return [];
  const missing = path.value.remarks.flatMap((remark) =>
    remark.kind === 'missing-intermediate' ? [remark.issuer] : [],
  );
  return missing.map((issuer) =>
    makeRemedy({
      kind: 'certificate',
      for: 'any',
      step: 'chain-append',
      text: issuer,
    }),
  );
}

/** Subjects in the order in which they have to stand, the root left out. */
function orderRemedy({ path }: Evidence): readonly Remedy[] {
  if (path.kind !== 'seen' || path.value.path.length === 0) return [];
  const subjects = path.value.path
    .filter((certificate, index) => index === 0 || !certificate.selfIssued)
    .map(({ subject }) => subject);
  return [
    makeRemedy({
      kind: 'certificate',
      for: 'any',
      step: 'chain-order',
      text: subjects.join('\n'),
    }),
  ];
}
