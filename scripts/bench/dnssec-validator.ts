/**
 * How many answers our DNSSEC validator judges a second on one core, keys and denials of DS warm, every answer another
 * one; and how much time zones made to cost time can take.
 *
 *   node scripts/bench/dnssec-validator.ts
 */
import { systemClock } from '../../src/app/world.ts';
import type { RecordType } from '../../src/dns/answer.ts';
import type { AskSigned } from '../../src/dns/dnssec/ask-signed.ts';
import { createValidator } from '../../src/dns/dnssec/validator.ts';
import { decodeMessage } from '../../src/dns/message.ts';
import { TYPE_NUMBERS } from '../../src/dns/record-type.ts';
import type { Scenario } from '../../test/support/dnssec-scenario.ts';
import { apexOfScenario, askWorld, questionOf, worldOf } from '../../test/support/dnssec-world.ts';
import { address, ds, key, NSEC, NSEC3, type ZoneWishes, zone } from '../../test/support/dnssec-zone.ts';
import { HOSTILE } from '../../test/support/hostile-zones.ts';

const ANSWERS = 1500;

interface Load {
  readonly title: string;
  readonly algorithm: number;
  readonly wishes?: ZoneWishes;
  readonly name: (index: number) => string;
  readonly type: RecordType;
}

const LOADS: readonly Load[] = [
  { title: 'records, P-256', algorithm: 13, name: (index) => `h${index}`, type: 'A' },
  { title: 'records, RSA 2048', algorithm: 8, name: (index) => `h${index}`, type: 'A' },
  { title: 'records, Ed25519', algorithm: 15, name: (index) => `h${index}`, type: 'A' },
  {
    title: 'no data, NSEC, P-256',
    algorithm: 13,
    wishes: { denial: NSEC },
    name: (index) => `h${index}`,
    type: 'TLSA',
  },
  {
    title: 'no such name, NSEC3, P-256',
    algorithm: 13,
    wishes: { denial: NSEC3 },
    name: (index) => `x${index}`,
    type: 'TLSA',
  },
];

for (const load of LOADS) {
  const scenario: Scenario = {
    title: load.title,
    build: (apex, times) => {
      const signer = key(load.algorithm);
      const more = Array.from({ length: ANSWERS }, (_, index) => address(`h${index}.${apex}`, '192.0.2.1'));
      return { zones: [zone(apex, times, { keys: [signer], ...load.wishes, more })], ds: [ds(apex, signer)] };
    },
    name: 'www',
    type: 'A',
    security: 'secure',
  };
  const world = worldOf([scenario], systemClock);
  const { ask, remember } = remembered(askWorld(world).ask);
  const questions = Array.from({ length: ANSWERS }, (_, index) => `${load.name(index)}.${apexOfScenario(scenario)}`);
  for (const name of questions) await remember({ name, type: TYPE_NUMBERS[load.type] });
  const validator = createValidator({ ...world, clock: systemClock, ask });
  await validator.validate(questionOf(scenario).name, 'A');
  const before = process.cpuUsage();
  let secure = 0;
  for (const name of questions) {
    const validated = await validator.validate(name, load.type);
    if ('verdict' in validated && validated.verdict.security === 'secure') secure += 1;
  }
  const ms = cpuMs(before);
  if (secure !== ANSWERS) throw new Error(`${load.title}: only ${secure} of ${ANSWERS} are secure`);
  console.log(`${load.title.padEnd(30)} ${Math.round((1000 * ANSWERS) / ms)} answers a second of CPU`);
}

const hostile = worldOf(HOSTILE, systemClock);
for (const scenario of HOSTILE) {
  const { name, type } = questionOf(scenario);
  const { ask } = remembered(askWorld(hostile).ask);
  await createValidator({ ...hostile, clock: systemClock, ask }).validate(name, type);
  const before = process.cpuUsage();
  await createValidator({ ...hostile, clock: systemClock, ask }).validate(name, type);
  console.log(`${cpuMs(before).toFixed(1).padStart(7)} ms of CPU: ${scenario.title}`);
}

/** Octets are made once; reading them is part of every answer. */
function remembered(slow: AskSigned) {
  const known = new Map<string, Buffer>();
  const remember = async (question: { readonly name: string; readonly type: number }): Promise<Buffer | null> => {
    const place = `${question.type} ${question.name}`;
    const before = known.get(place);
    if (before !== undefined) return before;
    const reply = await slow(question, undefined);
    if (!reply.ok) return null;
    known.set(place, reply.value.message.bytes);
    return reply.value.message.bytes;
  };
  const ask: AskSigned = async (question, signal) => {
    const octets = await remember(question);
    const decoded = octets === null ? null : decodeMessage(octets);
    if (decoded === null || !decoded.ok) return slow(question, signal);
    return { ok: true, value: { message: decoded.value, resolver: 'bench' } };
  };
  return { ask, remember };
}

function cpuMs(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
