/**
 * Why does a chain lead nowhere? Follows the issuers from the server's certificate through what was sent and says where
 * the way ends: at a self-signed server certificate, at a root nobody trusts, or at an issuer that is not there.
 */

import { printable } from '../base/printable.ts';
import { type Certificate, namesChain } from './certificate.ts';
import { nameOf, type PathFault } from './certificate-checks.ts';
import { checkSignature, type SignatureBudget } from './signature-check.ts';
import type { TrustAnchors } from './trust-anchors.ts';

export interface DeadEnd {
  readonly fault: PathFault;
  /** The name whose certificate was neither sent nor is trusted; null where the way ends otherwise. */
  readonly missingIssuer: string | null;
}

export interface DeadEndRequest {
  readonly leaf: Certificate;
  readonly others: readonly Certificate[];
  readonly anchors: TrustAnchors;
  readonly budget: SignatureBudget;
}

/** Says where the way from the leaf ends. Called only when no path was found. */
export function explainDeadEnd({ leaf, others, anchors, budget }: DeadEndRequest): DeadEnd {
  const seen = new Set<Certificate>([leaf]);
  let last = leaf;
  for (;;) {
    if (last.selfIssued && checkSignature(last, last, budget) === 'good') return selfSignedEnd(last, leaf);
    const named = others.filter((other) => !seen.has(other) && namesChain(last, other));
    let stopped = false;
    const next = named.find((other) => {
      const verdict = stopped ? 'limit' : checkSignature(last, other, budget);
      stopped ||= verdict === 'limit';
      return verdict === 'good';
    });
    if (next === undefined) {
      if (stopped) return { fault: TOO_MANY_CHECKS, missingIssuer: null };
      const circle = others.some((other) => seen.has(other) && other !== last && namesChain(last, other));
      return circle && named.length === 0
        ? { fault: CIRCLE, missingIssuer: null }
        : missingEnd({ last, leaf, named, anchors });
    }
    seen.add(next);
    last = next;
  }
}

const CIRCLE: PathFault = {
  problem: 'untrusted-root',
  detail: 'the certificates of the chain certify each other in a circle and lead to no trusted root',
};

const TOO_MANY_CHECKS: PathFault = {
  problem: 'search-limit',
  detail: 'the certificates ask for more signature checks than are made',
};

function selfSignedEnd(last: Certificate, leaf: Certificate): DeadEnd {
  const fault: PathFault =
    last === leaf
      ? { problem: 'self-signed', detail: `${nameOf(leaf, 'server')} is signed by itself and by no authority` }
      : { problem: 'untrusted-root', detail: `the chain ends at ${nameOf(last, 'anchor')}, which is not trusted` };
  return { fault, missingIssuer: null };
}

interface End {
  readonly last: Certificate;
  readonly leaf: Certificate;
  /** Certificates that bear the issuer's name but did not sign. */
  readonly named: readonly Certificate[];
  readonly anchors: TrustAnchors;
}

/**
 * With the server's certificate alone, an intermediate is missing: nobody's roots issue to servers directly. Behind an
 * intermediate that was sent, the absent issuer is more likely the root, which servers rightly leave out.
 */
function missingEnd({ last, leaf, named, anchors }: End): DeadEnd {
  const name = nameOf(last, last === leaf ? 'server' : 'intermediate');
  const issuer = printable(last.issuer.text, 200);
  if (named.length > 0 || anchors.bySubject(last.issuer.key).length > 0) {
    const detail = `${name} is not signed by the key of its issuer “${issuer}” as it was sent or is trusted`;
    return { fault: { problem: 'bad-signature', detail }, missingIssuer: null };
  }
  const fault: PathFault =
    last === leaf
      ? {
          problem: 'missing-intermediate',
          detail: `the certificate of the issuer of ${name}, “${issuer}”, was not sent and is no trusted root`,
        }
      : {
          problem: 'untrusted-root',
          detail: `${name} is issued by “${issuer}”, which is no trusted root and was not sent either`,
        };
  return { fault, missingIssuer: last.issuer.text };
}
