/**
 * DKIM signatures for what goes out (RFC 6376, RFC 8463): which keys sign, and the message with their signatures in front.
 * A message that cannot be signed is not lost: it comes back as it was, and why.
 */
import type { Message } from './message.ts';
import type { BounceProfile, DkimKey } from './settings.ts';

export type Signed =
  | {
      readonly kind: 'signed';
      readonly bytes: Uint8Array;
      readonly domain: string;
      readonly selectors: readonly string[];
    }
  /** No key is for this domain. */
  | { readonly kind: 'no-key'; readonly bytes: Uint8Array }
  /** No key could sign; `bytes` are the message as it was. */
  | { readonly kind: 'failed'; readonly bytes: Uint8Array; readonly reason: string };

/** The domain whose keys sign: the sender's; of a bounce this system's own, if bounces are signed at all, else null. */
export function signingDomain(
  { sender }: Pick<Message, 'sender'>,
  reportingMta: string,
  { signBounces }: Pick<BounceProfile, 'signBounces'>,
): string | null {
  if (sender === '') return signBounces ? reportingMta : null;
  return sender.slice(sender.lastIndexOf('@') + 1);
}

/** The keys of the longest domain that is this one or above it; several selectors of one domain all sign (RFC 8463 3). */
export function dkimKeysFor(keys: readonly DkimKey[], domain: string): readonly DkimKey[] {
  const wanted = domain.toLowerCase();
  const fitting = keys.filter((key) => wanted === key.domain || wanted.endsWith(`.${key.domain}`));
  const longest = Math.max(0, ...fitting.map((key) => key.domain.length));
  return fitting.filter((key) => key.domain.length === longest);
}

/** `at`: wall-clock ms, the time of the signature. */
export async function signed(bytes: Uint8Array, domain: string, keys: readonly DkimKey[], at: number): Promise<Signed> {
  const chosen = dkimKeysFor(keys, domain);
  const [first] = chosen;
  if (first === undefined) return { kind: 'no-key', bytes };
  try {
    const { dkimSign } = await import('mailauth/lib/dkim/sign.js');
    const { signatures, errors } = await dkimSign(Buffer.from(bytes), {
      canonicalization: 'relaxed/relaxed',
      signTime: new Date(at),
      strict: true,
      // Its types want one key here; what signs are those of `signatureData`.
      signingDomain: first.domain,
      selector: first.selector,
      privateKey: first.privateKey,
      signatureData: chosen.map(({ domain: signingDomain, selector, privateKey }) => ({
        signingDomain,
        selector,
        privateKey,
      })),
    });
    if (signatures === '') return { kind: 'failed', bytes, reason: errors[0]?.err.message ?? 'no signature was made' };
    const unable = new Set(errors.map(({ selector }) => selector));
    return {
      kind: 'signed',
      bytes: Buffer.concat([Buffer.from(signatures), bytes]),
      domain: first.domain,
      selectors: chosen.map(({ selector }) => selector).filter((selector) => !unable.has(selector)),
    };
  } catch (error) {
    return { kind: 'failed', bytes, reason: error instanceof Error ? error.message : String(error) };
  }
}
