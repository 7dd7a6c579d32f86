/**
 * The authoritative name servers of a name, asked one by one: a resolver shows one answer, and a stale secondary gives
 * another one to somebody else. It costs extra questions, all of them bounded, and goes to no address that the guard of
 * `net` does not permit.
 */
import type { Clock } from '../base/clock.ts';
import { addressAndPort, addressScope, type IpAddress, parseIpAddress } from '../base/ip-address.ts';
import type { Random } from '../base/random.ts';
import type { Destination, Net } from '../net/net.ts';
import { type DnsFailure, describeDnsFailure, type RecordType } from './answer.ts';
import type { DnsMessage } from './message.ts';
import { canonicalName } from './name.ts';
import type { KnownRecord } from './record.ts';
import { CLASS_IN, RCODE, rcodeName, TYPE_NUMBERS } from './record-type.ts';
import type { Resolver } from './resolver.ts';
import { upstreamOf } from './upstream-of.ts';

/** Name servers of one zone that are asked. */
export const MAX_NAME_SERVERS = 13;
/** Addresses of one name server that are asked. */
export const MAX_SERVER_ADDRESSES = 2;
/** Questions put to the servers in one run. */
export const MAX_AUTHORITY_QUESTIONS = 32;
/** ms for one question to one server. */
export const AUTHORITY_TIMEOUT_MS = 3_000;
/** Labels climbed in search of the zone. */
const MAX_ZONE_LABELS = 127;

/** The kinds of records whose disagreement matters to mail. */
export interface AuthorityQuestion {
  readonly name: string;
  readonly type: 'MX' | 'TLSA' | 'TXT';
}

export type ServerWord =
  | { readonly kind: 'records'; readonly records: readonly string[] }
  | { readonly kind: 'alias'; readonly target: string }
  | { readonly kind: 'no-data' }
  | { readonly kind: 'no-such-name' }
  /** It does not hold the zone that it is named for. */
  | { readonly kind: 'not-authoritative' }
  | { readonly kind: 'not-asked'; readonly why: string }
  | { readonly kind: 'failed'; readonly failure: DnsFailure };

export interface ServerAnswer {
  readonly server: string;
  /** Null where the server has no address that can be looked up. */
  readonly address: string | null;
  readonly word: ServerWord;
}

export interface AuthorityReport {
  readonly question: AuthorityQuestion;
  /** Null where the zone could not be found. */
  readonly zone: string | null;
  readonly answers: readonly ServerAnswer[];
}

export interface AuthorityWorld {
  readonly resolver: Resolver;
  readonly net: Net;
  readonly clock: Clock;
  readonly random: Random;
  /** Where a question really goes, for a test bed. */
  readonly redirect?: ((destination: Destination) => Destination) | undefined;
  readonly timeoutMs?: number | undefined;
}

/** Every question to every authoritative server of its zone. Never throws for what the network does. */
export async function askAuthorities(
  questions: readonly AuthorityQuestion[],
  world: AuthorityWorld,
  signal: AbortSignal,
): Promise<readonly AuthorityReport[]> {
  const bounded = questions.slice(0, MAX_AUTHORITY_QUESTIONS);
  const zones = new Map<string, Promise<ZoneServers>>();
  const serversAt = (zone: string): Promise<ZoneServers> => {
    const known = zones.get(zone) ?? findServers(zone, world, signal);
    zones.set(zone, known);
    return known;
  };
  return Promise.all(
    bounded.map(async (question): Promise<AuthorityReport> => {
      const zone = await zoneOf(question.name, world.resolver, signal);
      if (zone === null) return { question, zone, answers: [] };
      const { servers, without } = await serversAt(zone);
      const asked = servers.map(async ({ server, address }): Promise<ServerAnswer> => {
        const word = await askServer(address, question, world, signal);
        return { server, address: address.text, word };
      });
      return { question, zone, answers: [...(await Promise.all(asked)), ...without] };
    }),
  );
}

/** What the servers say, and which of them say it; more than one group is disagreement. Silence is no answer. */
export function groupsOf({ answers }: AuthorityReport): ReadonlyMap<string, readonly ServerAnswer[]> {
  return Map.groupBy(
    answers.filter(({ word }) => SAYS_SOMETHING.has(word.kind)),
    ({ word }) => describeWord(word),
  );
}

const SAYS_SOMETHING: ReadonlySet<ServerWord['kind']> = new Set(['records', 'alias', 'no-data', 'no-such-name']);

export function describeWord(word: ServerWord): string {
  switch (word.kind) {
    case 'records':
      return word.records.join(' | ');
    case 'alias':
      return `a CNAME for ${word.target}`;
    case 'no-data':
      return 'no such record';
    case 'no-such-name':
      return 'no such name';
    case 'not-authoritative':
      return 'it does not hold the zone';
    case 'not-asked':
      return word.why;
    case 'failed':
      return describeDnsFailure(word.failure);
  }
}

interface ZoneServers {
  readonly servers: readonly { readonly server: string; readonly address: IpAddress }[];
  /** Servers that have no address to ask. */
  readonly without: readonly ServerAnswer[];
}

/** The nearest name above (or at) `name` that has NS records of its own; null where there is none, or nobody could tell. */
async function zoneOf(name: string, resolver: Resolver, signal: AbortSignal): Promise<string | null> {
  const labels = name.split('.');
  for (let skip = 0; skip < Math.min(labels.length, MAX_ZONE_LABELS); skip += 1) {
    const at = labels.slice(skip).join('.');
    const answer = await resolver.ask(at, 'NS', { signal });
    if (answer.kind === 'failed') return null;
    // Behind a CNAME they are somebody else's.
    if (answer.kind === 'records' && answer.aliases.length === 0) return at;
  }
  return null;
}

async function findServers(zone: string, { resolver }: AuthorityWorld, signal: AbortSignal): Promise<ZoneServers> {
  const answer = await resolver.ask(zone, 'NS', { signal });
  const names = answer.kind === 'records' ? [...new Set(answer.records.map(({ data }) => data))].sort() : [];
  const found = await Promise.all(
    names.slice(0, MAX_NAME_SERVERS).map(async (server) => {
      const families = await Promise.all([
        resolver.ask(server, 'A', { signal }),
        resolver.ask(server, 'AAAA', { signal }),
      ]);
      const addresses = families
        .flatMap((each) => (each.kind === 'records' ? each.records.map(({ data }) => parseIpAddress(data)) : []))
        .filter((address) => address !== null)
        .slice(0, MAX_SERVER_ADDRESSES);
      return { server, addresses };
    }),
  );
  return {
    servers: found.flatMap(({ server, addresses }) => addresses.map((address) => ({ server, address }))),
    without: found
      .filter(({ addresses }) => addresses.length === 0)
      .map(({ server }) => ({ server, address: null, word: { kind: 'not-asked', why: 'it has no address' } })),
  };
}

async function askServer(
  address: IpAddress,
  { name, type }: AuthorityQuestion,
  world: AuthorityWorld,
  signal: AbortSignal,
): Promise<ServerWord> {
  if (!world.net.permits(address)) {
    return { kind: 'not-asked', why: `its address is ${addressScope(address)}, which is not allowed here` };
  }
  const asked = canonicalName(name);
  if (asked === null) return { kind: 'not-asked', why: 'the name cannot be asked for' };
  const place = world.redirect?.({ address, port: DNS_PORT }) ?? { address, port: DNS_PORT };
  const text = addressAndPort(place.address, place.port);
  const upstream = upstreamOf({ kind: 'plain', text, trustAd: false, ...place }, world);
  try {
    const exchange = { timeoutMs: world.timeoutMs ?? AUTHORITY_TIMEOUT_MS, signal, dnssecOk: false } as const;
    const question = { name: asked, type: TYPE_NUMBERS[type], class: CLASS_IN };
    const plain = { ...exchange, recursion: 'not-desired' } as const;
    const first = await upstream.ask(question, { ...plain, edns: 'offered' });
    const odd = first.ok && first.value.rcode === RCODE.formatError;
    const reply = odd ? await upstream.ask(question, { ...plain, edns: 'left-out' }) : first;
    return reply.ok ? wordOf(reply.value, asked, type) : { kind: 'failed', failure: reply.failure };
  } finally {
    await upstream.close();
  }
}

const DNS_PORT = 53;

function wordOf(message: DnsMessage, name: string, type: RecordType): ServerWord {
  const own = message.answers.flatMap((record) => (record.type !== 'opaque' && record.name === name ? [record] : []));
  // The rcode is that of the last name of a chain (RFC 6604 3): the alias itself is there.
  const alias = own.find((record) => record.type === 'CNAME');
  if (message.authoritative && alias?.type === 'CNAME') return { kind: 'alias', target: alias.data };
  switch (message.rcode) {
    case RCODE.noError:
      break;
    case RCODE.nameError:
      return message.authoritative ? { kind: 'no-such-name' } : { kind: 'not-authoritative' };
    case RCODE.refused:
      return { kind: 'not-authoritative' };
    case RCODE.serverFailure:
      return { kind: 'failed', failure: { kind: 'servfail' } };
    default:
      return { kind: 'failed', failure: { kind: 'rcode', rcode: rcodeName(message.rcode) } };
  }
  if (!message.authoritative) return { kind: 'not-authoritative' };
  const records = own.filter((record) => record.type === type).map(showRecord);
  return records.length === 0 ? { kind: 'no-data' } : { kind: 'records', records: [...new Set(records)].sort() };
}

/** As it would stand in a zone file; only what `AuthorityQuestion` asks for. */
function showRecord(record: KnownRecord): string {
  switch (record.type) {
    case 'MX':
      return `${record.data.preference} ${record.data.exchange === '' ? '.' : record.data.exchange}`;
    case 'TXT':
      return `"${Buffer.concat([...record.data]).toString('latin1')}"`;
    case 'TLSA': {
      const { usage, selector, matchingType, data } = record.data;
      return `${usage} ${selector} ${matchingType} ${data.toString('hex')}`;
    }
    default:
      return record.type;
  }
}
