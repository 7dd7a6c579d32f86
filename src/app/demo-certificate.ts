/**
 * The demonstration certificate of an installation (R105): made at the first start, kept beside the configuration and
 * never part of it, so that no file and no revision carries its key anywhere. It encrypts, and nobody can verify it.
 */
import { X509Certificate } from 'node:crypto';
import { mintSelfSigned, readSelfSigned } from '../pki/self-signed.ts';
import type { CertificateStore, DemoPair } from '../store/certificate-store.ts';

const FIELDS = {
  commonName: 'tlsreach demonstration certificate',
  organizationalUnit: 'for testing only: nobody can verify it',
  names: ['localhost', '127.0.0.1', '::1'],
  key: 'p256',
} as const;
/** One that is about to run out is made anew, ms. */
const SOON_MS = 30 * 86_400_000;

/** The Demo of this installation, made if there is none that lasts. `now`: ms since the epoch. */
export async function demoCertificate(store: CertificateStore, now: number): Promise<DemoPair> {
  const kept = await store.demo();
  if (kept !== null && new X509Certificate(kept.certificate).validToDate.getTime() > now + SOON_MS) return kept;
  const request = readSelfSigned(FIELDS);
  if (!request.ok) throw new Error('the demonstration certificate cannot be described');
  return store.keepDemo(await mintSelfSigned(request.value, now), kept, now);
}
