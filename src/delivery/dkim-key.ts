/** DKIM keys as the DNS publishes them (RFC 6376 3.6.1, RFC 8463 4): the record to publish, and what stands there. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import type { DkimKey } from './settings.ts';

/** Octets of one character-string of a TXT record. */
const MAX_STRING = 255;

export interface DkimRecord {
  /** `mail._domainkey.example.com`. */
  readonly name: string;
  /** The whole text. */
  readonly text: string;
  /** As a zone file has it: in parts of 255 characters. */
  readonly zoneLine: string;
  readonly algorithm: 'rsa' | 'ed25519';
  /** Of the modulus; 256 for Ed25519. */
  readonly bits: number;
}

export type DkimPublication =
  | { readonly kind: 'published' }
  | { readonly kind: 'absent' }
  /** A record without a key: whoever verifies takes signatures for none (RFC 6376 3.6.1). */
  | { readonly kind: 'revoked' }
  | { readonly kind: 'another-key' }
  /** More than one: verifiers may take any of them (RFC 6376 3.6.2.2). */
  | { readonly kind: 'several' }
  | { readonly kind: 'malformed'; readonly text: string };

export function dkimRecord({ domain, selector, privateKey }: DkimKey): DkimRecord {
  const key = createPublicKey(createPrivateKey(privateKey));
  const spki = key.export({ type: 'spki', format: 'der' });
  const algorithm = key.asymmetricKeyType === 'ed25519' ? 'ed25519' : 'rsa';
  // RFC 8463 4: the 32 octets alone, which end the structure.
  const bytes = algorithm === 'ed25519' ? spki.subarray(-32) : spki;
  const text = `v=DKIM1; k=${algorithm}; p=${bytes.toString('base64')}`;
  const name = `${selector}._domainkey.${domain}`;
  const parts = text.match(new RegExp(`.{1,${MAX_STRING}}`, 'g')) ?? [];
  const strings = parts.map((part) => `"${part}"`).join(' ');
  const bits = algorithm === 'ed25519' ? 256 : (key.asymmetricKeyDetails?.modulusLength ?? 0);
  return { name, text, zoneLine: `${name}. IN TXT ( ${strings} )`, algorithm, bits };
}

/** `texts`: the TXT records at the name, each whole. */
export function judgePublication(key: DkimKey, texts: readonly string[]): DkimPublication {
  const ours = texts.filter((text) => /(^|;)\s*p\s*=/.test(text));
  const [text] = ours;
  if (text === undefined) return { kind: 'absent' };
  if (ours.length > 1) return { kind: 'several' };
  const published = tagOf(text, 'p');
  if (published === '') return { kind: 'revoked' };
  const { text: wanted, algorithm } = dkimRecord(key);
  const version = tagOf(text, 'v');
  const kind = tagOf(text, 'k') ?? 'rsa';
  if (published === null || (version !== null && version !== 'DKIM1')) return { kind: 'malformed', text };
  return published === tagOf(wanted, 'p') && kind === algorithm ? { kind: 'published' } : { kind: 'another-key' };
}

export function describePublication(publication: DkimPublication, name: string): string {
  switch (publication.kind) {
    case 'published':
      return `The DNS publishes this key at ${name}.`;
    case 'absent':
      return `There is no DKIM record at ${name}: signatures with this key cannot be verified yet.`;
    case 'revoked':
      return `The record at ${name} has no key: it tells verifiers that this key was withdrawn.`;
    case 'another-key':
      return `The DNS publishes another key at ${name}: signatures with this one fail.`;
    case 'several':
      return `There are several DKIM records at ${name}: verifiers take any of them.`;
    case 'malformed':
      return `The record at ${name} is no DKIM record.`;
  }
}

/** Blanks do not count within a key. */
function tagOf(text: string, tag: string): string | null {
  for (const part of text.split(';')) {
    const at = part.indexOf('=');
    if (at > 0 && part.slice(0, at).trim() === tag) return part.slice(at + 1).replace(/\s+/g, '');
  }
  return null;
}
