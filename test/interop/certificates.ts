/** A private root, its intermediate, and a leaf for every server of the rig, written as the servers want them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CertificateRequest, type IssuedCertificate, issueCertificate } from '../../src/pki/issue.ts';
import { type RealServer, SERVER_KEYS, SERVERS, type ServerKey } from './servers.ts';

const DAY_MS = 86_400_000;

export interface Installed {
  /** PEM: leaf, then the rest as sent. */
  readonly chainFile: string;
  readonly keyFile: string;
}

export interface Installation {
  /** The root, for everybody who is to trust it. */
  readonly rootFile: string;
  readonly servers: Readonly<Partial<Record<ServerKey, Installed>>>;
}

/** Mints everything below `folder`; `now` is wall-clock ms. Keys are readable by their owner alone. */
export function installCertificates(folder: string, now: number): Installation {
  const dates = { notBefore: new Date(now - 10 * DAY_MS), notAfter: new Date(now + 80 * DAY_MS) };
  const root = issueCertificate({
    ...dates,
    subject: { O: 'Interop', CN: 'Interop Root' },
    key: 'rsa2048',
    ca: true,
  });
  const intermediate = issueCertificate({
    ...dates,
    subject: { O: 'Interop', CN: 'Interop Intermediate' },
    key: 'rsa2048',
    ca: true,
    pathLength: 0,
    issuer: { certificate: root.certificate, key: root.privateKey },
  });
  const rootFile = join(folder, 'root.pem');
  writeFileSync(rootFile, root.certificate);
  const servers: Partial<Record<ServerKey, Installed>> = {};
  for (const key of SERVER_KEYS) {
    const server: RealServer = SERVERS[key];
    if (server.presented === 'none') continue;
    const leaf = issueLeaf(server, intermediate, dates, now);
    const alone = server.presented === 'self-signed' || server.presented === 'without-intermediate';
    const installed = { chainFile: join(folder, `${key}.chain.pem`), keyFile: join(folder, `${key}.key.pem`) };
    writeFileSync(installed.chainFile, leaf.certificate + (alone ? '' : intermediate.certificate));
    writeFileSync(installed.keyFile, leaf.keyPem, { mode: 0o600 });
    servers[key] = installed;
  }
  return { rootFile, servers };
}

function issueLeaf(
  server: RealServer,
  intermediate: IssuedCertificate,
  dates: { readonly notBefore: Date; readonly notAfter: Date },
  now: number,
): IssuedCertificate {
  const ordinary: CertificateRequest = {
    ...dates,
    subject: { CN: server.host },
    key: 'rsa2048',
    dnsNames: [server.host, ...(server.alsoCalled ?? [])],
    issuer: { certificate: intermediate.certificate, key: intermediate.privateKey },
  };
  switch (server.presented) {
    case 'ecdsa':
      return issueCertificate({ ...ordinary, key: 'p256' });
    case 'expired':
      return issueCertificate({
        ...ordinary,
        notBefore: new Date(now - 9 * DAY_MS),
        notAfter: new Date(now - 2 * DAY_MS),
      });
    case 'self-signed': {
      const { issuer: _nobody, ...alone } = ordinary;
      return issueCertificate(alone);
    }
    case 'wrong-name':
      return issueCertificate({
        ...ordinary,
        subject: { CN: 'mail.elsewhere.test' },
        dnsNames: ['mail.elsewhere.test'],
      });
    case 'wildcard': {
      const pattern = server.host.replace(/^[^.]+/, '*');
      return issueCertificate({ ...ordinary, subject: { CN: pattern }, dnsNames: [pattern] });
    }
    case 'rsa':
    case 'without-intermediate':
    case 'none':
      return issueCertificate(ordinary);
  }
}
