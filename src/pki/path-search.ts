/**
 * The state of one search for a path, and the question it asks at every step: may this authority stand above the path so
 * far (RFC 5280 section 6.1)? Answers that do not depend on the path are given once.
 */
import type { Certificate } from './certificate.ts';
import {
  checkAuthority,
  checkDates,
  checkPathLength,
  countedIntermediates,
  nameOf,
  type PathFault,
  type TlsEnd,
} from './certificate-checks.ts';
import type { ChainProblem } from './chain-verdict.ts';
import { type ComparisonBudget, checkNameConstraints, MAX_NAME_COMPARISONS } from './name-constraints.ts';
import { checkSignature, MAX_SIGNATURE_CHECKS, MAX_SIGNATURE_COST, type SignatureBudget } from './signature-check.ts';
import type { TrustAnchors } from './trust-anchors.ts';

/** Edges followed in one search: an ordinary chain has three, and a lattice of 3^10 paths is cut short here. */
export const MAX_VISITED_EDGES = 2500;
/** Intermediates in one path, self-issued ones not counted, unless the caller says less. */
export const MAX_PATH_DEPTH = 20;

type Role = 'intermediate' | 'anchor';

export interface PathRequest {
  readonly leaf: Certificate;
  /** The other certificates of the chain as sent; the leaf and duplicates among them do no harm. */
  readonly others: readonly Certificate[];
  readonly anchors: TrustAnchors;
  /** ms since the epoch. */
  readonly at: number;
  /** Intermediates allowed, self-issued ones not counted. */
  readonly maxDepth?: number | undefined;
  /** Whose chain it is; a server's where left out. */
  readonly end?: TlsEnd | undefined;
}

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

export interface Search {
  readonly request: PathRequest;
  readonly maxDepth: number;
  /** Certificates sent that lead to an anchor by their names, by subject. */
  readonly candidates: ReadonlyMap<string, readonly Certificate[]>;
  readonly signatures: SignatureBudget;
  readonly comparisons: ComparisonBudget;
  /** Faults of single authorities, by the part they play; the same on every path. */
  readonly authorityFaults: Readonly<Record<Role, Map<Certificate, PathFault | null>>>;
  /** Name constraint verdicts by authority and certificate below. */
  readonly constraintFaults: Map<Certificate, Map<Certificate, PathFault | null>>;
  edges: number;
  best: PathFault | null;
}

export function newSearch(request: PathRequest): Search {
  return {
    request,
    maxDepth: request.maxDepth ?? MAX_PATH_DEPTH,
    candidates: leadingToAnchors(request),
    signatures: { checks: MAX_SIGNATURE_CHECKS, cost: MAX_SIGNATURE_COST },
    comparisons: { left: MAX_NAME_COMPARISONS },
    authorityFaults: { intermediate: new Map(), anchor: new Map() },
    constraintFaults: new Map(),
    edges: 0,
    best: null,
  };
}

/** Whether `authority` may stand above `path`: its signature, its own state, and what it asks of those below. */
export function joins(search: Search, path: readonly Certificate[], authority: Certificate, role: Role): boolean {
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

function checkItself(search: Search, authority: Certificate, role: Role): PathFault | null {
  const known = search.authorityFaults[role].get(authority);
  if (known !== undefined) return known;
  const fault = checkDates(authority, role, search.request.at) ?? checkAuthority(authority, role, search.request.end);
  search.authorityFaults[role].set(authority, fault);
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

/** Keeps a fault if it says more than the one kept so far. */
export function keep(search: Search, fault: PathFault): void {
  search.best = mostTelling([search.best, fault]);
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
