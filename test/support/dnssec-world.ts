/**
 * One signed root with every scenario below it, and a resolver that answers from it as our validator asks: real octets
 * both ways.
 */
import { hash } from 'node:crypto';
import type { Clock } from '../../src/base/clock.ts';
import { failed, succeeded } from '../../src/base/outcome.ts';
import { parseTrustAnchors, type TrustAnchor } from '../../src/dns/dnssec/anchors.ts';
import type { AskSigned } from '../../src/dns/dnssec/ask-signed.ts';
import { FLAG } from '../../src/dns/encode.ts';
import { decodeMessage } from '../../src/dns/message.ts';
import { isWithin } from '../../src/dns/name.ts';
import { typeName } from '../../src/dns/record-type.ts';
import {
  answerAsOwner,
  answerAsResolver,
  type SignedAnswerParts,
  type SignedQuestion,
} from '../../src/lab/signed-zones.ts';
import type { SigningKey } from '../../src/lab/signing-key.ts';
import { encodeWireMessage } from '../../src/lab/wire-record.ts';
import type { SignedZone } from '../../src/lab/zone-signer.ts';
import type { Scenario } from './dnssec-scenario.ts';
import { SCENARIOS } from './dnssec-scenarios.ts';
import {
  type Alter,
  bareApex,
  delegation,
  ROOT_KEY,
  type Times,
  timesAround,
  type ZoneWishes,
  zone,
} from './dnssec-zone.ts';

export interface DnssecWorld {
  readonly zones: readonly SignedZone[];
  readonly alters: readonly { readonly apex: string; readonly alter: Alter }[];
  readonly anchors: readonly TrustAnchor[];
}

/**
 * Where a scenario stands: by its title, so that hashes of its names stay what they are when another one is added.
 */
export function apexOfScenario({ apex, title }: Scenario): string {
  return apex ?? `s${hash('sha256', title, 'hex').slice(0, 8)}`;
}

export function questionOf(scenario: Scenario): { readonly name: string; readonly type: Scenario['type'] } {
  const apex = apexOfScenario(scenario);
  return { name: scenario.name === '' ? apex : `${scenario.name}.${apex}`, type: scenario.type };
}

export function worldOf(scenarios: readonly Scenario[], clock: Clock, root: ZoneWishes = {}): DnssecWorld {
  const times: Times = timesAround(clock.now());
  const built = scenarios.map((scenario) => ({
    apex: apexOfScenario(scenario),
    ...scenario.build(apexOfScenario(scenario), times),
  }));
  const more = [...(root.more ?? []), ...built.flatMap(({ apex, ds }) => delegation(apex, ds))];
  const records = bareApex('');
  const top = zone('', times, { records, keys: [ROOT_KEY], ...root, more });
  return {
    zones: [top, ...built.flatMap(({ zones }) => zones)],
    alters: built.flatMap(({ apex, alter }) => (alter === undefined ? [] : [{ apex, alter }])),
    anchors: anchorsOf(root.keys?.[0] ?? ROOT_KEY),
  };
}

export function worldOfAll(clock: Clock): DnssecWorld {
  return worldOf(SCENARIOS, clock);
}

/** The key as a DNSKEY record in the form of a zone file. */
export function anchorText(key: SigningKey): string {
  return `. IN DNSKEY ${key.flags} ${key.data[2]} ${key.algorithm} ${key.data.subarray(4).toString('base64')}\n`;
}

export function anchorsOf(key: SigningKey): readonly TrustAnchor[] {
  const anchors = parseTrustAnchors(anchorText(key));
  if (!anchors.ok) throw new Error(anchors.failure.problem);
  return anchors.value;
}

/** What the owner's server says, faults and all; aliases are not followed out of a zone. */
export function ownersWord(world: DnssecWorld, question: SignedQuestion): SignedAnswerParts {
  return altered(world, answerAsOwner(world.zones, question), question);
}

export interface AskedWorld {
  readonly ask: AskSigned;
  /** `TYPE name` of every question, in order. */
  readonly asked: readonly string[];
}

export type Tamper = (octets: Buffer, question: SignedQuestion) => Buffer;

/** A resolver over the world; `tamper` sees every answer as octets. */
export function askWorld(world: DnssecWorld, tamper: Tamper = (octets) => octets): AskedWorld {
  const asked: string[] = [];
  return {
    asked,
    ask: async (question) => {
      asked.push(`${typeName(question.type)} ${question.name}`);
      const parts = altered(world, answerAsResolver(world.zones, question), question);
      if (parts.rcode !== 0 && parts.rcode !== 3) return failed({ kind: 'servfail' });
      const flags = FLAG.response | FLAG.recursionDesired | FLAG.recursionAvailable | FLAG.checkingDisabled;
      const decoded = decodeMessage(tamper(encodeWireMessage({ id: 1, flags, question, ...parts }), question));
      if (!decoded.ok) return failed({ kind: 'malformed', detail: decoded.failure });
      return succeeded({ message: decoded.value, resolver: '192.0.2.53' });
    },
  };
}

function altered(world: DnssecWorld, parts: SignedAnswerParts, question: SignedQuestion): SignedAnswerParts {
  const found = world.alters.find(({ apex }) => isWithin(question.name, apex));
  return found === undefined ? parts : found.alter(parts, question);
}
