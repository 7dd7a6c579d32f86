/** Certificates of the mail hosts and policy hosts of published policy, below one private root, written as servers want them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CertificateRequest, type IssuedCertificate, issueCertificate } from '../../src/pki/issue.ts';
import type { Installed } from './certificates.ts';
import { DANE_CASES, hostOf, SIGNED_ZONE } from './policy-servers.ts';
import { STS_CASES, STS_MAIL } from './sts-hosts.ts';

const DAY_MS = 86_400_000;

export interface HostCertificate extends Installed {
  /** PEM. */
  readonly leaf: string;
}

export interface HostCertificates {
  readonly rootFile: string;
  /** PEM. */
  readonly root: string;
  readonly intermediate: string;
  /** By the key of the case. */
  readonly hosts: Readonly<Record<string, HostCertificate>>;
}

/** What is wrong with the certificate itself, and what stands behind it on the wire. */
interface Wish {
  readonly names: readonly string[];
  readonly fault: 'expired' | 'wrong-name' | 'self-signed' | null;
  readonly behind: 'nothing' | 'intermediate' | 'intermediate-and-root';
}

/** Mints everything below `folder`; `now` is wall-clock ms. */
export function installHostCertificates(folder: string, now: number): HostCertificates {
  const dates = { notBefore: new Date(now - 10 * DAY_MS), notAfter: new Date(now + 80 * DAY_MS) };
  const root = issueCertificate({ ...dates, subject: { O: 'Interop', CN: 'Policy Root' }, ca: true });
  const intermediate = issueCertificate({
    ...dates,
    subject: { O: 'Interop', CN: 'Policy Intermediate' },
    ca: true,
    pathLength: 0,
    issuer: { certificate: root.certificate, key: root.privateKey },
  });
  const rootFile = join(folder, 'root.pem');
  writeFileSync(rootFile, root.certificate);
  const issue = (key: string, wish: Wish): HostCertificate => {
    const leaf = issueLeaf(wish, intermediate, dates, now);
    const files = { chainFile: join(folder, `${key}.chain.pem`), keyFile: join(folder, `${key}.key.pem`) };
    const behind = {
      nothing: '',
      intermediate: intermediate.certificate,
      'intermediate-and-root': intermediate.certificate + root.certificate,
    };
    writeFileSync(files.chainFile, leaf.certificate + behind[wish.behind]);
    writeFileSync(files.keyFile, leaf.keyPem, { mode: 0o600 });
    return { ...files, leaf: leaf.certificate };
  };
  const hosts: Record<string, HostCertificate> = {};
  for (const dane of DANE_CASES) {
    const { key, presented } = dane;
    if (presented === 'none') continue;
    const fault = presented === 'with-intermediate' || presented === 'with-root' ? null : presented;
    const behind = presented === 'with-root' ? 'intermediate-and-root' : 'intermediate';
    hosts[key] = issue(key, { names: [hostOf(dane)], fault, behind: fault === 'self-signed' ? 'nothing' : behind });
  }
  for (const { key, certificate } of STS_CASES) {
    const fault = certificate === 'without-intermediate' ? null : (certificate ?? null);
    const behind = certificate === 'without-intermediate' || fault === 'self-signed' ? 'nothing' : 'intermediate';
    hosts[key] = issue(key, { names: [`mta-sts.${key}.${SIGNED_ZONE}`], fault, behind });
  }
  const mailNames = STS_CASES.map(({ key }) => `mx.${key}.${SIGNED_ZONE}`);
  hosts[STS_MAIL] = issue(STS_MAIL, { names: mailNames, fault: null, behind: 'intermediate' });
  return { rootFile, root: root.certificate, intermediate: intermediate.certificate, hosts };
}

function issueLeaf(
  { names, fault }: Wish,
  intermediate: IssuedCertificate,
  dates: { readonly notBefore: Date; readonly notAfter: Date },
  now: number,
): IssuedCertificate {
  const dnsNames = fault === 'wrong-name' ? ['www.elsewhere.test'] : names;
  const alone: CertificateRequest = { ...dates, subject: { CN: dnsNames[0] ?? '' }, dnsNames };
  if (fault === 'self-signed') return issueCertificate(alone);
  const issuer = { certificate: intermediate.certificate, key: intermediate.privateKey };
  const past = { notBefore: new Date(now - 9 * DAY_MS), notAfter: new Date(now - 2 * DAY_MS) };
  return issueCertificate({ ...alone, issuer, ...(fault === 'expired' ? past : {}) });
}
