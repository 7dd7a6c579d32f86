/**
 * What is told of the certificates of an installation, by the command line, the API and the pages alike: facts, how the
 * chain would be judged by others, how long it lasts, where it is chosen, and whether it fits our names (R103). No key
 * is in it (R106).
 */
import { hostname as machineName } from 'node:os';
import { parseDomain } from '../base/domain.ts';
import { type CertificateUse, certificatesIn, isCommitted, usesOf } from '../config/certificate-edits.ts';
import { type ConfigurationDocument, DEMO_CERTIFICATE, type NamedCertificate } from '../config/document.ts';
import type { Certificate } from '../pki/certificate.ts';
import { certificateFacts } from '../pki/certificate-facts.ts';
import type { CertificateFacts, ChainVerdict } from '../pki/chain-verdict.ts';
import { judgeIdentity } from '../pki/identity.ts';
import { judgeChain } from '../pki/judge-chain.ts';
import type { TrustAnchors } from '../pki/trust-anchors.ts';

const DAY_MS = 86_400_000;
/** From here on an entry is marked; the first warning (R104) comes earlier. */
const SOON_DAYS = 30;

export interface CertificateView {
  readonly name: string;
  /** The one that stands for a certificate nobody chose: never verifiable (R105). */
  readonly isDemo: boolean;
  readonly facts: CertificateFacts;
  /** Its intermediates as they are sent. */
  readonly chain: readonly CertificateFacts[];
  /** As somebody with our trust anchors judges it. */
  readonly verdict: ChainVerdict;
  readonly isSelfSigned: boolean;
  /** Whole days; negative when it has expired. */
  readonly daysLeft: number;
  readonly standing: 'good' | 'soon' | 'expired' | 'not-yet-valid';
  /** Its key is one of the revision in force. */
  readonly isCommitted: boolean;
  readonly uses: readonly CertificateUse[];
  /** Names of our interfaces that it does not fit. */
  readonly unfit: readonly OwnName[];
}

/** A name under which others meet us. */
export interface OwnName {
  readonly name: string;
  /** The interface that says so; null: this machine's own name. */
  readonly from: string | null;
}

export interface CertificateWorld {
  readonly anchors: TrustAnchors;
  /** ms since the epoch. */
  readonly now: number;
  readonly committed: ConfigurationDocument;
  readonly newest: ConfigurationDocument;
}

/** Demo first, where `demo` is its PEM. An entry whose certificate cannot be read does not get into a document. */
export function certificateViews(world: CertificateWorld, demo: string | null): readonly CertificateView[] {
  const entries = world.newest.certificates.flatMap((entry) => certificateView(entry, world) ?? []);
  const own = demo === null ? null : demoView(demo, world);
  return own === null ? entries : [own, ...entries];
}

export function certificateView(entry: NamedCertificate, world: CertificateWorld): CertificateView | null {
  const { newest, committed } = world;
  const [leaf] = certificatesIn(entry.certificate);
  if (leaf === undefined) return null;
  return {
    ...viewOf(leaf, certificatesIn(entry.chain), world),
    name: entry.name,
    isDemo: false,
    isCommitted: isCommitted(entry, committed),
    uses: usesOf(newest, entry.name),
    unfit: ownNames(newest).filter(({ name }) => !fits(leaf, name)),
  };
}

/** Where nothing is chosen Demo stands: for HTTPS it is shown, to the servers of others nothing is. */
function demoView(demo: string, world: CertificateWorld): CertificateView | null {
  const [leaf] = certificatesIn(demo);
  if (leaf === undefined) return null;
  const uses: CertificateUse[] = [];
  if (world.newest.global.certificate === null) uses.push('outgoing');
  if (world.newest.web.certificate === null) uses.push('https');
  const view = viewOf(leaf, [], world);
  return { ...view, name: DEMO_CERTIFICATE, isDemo: true, isCommitted: true, uses, unfit: [] };
}

type Judged = Pick<CertificateView, 'facts' | 'chain' | 'verdict' | 'isSelfSigned' | 'daysLeft' | 'standing'>;

function viewOf(leaf: Certificate, chain: readonly Certificate[], { anchors, now }: CertificateWorld): Judged {
  const daysLeft = Math.floor((leaf.notAfter - now) / DAY_MS);
  const begun = now >= leaf.notBefore;
  return {
    facts: certificateFacts(leaf),
    chain: chain.map(certificateFacts),
    verdict: judgeChain({ chainAsSent: [leaf, ...chain].map(({ der }) => der), anchors, at: now }),
    isSelfSigned: leaf.selfIssued,
    daysLeft,
    standing: !begun ? 'not-yet-valid' : leaf.notAfter <= now ? 'expired' : daysLeft < SOON_DAYS ? 'soon' : 'good',
  };
}

/** Host names of the interfaces; where none has one, this machine's, if it is one that others could look up. */
export function ownNames({ delivery }: Pick<ConfigurationDocument, 'delivery'>): readonly OwnName[] {
  const named = delivery.gateways.flatMap(({ name, heloName }) =>
    heloName === null || heloName.startsWith('[') ? [] : [{ name: heloName, from: name }],
  );
  if (named.length > 0) return named;
  const own = parseDomain(machineName());
  return own.ok && own.value.includes('.') ? [{ name: own.value, from: null }] : [];
}

/** As receivers compare: the SAN, and the CN only where there is none. */
export function fits(leaf: Certificate, name: string): boolean {
  return judgeIdentity({
    leaf,
    host: name,
    recipientDomain: null,
    staticRoute: null,
    ptrNames: [],
    mxNameSecure: false,
    strictCn: false,
  }).mx.matched;
}

/** Days from the beginning of a life to its end that are gone, 0 to 100. */
export function lifeGone({ notBefore, notAfter }: CertificateFacts, now: number): number {
  const [from, to] = [Date.parse(notBefore), Date.parse(notAfter)];
  return to <= from ? 100 : Math.min(100, Math.max(0, Math.round(((now - from) / (to - from)) * 100)));
}
