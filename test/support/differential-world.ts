/**
 * Worlds to be told apart by nobody: small records of hosts, DNS and policies, drawn from a seed, and every way to make
 * one of them simpler. Plain data, so that a world that shows a difference can be printed and played again.
 */
import { type Random, seededRandom } from '../../src/base/random.ts';
import type { PeerScript } from '../../src/lab/peer-script.ts';

/** How a server behaves, by name; `down`: nobody listens. */
export const BEHAVIOURS: Readonly<Record<string, Partial<PeerScript> | null>> = {
  good: {},
  down: null,
  'helo only': { ehlo: '502 5.5.1 not implemented' },
  'ehlo and helo refused': { ehlo: '502 no', helo: '502 no' },
  'ehlo put off': { ehlo: '450 4.3.2 not now' },
  'ehlo 421': { ehlo: { reply: '421 4.3.2 bye', after: 'close' } },
  'ehlo closes': { ehlo: { after: 'close' } },
  'ehlo gibberish': { ehlo: { bytes: 'what is this\r\n' } },
  'no starttls': { keywords: ['PIPELINING', 'SIZE 10485760', '8BITMIME'] },
  'no starttls, no pipelining': { keywords: ['8BITMIME'] },
  'starttls on the greeting line': { ehlo: '250-mx STARTTLS\n250 8BITMIME' },
  'starttls 454': { starttls: '454 4.7.0 not now' },
  'starttls 502': { starttls: '502 5.5.1 never' },
  'starttls 250': { starttls: '250 fine' },
  'starttls 421': { starttls: '421 4.3.2 bye' },
  'starttls 421 and closes': { starttls: { reply: '421 4.3.2 bye', after: 'close' } },
  'starttls closes': { starttls: { after: 'close' } },
  'starttls resets': { starttls: { after: 'reset' } },
  'starttls gibberish': { starttls: { bytes: 'go\r\n' } },
  'closes behind 220': { afterStarttls: 'close' },
  'resets behind 220': { afterStarttls: 'reset' },
  'no TLS behind 220': { afterStarttls: 'garbage' },
  'silent behind 220': { afterStarttls: 'silence' },
  'injects behind 220': { afterStarttls: { inject: '250 ok\r\n250 ok\r\n250 ok\r\n' } },
  'second ehlo refused': { ehloUnderTls: '550 5.7.1 not you' },
  'second ehlo 421': { ehloUnderTls: '421 4.3.2 bye' },
  'second ehlo closes': { ehloUnderTls: { after: 'close' } },
  'other extensions inside TLS': { keywordsUnderTls: ['STARTTLS'] },
  'greets 554': { greeting: '554 5.7.1 no' },
  'greets 421': { greeting: { reply: '421 4.7.0 later', after: 'close' } },
  'greets with a close': { greeting: { after: 'close' } },
  'greets with gibberish': { greeting: { bytes: '\0\0\r\n' } },
  'greets never': { greeting: { after: 'silence' } },
  'mail 451': { mail: '451 4.3.0 later' },
  'mail 550': { mail: '550 5.7.1 not from you' },
  'mail 421': { mail: '421 4.3.2 bye' },
  'mail 421 and closes': { mail: { reply: '421 4.3.2 bye', after: 'close' } },
  'mail closes': { mail: { after: 'close' } },
  'mail gibberish': { mail: { bytes: 'sure\r\n' } },
  'mail in clear 530': { mailInClear: '530 5.7.0 Must issue a STARTTLS command first' },
  'mail in clear 421': { mailInClear: { reply: '421 4.7.0 not in clear', after: 'close' } },
  'rcpt 450': { rcpt: '450 4.2.1 greylisted' },
  'rcpt 550': { rcpt: '550 5.1.1 no such user' },
  'rcpt 421': { rcpt: '421 4.3.2 bye' },
  'rcpt closes': { rcpt: { after: 'close' } },
  'rcpt 251': { rcpt: '251 2.1.5 will forward' },
  'takes all addresses': {
    keywords: ['PIPELINING', '8BITMIME', 'SMTPUTF8', 'STARTTLS'],
    keywordsUnderTls: ['PIPELINING', '8BITMIME', 'SMTPUTF8'],
  },
  'takes all addresses, chunked': {
    keywords: ['8BITMIME', 'SMTPUTF8', 'CHUNKING', 'DSN', 'STARTTLS'],
    keywordsUnderTls: ['8BITMIME', 'SMTPUTF8', 'CHUNKING', 'DSN'],
  },
};

export type BehaviourName = keyof typeof BEHAVIOURS & string;

export const CHAINS = [
  'good',
  'host name alone',
  'wildcard',
  'wrong name',
  'expired',
  'self-signed',
  'unknown root',
  'CN alone',
  'wildcard CN alone',
  'reverse name in the CN',
  'with its root',
] as const;
export type ChainName = (typeof CHAINS)[number];

export const VERSIONS = ['any', 'TLSv1.2', 'TLSv1', 'client certificate'] as const;

export const TLSA_SETS = [
  'none',
  'matching',
  'wrong',
  'wrong and matching',
  'unusable',
  'anchor',
  'not signed',
  'fails',
] as const;

export interface WorldAddress {
  readonly family: 4 | 6;
  readonly behaviour: BehaviourName;
}

export interface WorldHost {
  readonly preference: number;
  readonly addresses: readonly WorldAddress[];
  readonly chain: ChainName;
  readonly version: (typeof VERSIONS)[number];
  readonly tlsa: (typeof TLSA_SETS)[number];
  /** What the DNS vouches for: nothing, the addresses, or a CNAME alone. */
  readonly signed: 'no' | 'yes';
  readonly alias: boolean;
  /** A and AAAA of the host: one of them, or both, cannot be looked up. */
  readonly lookup: 'works' | 'one family fails' | 'fails';
}

export interface DifferentialWorld {
  readonly seed: number;
  /** How the recipient is written, and what leads to the hosts. */
  readonly way: 'mx' | 'implicit' | 'server by name' | 'server by address' | 'literal';
  readonly mxSigned: boolean;
  readonly mx: 'works' | 'null' | 'no such domain' | 'fails';
  readonly hosts: readonly WorldHost[];
  readonly policy: 'none' | 'enforce all' | 'enforce first' | 'enforce nobody' | 'testing' | 'off' | 'not served';
  readonly reverseNames: boolean;
  readonly strictCn: boolean;
  /** The recipient has an address beyond ASCII. */
  readonly international: boolean;
}

export function drawWorld(seed: number, silence: boolean): DifferentialWorld {
  const random = seededRandom(seed);
  const way = weighted(random, { mx: 12, implicit: 1, 'server by name': 1, 'server by address': 1, literal: 1 });
  const count = way === 'mx' ? weighted(random, { 1: 3, 2: 4, 3: 3 }) : '1';
  return {
    seed,
    way,
    mxSigned: random() < 0.6,
    mx: weighted(random, { works: 40, null: 1, 'no such domain': 1, fails: 1 }),
    hosts: Array.from({ length: Number(count) }, () => drawHost(random, silence)),
    policy: weighted(random, {
      none: 6,
      'enforce all': 2,
      'enforce first': 2,
      'enforce nobody': 1,
      testing: 1,
      off: 1,
      'not served': 1,
    }),
    reverseNames: random() < 0.5,
    strictCn: random() < 0.2,
    international: random() < 0.1,
  };
}

function drawHost(random: Random, silence: boolean): WorldHost {
  return {
    preference: random() < 0.5 ? 10 : 20,
    addresses: drawBehaviours(random, silence).map((behaviour) => ({ family: random() < 0.7 ? 4 : 6, behaviour })),
    chain: random() < 0.4 ? 'good' : oneOf(random, CHAINS),
    version: weighted(random, { any: 8, 'TLSv1.2': 3, TLSv1: 1, 'client certificate': 1 }),
    tlsa: random() < 0.5 ? 'none' : oneOf(random, TLSA_SETS),
    signed: random() < 0.6 ? 'yes' : 'no',
    alias: random() < 0.15,
    lookup: weighted(random, { works: 20, 'one family fails': 1, fails: 1 }),
  };
}

/** Of two addresses one often breaks behind the 220 where the other has no TLS: what the one did binds the other. */
function drawBehaviours(random: Random, silence: boolean): readonly BehaviourName[] {
  const first = drawBehaviour(random, silence);
  if (random() < 0.65) return [first];
  if (random() < 0.6) return [first, drawBehaviour(random, silence)];
  const pair = [oneOf(random, BREAKING), oneOf(random, WITHOUT_TLS)];
  return random() < 0.5 ? pair : pair.reverse();
}

const BREAKING: readonly BehaviourName[] = [
  'closes behind 220',
  'resets behind 220',
  'no TLS behind 220',
  'injects behind 220',
  'second ehlo refused',
  'second ehlo closes',
];
const WITHOUT_TLS: readonly BehaviourName[] = [
  'helo only',
  'no starttls',
  'starttls on the greeting line',
  'starttls 454',
  'starttls 502',
];

const SILENT = /silent|never/;

/** Somebody in it says nothing. */
export function isSilent({ hosts }: DifferentialWorld): boolean {
  return hosts.some(({ addresses }) => addresses.some(({ behaviour }) => SILENT.test(behaviour)));
}

/** Silence costs its whole stage, so that it is drawn seldom, or not at all. */
function drawBehaviour(random: Random, silence: boolean): BehaviourName {
  if (random() < 0.4) return 'good';
  const drawn = oneOf(random, Object.keys(BEHAVIOURS));
  return SILENT.test(drawn) && (!silence || random() < 0.7) ? 'good' : drawn;
}

/** Every world that is one step simpler. */
export function* simpler(world: DifferentialWorld): Generator<DifferentialWorld> {
  const { hosts } = world;
  if (hosts.length > 1) {
    for (const index of hosts.keys()) yield { ...world, hosts: hosts.filter((_, at) => at !== index) };
  }
  const plain = {
    way: 'mx',
    mx: 'works',
    policy: 'none',
    mxSigned: false,
    reverseNames: false,
    strictCn: false,
    international: false,
  } as const;
  for (const [field, value] of Object.entries(plain)) {
    if (world[field as keyof typeof plain] !== value) yield { ...world, [field]: value };
  }
  for (const [index, host] of hosts.entries()) {
    const withHost = (changed: WorldHost): DifferentialWorld => ({
      ...world,
      hosts: hosts.map((each, at) => (at === index ? changed : each)),
    });
    const plainHost = {
      preference: 10,
      chain: 'good',
      version: 'any',
      tlsa: 'none',
      signed: 'no',
      alias: false,
      lookup: 'works',
    } as const;
    for (const [field, value] of Object.entries(plainHost)) {
      if (host[field as keyof typeof plainHost] !== value) yield withHost({ ...host, [field]: value });
    }
    const { addresses } = host;
    if (addresses.length > 1) {
      for (const at of addresses.keys()) {
        yield withHost({ ...host, addresses: addresses.filter((_, other) => other !== at) });
      }
    }
    for (const [at, address] of addresses.entries()) {
      const withAddress = (changed: WorldAddress): DifferentialWorld =>
        withHost({ ...host, addresses: addresses.map((each, other) => (other === at ? changed : each)) });
      if (address.behaviour !== 'good') yield withAddress({ ...address, behaviour: 'good' });
      if (address.family !== 4) yield withAddress({ ...address, family: 4 });
    }
  }
}

function oneOf<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('nothing to choose from');
  return item;
}

function weighted<Name extends string>(random: Random, weights: Readonly<Record<Name, number>>): Name {
  const entries = Object.entries(weights) as [Name, number][];
  let at = random() * entries.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [name, weight] of entries) {
    at -= weight;
    if (at < 0) return name;
  }
  return entries[0]?.[0] as Name;
}
