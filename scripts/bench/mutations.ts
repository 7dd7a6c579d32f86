/**
 * What strangers send, changed at random, for every reader that meets it: DNS messages, signed answers through the validator,
 * MTA-STS policies, TLSA sets against a live chain, and the first flight of a TLS server. Nothing may throw or take
 * long, nothing changed may be believed: no other data as secure, no match by a record that is not exactly that of the chain.
 *
 *   node scripts/bench/mutations.ts [cases] [seed]
 */
import { systemClock } from '../../src/app/world.ts';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { matchDane } from '../../src/dane/match.ts';
import { associationData, type TlsaRecord } from '../../src/dane/usable.ts';
import { canonicalData } from '../../src/dns/dnssec/rrset.ts';
import { createValidator, type Validated } from '../../src/dns/dnssec/validator.ts';
import { decodeMessage } from '../../src/dns/message.ts';
import { parsePolicy } from '../../src/mtasts/policy.ts';
import { issueCertificate } from '../../src/pki/issue.ts';
import { FirstFlightReader } from '../../src/scan/first-flight.ts';
import { SCENARIOS } from '../../test/support/dnssec-scenarios.ts';
import { askWorld, questionOf, worldOfAll } from '../../test/support/dnssec-world.ts';
import { certificateMessage, record, SERVER_HELLO_DONE, serverHelloMessage } from '../../test/support/hello-peer.ts';

const CASES = Number(process.argv[2] ?? 100_000);
const SEED = Number(process.argv[3] ?? 1);
/** ms that one of them may take. */
const LIMIT_MS = 1_000;

const random = seededRandom(SEED);
const world = worldOfAll(systemClock);
const questions = SCENARIOS.map((scenario) => ({ ...questionOf(scenario), security: scenario.security }));
const secure = questions.filter(({ security }) => security === 'secure');

/** One to four edits: bits, octets in or out, pieces repeated, counts blown up. */
function mutated(octets: Buffer, draw: Random): Buffer {
  let bytes = Buffer.from(octets);
  for (let edits = 1 + Math.floor(draw() * 4); edits > 0; edits -= 1) {
    const at = Math.floor(draw() * (bytes.length + 1));
    const length = 1 + Math.floor(draw() * 40);
    const kind = Math.floor(draw() * 5);
    if (kind === 0) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    else if (kind === 1) bytes = Buffer.concat([bytes.subarray(0, at), noise(length, draw), bytes.subarray(at)]);
    else if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - length))]);
    else if (bytes.length > 0) {
      const place = at % bytes.length;
      bytes[place] = kind === 3 ? 0xff : (bytes[place] ?? 0) ^ (1 << Math.floor(draw() * 8));
    }
  }
  return bytes;
}

function noise(length: number, draw: Random): Buffer {
  return Buffer.from(Array.from({ length }, () => Math.floor(draw() * 256)));
}

function pick<Item>(items: readonly Item[]): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('there is nothing to choose from');
  return item;
}

function essence(validated: Validated): string {
  if (validated.kind === 'failed' || validated.kind === 'bogus') return validated.kind;
  const data =
    validated.kind === 'records' ? (canonicalData(validated.set) ?? []).map((one) => one.toString('hex')) : [];
  const target = validated.kind === 'records' ? validated.set.name : validated.names.at(-1);
  return `${validated.kind} ${target} ${data.join(' ')}`;
}

const isSecure = (validated: Validated): boolean => 'verdict' in validated && validated.verdict.security === 'secure';

/** Every message that the scenarios make, as it goes over the wire. */
async function messagesOfWorld(): Promise<readonly Buffer[]> {
  const seen: Buffer[] = [];
  const { ask } = askWorld(world, (octets) => {
    seen.push(Buffer.from(octets));
    return octets;
  });
  const validator = createValidator({ ...world, clock: systemClock, ask });
  for (const { name, type } of questions) await validator.validate(name, type);
  return seen;
}

const messages = await messagesOfWorld();
const policies = ['enforce', 'testing', 'none'].map((mode) =>
  Buffer.from(`version: STSv1\r\nmode: ${mode}\r\nmx: mx.example.test\r\nmx: *.example.test\r\nmax_age: 604800\r\n`),
);
const DAY_MS = 86_400_000;
const leaf = issueCertificate({
  subject: { commonName: 'mx.example.test' },
  dnsNames: ['mx.example.test'],
  notBefore: new Date(systemClock.now() - DAY_MS),
  notAfter: new Date(systemClock.now() + 89 * DAY_MS),
}).der;
const flight = Buffer.concat([
  record(0x0303, serverHelloMessage({ version: 0x0303, suite: 0xc02f, extensions: [[23, Buffer.alloc(0)]] })),
  record(0x0303, certificateMessage(leaf), SERVER_HELLO_DONE),
]);
const honest = new Map<string, string>();
const plain = createValidator({ ...world, clock: systemClock, ask: askWorld(world).ask });

const READERS: readonly { readonly name: string; readonly share: number; readonly run: () => Promise<void> | void }[] =
  [
    { name: 'DNS messages', share: 0.4, run: () => void decodeMessage(mutated(pick(messages), random)) },
    {
      name: 'answers through the validator',
      share: 0.1,
      run: async () => {
        const { name, type } = pick(secure);
        const known = honest.get(`${type} ${name}`) ?? essence(await plain.validate(name, type));
        honest.set(`${type} ${name}`, known);
        const { ask } = askWorld(world, (octets, asked) =>
          // The id and the question were compared before the message came here.
          asked.name === name ? Buffer.concat([octets.subarray(0, 3), mutated(octets.subarray(3), random)]) : octets,
        );
        const validated = await createValidator({ ...world, clock: systemClock, ask }).validate(name, type);
        if (isSecure(validated) && essence(validated) !== known)
          throw new Error(`${type} ${name}: other data is secure`);
      },
    },
    { name: 'MTA-STS policies', share: 0.2, run: () => void parsePolicy(mutated(pick(policies), random)) },
    {
      name: 'TLSA sets',
      share: 0.1,
      run: () => {
        const matchingType = pick([0, 1, 2]);
        const right = associationData(matchingType, leaf);
        const data = mutated(Buffer.from(right, 'hex'), random).toString('hex');
        const set: readonly TlsaRecord[] = [{ usage: 3, selector: 0, matchingType, data }];
        const presented = { kind: 'chain', certificates: [leaf] } as const;
        const { status } = matchDane({ records: set, presented, referenceNames: [], at: systemClock.now() });
        if (status === 'match' && data !== right) throw new Error('a record that is not that of the chain matched');
      },
    },
    {
      name: 'first flights',
      share: 0.2,
      run: () => {
        const reader = new FirstFlightReader({ sslv2Asked: random() < 0.2 });
        reader.push(mutated(flight, random));
      },
    },
  ];

let slowest = 0;
for (const { name, share, run } of READERS) {
  const cases = Math.round(CASES * share);
  const since = performance.now();
  let worst = 0;
  for (let index = 0; index < cases; index += 1) {
    const begun = performance.now();
    await run();
    worst = Math.max(worst, performance.now() - begun);
  }
  slowest = Math.max(slowest, worst);
  const seconds = (performance.now() - since) / 1000;
  console.log(`${name}: ${cases} cases in ${seconds.toFixed(1)} s, the slowest ${worst.toFixed(0)} ms, nothing thrown`);
}
if (slowest > LIMIT_MS) throw new Error(`one case took ${slowest.toFixed(0)} ms`);
