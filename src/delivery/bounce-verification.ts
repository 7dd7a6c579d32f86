/**
 * Tagged envelope senders (R112, after the BATV draft): `joe@example.com` goes out as `prvs=joe=TAG@example.com`, so that
 * a bounce which comes back without a tag of ours answers a message that we never sent. Pure: keys and time are handed in.
 *
 * A tag has ten characters: the last digit of the key's number, the last three digits of the day (since 1970) it runs out
 * on, and six of base32 (30 bits) of an HMAC-SHA-256 over these and the address. Letters may change their case on the
 * way. Days come round after 1,000 of them: a key should be replaced before.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { MAX_LOCAL_PART_OCTETS, MAX_MAILBOX_OCTETS } from '../base/mailbox.ts';
import type { BounceVerificationSettings } from './settings.ts';

type Keys = BounceVerificationSettings['keys'];

/** A tag holds at least this long, and to the end of that day (UTC). */
export const TAG_DAYS = 7;
const DAY_MS = 86_400_000;
const DAYS_AROUND = 1_000;

export type TagVerdict =
  /** `address`: without its tag. */
  | { readonly kind: 'valid' | 'expired'; readonly address: string }
  /** No key of ours has this digit: it was purged, or the tag is somebody else's. */
  | { readonly kind: 'unknown-key' }
  /** In our shape, but not made by any of our keys. */
  | { readonly kind: 'bad' }
  | { readonly kind: 'not-tagged' }
  /** With a tag the address would be longer than SMTP allows, so that it goes out, and comes back, without one. */
  | { readonly kind: 'never-tagged' };

/** The sender with a tag of the first key; as it is when it has one, is empty, is too long for one, or there is no key. */
export function taggedSender(address: string, keys: Keys, now: number): string {
  const key = keys[0];
  const parts = partsOf(address);
  if (key === undefined || parts === null || parts.local.toLowerCase().startsWith(PREFIX)) return address;
  const day = String((dayOf(now) + TAG_DAYS) % DAYS_AROUND).padStart(3, '0');
  const tag = tagOf(key, day, parts);
  const tagged = written({ ...parts, local: `${PREFIX}${parts.local}=${tag}` });
  return fits(tagged) ? tagged : address;
}

/** Judges the recipient of a bounce: mail from the empty sender. */
export function verifiedRecipient(address: string, keys: Keys, now: number): TagVerdict {
  const parts = partsOf(address);
  if (parts === null) return { kind: 'not-tagged' };
  const tagged = readTag(parts);
  if (tagged === null) {
    const isForeign = parts.local.toLowerCase().startsWith(PREFIX);
    const longest = written({ ...parts, local: `${PREFIX}${parts.local}=${'0'.repeat(TAG_LENGTH)}` });
    return { kind: isForeign || fits(longest) ? 'not-tagged' : 'never-tagged' };
  }
  const candidates = keys.filter(({ id }) => digitOf(id) === tagged.tag[0]);
  if (candidates.length === 0) return { kind: 'unknown-key' };
  const day = tagged.tag.slice(1, 4);
  const isOurs = candidates.some((key) => isSame(tagOf(key, day, tagged.parts), tagged.tag));
  if (!isOurs) return { kind: 'bad' };
  const left = (Number(day) - (dayOf(now) % DAYS_AROUND) + DAYS_AROUND) % DAYS_AROUND;
  return { kind: left <= TAG_DAYS ? 'valid' : 'expired', address: written(tagged.parts) };
}

/** For mail that is no bounce: the address without its tag, whatever the tag's age or key; others as they are. */
export function untagged(address: string): string {
  const parts = partsOf(address);
  const tagged = parts === null ? null : readTag(parts);
  return tagged === null ? address : written(tagged.parts);
}

const PREFIX = 'prvs=';
const TAG_LENGTH = 10;
const TAGGED = /^prvs=(.*)=(\d{4}[a-z2-7]{6})$/isu;

/** `local` is what stands inside the quotes where the local part is a quoted string. */
interface Parts {
  readonly local: string;
  readonly isQuoted: boolean;
  readonly domain: string;
}

function partsOf(address: string): Parts | null {
  const at = address.lastIndexOf('@');
  if (at < 1) return null;
  const local = address.slice(0, at);
  const domain = address.slice(at + 1);
  const isQuoted = local.length >= 2 && local.startsWith('"') && local.endsWith('"');
  return { local: isQuoted ? local.slice(1, -1) : local, isQuoted, domain };
}

function written({ local, isQuoted, domain }: Parts): string {
  return `${isQuoted ? `"${local}"` : local}@${domain}`;
}

function readTag(parts: Parts): { readonly tag: string; readonly parts: Parts } | null {
  const [, local = '', tag = ''] = TAGGED.exec(parts.local) ?? [];
  // What is left has to be an address still; an empty quoted string is one.
  if (tag === '' || (local === '' && !parts.isQuoted)) return null;
  return { tag: tag.toUpperCase(), parts: { ...parts, local } };
}

function fits(address: string): boolean {
  const octets = Buffer.byteLength(address.slice(0, address.lastIndexOf('@')));
  return octets <= MAX_LOCAL_PART_OCTETS && Buffer.byteLength(address) <= MAX_MAILBOX_OCTETS;
}

function tagOf(key: Keys[number], day: string, { local, domain }: Parts): string {
  const head = `${digitOf(key.id)}${day}`;
  const mac = createHmac('sha256', key.secret)
    .update(`${head}${lowered(local)}@${lowered(domain)}`)
    .digest();
  let bits = mac.readUInt32BE(0) >>> 2;
  let text = '';
  for (let place = 0; place < TAG_LENGTH - head.length; place += 1) {
    text += BASE32[bits & 31];
    bits >>>= 5;
  }
  return `${head}${text}`;
}

/** RFC 4648 section 6. */
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** ASCII alone: what other characters become differs between systems. */
function lowered(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function digitOf(id: number): string {
  return String(id % 10);
}

function dayOf(now: number): number {
  return Math.floor(now / DAY_MS);
}

function isSame(ours: string, theirs: string): boolean {
  return timingSafeEqual(Buffer.from(ours), Buffer.from(theirs));
}
