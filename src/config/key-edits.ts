/**
 * Keys that sign mail (DKIM) and envelope senders (bounce verification, R112), put into the configuration and taken out of
 * it. Pure: whoever calls makes the key.
 */
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { printable } from '../base/printable.ts';
import { TAG_DAYS } from '../delivery/bounce-verification.ts';
import type { BounceVerificationSettings, DkimKey } from '../delivery/settings.ts';
import type { Edit } from './configuration.ts';
import type { ConfigurationDocument } from './document.ts';

const DAY_MS = 86_400_000;
/** Digits that tell keys apart. */
const DIGITS = 10;

/** `mail._domainkey.example.com`: where its public half has to stand, and what it is called here. */
export function dkimName({ selector, domain }: Pick<DkimKey, 'selector' | 'domain'>): string {
  return `${selector}._domainkey.${domain}`;
}

export function dkimNamed({ dkim }: Pick<ConfigurationDocument, 'dkim'>, name: string): DkimKey | undefined {
  return dkim.find((key) => dkimName(key) === name.toLowerCase());
}

export function addDkimKey(key: DkimKey): Edit {
  return (document) => {
    if (dkimNamed(document, dkimName(key)) !== undefined) {
      return failed(`there is a key ${printable(dkimName(key), 300)} already; a new key has a selector of its own`);
    }
    return succeeded({ ...document, dkim: [...document.dkim, key] });
  };
}

export function deleteDkimKey(name: string): Edit {
  return (document) => {
    const key = dkimNamed(document, name);
    if (key === undefined) return failed(`there is no key ${printable(name, 300)}`);
    return succeeded({ ...document, dkim: document.dkim.filter((each) => each !== key) });
  };
}

type BounceKey = BounceVerificationSettings['keys'][number];

export interface BounceKeyState {
  readonly id: number;
  readonly addedAt: string;
  readonly signs: boolean;
  /** When the last tag of it runs out, ms since the epoch; null: it still signs. */
  readonly validUntil: number | null;
  /** No tag of it can come back any more. */
  readonly isOver: boolean;
}

/** The first signs; each of the others stopped when the one before it came. */
export function bounceKeyStates(keys: readonly BounceKey[], now: number): readonly BounceKeyState[] {
  return keys.map(({ id, addedAt }, index) => {
    const successor = keys[index - 1];
    // A tag holds to the end of its last day.
    const validUntil = successor === undefined ? null : endOfDay(Date.parse(successor.addedAt) + TAG_DAYS * DAY_MS);
    return { id, addedAt, signs: index === 0, validUntil, isOver: validUntil !== null && validUntil < now };
  });
}

/** A new key signs from the commit on; those before it still verify. */
export function addBounceKey(secret: string, now: number): Edit {
  return (document) => {
    const { keys } = document.bounceVerification;
    const id = freeDigit(keys);
    if (id === null) return failed(`there are ${DIGITS} keys already; purge those whose tags have run out first`);
    const key = { id, secret, addedAt: new Date(now).toISOString() };
    return succeeded(withKeys(document, [key, ...keys]));
  };
}

/** `over`: those whose tags have all run out; `all`: every one, so that no bounce can prove itself any more. */
export function purgeBounceKeys(which: 'over' | 'all', now: number): Edit {
  return (document) => {
    const { keys } = document.bounceVerification;
    const states = bounceKeyStates(keys, now);
    return succeeded(
      withKeys(document, which === 'all' ? [] : keys.filter((_, index) => states[index]?.isOver !== true)),
    );
  };
}

/** For keys that are no secret any more. */
export function deleteBounceKey(id: number): Edit {
  return (document) => {
    const left = document.bounceVerification.keys.filter((key) => key.id !== id);
    if (left.length === document.bounceVerification.keys.length) return failed(`there is no key ${id}`);
    return succeeded(withKeys(document, left));
  };
}

/** A new key, unless the one that signs is younger than a tag lives, and without those that are over. */
export function rollBounceKeys(secret: string, now: number): Edit {
  return (document) => {
    const [newest] = document.bounceVerification.keys;
    const age = newest === undefined ? Number.POSITIVE_INFINITY : now - Date.parse(newest.addedAt);
    if (age < TAG_DAYS * DAY_MS) {
      return failed(`the key that signs is younger than ${TAG_DAYS} days; "new" makes another one all the same`);
    }
    const purged = purgeBounceKeys('over', now)(document);
    return purged.ok ? addBounceKey(secret, now)(purged.value) : purged;
  };
}

export function editUntagged(text: string): Outcome<Edit, string> {
  const untaggedBounces = (['reject', 'accept', 'add-header'] as const).find((each) => each === text.toLowerCase());
  if (untaggedBounces === undefined) return failed(`"${printable(text, 40)}" is not one of reject, accept, add-header`);
  return succeeded((document) =>
    succeeded({ ...document, bounceVerification: { ...document.bounceVerification, untaggedBounces } }),
  );
}

function withKeys(document: ConfigurationDocument, keys: readonly BounceKey[]): ConfigurationDocument {
  return { ...document, bounceVerification: { ...document.bounceVerification, keys } };
}

/** The digit after the newest one, so that a digit rests as long as it can. */
function freeDigit(keys: readonly BounceKey[]): number | null {
  const newest = keys[0]?.id ?? -1;
  for (let step = 1; step <= DIGITS; step += 1) {
    const id = (newest + step) % DIGITS;
    if (!keys.some((key) => key.id % DIGITS === id)) return id;
  }
  return null;
}

function endOfDay(at: number): number {
  return (Math.floor(at / DAY_MS) + 1) * DAY_MS;
}
