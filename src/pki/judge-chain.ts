/**
 * The verdict on a chain as a server sent it: facts, path or problem, remarks, revocation. Total: whatever bytes come in,
 * a verdict comes out (S-PKI-1, S-PKI-4).
 */
import { type Certificate, parseCertificate } from './certificate.ts';
import { nameOf, type PathFault, showDate, type TlsEnd } from './certificate-checks.ts';
import { certificateFacts, factsOfUnreadable } from './certificate-facts.ts';
import type { CertificateFacts, ChainRemark, ChainVerdict, RevocationSeen } from './chain-verdict.ts';
import { findPath, type PathResult } from './path.ts';
import { mostTelling } from './path-search.ts';
import { chainRemarks } from './remarks.ts';
import { judgeStaple } from './revocation.ts';
import { anchorFacts, type TrustAnchors } from './trust-anchors.ts';

/** Certificates in one chain; more are refused without reading any. */
export const MAX_CHAIN_CERTIFICATES = 100;

/** Octets of one chain: OpenSSL's own default for a peer is half of it. */
export const MAX_CHAIN_OCTETS = 200 * 1024;

export interface ChainToJudge {
  /** DER, wire order, the server's own first. */
  readonly chainAsSent: readonly Buffer[];
  readonly anchors: TrustAnchors;
  /** ms since the epoch. */
  readonly at: number;
  /** Intermediates allowed in the path, self-issued ones not counted. */
  readonly maxDepth?: number | undefined;
  /** A stapled OCSP response; null when none came, absent when none was asked for. */
  readonly ocspStaple?: Buffer | null;
  /** Whose chain it is; a server's where left out. */
  readonly end?: TlsEnd | undefined;
}

export function judgeChain({ chainAsSent, anchors, at, maxDepth, ocspStaple, end }: ChainToJudge): ChainVerdict {
  if (chainAsSent.length > MAX_CHAIN_CERTIFICATES) {
    return refused([], {
      problem: 'too-many-certificates',
      detail: `the server sent ${chainAsSent.length} certificates; more than ${MAX_CHAIN_CERTIFICATES} are not looked at`,
    });
  }
  const octets = chainAsSent.reduce((sum, der) => sum + der.length, 0);
  if (octets > MAX_CHAIN_OCTETS) {
    return refused([], {
      problem: 'too-many-certificates',
      detail: `the server sent ${octets} octets of certificates; more than ${MAX_CHAIN_OCTETS} are not looked at`,
    });
  }
  const faults: (PathFault | null)[] = [];
  const facts: CertificateFacts[] = [];
  const sent = chainAsSent.map((der, index): Certificate | null => {
    const parsed = parseCertificate(der);
    if (parsed.ok) {
      facts.push(certificateFacts(parsed.value));
      return parsed.value;
    }
    facts.push(factsOfUnreadable(der));
    const which = index === 0 ? 'the server certificate' : `certificate ${index + 1} of ${chainAsSent.length}`;
    faults.push({ problem: 'malformed', detail: `${which} ${parsed.failure.why}` });
    return null;
  });
  const [leaf, ...others] = sent;
  if (leaf === undefined) return refused([], { problem: 'malformed', detail: 'the server sent no certificate' });
  if (leaf === null) return refused(facts, faults[0] ?? NO_LEAF);
  const result = findPath({ leaf, others: others.filter((other) => other !== null), anchors, at, maxDepth, end });
  if (result.kind === 'found') {
    return believed({ facts, sent, result, at, ocspStaple });
  }
  // A certificate that cannot be read explains a missing issuer better than its absence does.
  const explained = result.missingIssuer === null ? result.fault : (mostTelling(faults) ?? result.fault);
  return {
    ...refused(facts, explained),
    remarks: chainRemarks({ sent, missingIssuer: result.missingIssuer, at }),
  };
}

interface Believed {
  readonly facts: readonly CertificateFacts[];
  readonly sent: readonly (Certificate | null)[];
  readonly result: PathResult & { readonly kind: 'found' };
  readonly at: number;
  readonly ocspStaple: Buffer | null | undefined;
}

/** A path was found; only its revocation can still undo it. */
function believed({ facts, sent, result, at, ocspStaple }: Believed): ChainVerdict {
  const [leaf, issuer] = result.path;
  const root = result.path.at(-1);
  const staple =
    ocspStaple === null || ocspStaple === undefined || leaf === undefined || issuer === undefined
      ? null
      : judgeStaple({ staple: ocspStaple, leaf, issuer, at });
  const remarks = chainRemarks({ sent, missingIssuer: null, at });
  const verdict: ChainVerdict = {
    sent: facts,
    trusted: true,
    problem: null,
    detail: null,
    path: result.path.map(certificateFacts),
    anchor: root === undefined ? null : anchorFacts(result.anchor, root),
    remarks: leaf?.mustStaple && ocspStaple === null ? [...remarks, { kind: 'staple-missing', position: 1 }] : remarks,
    revocation: staple?.state ?? 'not-checked',
  };
  return staple?.state === 'revoked' && leaf !== undefined ? revoked(verdict, leaf, staple.revokedAt) : verdict;
}

function revoked(verdict: ChainVerdict, leaf: Certificate, revokedAt: number | null): ChainVerdict {
  const since = revokedAt === null ? '' : ` on ${showDate(revokedAt)}`;
  const detail = `${nameOf(leaf, 'server')} was revoked by its issuer${since}`;
  return { ...verdict, trusted: false, problem: 'revoked', detail, revocation: 'revoked' };
}

/** The leaf of a trusted path and its issuer: whose status is asked for, and whose word counts. Null without a path. */
export function pathToAskAbout({
  chainAsSent,
  anchors,
  at,
}: ChainToJudge): { readonly leaf: Certificate; readonly issuer: Certificate } | null {
  const [first, ...rest] = chainAsSent.map((der) => {
    const parsed = parseCertificate(der);
    return parsed.ok ? parsed.value : null;
  });
  if (first === undefined || first === null) return null;
  const result = findPath({ leaf: first, others: rest.filter((other) => other !== null), anchors, at });
  const [leaf, issuer] = result.kind === 'found' ? result.path : [];
  return leaf === undefined || issuer === undefined ? null : { leaf, issuer };
}

/** The verdict on a trusted chain, with what those said who were asked about its leaf. */
export function withRevocation(verdict: ChainVerdict, leaf: Certificate, seen: RevocationSeen): ChainVerdict {
  const { state, revokedAt, from, why } = seen;
  const remarks: readonly ChainRemark[] =
    why === null ? verdict.remarks : [...verdict.remarks, { kind: 'revocation-not-known', why }];
  const told = { ...verdict, revocation: state, remarks, ...(from === null ? {} : { revocationFrom: from }) };
  return state === 'revoked' ? revoked(told, leaf, revokedAt) : told;
}

const NO_LEAF: PathFault = { problem: 'malformed', detail: 'the server certificate cannot be read' };

function refused(sent: readonly CertificateFacts[], { problem, detail }: PathFault): ChainVerdict {
  return { sent, trusted: false, problem, detail, path: [], anchor: null, remarks: [], revocation: 'not-checked' };
}
