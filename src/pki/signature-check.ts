/** Signature checks by OpenSSL, each pair at most once, under a budget that a hostile chain cannot outrun. */
import type { Certificate } from './certificate.ts';

/** Signature checks in one judgement: an ordinary chain needs two or three. */
export const MAX_SIGNATURE_CHECKS = 100;
/** Estimated time for all of them, microseconds: a P-384 check takes forty times as long as one with RSA 2048. */
export const MAX_SIGNATURE_COST = 15_000;

export interface SignatureBudget {
  checks: number;
  cost: number;
}

export type SignatureVerdict = 'good' | 'bad' | 'unreadable' | 'limit';

/** Whether the key of `issuer` made the signature on `child`. */
export function checkSignature(child: Certificate, issuer: Certificate, budget: SignatureBudget): SignatureVerdict {
  const known = verdicts.get(child)?.get(issuer.fingerprint);
  if (known !== undefined) return known;
  if (budget.checks <= 0 || budget.cost < issuer.key.checkCost) return 'limit';
  budget.checks -= 1;
  budget.cost -= issuer.key.checkCost;
  const verdict = verify(child, issuer);
  remember(child, issuer, verdict);
  return verdict;
}

/** Issuers remembered for one certificate: more than a handful is somebody playing. */
const MAX_REMEMBERED_ISSUERS = 8;
const verdicts = new WeakMap<Certificate, Map<string, SignatureVerdict>>();

function remember(child: Certificate, issuer: Certificate, verdict: SignatureVerdict): void {
  const known = verdicts.get(child);
  if (known === undefined) verdicts.set(child, new Map([[issuer.fingerprint, verdict]]));
  else if (known.size < MAX_REMEMBERED_ISSUERS) known.set(issuer.fingerprint, verdict);
}

function verify(child: Certificate, issuer: Certificate): SignatureVerdict {
  const [signed, signer] = [child.x509(), issuer.x509()];
  if (signed === null || signer === null) return 'unreadable';
  try {
    return signed.verify(signer.publicKey) ? 'good' : 'bad';
  } catch {
    // OpenSSL throws where key and algorithm do not go together.
    return 'bad';
  }
}
