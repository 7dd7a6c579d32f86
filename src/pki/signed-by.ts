/** Signatures on what is no certificate: OCSP responses and lists of revoked certificates. */
import { constants, type KeyObject, verify } from 'node:crypto';
import type { Certificate } from './certificate.ts';
import type { SignatureFacts } from './public-key.ts';

export interface SignedOctets {
  readonly signed: Buffer;
  readonly algorithm: SignatureFacts;
  readonly signature: Buffer;
}

/** Whether the key of `signer` made the signature; false for one that cannot be read. */
export function isSignedBy({ signed, signature, algorithm }: SignedOctets, signer: Certificate): boolean {
  const key = signer.x509()?.publicKey;
  if (key === undefined) return false;
  const hash = hashOf(algorithm.name);
  if (hash === undefined) return false;
  try {
    return verify(hash, signed, keyWithPadding(key, algorithm.name), signature);
  } catch {
    // OpenSSL throws where key and algorithm do not go together.
    return false;
  }
}

/** Null where the algorithm brings its own; undefined for one that is not known. */
function hashOf(algorithm: string): string | null | undefined {
  if (algorithm === 'Ed25519' || algorithm === 'Ed448') return null;
  if (algorithm === 'rsassaPss') return 'sha256';
  return /sha(224|256|384|512)/i.exec(algorithm)?.[0]?.toLowerCase();
}

function keyWithPadding(key: KeyObject, algorithm: string): KeyObject | { key: KeyObject; padding: number } {
  return algorithm === 'rsassaPss' ? { key, padding: constants.RSA_PKCS1_PSS_PADDING } : key;
}
