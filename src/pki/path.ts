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
import {
  checkAuthority,
  checkDates,
  checkPathLength,
  checkServerCertificate,
  countedIntermediates,
  nameOf,
  type PathFault,
} from './certificate-checks.ts';
import type { ChainProblem } from './chain-verdict.ts';
import { explainDeadEnd } from './dead-end.ts';
import { type ComparisonBudget, checkNameConstraints, MAX_NAME_COMPARISONS } from './name-constraints.ts';
import { checkSignature, MAX_SIGNATURE_CHECKS, MAX_SIGNATURE_COST, type SignatureBudget } from './signature-check.ts';
import type { TrustAnchor, TrustAnchors } from './trust-anchors.ts';

/** Edges followed in one search: an ordinary chain has three, and a lattice of 3^10 paths is cut short here. */
export const MAX_VISITED_EDGES = 2500;
/** Intermediates in one path, self-issued ones not counted, unless the caller says less. */
export const MAX_PATH_DEPTH = 20;

export interface PathRequest {
  readonly leaf: Certificate;
  /** The other certificates of the chain as sent; the leaf and duplicates among them do no harm. */
  readonly others: readonly Certificate[];
  readonly anchors: TrustAnchors;
  /** ms since the epoch. */
  readonly at: number;
  /** Intermediates allowed, self-issued ones not counted. */
  readonly maxDepth?: number | undefined;
}

export type PathResult =
  /** Leaf first, anchor last; the leaf alone when it is itself an anchor. */
  | { readonly kind: 'found'; readonly path: readonly Certificate[]; readonly anchor: TrustAnchor }
  /** `missingIssuer`: the name whose certificate was neither sent nor trusted, where that is known. */
  | { readonly kind: 'none'; readonly fault: PathFault; readonly missingIssuer: string | null };

/** Problems from the most to the least telling, where several apply. */
export const PROBLEM_ORDER: readonly ChainProblem[] = [
  'expired',
  'not-yet-valid',
  'self-signed',
  'untrusted-root',
  'missing-intermediate',
  'not-a-ca',
  'path-too-long',
  'key-usage',
  'extended-key-usage',
  'name-constraints',
  'unknown-critical-extension',
  'weak-key',
  'weak-signature',
  'revoked',
  'malformed',
  'too-many-certificates',
  'search-limit',
  'bad-signature',
];

/** Finds a valid path or the best reason why there is none. */
export function findPath(request: PathRequest): PathResult {
  const { leaf, anchors, at } = request;
  const dates = checkDates(leaf, 'server', at);
  const own = dates ?? checkServerCertificate(leaf);
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

/** The most telling of several faults. */
export function mostTelling(faults: readonly (PathFault | null)[]): PathFault | null {
  let best: PathFault | null = null;
  for (const fault of faults) {
    if (fault === null) continue;
    if (best === null || PROBLEM_ORDER.indexOf(fault.problem) < PROBLEM_ORDER.indexOf(best.problem)) best = fault;
  }
  return best;
}

interface Search {
  readonly request: PathRequest;
  readonly maxDepth: number;
  /** Certificates sent that lead to an anchor by their names, by subject. */
  readonly candidates: ReadonlyMap<string, readonly Certificate[]>;
  readonly signatures: SignatureBudget;
  readonly comparisons: ComparisonBudget;
  /** Faults of single authorities, the same on every path. */
  readonly authorityFaults: Map<Certificate, PathFault | null>;
  /** Name constraint verdicts by authority and certificate below. */
  readonly constraintFaults: Map<Certificate, Map<Certificate, PathFault | null>>;
  edges: number;
  best: PathFault | null;
}

type Found = PathResult & { readonly kind: 'found' };

const NO_REASON: PathFault = { problem: 'untrusted-root', detail: 'no path to a trusted root was found' };

function newSearch(request: PathRequest): Search {
  return {
    request,
    maxDepth: request.maxDepth ?? MAX_PATH_DEPTH,
    candidates: leadingToAnchors(request),
    signatures: { checks: MAX_SIGNATURE_CHECKS, cost: MAX_SIGNATURE_COST },
    comparisons: { left: MAX_NAME_COMPARISONS },
    authorityFaults: new Map(),
    constraintFaults: new Map(),
    edges: 0,
    best: null,
  };
}

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

/** Whether `authority` may stand above `path`: its signature, its own state, and what it asks of those below. */
function joins(
  search: Search,
  path: readonly Certificate[],
  authority: Certificate,
  role: 'intermediate' | 'anchor',
): boolean {
  search.edges += 1;
  if (search.edges > MAX_VISITED_EDGES) {
    keep(search, {
      problem: 'search-limit',
      detail: 'the certificates form so many paths that the search was given up',
    });
    return false;
  }
  const fault =
    checkIssued(search, path, authority, role) ??
    checkItself(search, authority, role) ??
    checkPathLength(authority, role, path) ??
    checkDepth(search, path, authority, role) ??
    checkNames(search, path, authority, role);
  if (fault !== null) keep(search, fault);
  return fault === null;
}

function checkIssued(
  search: Search,
  path: readonly Certificate[],
  authority: Certificate,
  role: Role,
): PathFault | null {
  const child = path.at(-1);
  if (child === undefined) return null;
  const childName = nameOf(child, path.length === 1 ? 'server' : 'intermediate');
  switch (checkSignature(child, authority, search.signatures)) {
    case 'good':
      return null;
    case 'bad':
      return {
        problem: 'bad-signature',
        detail: `${childName} is not signed by ${nameOf(authority, role)} as it says`,
      };
    case 'unreadable':
      return { problem: 'malformed', detail: `the key of ${nameOf(authority, role)} cannot be read` };
    case 'limit':
      return { problem: 'search-limit', detail: 'the certificates ask for more signature checks than are made' };
  }
}

type Role = 'intermediate' | 'anchor';

function checkItself(search: Search, authority: Certificate, role: Role): PathFault | null {
  const known = search.authorityFaults.get(authority);
  if (known !== undefined) return known;
  const fault = checkDates(authority, role, search.request.at) ?? checkAuthority(authority, role);
  search.authorityFaults.set(authority, fault);
  return fault;
}

function checkDepth(
  search: Search,
  path: readonly Certificate[],
  authority: Certificate,
  role: Role,
): PathFault | null {
  if (role === 'anchor') return null;
  if (countedIntermediates([...path, authority]) <= search.maxDepth) return null;
  const detail = `with ${nameOf(authority, role)} the path has more than ${search.maxDepth} intermediate certificates`;
  return { problem: 'path-too-long', detail };
}

/** RFC 5280 6.1.3 (b), (c): every certificate below, but not self-issued ones other than the last. */
function checkNames(
  search: Search,
  path: readonly Certificate[],
  authority: Certificate,
  role: Role,
): PathFault | null {
  const constraints = authority.nameConstraints;
  if (constraints === null) return null;
  let known = search.constraintFaults.get(authority);
  if (known === undefined) {
    known = new Map();
    search.constraintFaults.set(authority, known);
  }
  for (const [index, below] of path.entries()) {
    if (index > 0 && below.selfIssued) continue;
    let fault = known.get(below);
    if (fault === undefined) {
      const verdict = checkNameConstraints(below, constraints, search.comparisons);
      const belowName = nameOf(below, index === 0 ? 'server' : 'intermediate');
      if (verdict.kind === 'within') fault = null;
      else if (verdict.kind === 'limit') {
        fault = {
          problem: 'search-limit',
          detail: `${belowName} has more names than can be held to the name constraints`,
        };
      } else {
        const detail = `${belowName} breaks the name constraints of ${nameOf(authority, role)}: it ${verdict.why}`;
        fault = { problem: 'name-constraints', detail };
      }
      known.set(below, fault);
    }
    if (fault !== null) return fault;
  }
  return null;
}

function keep(search: Search, fault: PathFault): void {
  search.best = mostTelling([search.best, fault]);
}

/** A fault on a signed way to an anchor says more than anything about dead ends. */
function isConclusive(fault: PathFault | null): boolean {
  return fault !== null && !['bad-signature', 'malformed', 'search-limit'].includes(fault.problem);
}

/** Walks down from the anchors by names alone; what is not reached can never be part of a path. */
function leadingToAnchors({ others, anchors }: PathRequest): ReadonlyMap<string, readonly Certificate[]> {
  const distinct = [...new Set(others)];
  const byIssuer = Map.groupBy(distinct, ({ issuer }) => issuer.key);
  const reached = new Set<Certificate>();
  const waiting = distinct.filter(({ issuer }) => anchors.bySubject(issuer.key).length > 0);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (reached.has(next)) continue;
    reached.add(next);
    waiting.push(...(byIssuer.get(next.subject.key) ?? []).filter((below) => !reached.has(below)));
  }
  return Map.groupBy(reached, ({ subject }) => subject.key);
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
