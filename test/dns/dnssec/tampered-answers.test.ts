/**
 * Whatever is done to the octets of an answer on its way, what comes out as secure is what the owner signed.
 */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import test from 'node:test';
import fc from 'fast-check';
import { canonicalData } from '../../../src/dns/dnssec/rrset.ts';
import { createValidator, type Validated, type Validator } from '../../../src/dns/dnssec/validator.ts';
import type { Scenario } from '../../support/dnssec-scenario.ts';
import { SCENARIOS } from '../../support/dnssec-scenarios.ts';
import { askWorld, questionOf, type Tamper, worldOfAll } from '../../support/dnssec-world.ts';
import { handWoundClock } from '../../support/hand-wound-clock.ts';

const clock = handWoundClock();
const world = worldOfAll(clock);
const secure = SCENARIOS.map((scenario) => ({ scenario, ...questionOf(scenario) })).filter(
  ({ scenario }) => scenario.security === 'secure',
);

/** All that matters of an answer but its lifetime. */
function essence(validated: Validated): string {
  if (validated.kind === 'failed' || validated.kind === 'bogus') return validated.kind;
  const data =
    validated.kind === 'records' ? (canonicalData(validated.set) ?? []).map((one) => one.toString('hex')) : [];
  const target = validated.kind === 'records' ? validated.set.name : validated.names.at(-1);
  return `${validated.kind} ${target} ${data.join(' ')}`;
}

function isSecure(validated: Validated): boolean {
  return 'verdict' in validated && validated.verdict.security === 'secure';
}

/** A validator whose answers, from the second question on, pass through `tamper`. */
function tampered(): { readonly validator: Validator; tamperWith(tamper: Tamper | null): void } {
  let current: Tamper | null = null;
  const { ask } = askWorld(world, (octets, question) => (current === null ? octets : current(octets, question)));
  const validator = createValidator({ ...world, clock, ask });
  return {
    validator,
    tamperWith: (tamper) => {
      current = tamper;
    },
  };
}

test('no flipped bit in any octet of a signed answer yields other data as secure (S-DANE-1)', async () => {
  const { validator, tamperWith } = tampered();
  let stillSecure = 0;
  let refused = 0;
  for (const { name, type } of secure.slice(0, 18)) {
    tamperWith(null);
    const honest = await validator.validate(name, type);
    assert.ok(isSecure(honest));
    let length = 0;
    tamperWith((octets, question) => {
      if (question.name === name) length = octets.length;
      return octets;
    });
    await validator.validate(name, type);
    // The id and the question were compared with ours before the message came here.
    for (let at = 2; at < length; at += 1) {
      tamperWith((octets, question) => {
        if (question.name !== name) return octets;
        const changed = Buffer.from(octets);
        changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
        return changed;
      });
      const validated = await validator.validate(name, type);
      if (isSecure(validated)) {
        stillSecure += 1;
        assert.equal(essence(validated), essence(honest), `octet ${at} of ${type} ${name}`);
      } else refused += 1;
    }
  }
  // Header flags, TTLs and the letter case of names are not signed; everything else is.
  assert.ok(refused > 2 * stillSecure, `${refused} refused, ${stillSecure} still secure`);
  assert.ok(stillSecure > 100, String(stillSecure));
});

test('no mutated message makes the validator throw, or believe what was not signed (S-DANE-23)', async () => {
  const mutation = fc.record({
    seed: fc.nat(),
    which: fc.nat({ max: secure.length - 1 }),
    everyMessage: fc.boolean(),
    edits: fc.array(
      fc.record({
        kind: fc.constantFrom('flip', 'insert', 'delete', 'copy', 'count'),
        at: fc.nat({ max: 2000 }),
        length: fc.integer({ min: 1, max: 40 }),
        value: fc.nat({ max: 255 }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  });
  const honest = new Map<string, string>();
  const plain = createValidator({ ...world, clock, ask: askWorld(world).ask });
  await fc.assert(
    fc.asyncProperty(mutation, async ({ which, edits, everyMessage }) => {
      const { name, type } = secure[which] ?? assert.fail();
      const known = honest.get(`${type} ${name}`) ?? essence(await plain.validate(name, type));
      honest.set(`${type} ${name}`, known);
      const ask = askWorld(world, (octets, question) =>
        everyMessage || question.name === name ? edits.reduce(edited, octets) : octets,
      ).ask;
      const validated = await createValidator({ ...world, clock, ask }).validate(name, type);
      if (isSecure(validated)) assert.equal(essence(validated), known);
    }),
    { numRuns: 2000 },
  );
});

test('no two honest answers mixed together are believed as something third (S-DANE-23)', async () => {
  const pairs = fc.tuple(fc.nat({ max: secure.length - 1 }), fc.nat({ max: SCENARIOS.length - 1 }), fc.nat());
  const plain = createValidator({ ...world, clock, ask: askWorld(world).ask });
  await fc.assert(
    fc.asyncProperty(pairs, async ([which, other, seed]) => {
      const { name, type } = secure[which] ?? assert.fail();
      const stranger = SCENARIOS[other] as Scenario;
      const known = essence(await plain.validate(name, type));
      const elsewhere = questionOf(stranger);
      let spare: Buffer | null = null;
      await createValidator({
        ...world,
        clock,
        ask: askWorld(world, (octets, question) => {
          if (question.name === elsewhere.name) spare = octets;
          return octets;
        }).ask,
      }).validate(elsewhere.name, elsewhere.type);
      const ask = askWorld(world, (octets, question) =>
        question.name === name && spare !== null ? spliced(octets, spare, seed) : octets,
      ).ask;
      const validated = await createValidator({ ...world, clock, ask }).validate(name, type);
      if (isSecure(validated)) assert.equal(essence(validated), known);
    }),
    { numRuns: 300 },
  );
});

type Edit = { readonly kind: string; readonly at: number; readonly length: number; readonly value: number };

function edited(octets: Buffer, { kind, at, length, value }: Edit): Buffer {
  // The id, the flags that say whose answer it is, and the question are checked elsewhere.
  const place = 3 + (at % Math.max(1, octets.length - 3));
  const head = octets.subarray(0, place);
  const tail = octets.subarray(place);
  switch (kind) {
    case 'insert':
      return Buffer.concat([head, hash('sha256', String(value), 'buffer').subarray(0, length % 32), tail]);
    case 'delete':
      return Buffer.concat([head, tail.subarray(length)]);
    case 'copy':
      return Buffer.concat([head, octets.subarray(12, 12 + length), tail.subarray(length)]);
    case 'count': {
      const counted = Buffer.from(octets);
      counted[5 + 2 * (at % 4)] = value % 12;
      return counted;
    }
    default: {
      const changed = Buffer.from(octets);
      changed[place] = (changed[place] ?? 0) ^ (value | 1);
      return changed;
    }
  }
}

/** The records of both messages in one, some of them in the other section. */
function spliced(octets: Buffer, spare: Buffer, seed: number): Buffer {
  const [one, two] = [recordsOf(octets), recordsOf(spare)];
  const answers = seed % 2 === 0 ? [...one.answers, ...two.answers] : two.answers;
  const authorities = seed % 3 === 0 ? [...two.authorities, ...one.authorities] : [...one.answers, ...two.authorities];
  const header = Buffer.from(octets.subarray(0, 12));
  header[3] = ((header[3] ?? 0) & 0xf0) | (seed % 5 === 0 ? 3 : (header[3] ?? 0) & 0x0f);
  for (const [index, count] of [answers.length, authorities.length, 1].entries())
    header.writeUInt16BE(count, 6 + 2 * index);
  return Buffer.concat([header, one.question, ...answers, ...authorities, one.opt]);
}

/** The messages of the test bed are uncompressed: records can be cut out as they are. */
function recordsOf(octets: Buffer) {
  let at = 12;
  const skipName = (): void => {
    while ((octets[at] ?? 0) !== 0) at += 1 + (octets[at] ?? 0);
    at += 1;
  };
  const take = (): Buffer => {
    const start = at;
    skipName();
    at += 10 + octets.readUInt16BE(at + 8);
    return octets.subarray(start, at);
  };
  skipName();
  at += 4;
  const question = octets.subarray(12, at);
  const answers = Array.from({ length: octets.readUInt16BE(6) }, take);
  const authorities = Array.from({ length: octets.readUInt16BE(8) }, take);
  return { question, answers, authorities, opt: octets.subarray(at) };
}
