/**
 * Zones of the lab as data, and what a resolver would answer from them: CNAMEs chased inside the zones, NXDOMAIN and
 * NODATA told apart (empty non-terminals exist, RFC 8020), the SOA with every absence (RFC 2308). Pure.
 */
import type { RecordData, RecordType } from '../dns/answer.ts';
import { canonicalName, isWithin } from '../dns/name.ts';
import type { KnownRecord } from '../dns/record.ts';
import { knownType, RCODE } from '../dns/record-type.ts';

/** What goes wrong when a name is asked for. */
export type ZoneFault =
  | 'servfail'
  | 'refused'
  /** FORMERR to every query with EDNS, as very old servers do. */
  | 'no-edns'
  /** No answer at all. */
  | 'drop'
  /** A header and question that fit, then octets that are no records. */
  | 'malformed'
  /** The right answer under another id, or to another question: never accepted. */
  | 'wrong-id'
  | 'wrong-question'
  /** First somebody else's guesses, then the right answer. */
  | 'spoofed-first'
  /** Guesses without end over UDP, the right answer over TCP alone. */
  | 'flooded'
  /** TC over UDP, however short the answer is. */
  | 'truncate'
  /** Only the first link of the CNAME chain, without the rest of it. */
  | 'partial-chain'
  /** The names of other servers instead of an answer. */
  | 'referral'
  | { readonly delayMs: number }
  /** These octets, under the id of the question. */
  | { readonly raw: Buffer };

type ZoneFaults = ZoneFault | { readonly [Type in RecordType]?: ZoneFault };

/** The records of one name, in the shortest form that says it. */
export interface ZoneName {
  readonly A?: readonly string[];
  readonly AAAA?: readonly string[];
  readonly CNAME?: string;
  readonly NS?: readonly string[];
  readonly PTR?: readonly string[];
  readonly MX?: readonly (readonly [preference: number, exchange: string])[];
  /** One string per record; an array for a record of several character-strings. */
  readonly TXT?: readonly (string | readonly string[])[];
  readonly TLSA?: readonly RecordData['TLSA'][];
  readonly CAA?: readonly RecordData['CAA'][];
  readonly DS?: readonly RecordData['DS'][];
  readonly DNSKEY?: readonly RecordData['DNSKEY'][];
  readonly RRSIG?: readonly RecordData['RRSIG'][];
  readonly NSEC?: readonly RecordData['NSEC'][];
  readonly NSEC3?: readonly RecordData['NSEC3'][];
  readonly SOA?: RecordData['SOA'];
  /** Seconds; `DEFAULT_LAB_TTL` where left out. */
  readonly ttl?: number;
  /** Whether answers about this name carry the AD flag. */
  readonly ad?: boolean;
  /** For every type, or by type. */
  readonly fault?: ZoneFaults;
}

/** Every name with its records; `*.example` is a wildcard. A name with none (`{}`) exists and has no data. */
export type ZoneData = Readonly<Record<string, ZoneName>>;

export interface ZoneAnswer {
  readonly rcode: number;
  readonly answers: readonly KnownRecord[];
  readonly authorities: readonly KnownRecord[];
  readonly authenticData: boolean;
}

export const DEFAULT_LAB_TTL = 300;
/** Links chased before the server gives up with SERVFAIL, as resolvers do. */
export const MAX_LAB_ALIASES = 20;

/** The zones of a server, which tests may change while it runs. */
export interface Zones {
  set(name: string, records: ZoneName): void;
  remove(name: string): void;
  /** What is to go wrong with this question; null for nothing. */
  faultOf(name: string, type: number): ZoneFault | null;
  answer(name: string, type: number): ZoneAnswer;
}

/** `apexes` are the zones served; names outside of them are refused. The root by default: every name is ours. */
export function createZones(data: ZoneData, apexes: readonly string[] = ['']): Zones {
  const names = new Map<string, ZoneName>();
  /** How many names lie below each: these exist too. */
  const below = new Map<string, number>();
  const countAbove = (name: string, by: 1 | -1): void => {
    for (let above = parentOf(name); above !== null; above = parentOf(above)) {
      below.set(above, (below.get(above) ?? 0) + by);
    }
  };
  const set = (typed: string, records: ZoneName): void => {
    const name = requireName(typed);
    if (!names.has(name)) countAbove(name, 1);
    names.set(name, records);
  };
  for (const [name, records] of Object.entries(data)) set(name, records);
  const exists = (name: string): boolean => names.has(name) || apexes.includes(name) || (below.get(name) ?? 0) > 0;
  /** The name itself or, where it does not exist, the wildcard below its closest existing ancestor (RFC 4592 3.3.1). */
  const find = (name: string): ZoneName | undefined => {
    if (exists(name)) return names.get(name);
    let encloser = parentOf(name);
    while (encloser !== null && !exists(encloser)) encloser = parentOf(encloser);
    return encloser === null ? undefined : names.get(encloser === '' ? '*' : `*.${encloser}`);
  };
  const apexOf = (name: string): string | null =>
    apexes.filter((apex) => isWithin(name, apex)).sort((a, b) => b.length - a.length)[0] ?? null;
  return {
    set,
    remove: (typed) => {
      const name = requireName(typed);
      if (names.delete(name)) countAbove(name, -1);
    },
    faultOf(name, type) {
      const fault = find(name)?.fault;
      if (fault === undefined || typeof fault === 'string' || 'delayMs' in fault || 'raw' in fault)
        return fault ?? null;
      const known = knownType(type);
      return known === null ? null : (fault[known] ?? null);
    },
    answer(asked, type) {
      const answers: KnownRecord[] = [];
      let authenticData = true;
      let name = asked;
      for (let links = 0; links <= MAX_LAB_ALIASES; links += 1) {
        const apex = apexOf(name);
        if (apex === null && links === 0) return empty(RCODE.refused);
        const found = find(name);
        authenticData &&= found?.ad === true;
        const finish = (rcode: number, authorities: readonly KnownRecord[]): ZoneAnswer => {
          return { rcode, answers, authorities, authenticData };
        };
        // A chain that leaves the zones is the asker's to follow.
        if (apex === null) return finish(RCODE.noError, []);
        const records = recordsAt(name, found ?? {});
        const wanted = records.filter((record) => record.type === knownType(type));
        const alias = records.find((record) => record.type === 'CNAME');
        if (wanted.length > 0) {
          answers.push(...wanted);
          return finish(RCODE.noError, []);
        }
        if (alias === undefined) {
          return finish(found !== undefined || exists(name) ? RCODE.noError : RCODE.nameError, [
            soaOf(apex, names.get(apex)),
          ]);
        }
        answers.push(alias);
        name = alias.data;
      }
      return { ...empty(RCODE.serverFailure), answers };
    },
  };
}

function empty(rcode: number): ZoneAnswer {
  return { rcode, answers: [], authorities: [], authenticData: false };
}

function parentOf(name: string): string | null {
  if (name === '') return null;
  const dot = /^(?:[^.\\]|\\.)*\./.exec(name)?.[0].length ?? name.length;
  return name.slice(dot);
}

function soaOf(apex: string, atApex: ZoneName | undefined): KnownRecord {
  const data = atApex?.SOA ?? { mname: apex, rname: apex, serial: 1, minimum: DEFAULT_LAB_TTL };
  return { name: apex, type: 'SOA', ttl: data.minimum, data };
}

function recordsAt(name: string, zoneName: ZoneName): KnownRecord[] {
  const ttl = zoneName.ttl ?? DEFAULT_LAB_TTL;
  const owner = { name, ttl };
  const { A, AAAA, CNAME, NS, PTR, MX, TXT, TLSA, CAA, DS, DNSKEY, RRSIG, NSEC, NSEC3, SOA } = zoneName;
  return [
    ...(A ?? []).map((data): KnownRecord => ({ ...owner, type: 'A', data })),
    ...(AAAA ?? []).map((data): KnownRecord => ({ ...owner, type: 'AAAA', data })),
    ...(CNAME === undefined ? [] : [CNAME]).map(
      (data): KnownRecord => ({ ...owner, type: 'CNAME', data: requireName(data) }),
    ),
    ...(NS ?? []).map((data): KnownRecord => ({ ...owner, type: 'NS', data: requireName(data) })),
    ...(PTR ?? []).map((data): KnownRecord => ({ ...owner, type: 'PTR', data: requireName(data) })),
    ...(MX ?? []).map(
      ([preference, exchange]): KnownRecord => ({
        ...owner,
        type: 'MX',
        data: { preference, exchange: requireName(exchange) },
      }),
    ),
    ...(TXT ?? []).map(
      (text): KnownRecord => ({
        ...owner,
        type: 'TXT',
        data: (typeof text === 'string' ? [text] : text).map((part) => Buffer.from(part)),
      }),
    ),
    ...(TLSA ?? []).map((data): KnownRecord => ({ ...owner, type: 'TLSA', data })),
    ...(CAA ?? []).map((data): KnownRecord => ({ ...owner, type: 'CAA', data })),
    ...(DS ?? []).map((data): KnownRecord => ({ ...owner, type: 'DS', data })),
    ...(DNSKEY ?? []).map((data): KnownRecord => ({ ...owner, type: 'DNSKEY', data })),
    ...(RRSIG ?? []).map((data): KnownRecord => ({ ...owner, type: 'RRSIG', data })),
    ...(NSEC ?? []).map((data): KnownRecord => ({ ...owner, type: 'NSEC', data })),
    ...(NSEC3 ?? []).map((data): KnownRecord => ({ ...owner, type: 'NSEC3', data })),
    ...(SOA === undefined ? [] : [SOA]).map((data): KnownRecord => ({ ...owner, type: 'SOA', data })),
  ];
}

function requireName(text: string): string {
  const name = canonicalName(text);
  if (name === null) throw new Error(`a zone holds ${JSON.stringify(text)}, which is no domain name`);
  return name;
}
