/** What a finished handshake shows: version, cipher and its strength, key agreement, and the chain as it was sent (R16). */
import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { TlsSession } from '../policy/evidence.ts';

/** Certificates looked at; the judge refuses longer chains as a whole. */
export const MAX_CHAIN_AS_SENT = 101;

export function tlsSessionOf(tls: TLSSocket, serverName: string | null, chainAsSent: readonly Buffer[]): TlsSession {
  const { name, standardName } = tls.getCipher();
  return {
    protocol: tls.getProtocol() ?? 'unknown',
    cipher: name,
    cipherStandardName: standardName ?? name,
    bits: cipherBits(name),
    group: groupOf(tls.getEphemeralKeyInfo()),
    serverName,
    chainAsSent: chainAsSent.map((der) => der.toString('base64')),
    resumed: tls.isSessionReused(),
  };
}

/** DER in wire order: `issuerCertificate` walks the chain as it was sent, duplicates and strangers included. */
export function chainAsSentBy(tls: TLSSocket): readonly Buffer[] {
  const chain: Buffer[] = [];
  let next: X509Certificate | undefined = tls.getPeerX509Certificate();
  while (next !== undefined && chain.length < MAX_CHAIN_AS_SENT) {
    chain.push(next.raw);
    next = next.issuerCertificate;
  }
  return chain;
}

/** Strength of the bulk cipher in bits, from OpenSSL's name of the suite; 0 for none or an unknown one. */
export function cipherBits(name: string): number {
  if (name.includes('NULL')) return 0;
  if (/^EXP(1024)?-/.test(name)) return name.startsWith('EXP1024') ? 56 : 40;
  if (/CHACHA20|AES_?256|CAMELLIA_?256|ARIA_?256|GOST/.test(name)) return 256;
  if (/AES_?128|CAMELLIA_?128|ARIA_?128|SEED|IDEA|RC4|RC2/.test(name)) return 128;
  // Three keys of 56 bits, of which meeting in the middle leaves 112 (NIST SP 800-57).
  if (/3DES|DES-CBC3/.test(name)) return 112;
  return name.includes('DES') ? 56 : 0;
}

/** The key-agreement group as the TLS registry names it; null where there was none (RSA key transport). */
export function groupOf(info: unknown): string | null {
  if (typeof info !== 'object' || info === null) return null;
  const { type, name, size } = info as { readonly type?: unknown; readonly name?: unknown; readonly size?: unknown };
  if (type === 'DH') return typeof size === 'number' ? `DH ${size}` : 'DH';
  if (typeof name === 'string') return GROUP_NAMES[name] ?? name;
  return typeof type === 'string' ? type : null;
}

/** OpenSSL's names of the NIST curves. */
const GROUP_NAMES: Readonly<Record<string, string>> = {
  prime192v1: 'P-192',
  secp224r1: 'P-224',
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};
