/** Scripted mail servers of the lab, on the real clock, with certificates from a small authority minted once. */
import type { KeyObject } from 'node:crypto';
import { systemClock } from '../../src/app/world.ts';
import type { PeerScript, PeerTls } from '../../src/lab/peer-script.ts';
import { type PeerOptions, type SmtpPeer, startSmtpPeer as startPeer } from '../../src/lab/smtp-peer.ts';
import { type CertificateRequest, type IssuedCertificate, issueCertificate } from '../../src/pki/issue.ts';
import { generateKey, type KeySpec } from '../../src/pki/issue-key.ts';

export type { AfterStarttls, PeerAnswer, PeerScript, PeerTls } from '../../src/lab/peer-script.ts';
export type { PeerSession, SmtpPeer } from '../../src/lab/smtp-peer.ts';

export function startSmtpPeer(script: Partial<PeerScript> = {}, options: Partial<PeerOptions> = {}): Promise<SmtpPeer> {
  return startPeer({ tls: goodTls(), ...script }, { clock: systemClock, ...options });
}

const DAY_MS = 86_400_000;

/** Valid from yesterday for ninety days. */
export const VALIDITY = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + 90 * DAY_MS) };

/** The root that the tests trust. */
export const testRoot: IssuedCertificate = issueCertificate({
  subject: { CN: 'Test Root', O: 'Tests' },
  ca: true,
  ...VALIDITY,
});

/** A certificate under the test root, for `mx.example.com` unless told otherwise. */
export function mint(request: Partial<CertificateRequest> = {}): IssuedCertificate {
  return issueCertificate({
    subject: { CN: 'mx.example.com' },
    dnsNames: ['mx.example.com', 'example.com'],
    issuer: { certificate: testRoot.certificate, key: testRoot.privateKey },
    ...VALIDITY,
    ...request,
  });
}

/** The TLS side of a server with `leaf` and what else is to be sent. */
export function tlsOf(leaf: IssuedCertificate, others: readonly IssuedCertificate[] = []): PeerTls {
  return { key: leaf.keyPem, certificates: [leaf, ...others].map(({ certificate }) => certificate).join('') };
}

const keys = new Map<KeySpec, KeyObject>();

/** One key of each sort for all: RSA keys take long to make. */
export function sharedKey(spec: KeySpec): KeyObject {
  const key = keys.get(spec) ?? generateKey(spec);
  keys.set(spec, key);
  return key;
}

let good: PeerTls | null = null;

/** Trusted, and in the right name. */
export function goodTls(): PeerTls {
  good ??= tlsOf(mint());
  return good;
}
