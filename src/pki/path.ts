/**
 * Path building and validation (RFC 5280 section 6, RFC 4158): from the server's own certificate, which is pinned, over
 * the certificates it sent, in any order and with strangers among them, to a trust anchor.
 *
 * A depth-first search that backtracks. Certificates from which no anchor can be reached by names alone are never
 * visited, every signature is checked at most once, the checks that depend on the path below (path length, name
 * constraints) are made as soon as an authority joins it, and two budgets end what remains. The fault kept is the most
 * telling one: faults on the way to an anchor before faults of dead ends.
 */
import type { Certificate } from './certificate.ts';
import { checkDates, checkServerCertificate, type PathFault } from './certificate-checks.ts';
import { explainDeadEnd } from './dead-end.ts';
import {
  joins,
  keep,
  MAX_VISITED_EDGES,
  mostTelling,
  newSearch,
  type PathRequest,
  type Search,
} from './path-search.ts';
import type { TrustAnchor } from './trust-anchors.ts';

export type PathResult =
  /** Leaf first, anchor last; the leaf alone when it is itself an anchor. */
  | { readonly kind: 'found'; readonly path: readonly Certificate[]; readonly anchor: TrustAnchor }
  /** `missingIssuer`: the name whose certificate was neither sent nor trusted, where that is known. */
  | { readonly kind: 'none'; readonly fault: PathFault; readonly missingIssuer: string | null };

/** Finds a valid path or the best reason why there is none. */
export function findPath(request: PathRequest): PathResult {
  const { leaf, anchors, at, end } = request;
  const dates = checkDates(leaf, 'server', at);
  const own = dates ?? checkServerCertificate(leaf, end);
  const trustedLeaf = anchors.find(leaf);
  if (trustedLeaf !== null) {
    // Somebody trusts this very certificate: it is its own path, whoever signed it.
    return own === null
      ? { kind: 'found', path: [leaf], anchor: trustedLeaf }
      : { kind: 'none', fault: own, missingIssuer: null };
  }
  const search = newSearch(request);
  const found = extend(search, [leaf]);
  if (found !== null && own === null) return found;
  if (dates !== null || found !== null) {
    return { kind: 'none', fault: own ?? NO_REASON, missingIssuer: null };
  }
  const deadEnd = isConclusive(search.best) ? null : explainDeadEnd({ ...request, budget: search.signatures });
  const fault = mostTelling([own, search.best, deadEnd?.fault ?? null]) ?? NO_REASON;
  return { kind: 'none', fault, missingIssuer: deadEnd?.missingIssuer ?? null };
}

type Found = PathResult & { readonly kind: 'found' };

const NO_REASON: PathFault = { problem: 'untrusted-root', detail: 'no path to a trusted root was found' };

/** Goes on from the last certificate of `path`: to an anchor if one issued it, else to an authority that was sent. */
function extend(search: Search, path: readonly Certificate[]): Found | null {
  const last = path.at(-1);
  if (last === undefined) return null;
  for (const anchor of search.request.anchors.bySubject(last.issuer.key)) {
    const authority = anchor.certificate();
    if (authority === null) {
      keep(search, { problem: 'malformed', detail: `a trusted root with the name ${last.issuer.text} cannot be read` });
    } else if (joins(search, path, authority, 'anchor')) {
      return { kind: 'found', path: [...path, authority], anchor };
    }
    if (search.edges > MAX_VISITED_EDGES) return null;
  }
  const candidates = search.candidates.get(last.issuer.key) ?? [];
  for (const authority of byLikelihood(candidates, last, search.request.at)) {
    // RFC 4158 2.4.2: the same name with the same key twice is a loop.
    if (path.some((seen) => seen.subject.key === authority.subject.key && seen.spki.equals(authority.spki))) continue;
    if (joins(search, path, authority, 'intermediate')) {
      const found = extend(search, [...path, authority]);
      if (found !== null) return found;
    }
    if (search.edges > MAX_VISITED_EDGES) return null;
  }
  return null;
}

/** A fault on a signed way to an anchor says more than anything about dead ends. */
function isConclusive(fault: PathFault | null): boolean {
  return fault !== null && !['bad-signature', 'malformed', 'search-limit'].includes(fault.problem);
}

/** Matching key identifiers first, then those valid today (RFC 4158 3.5). */
function byLikelihood(candidates: readonly Certificate[], child: Certificate, at: number): readonly Certificate[] {
  if (candidates.length < 2) return candidates;
  const rank = (candidate: Certificate): number => {
    const wanted = child.authorityKeyIdentifier;
    const own = candidate.subjectKeyIdentifier;
    const identifier = wanted === null || own === null ? 1 : wanted === own ? 0 : 2;
    const valid = at >= candidate.notBefore && at <= candidate.notAfter;
    return identifier * 2 + (valid ? 0 : 1);
  };
  return candidates.toSorted((first, second) => rank(first) - rank(second));
}
