/**
 * Intermediates put in the order in which servers have to send them (R102): the issuer of the certificate first. What was
 * given twice, in another order, or does not belong to it, is told by name; the root is left out, since whoever trusts it
 * has it.
 */
import { type Certificate, namesChain } from './certificate.ts';

export type ChainNote =
  | { readonly kind: 'duplicate'; readonly subject: string }
  /** The certificate itself stands among its intermediates. */
  | { readonly kind: 'certificate-repeated'; readonly subject: string }
  | { readonly kind: 'reordered'; readonly subject: string }
  /** No certificate here was issued by it. */
  | { readonly kind: 'foreign'; readonly subject: string }
  | { readonly kind: 'root-left-out'; readonly subject: string }
  /** Nobody has it: clients that do not either cannot build a path. */
  | { readonly kind: 'issuer-missing'; readonly subject: string };

export interface ArrangedChain {
  readonly chain: readonly Certificate[];
  readonly notes: readonly ChainNote[];
}

export function arrangeChain(leaf: Certificate, given: readonly Certificate[]): ArrangedChain {
  const notes: ChainNote[] = [];
  const once = new Map<string, Certificate>();
  for (const certificate of given) {
    const subject = certificate.subject.text;
    if (certificate.fingerprint === leaf.fingerprint) notes.push({ kind: 'certificate-repeated', subject });
    else if (once.has(certificate.fingerprint)) notes.push({ kind: 'duplicate', subject });
    else once.set(certificate.fingerprint, certificate);
  }
  const others = [...once.values()];
  const inOrder = issuersInOrder(leaf, others);
  for (const { subject, fingerprint } of others) {
    if (!inOrder.some((each) => each.fingerprint === fingerprint))
      notes.push({ kind: 'foreign', subject: subject.text });
  }
  const roots = inOrder.filter(({ selfIssued }) => selfIssued);
  for (const { subject } of roots) notes.push({ kind: 'root-left-out', subject: subject.text });
  const chain = inOrder.filter(({ selfIssued }) => !selfIssued);
  const asGiven = others.filter((each) => chain.includes(each));
  const moved = asGiven.find((each, index) => each !== chain[index]);
  if (moved !== undefined) notes.push({ kind: 'reordered', subject: moved.subject.text });
  const last = chain.at(-1) ?? leaf;
  if (!last.selfIssued && roots.length === 0 && chain.length === 0) {
    notes.push({ kind: 'issuer-missing', subject: last.issuer.text });
  }
  return { chain, notes };
}

/** One sentence. */
export function describeChainNote(note: ChainNote): string {
  switch (note.kind) {
    case 'duplicate':
      return `${note.subject} was given twice and is kept once.`;
    case 'certificate-repeated':
      return `The certificate itself (${note.subject}) stood among its intermediates and was left out there.`;
    case 'reordered':
      return `The intermediates were in the wrong order, beginning with ${note.subject}; they were put in order.`;
    case 'foreign':
      return `${note.subject} issued none of the certificates here and was left out.`;
    case 'root-left-out':
      return `${note.subject} is a root, which servers do not send, and was left out.`;
    case 'issuer-missing':
      return `The certificate of its issuer, ${note.subject}, was not given: unless it is a root that everybody has, many cannot verify the chain.`;
  }
}

/** From the issuer of the leaf upwards; of several with one name each, side by side. */
function issuersInOrder(leaf: Certificate, others: readonly Certificate[]): readonly Certificate[] {
  const inOrder: Certificate[] = [];
  const waiting = [leaf];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    for (const candidate of others) {
      if (inOrder.includes(candidate) || candidate === next || !namesChain(next, candidate)) continue;
      if (!signs(candidate, next)) continue;
      inOrder.push(candidate);
      waiting.push(candidate);
    }
  }
  return inOrder;
}

/** The name alone may be that of another authority's older key. */
function signs(issuer: Certificate, child: Certificate): boolean {
  const [above, below] = [issuer.x509(), child.x509()];
  if (above === null || below === null) return false;
  try {
    return below.verify(above.publicKey);
  } catch {
    return false;
  }
}
