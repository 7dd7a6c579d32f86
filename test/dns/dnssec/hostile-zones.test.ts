/**
 * What a zone can make us do is bounded: each bound by name, and the time it all takes.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { publicKeyOf } from '../../../src/dns/dnssec/algorithm.ts';
import { createCutCache } from '../../../src/dns/dnssec/cut-cache.ts';
import {
  MAX_CACHED_CUTS,
  MAX_KEYS_PER_TAG,
  MAX_NSEC3_HASHES,
  MAX_QUERIES,
  MAX_RSA_EXPONENT_OCTETS,
  MAX_RSA_MODULUS_OCTETS,
  MAX_SIGNATURE_CHECKS,
  MAX_WRONG_SIGNATURES,
  startWork,
} from '../../../src/dns/dnssec/limits.ts';
import { createSignatureMemory } from '../../../src/dns/dnssec/signature.ts';
import { createValidator } from '../../../src/dns/dnssec/validator.ts';
import { keyRing } from '../../../src/dns/dnssec/zone-key.ts';
import { askWorld, questionOf, worldOf } from '../../support/dnssec-world.ts';
import { handWoundClock } from '../../support/hand-wound-clock.ts';
import { HOSTILE } from '../../support/hostile-zones.ts';

/** The figure of the standards bench is 100 ms on a free core; a busy machine gets a little more. */
const MOST_CPU_MS = 250;

const clock = handWoundClock();
const world = worldOf(HOSTILE, clock);

for (const scenario of HOSTILE) {
  test(`${scenario.title}: answered in little time (S-DANE-23)`, async () => {
    const { name, type } = questionOf(scenario);
    // Asked once to have the octets made: that is the test bed's time, not ours.
    const answers = new Map<string, Awaited<ReturnType<typeof slow>>>();
    const { ask: slow } = askWorld(world);
    const ask: typeof slow = async (question, signal) => {
      const known = answers.get(JSON.stringify(question)) ?? (await slow(question, signal));
      answers.set(JSON.stringify(question), known);
      return known;
    };
    await createValidator({ ...world, clock, ask }).validate(name, type);
    const before = process.cpuUsage();
    const validated = await createValidator({ ...world, clock, ask }).validate(name, type);
    const { user, system } = process.cpuUsage(before);
    assert.ok((user + system) / 1000 < MOST_CPU_MS, `${(user + system) / 1000} ms`);
    if (validated.kind === 'failed') {
      assert.equal(validated.failure.kind, scenario.because);
      return;
    }
    const { verdict } = validated;
    const because = 'reason' in verdict ? verdict.reason : 'cause' in verdict ? verdict.cause : undefined;
    assert.deepEqual([verdict.security, because], [scenario.security, scenario.because]);
  });
}

test('the work for one question is counted and ends (S-DANE-23)', () => {
  const work = startWork();
  const times = (most: number, spend: () => boolean): number => {
    let granted = 0;
    while (granted <= most && spend()) granted += 1;
    return granted;
  };
  assert.equal(times(MAX_SIGNATURE_CHECKS, work.signatureCheck), MAX_SIGNATURE_CHECKS);
  assert.equal(work.signatureChecks, MAX_SIGNATURE_CHECKS);
  assert.equal(times(MAX_QUERIES, work.query), MAX_QUERIES);
  assert.equal(times(MAX_NSEC3_HASHES, work.hash), MAX_NSEC3_HASHES);
});

test('after enough wrong signatures no further one is checked (S-DANE-23)', () => {
  const work = startWork();
  for (let wrong = 0; wrong < MAX_WRONG_SIGNATURES; wrong += 1) {
    assert.ok(work.signatureCheck());
    work.wrongSignature();
  }
  assert.equal(work.signatureCheck(), false);
});

test('of many keys with one tag a few are tried (S-DANE-23)', () => {
  const key = { tag: 7, algorithm: 13, data: Buffer.alloc(4), publicKey: () => null };
  const ring = keyRing(Array.from({ length: 1000 }, () => ({ ...key })));
  assert.equal(ring.withTag(13, 7).length, MAX_KEYS_PER_TAG);
  assert.equal(ring.withTag(8, 7).length, 0);
  assert.equal(ring.withTag(13, 8).length, 0);
});

test('an RSA key has an exponent and a modulus that can be afforded (S-DANE-23)', () => {
  const key = (exponent: Buffer, modulus: Buffer): Buffer =>
    Buffer.concat([Buffer.from([exponent.length]), exponent, modulus]);
  const modulus = Buffer.alloc(256, 0xff);
  assert.notEqual(publicKeyOf(8, key(Buffer.from([1, 0, 1]), modulus)), null);
  assert.equal(publicKeyOf(8, key(Buffer.alloc(MAX_RSA_EXPONENT_OCTETS + 1, 3), modulus)), null);
  assert.equal(publicKeyOf(8, key(Buffer.from([3]), Buffer.alloc(MAX_RSA_MODULUS_OCTETS + 1, 0xff))), null);
  assert.equal(publicKeyOf(8, key(Buffer.from([3]), Buffer.alloc(63, 0xff))), null);
  assert.equal(publicKeyOf(8, key(Buffer.from([3]), Buffer.concat([Buffer.alloc(300), Buffer.alloc(63, 0xff)]))), null);
  for (const octets of [Buffer.alloc(0), Buffer.from([0, 0]), Buffer.from([0, 255, 255, 1]), Buffer.from([9, 1])]) {
    assert.equal(publicKeyOf(8, octets), null);
  }
});

test('octets that are no key of their algorithm are none', () => {
  for (const [algorithm, octets] of [
    [13, 64],
    [13, 63],
    [14, 96],
    [15, 31],
    [16, 58],
    [5, 32],
    [253, 32],
  ] as const) {
    assert.equal(publicKeyOf(algorithm, Buffer.alloc(octets, 5)), null, `${algorithm} ${octets}`);
  }
});

test('what is known of zones and signatures is bounded, and the oldest goes first (S-DANE-23)', () => {
  const cuts = createCutCache<number>(clock);
  for (let index = 0; index <= MAX_CACHED_CUTS; index += 1) cuts.put(String(index), index, 60);
  assert.equal(cuts.size, MAX_CACHED_CUTS);
  assert.equal(cuts.get('0'), null);
  assert.equal(cuts.get('1'), 1);
  cuts.put('short', 1, 0);
  cuts.put('never', 1, Number.NaN);
  assert.deepEqual([cuts.get('short'), cuts.get('never')], [null, null]);
  const memory = createSignatureMemory(2);
  for (const digest of ['a', 'b', 'c']) memory.add(digest);
  assert.deepEqual(
    ['a', 'b', 'c'].map((digest) => memory.has(digest)),
    [false, true, true],
  );
});
