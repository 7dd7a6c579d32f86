/**
 * Does a certificate stay within the name constraints of an authority above it (RFC 5280 sections 4.2.1.10 and 6.1.3
 * (b), (c))? Kinds of names that are not compared here break a constraint of their kind merely by being present.
 */
import type { Certificate } from './certificate.ts';
import { isWithinSubtree } from './distinguished-name.ts';
import { foldName, isPresentedName } from './dns-name.ts';
import type { NameConstraints, Subtree } from './general-names.ts';

/** Counts comparisons of one judgement, so that thousands of names times thousands of constraints end early. */
export interface ComparisonBudget {
  left: number;
}

/** Name comparisons in one judgement: an ordinary one needs fewer than a hundred. */
export const MAX_NAME_COMPARISONS = 250_000;

export type ConstraintVerdict =
  | { readonly kind: 'within' }
  | { readonly kind: 'limit' }
  /** `why` ends a sentence that begins with the certificate. */
  | { readonly kind: 'broken'; readonly why: string };

const WITHIN: ConstraintVerdict = { kind: 'within' };

/** Checks every name of `certificate` against the constraints of one authority. */
export function checkNameConstraints(
  certificate: Certificate,
  constraints: NameConstraints,
  budget: ComparisonBudget,
): ConstraintVerdict {
  if (constraints.fault !== null) return { kind: 'broken', why: `cannot be held to them: ${constraints.fault}` };
  for (const name of presentedNames(certificate)) {
    const excluded = constraints.excluded.get(name.kind) ?? [];
    const permitted = constraints.permitted.get(name.kind) ?? [];
    budget.left -= excluded.length + permitted.length;
    if (budget.left < 0) return { kind: 'limit' };
    if (excluded.some((subtree) => name.touches(subtree))) {
      return { kind: 'broken', why: `carries ${name.shown}, which is excluded` };
    }
    if (permitted.length > 0 && !permitted.some((subtree) => name.within(subtree))) {
      return { kind: 'broken', why: `carries ${name.shown}, which is not permitted` };
    }
  }
  return WITHIN;
}

/** One name of a certificate with the two questions a constraint asks. */
interface ConstrainedName {
  readonly kind: Subtree['kind'];
  readonly shown: string;
  /** Every host it can stand for lies in the subtree. */
  within(subtree: Subtree): boolean;
  /** Some host it can stand for lies in the subtree. */
  touches(subtree: Subtree): boolean;
}

function* presentedNames({ subject, alternativeNames, basicConstraints }: Certificate): Generator<ConstrainedName> {
  for (const name of alternativeNames.dnsNames) yield dnsName(name);
  // Where there is no dNSName, testers and some senders take the CN for a host name: it is constrained like one.
  const { commonName } = subject;
  const standsIn = alternativeNames.dnsNames.length === 0 && basicConstraints?.ca !== true;
  if (standsIn && commonName?.includes('.') && isPresentedName(commonName)) yield dnsName(commonName);
  for (const address of alternativeNames.ipAddresses) {
    const within = (subtree: Subtree): boolean => subtree.kind === 'ip' && isInRange(address, subtree);
    // An entry of odd length cannot be shown to lie outside an excluded range.
    const malformed = address.length !== 4 && address.length !== 16;
    yield {
      kind: 'ip',
      shown: 'an address',
      within: (subtree) => !malformed && within(subtree),
      touches: (subtree) => malformed || within(subtree),
    };
  }
  // RFC 5280 4.2.1.10: constraints on directory names hold for a non-empty subject too.
  const directoryNames =
    subject.key === '' ? alternativeNames.directoryNames : [subject, ...alternativeNames.directoryNames];
  for (const name of directoryNames) {
    const within = (subtree: Subtree): boolean => subtree.kind === 'directory' && isWithinSubtree(name, subtree.base);
    yield { kind: 'directory', shown: `the name ${name.text}`, within, touches: within };
  }
  for (const address of [...alternativeNames.emailAddresses, ...subject.emailAddresses]) {
    const within = (subtree: Subtree): boolean => subtree.kind === 'email' && isMailboxUnder(address, subtree.base);
    yield { kind: 'email', shown: 'a mail address', within, touches: within };
  }
  for (const uri of alternativeNames.uris) yield uriName(uri);
  for (const kind of alternativeNames.uncompared) {
    yield { kind, shown: 'a name of a kind that cannot be compared', within: () => false, touches: () => true };
  }
}

function dnsName(presented: string): ConstrainedName {
  const shown = `the name ${presented}`;
  // What is no host name cannot be shown to be within or outside of anything.
  if (!isPresentedName(presented)) return { kind: 'dns', shown, within: () => false, touches: () => true };
  const name = foldName(presented);
  if (!name.startsWith('*.')) {
    const within = (subtree: Subtree): boolean => subtree.kind === 'dns' && isHostUnder(name, subtree.base);
    return { kind: 'dns', shown, within, touches: within };
  }
  const parent = name.slice(2);
  // The wildcard stands for one label: all its hosts lie under a base that holds its parent.
  const within = (subtree: Subtree): boolean =>
    subtree.kind === 'dns' && (isHostUnder(parent, subtree.base) || subtree.base === `.${parent}`);
  return {
    kind: 'dns',
    shown,
    within,
    touches: (subtree) => within(subtree) || (subtree.kind === 'dns' && parentOf(subtree.base) === parent),
  };
}

function uriName(uri: string): ConstrainedName {
  const shown = 'a URI';
  const host = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#:[\]]+)(?::\d*)?(?:[/?#]|$)/i.exec(uri)?.[1]?.toLowerCase();
  // RFC 5280 4.2.1.10: a URI without a host name in it is outside of every constraint; refusing is the safe reading.
  if (host === undefined || /^[\d.]+$/.test(host))
    return { kind: 'uri', shown, within: () => false, touches: () => true };
  const within = (subtree: Subtree): boolean =>
    subtree.kind === 'uri' && (subtree.base.startsWith('.') ? host.endsWith(subtree.base) : host === subtree.base);
  return { kind: 'uri', shown, within, touches: within };
}

/** Base `example.com` holds itself and everything below; `.example.com` only what is below; the empty base everything. */
function isHostUnder(host: string, base: string): boolean {
  if (base === '') return true;
  if (base.startsWith('.')) return host.endsWith(base);
  return host.endsWith(base) && (host.length === base.length || host[host.length - base.length - 1] === '.');
}

function parentOf(base: string): string | null {
  const dot = base.indexOf('.');
  return dot > 0 ? base.slice(dot + 1) : null;
}

function isInRange(address: Buffer, { address: base, mask }: Subtree & { readonly kind: 'ip' }): boolean {
  return (
    address.length === base.length &&
    address.every((octet, index) => (octet & (mask[index] ?? 0)) === ((base[index] ?? 0) & (mask[index] ?? 0)))
  );
}

/** RFC 5280 4.2.1.10: a mailbox, a host, or everything below a domain written with a leading dot. */
function isMailboxUnder(address: string, base: string): boolean {
  const at = address.lastIndexOf('@');
  const host = address.slice(at + 1).toLowerCase();
  const baseAt = base.lastIndexOf('@');
  const baseHost = base.slice(baseAt + 1).toLowerCase();
  if (at < 0) return false;
  if (baseAt >= 0) return address.slice(0, at) === base.slice(0, baseAt) && host === baseHost;
  return baseHost.startsWith('.') ? host.endsWith(baseHost) : host === baseHost;
}
