/** What the formula wants to know of a session's cipher and of its leaf certificate. */
import type { Evidence } from '../policy/evidence.ts';
import type { CipherFacts } from './confidence.ts';

/** Null where there was no TLS session. */
export function cipherFactsOf({ handshake, path }: Evidence): CipherFacts | null {
  if (handshake.kind !== 'seen') return null;
  const leaf = path.kind === 'seen' ? path.value.sent[0] : undefined;
  return {
    name: handshake.value.cipher,
    bits: handshake.value.bits,
    keyType: leaf?.keyType ?? 'other',
    keyBits: leaf?.keyBits ?? 0,
    signature: leaf?.signature ?? '',
  };
}
