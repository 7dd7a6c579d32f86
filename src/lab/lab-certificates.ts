/**
 * The lab's own certification authority and the chains its servers send, good ones and each well-known fault. Made anew
 * at every start, so that nobody is ever tempted to trust its root elsewhere.
 */
import { type IssuedCertificate, issueCertificate } from '../pki/issue.ts';
import type { KeySpec } from '../pki/issue-key.ts';
import type { PeerTls } from './peer-script.ts';

/** How the chain of a server differs from a good one. */
export type ChainFault =
  | 'expired'
  | 'not-yet-valid'
  | 'near-expiry'
  | 'self-signed'
  | 'untrusted-root'
  | 'missing-intermediate'
  | 'duplicate-intermediate'
  | 'misordered'
  | 'root-sent'
  | 'weak-signature';

export interface LabChain {
  /** SAN dNSNames; the first one is the CN, too, unless `commonName` says otherwise. */
  readonly names: readonly string[];
  /** Replaces the CN. */
  readonly commonName?: string | undefined;
  /** No SAN at all: the names stand in the CN alone, as decades ago. */
  readonly withoutSan?: boolean | undefined;
  readonly fault?: ChainFault | undefined;
  /** Default `p256`. */
  readonly key?: KeySpec | undefined;
}

export interface LabAuthority {
  /** PEM of the root that a run has to trust. */
  readonly rootPem: string;
  issue(chain: LabChain): PeerTls;
}

const DAY_MS = 86_400_000;
/** Certificates of the lab live as long as public ones do. */
const LIFETIME_DAYS = 90;

/** `now`: ms since the epoch; every validity is reckoned from it. */
export function createLabAuthority(now: number): LabAuthority {
  const days = (count: number): Date => new Date(now + count * DAY_MS);
  const authority = (CN: string, above: IssuedCertificate | null): IssuedCertificate =>
    issueCertificate({
      subject: { O: 'tlsreach lab', CN },
      ...(above === null ? {} : { issuer: { certificate: above.certificate, key: above.privateKey } }),
      notBefore: days(-400),
      notAfter: days(3650),
      ca: true,
    });
  const root = authority('tlsreach lab root', null);
  const intermediate = authority('tlsreach lab intermediate', root);
  const stranger = authority('somebody else root', null);
  return {
    rootPem: root.certificate,
    issue: (chain) => {
      const leaf = issueLeaf(chain, chain.fault === 'untrusted-root' ? stranger : intermediate, days);
      return { key: leaf.keyPem, certificates: chainAsSent(chain.fault, { leaf, intermediate, root, stranger }) };
    },
  };
}

function issueLeaf(chain: LabChain, issuer: IssuedCertificate, days: (count: number) => Date): IssuedCertificate {
  const { names, fault } = chain;
  return issueCertificate({
    subject: { CN: chain.commonName ?? names[0] ?? 'nobody' },
    ...(fault === 'self-signed' ? {} : { issuer: { certificate: issuer.certificate, key: issuer.privateKey } }),
    key: chain.key ?? 'p256',
    ...(chain.withoutSan === true ? {} : { dnsNames: names }),
    ...validity(fault, days),
    ...(fault === 'weak-signature' ? { signatureHash: 'sha1' } : {}),
  });
}

function validity(fault: ChainFault | undefined, days: (count: number) => Date): { notBefore: Date; notAfter: Date } {
  switch (fault) {
    case 'expired':
      return { notBefore: days(-10 - LIFETIME_DAYS), notAfter: days(-10) };
    case 'not-yet-valid':
      return { notBefore: days(10), notAfter: days(10 + LIFETIME_DAYS) };
    case 'near-expiry':
      return { notBefore: days(5 - LIFETIME_DAYS), notAfter: days(5) };
    default:
      return { notBefore: days(-20), notAfter: days(LIFETIME_DAYS - 20) };
  }
}

interface Issued {
  readonly leaf: IssuedCertificate;
  readonly intermediate: IssuedCertificate;
  readonly root: IssuedCertificate;
  readonly stranger: IssuedCertificate;
}

function chainAsSent(fault: ChainFault | undefined, { leaf, intermediate, root, stranger }: Issued): string {
  const order = ((): readonly IssuedCertificate[] => {
    switch (fault) {
      case 'self-signed':
      case 'missing-intermediate':
        return [leaf];
      case 'untrusted-root':
        return [leaf, stranger];
      case 'duplicate-intermediate':
        return [leaf, intermediate, intermediate];
      case 'misordered':
        return [leaf, root, intermediate];
      case 'root-sent':
        return [leaf, intermediate, root];
      default:
        return [leaf, intermediate];
    }
  })();
  return order.map(({ certificate }) => certificate).join('');
}
