/**
 * The life of a certificate in the configuration (R99 to R103): made or imported under a name, signed by an authority,
 * replaced, chosen for what it serves, taken away when nothing needs it any more. Pure: keys are made and files are read
 * elsewhere.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { printable } from '../base/printable.ts';
import { type Certificate, parseCertificate } from '../pki/certificate.ts';
import { certificateSigningRequest } from '../pki/certificate-signing-request.ts';
import { arrangeChain, type ChainNote } from '../pki/chain-order.ts';
import { pem } from '../pki/issue.ts';
import { parsePemCertificates } from '../pki/pem.ts';
import { publicHalf } from '../pki/self-signed.ts';
import type { Edit } from './configuration.ts';
import { type ConfigurationDocument, DEMO_CERTIFICATE, type NamedCertificate } from './document.ts';

/** What a certificate is chosen for. */
export const CERTIFICATE_USES = ['outgoing', 'https'] as const;
export type CertificateUse = (typeof CERTIFICATE_USES)[number];

const USE_WORDS: Readonly<Record<CertificateUse, string>> = {
  outgoing: 'all outgoing TLS (destconfig setup)',
  https: 'HTTPS (certconfig use)',
};

/** An entry with what was noticed about its chain. */
export interface ArrangedEntry {
  readonly entry: NamedCertificate;
  readonly notes: readonly ChainNote[];
}

export function certificateNamed(
  { certificates }: Pick<ConfigurationDocument, 'certificates'>,
  name: string,
): NamedCertificate | undefined {
  return certificates.find((each) => each.name.toLowerCase() === name.toLowerCase());
}

/** Where a certificate is chosen; empty where nothing would miss it. */
export function usesOf({ global, web }: ConfigurationDocument, name: string): readonly CertificateUse[] {
  const chosen = { outgoing: global.certificate, https: web.certificate };
  return CERTIFICATE_USES.filter((use) => chosen[use] === name);
}

/** Chooses a certificate; null: Demo. */
export function chooseCertificate(use: CertificateUse, name: string | null): Edit {
  return (document) => {
    const entry = name === null ? null : certificateNamed(document, name);
    if (entry === undefined) return failed(noSuch(name ?? ''));
    const certificate = entry?.name ?? null;
    return succeeded(
      use === 'outgoing'
        ? { ...document, global: { ...document.global, certificate } }
        : { ...document, web: { ...document.web, certificate } },
    );
  };
}

export function addCertificate(entry: NamedCertificate): Edit {
  return (document) => {
    if (entry.name.toLowerCase() === DEMO_CERTIFICATE.toLowerCase()) {
      return failed(`${DEMO_CERTIFICATE} is the name of the demonstration certificate; choose another one`);
    }
    if (certificateNamed(document, entry.name) !== undefined) {
      return failed(`there is a certificate ${shown(entry.name)} already`);
    }
    return succeeded({ ...document, certificates: [...document.certificates, entry] });
  };
}

/** Puts `entry` in the place of the one with its name. */
export function replaceCertificate(entry: NamedCertificate): Edit {
  return (document) => {
    if (certificateNamed(document, entry.name) === undefined) return failed(noSuch(entry.name));
    const certificates = document.certificates.map((each) => (each.name === entry.name ? entry : each));
    return succeeded({ ...document, certificates });
  };
}

/** Refused while it is chosen for something, which is named. */
export function deleteCertificate(name: string): Edit {
  return (document) => {
    const entry = certificateNamed(document, name);
    if (entry === undefined) return failed(noSuch(name));
    const uses = usesOf(document, entry.name);
    if (uses.length > 0) return failed(inUse(entry.name, uses));
    return succeeded({ ...document, certificates: document.certificates.filter((each) => each !== entry) });
  };
}

export function inUse(name: string, uses: readonly CertificateUse[]): string {
  const places = uses.map((use) => USE_WORDS[use]).join(' and ');
  return `the certificate ${shown(name)} is in use for ${places}; choose another one there first`;
}

/** An entry of a key, its certificate and what came with them. */
export function entryOf(
  name: string,
  {
    key,
    certificate,
    others,
  }: { readonly key: KeyObject; readonly certificate: Certificate; readonly others: readonly Certificate[] },
): ArrangedEntry {
  const { chain, notes } = arrangeChain(certificate, others);
  const entry = {
    name,
    certificate: pem('CERTIFICATE', certificate.der),
    chain: chain.map(({ der }) => pem('CERTIFICATE', der)).join(''),
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
  // A self-signed one is its own issuer: nothing is missing.
  return { entry, notes: certificate.selfIssued ? notes.filter(({ kind }) => kind !== 'issuer-missing') : notes };
}

/**
 * The entry with what an authority sent back in place of its certificate (R101): the one that has the entry's own key, and
 * the others as its intermediates. Where none came along, those the entry has stay if they still belong to it.
 */
export function signedEntry(entry: NamedCertificate, file: readonly Buffer[]): Outcome<ArrangedEntry, string> {
  const key = createPrivateKey(entry.key);
  const own = publicHalf(key);
  const read = file.flatMap((der) => {
    const certificate = parseCertificate(der);
    return certificate.ok ? [certificate.value] : [];
  });
  const fitting = read.filter(({ spki }) => spki.equals(own)).toSorted((a, b) => b.notBefore - a.notBefore);
  const [certificate] = fitting;
  if (certificate === undefined) {
    const [first] = read;
    const whose = first === undefined ? 'it' : first.subject.text || 'it';
    return failed(
      `the certificate is not one of this entry: its public key is another one than that of ${shown(entry.name)} (${printable(whose, 200)})`,
    );
  }
  const sent = read.filter((each) => each !== certificate);
  const kept = sent.length > 0 ? [] : certificatesIn(entry.chain);
  const arranged = entryOf(entry.name, { key, certificate, others: sent.length > 0 ? sent : kept });
  const notes = sent.length > 0 ? arranged.notes : arranged.notes.filter(({ kind }) => kind === 'issuer-missing');
  return succeeded({ entry: { ...arranged.entry, key: entry.key }, notes });
}

/** The request of an entry, once its key is one that will still be there when the answer comes (R99). */
export function requestOf(
  { certificates }: Pick<ConfigurationDocument, 'certificates'>,
  committed: Pick<ConfigurationDocument, 'certificates'>,
  name: string,
): Outcome<string, { readonly kind: 'no-such-certificate' | 'not-committed'; readonly why: string }> {
  const entry = certificateNamed({ certificates }, name);
  if (entry === undefined) return failed({ kind: 'no-such-certificate', why: noSuch(name) });
  if (!isCommitted(entry, committed)) {
    const why = `the key of ${shown(entry.name)} is not committed yet: commit first, so that it is still there when the authority answers`;
    return failed({ kind: 'not-committed', why });
  }
  const [certificate] = certificatesIn(entry.certificate);
  if (certificate === undefined) return failed({ kind: 'no-such-certificate', why: noSuch(name) });
  return succeeded(certificateSigningRequest(certificate, createPrivateKey(entry.key)));
}

/** The key of the entry is that of the revision in force. */
export function isCommitted(entry: NamedCertificate, committed: Pick<ConfigurationDocument, 'certificates'>): boolean {
  return certificateNamed(committed, entry.name)?.key === entry.key;
}

/** Those of a PEM text that can be read, in its order. */
export function certificatesIn(text: string): readonly Certificate[] {
  const found = parsePemCertificates(text);
  if (!found.ok) return [];
  return found.value.flatMap((der) => {
    const certificate = parseCertificate(der);
    return certificate.ok ? [certificate.value] : [];
  });
}

export function noSuch(name: string): string {
  return `there is no certificate ${shown(name)}`;
}

function shown(name: string): string {
  return `"${printable(name, 120)}"`;
}
