/** A chain whose default is the happy path; each test overrides what it is about. */
import type { KeyObject } from 'node:crypto';
import type { ChainVerdict } from '../../src/pki/chain-verdict.ts';
import { type CertificateRequest, type IssuedCertificate, issueCertificate } from '../../src/pki/issue.ts';
import { generateKey } from '../../src/pki/issue-key.ts';
import { judgeChain } from '../../src/pki/judge-chain.ts';
import { type TrustAnchors, trustAnchors } from '../../src/pki/trust-anchors.ts';

export const AT = Date.parse('2026-06-01T00:00:00Z');
export const DATES = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2027-01-01T00:00:00Z') };
export const LONG_AGO = { notBefore: new Date('2024-01-01T00:00:00Z'), notAfter: new Date('2025-01-01T00:00:00Z') };
export const LATER = { notBefore: new Date('2026-12-01T00:00:00Z'), notAfter: new Date('2027-12-01T00:00:00Z') };

/** One key for everything that does not need another: minting stays quick. */
export const KEY: KeyObject = generateKey('p256');
export const ROOT_KEY: KeyObject = generateKey('p256');
export const OTHER_KEY: KeyObject = generateKey('p256');

type Overrides = Partial<CertificateRequest>;

export function mintRoot(overrides: Overrides = {}): IssuedCertificate {
  return issueCertificate({ subject: { CN: 'Test Root' }, ca: true, key: ROOT_KEY, ...DATES, ...overrides });
}

export function mintUnder(issuer: IssuedCertificate, overrides: Overrides = {}): IssuedCertificate {
  const signer = { certificate: issuer.der, key: issuer.privateKey };
  return issueCertificate({ subject: { CN: 'x' }, issuer: signer, key: KEY, ...DATES, ...overrides });
}

export interface Scenario {
  readonly root?: Overrides;
  readonly intermediate?: Overrides;
  readonly leaf?: Overrides;
  readonly at?: number;
}

export interface World {
  readonly root: IssuedCertificate;
  readonly intermediate: IssuedCertificate;
  readonly leaf: IssuedCertificate;
  readonly anchors: TrustAnchors;
}

export function mintWorld({ root = {}, intermediate = {}, leaf = {} }: Scenario = {}): World {
  const top = mintRoot(root);
  const middle = mintUnder(top, { subject: { CN: 'Test Issuing' }, key: OTHER_KEY, ca: true, ...intermediate });
  const end = mintUnder(middle, { subject: { CN: 'mx.example.com' }, dnsNames: ['mx.example.com'], ...leaf });
  return { root: top, intermediate: middle, leaf: end, anchors: anchorsOf(top) };
}

export function anchorsOf(...issued: readonly IssuedCertificate[]): TrustAnchors {
  return trustAnchors([{ name: 'ca-file', date: null, certificates: issued.map(({ der }) => der) }]);
}

/** The verdict on leaf and intermediate, with the root trusted. */
export function judgeScenario(scenario: Scenario): ChainVerdict {
  const { leaf, intermediate, anchors } = mintWorld(scenario);
  return judgeChain({ chainAsSent: [leaf.der, intermediate.der], anchors, at: scenario.at ?? AT });
}

export function judge(chain: readonly IssuedCertificate[], anchors: TrustAnchors, at = AT): ChainVerdict {
  return judgeChain({ chainAsSent: chain.map(({ der }) => der), anchors, at });
}
