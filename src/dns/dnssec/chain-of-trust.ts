/**
 * The chain from a trust anchor down to the zone of a name (RFC 4035 section 5): at every label the parent is asked for
 * DS. It has one (a signed zone begins, whose keys it vouches for), it proves that there is none (an unsigned zone
 * begins, or none does), or the chain is broken there. What was learned is kept as long as its owners said.
 */
import type { Clock } from '../../base/clock.ts';
import { assertNever, type Outcome } from '../../base/outcome.ts';
import type { DnsFailure } from '../answer.ts';
import type { DnsMessage } from '../message.ts';
import { TYPE_NUMBERS, typeName } from '../record-type.ts';
import { createSingleFlight } from '../single-flight.ts';
import { anchorFor, type TrustAnchor } from './anchors.ts';
import { createCutCache } from './cut-cache.ts';
import { denyDs } from './denial.ts';
import { checkDenials } from './denial-records.ts';
import { MAX_CUT_TTL, type Work } from './limits.ts';
import { labelCount, lastLabels, parentOf } from './names.ts';
import { DNAME_TYPE, type RrSet, sectionOf } from './rrset.ts';
import { checkSignatures, type SignatureMemory } from './signature.ts';
import { type Bogus, bogus, type Indeterminate, type Insecure, type Unanswered } from './verdict.ts';
import { type EntryPoint, type KeyRing, keysOf, keysVouchedFor, usableEntries } from './zone-key.ts';

export interface SignedReply {
  /** NOERROR or NXDOMAIN, asked for with DO and CD. */
  readonly message: DnsMessage;
  /** Who answered, for people. */
  readonly resolver: string;
}

/** Asks a resolver for a message with its signatures, and for what does not validate as well. */
export type AskSigned = (
  question: { readonly name: string; readonly type: number },
  signal: AbortSignal | undefined,
) => Promise<Outcome<SignedReply, DnsFailure>>;

export interface ChainOptions {
  readonly ask: AskSigned;
  readonly anchors: readonly TrustAnchor[];
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
type Cut = ZoneTrust | { readonly security: 'no-cut' } | { readonly security: 'nothing-below' };

interface Learned {
  readonly cut: Cut;
  /** Seconds it may be kept; 0 for what is to be asked again. */
  readonly ttl: number;
}

export interface Asking {
  readonly work: Work;
  readonly signal: AbortSignal | undefined;
}

export interface ChainOfTrust {
  /** The zone that `name` is in, or whatever ends the chain before it. */
  trustAt(name: string, asking: Asking): Promise<ZoneTrust>;
}

export function createChainOfTrust(options: ChainOptions): ChainOfTrust {
  const { clock, anchors } = options;
  const cache = createCutCache<Cut>(clock);
  const flights = createSingleFlight<Cut>();

  /** From the cache, else learned once for all who want it now. */
  const cutAt = async (name: string, asking: Asking, learn: (asking: Asking) => Promise<Learned>): Promise<Cut> => {
    const known = cache.get(name);
    if (known !== null) return known;
    const work = async (signal: AbortSignal): Promise<Cut> => {
      const learned = await learn({ ...asking, signal });
      cache.put(name, learned.cut, Math.min(learned.ttl, MAX_CUT_TTL));
      return learned.cut;
    };
    const cut = await flights.join(name, work, asking.signal);
    return cut ?? { security: 'unanswered', failure: { kind: 'cancelled' } };
  };

  return {
    async trustAt(name, asking) {
      const anchor = anchorFor(anchors, name, clock.now());
      if (anchor === null) return { security: 'indeterminate', cause: 'no-anchor', resolver: null };
      const top = await cutAt(anchor.zone, asking, (inner) => learnAnchor(options, anchor.zone, anchor.entries, inner));
      if (top.security !== 'secure') return ended(top);
      let zone = top;
      for (let labels = labelCount(anchor.zone) + 1; labels <= labelCount(name); labels += 1) {
        const child = lastLabels(name, labels);
        const parent = zone;
        const cut = await cutAt(child, asking, (inner) => learnCut(options, parent, child, inner));
        if (cut.security === 'nothing-below') break;
        if (cut.security === 'no-cut') continue;
        if (cut.security !== 'secure') return cut;
        zone = cut;
      }
      return zone;
    },
  };
}

function ended(cut: Cut): ZoneTrust {
  if (cut.security === 'no-cut' || cut.security === 'nothing-below') {
    throw new Error('an anchor is a zone, whatever its keys');
  }
  return cut;
}

async function learnAnchor(
  options: ChainOptions,
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
async function learnCut(options: ChainOptions, parent: SecureZone, child: string, asking: Asking): Promise<Learned> {
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
  options: ChainOptions,
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
function judgeKeys(options: ChainOptions, keys: KeysToJudge, { work }: Asking): Learned {
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
  options: ChainOptions,
  name: string,
  type: 'DS' | 'DNSKEY',
  { work, signal }: Asking,
): Promise<SignedReply | Bogus | Unanswered> {
  if (!work.query()) return bogus('too-much-work', { zone: parentOf(name) ?? name, name, type });
  const reply = await options.ask({ name, type: TYPE_NUMBERS[type] }, signal);
  return reply.ok ? reply.value : { security: 'unanswered', failure: reply.failure };
}

function signing(options: ChainOptions, { zone, keys }: SecureZone, { work }: Asking) {
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
