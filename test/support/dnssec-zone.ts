/**
 * A small zone with something of everything, signed as a test wishes; keys are made once for the whole run.
 */
import { TYPE_NUMBERS } from '../../src/dns/record-type.ts';
import type { SignedAnswerParts, SignedQuestion } from '../../src/lab/signed-zones.ts';
import { createSigningKey, KEY_FLAGS, type SigningKey } from '../../src/lab/signing-key.ts';
import { DNAME, toWire, type WireRecord, wireName } from '../../src/lab/wire-record.ts';
import { type DenialMethod, dsRecord, type SignedZone, signZone, type ZoneToSign } from '../../src/lab/zone-signer.ts';

export const NSEC: DenialMethod = { kind: 'nsec' };
export const NSEC3: Extract<DenialMethod, { kind: 'nsec3' }> = {
  kind: 'nsec3',
  iterations: 0,
  salt: Buffer.alloc(0),
  optOut: false,
};
export const SALTED: DenialMethod = {
  kind: 'nsec3',
  iterations: 10,
  salt: Buffer.from('c0ffee', 'hex'),
  optOut: false,
};
export const OPT_OUT: DenialMethod = { kind: 'nsec3', iterations: 1, salt: Buffer.alloc(0), optOut: true };

const made = new Map<string, SigningKey>();

/** The same key for the same words. */
export function key(algorithm: number, flags: number = KEY_FLAGS.entry, label = ''): SigningKey {
  const name = `${algorithm} ${flags} ${label}`;
  const known = made.get(name) ?? createSigningKey(algorithm, { flags });
  made.set(name, known);
  return known;
}

export const P256 = 13;
export const CSK = key(P256);
export const ROOT_KEY = key(P256, KEY_FLAGS.entry, 'root');
export const STRANGER = key(P256, KEY_FLAGS.entry, 'stranger');

export interface Times {
  readonly inception: number;
  readonly expiration: number;
}

/** Signatures from a day ago until in ten days. */
export function timesAround(nowMs: number): Times {
  const now = Math.floor(nowMs / 1000);
  return { inception: now - 86_400, expiration: now + 864_000 };
}

export type ZoneWishes = Partial<Omit<ZoneToSign, 'apex'>> & { readonly more?: readonly WireRecord[] };

/** The zone `apex` with the usual contents, signed by one P-256 key with NSEC unless wished otherwise. */
export function zone(apex: string, times: Times, { more = [], ...wishes }: ZoneWishes = {}): SignedZone {
  const records = wishes.records ?? contents(apex);
  return signZone({ apex, keys: [CSK], denial: NSEC, ...times, ...wishes, records: [...records, ...more] });
}

/** Apex records alone. */
export function bareApex(apex: string): readonly WireRecord[] {
  const soa = { mname: below('ns1', apex), rname: below('hostmaster', apex), serial: 1, minimum: 300 };
  return [
    toWire({ name: apex, type: 'SOA', ttl: 3600, data: soa }),
    toWire({ name: apex, type: 'NS', ttl: 3600, data: below('ns1', apex) }),
    address(below('ns1', apex), '127.0.0.1'),
  ];
}

export function contents(apex: string): readonly WireRecord[] {
  const mx = below('mx', apex);
  return [
    ...bareApex(apex),
    toWire({ name: apex, type: 'MX', ttl: 600, data: { preference: 10, exchange: mx } }),
    toWire({ name: apex, type: 'MX', ttl: 600, data: { preference: 20, exchange: below('www', apex) } }),
    address(mx, '192.0.2.25'),
    toWire({
      name: `_25._tcp.${mx}`,
      type: 'TLSA',
      ttl: 600,
      data: { usage: 3, selector: 1, matchingType: 1, data: Buffer.alloc(32, 7) },
    }),
    address(below('www', apex), '192.0.2.1'),
    address(below('www', apex), '192.0.2.2'),
    address(below('a.deep.ent', apex), '192.0.2.3'),
    address(below('*.wild', apex), '192.0.2.7'),
    alias(below('alias', apex), below('www', apex)),
    alias(below('*.wildalias', apex), below('www', apex)),
    alias(below('nowhere', apex), below('absent', apex)),
    { name: below('tree', apex), type: DNAME, ttl: 600, data: wireName(below('target', apex)) },
    address(below('x.target', apex), '192.0.2.9'),
  ];
}

export function below(label: string, apex: string): string {
  return apex === '' ? label : `${label}.${apex}`;
}

export function address(name: string, ip: string): WireRecord {
  return toWire({ name, type: 'A', ttl: 600, data: ip });
}

export function alias(name: string, target: string): WireRecord {
  return toWire({ name, type: 'CNAME', ttl: 600, data: target });
}

export function delegation(child: string, ds: readonly WireRecord[] = []): readonly WireRecord[] {
  return [toWire({ name: child, type: 'NS', ttl: 3600, data: `ns1.${child}` }), ...ds];
}

export function ds(apex: string, signer: SigningKey = CSK, digestType = 2): WireRecord {
  return dsRecord(apex, signer, digestType);
}

/** Changes what a server of the zone says before it leaves. */
export type Alter = (parts: SignedAnswerParts, question: SignedQuestion) => SignedAnswerParts;

type Which = (record: WireRecord) => boolean;

/** Applies to the questions of one type alone: the chain above stays whole. */
export function whenAskedFor(type: keyof typeof TYPE_NUMBERS, alter: Alter): Alter {
  return (parts, question) => (question.type === TYPE_NUMBERS[type] ? alter(parts, question) : parts);
}

export function without(which: Which): Alter {
  const rest = (records: readonly WireRecord[]): readonly WireRecord[] => records.filter((one) => !which(one));
  return (parts) => ({ ...parts, answers: rest(parts.answers), authorities: rest(parts.authorities) });
}

export function changed(which: Which, change: (record: WireRecord) => WireRecord): Alter {
  const all = (records: readonly WireRecord[]): readonly WireRecord[] =>
    records.map((one) => (which(one) ? change(one) : one));
  return (parts) => ({ ...parts, answers: all(parts.answers), authorities: all(parts.authorities) });
}

export function ofType(type: number): Which {
  return (record) => record.type === type;
}

/** A signature over sets of this type. */
export function signatureOver(type: number): Which {
  return (record) => record.type === TYPE_NUMBERS.RRSIG && record.data.readUInt16BE(0) === type;
}

export function either(...several: readonly Which[]): Which {
  return (record) => several.some((which) => which(record));
}
