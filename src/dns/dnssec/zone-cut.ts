/**
 * What begins at one name, by the word of its parent: a signed zone with its keys, an unsigned one, or none (RFC 4035
 * sections 5.2 and 5.4). Here trust passes from one zone to the next.
 */
import type { Clock } from '../../base/clock.ts';
import { assertNever } from '../../base/outcome.ts';
import { TYPE_NUMBERS, typeName } from '../record-type.ts';
import type { Asking, AskSigned, SignedReply } from './ask-signed.ts';
import { denyDs } from './denial.ts';
import { checkDenials } from './denial-records.ts';
import { labelCount, lastLabels, parentOf } from './names.ts';
import { DNAME_TYPE, type RrSet, sectionOf } from './rrset.ts';
import { checkSignatures, type SignatureMemory } from './signature.ts';
import { type Bogus, bogus, type Indeterminate, type Insecure, type Unanswered } from './verdict.ts';
import { type EntryPoint, type KeyRing, keysOf, keysVouchedFor, usableEntries } from './zone-key.ts';

export interface CutOptions {
  readonly ask: AskSigned;
  readonly clock: Clock;
  readonly memory: SignatureMemory;
}

export interface SecureZone {
  readonly security: 'secure';
  readonly zone: string;
  readonly keys: KeyRing;
  /** ms since the epoch: how long the signatures of the chain down to here hold. */
  readonly validUntil: number;
}

export type ZoneTrust = SecureZone | Insecure | Bogus | Indeterminate | Unanswered;

/** What begins at one name. */
export type Cut = ZoneTrust | { readonly security: 'no-cut' } | { readonly security: 'nothing-below' };

export interface Learned {
  readonly cut: Cut;
  /** Seconds it may be kept; 0 for what is to be asked again. */
  readonly ttl: number;
}

export async function learnAnchor(
  options: CutOptions,
  zone: string,
  entries: readonly EntryPoint[],
  asking: Asking,
): Promise<Learned> {
  const usable = usableEntries(entries);
  if (usable.length === 0) return forNow({ security: 'insecure', cause: 'unsupported-algorithm', at: zone });
  const reply = await askFor(options, zone, 'DNSKEY', asking);
  if ('security' in reply) return forNow(reply);
  const keys = sectionOf(reply.message, reply.message.answers).get(zone, TYPE_NUMBERS.DNSKEY);
  const { resolver } = reply;
  if (keys === undefined) return forNow({ security: 'indeterminate', cause: 'no-dnssec', resolver });
  if (keys.signatures.length === 0) {
    return forNow({ security: 'indeterminate', cause: 'signatures-stripped', resolver });
  }
  return judgeKeys(options, { zone, set: keys, entries: usable, isAnchor: true, validUntil: null }, asking);
}

/** Asks the parent zone for the DS of `child`, one label below a name of its own. */
export async function learnCut(
  options: CutOptions,
  parent: SecureZone,
  child: string,
  asking: Asking,
): Promise<Learned> {
  const reply = await askFor(options, child, 'DS', asking);
  if ('security' in reply) return forNow(reply);
  const { message } = reply;
  const answers = sectionOf(message, message.answers);
  const now = Math.floor(options.clock.now() / 1000);
  const place = { zone: parent.zone, name: child, type: 'DS' };
  const set = answers.get(child, TYPE_NUMBERS.DS);
  if (set !== undefined) {
    const signed = checkSignatures({ ...signing(options, parent, asking), set, now });
    if (!signed.ok) return forNow(bogus(signed.failure, place));
    // A wildcard has no DS, and a DS no wildcard (RFC 4592 section 4.6).
    if (signed.value.expandedBelow !== null) return forNow(bogus('wildcard-unproven', place));
    const validUntil = Math.min(parent.validUntil, signed.value.validUntil);
    return learnSignedZone(options, { child, set, ttl: signed.value.ttl, validUntil }, asking);
  }
  const alias = aliasOver(answers.sets, child);
  if (alias !== null) {
    // What is an alias, or lies under one, is no zone (RFC 1034 section 3.6.2, RFC 6672 section 2.4).
    const signed = checkSignatures({ ...signing(options, parent, asking), set: alias, now });
    const aliasPlace = { zone: parent.zone, name: alias.name, type: typeName(alias.type) };
    if (!signed.ok) return forNow(bogus(signed.failure, aliasPlace));
    return { cut: { security: 'no-cut' }, ttl: signed.value.ttl };
  }
  const authorities = sectionOf(message, message.authorities);
  const denials = checkDenials({ ...signing(options, parent, asking), authorities, now });
  const denied = denyDs(denials.records, child);
  const nothing = denials.records.nsec.length + denials.records.nsec3.length === 0;
  switch (denied) {
    case 'delegation':
      return { cut: { security: 'insecure', cause: 'no-ds', at: child }, ttl: denials.ttl };
    case 'opt-out':
    case 'too-many-iterations':
      return { cut: { security: 'insecure', cause: denied, at: child }, ttl: denials.ttl };
    case 'no-cut':
    case 'nothing-below':
      return { cut: { security: denied }, ttl: denials.ttl };
    case 'too-much-work':
      return forNow(bogus('too-much-work', place));
    case 'unproven':
      return forNow(bogus(nothing ? (denials.fault ?? 'no-denial') : 'denial-incomplete', place));
    default:
      return assertNever(denied);
  }
}

interface SignedDelegation {
  readonly child: string;
  readonly set: RrSet;
  readonly ttl: number;
  readonly validUntil: number;
}

async function learnSignedZone(
  options: CutOptions,
  { child, set, ttl, validUntil }: SignedDelegation,
  asking: Asking,
): Promise<Learned> {
  const entries = set.records.flatMap((record): EntryPoint[] =>
    record.type === 'DS' ? [{ kind: 'ds', data: record.data }] : [],
  );
  const usable = usableEntries(entries);
  if (usable.length === 0) return { cut: { security: 'insecure', cause: 'unsupported-algorithm', at: child }, ttl };
  const reply = await askFor(options, child, 'DNSKEY', asking);
  if ('security' in reply) return forNow(reply);
  const keys = sectionOf(reply.message, reply.message.answers).get(child, TYPE_NUMBERS.DNSKEY);
  if (keys === undefined) return forNow(bogus('no-dnskey', { zone: child, name: child, type: 'DNSKEY' }));
  const learned = judgeKeys(options, { zone: child, set: keys, entries: usable, isAnchor: false, validUntil }, asking);
  return { ...learned, ttl: Math.min(learned.ttl, ttl) };
}

interface KeysToJudge {
  readonly zone: string;
  readonly set: RrSet;
  readonly entries: readonly EntryPoint[];
  readonly isAnchor: boolean;
  /** Of the chain above, ms; null at its beginning. */
  readonly validUntil: number | null;
}

/** RFC 4035 section 5.2: a key that is vouched for has signed the set of keys. */
function judgeKeys(options: CutOptions, keys: KeysToJudge, { work }: Asking): Learned {
  const { zone, set } = keys;
  const place = { zone, name: zone, type: 'DNSKEY' };
  const all = keysOf(set);
  const vouched = keysVouchedFor(zone, all, keys.entries);
  if (vouched.keys.length === 0) return forNow(bogus(keys.isAnchor ? 'anchor-mismatch' : 'dnskey-unlike-ds', place));
  const now = Math.floor(options.clock.now() / 1000);
  const signed = checkSignatures({ set, zone, keys: vouched, now, work, memory: options.memory });
  if (!signed.ok) return forNow(bogus(signed.failure, place));
  const validUntil = Math.min(keys.validUntil ?? Number.POSITIVE_INFINITY, signed.value.validUntil);
  return { cut: { security: 'secure', zone, keys: all, validUntil }, ttl: signed.value.ttl };
}

async function askFor(
  options: CutOptions,
  name: string,
  type: 'DS' | 'DNSKEY',
  { work, signal }: Asking,
): Promise<SignedReply | Bogus | Unanswered> {
  if (!work.query()) return bogus('too-much-work', { zone: parentOf(name) ?? name, name, type });
  const reply = await options.ask({ name, type: TYPE_NUMBERS[type] }, signal);
  if (reply.ok) return reply.value;
  return {
    security: 'unanswered',
    failure: { ...reply.failure, behind: `${type} of ${name === '' ? 'the root' : name}` },
  };
}

function signing(options: CutOptions, { zone, keys }: SecureZone, { work }: Asking) {
  return { zone, keys, work, memory: options.memory };
}

function aliasOver(sets: readonly RrSet[], name: string): RrSet | null {
  const dname = sets.find((set) => set.type === DNAME_TYPE && isBelow(name, set.name));
  return dname ?? sets.find((set) => set.type === TYPE_NUMBERS.CNAME && set.name === name) ?? null;
}

function isBelow(name: string, ancestor: string): boolean {
  return name !== ancestor && lastLabels(name, labelCount(ancestor)) === ancestor;
}

/** Not to be kept: the next asker deserves a new try. */
function forNow(cut: Cut): Learned {
  return { cut, ttl: 0 };
}
