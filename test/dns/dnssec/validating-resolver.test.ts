/**
 * The resolver that believes nobody, as the rest of the house sees it: whose word, why, for how long, at what cost, and
 * who is to blame when nothing can be said.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { systemClock, unpredictableRandom } from '../../../src/app/world.ts';
import { failed } from '../../../src/base/outcome.ts';
import { describeDnsFailure, type RecordType } from '../../../src/dns/answer.ts';
import type { TrustAnchor } from '../../../src/dns/dnssec/anchors.ts';
import type { AskSigned } from '../../../src/dns/dnssec/ask-signed.ts';
import {
  createValidatingResolver,
  createValidatingResolverOver,
  OWN_VALIDATION,
} from '../../../src/dns/dnssec/validating-resolver.ts';
import { createValidator } from '../../../src/dns/dnssec/validator.ts';
import type { DnsMessage } from '../../../src/dns/message.ts';
import { TYPE_NUMBERS } from '../../../src/dns/record-type.ts';
import type { Resolver } from '../../../src/dns/resolver.ts';
import { startSignedServer } from '../../../src/lab/signed-zone-server.ts';
import { answerAsResolver, type SignedAnswerParts } from '../../../src/lab/signed-zones.ts';
import { createSigningKey, KEY_FLAGS } from '../../../src/lab/signing-key.ts';
import { toWire } from '../../../src/lab/wire-record.ts';
import { specOf } from '../../support/dns.ts';
import type { Scenario } from '../../support/dnssec-scenario.ts';
import { anchorsOf, askWorld, type DnssecWorld, worldOf } from '../../support/dnssec-world.ts';
import { type Alter, ds, either, key, NSEC3, ofType, signatureOver, without, zone } from '../../support/dnssec-zone.ts';
import { type HandWoundClock, handWoundClock } from '../../support/hand-wound-clock.ts';

const { RRSIG, NSEC, DNSKEY, DS } = TYPE_NUMBERS;

interface Setting {
  readonly resolver: Resolver;
  readonly asked: readonly string[];
  readonly clock: HandWoundClock;
  readonly world: DnssecWorld;
}

/** One signed zone `s000` below the root, and what the resolver does to its answers. */
function setting(
  build: Scenario['build'] = (apex, times) => ({ zones: [zone(apex, times)], ds: [ds(apex)] }),
  options: { alter?: Alter; anchors?: readonly TrustAnchor[]; ask?: (ask: AskSigned) => AskSigned } = {},
): Setting {
  const clock = handWoundClock();
  const scenario: Scenario = { title: 'a zone', apex: 's000', build, name: '', type: 'A', security: 'secure' };
  const made = worldOf([scenario], clock);
  const everywhere = options.alter === undefined ? [] : [{ apex: '', alter: options.alter }];
  const world = { ...made, alters: [...everywhere, ...made.alters] };
  const { ask, asked } = askWorld(world);
  const anchors = options.anchors ?? world.anchors;
  const over = options.ask?.(ask) ?? ask;
  return { resolver: createValidatingResolverOver({ ask: over, anchors, clock }), asked, clock, world };
}

test('a secure answer says whose word that is, why, and until when (S-DANE-1)', async () => {
  const { resolver, clock } = setting();
  const answer = await resolver.ask('Alias.S000.', 'A');
  assert.ok(answer.kind === 'records');
  assert.equal(answer.security, 'secure');
  assert.equal(answer.securityFrom, OWN_VALIDATION);
  assert.equal(answer.securityDetail, 'signed by s000, chain complete');
  assert.equal(answer.signedUntil, clock.now() + 864_000_000);
  assert.equal(answer.resolver, '192.0.2.53');
  assert.deepEqual([answer.canonicalName, answer.aliases], ['www.s000', ['www.s000']]);
  assert.deepEqual(answer.records.map(({ data }) => data).sort(), ['192.0.2.1', '192.0.2.2']);
  assert.deepEqual(Object.keys(answer.records[0] ?? {}).sort(), ['data', 'name', 'ttl', 'type']);
});

test('a bogus answer is a failure that names the fault, the set and the zone (S-DANE-3)', async () => {
  const { resolver } = setting((apex, times) => ({
    zones: [zone(apex, { ...times, expiration: times.inception + 60 })],
    ds: [ds(apex)],
  }));
  const answer = await resolver.ask('www.s000', 'A');
  assert.ok(answer.kind === 'failed');
  assert.equal(answer.security, 'bogus');
  assert.deepEqual(answer.failure, {
    kind: 'bogus',
    detail: 'the signature has expired: DNSKEY of s000, zone s000',
  });
});

test('an insecure answer says where the chain ends, and that its parent proves it (S-DANE-4)', async () => {
  const { resolver } = setting((apex, times) => ({ zones: [zone(apex, times, { keys: [] })], ds: [] }));
  const answer = await resolver.ask('www.s000', 'A');
  assert.equal(answer.kind, 'records');
  assert.equal(answer.security, 'insecure');
  assert.equal(answer.securityFrom, OWN_VALIDATION);
  assert.equal(answer.securityDetail, 's000 is delegated without DS, and its parent proves that');
});

test('with warm keys an answer costs one question, and so does an absence (S-DANE-23)', async () => {
  const { resolver, asked } = setting();
  await resolver.ask('www.s000', 'A');
  assert.deepEqual(asked, ['A www.s000', 'DNSKEY ', 'DS s000', 'DNSKEY s000']);
  await resolver.ask('mx.s000', 'A');
  await resolver.ask('nix.s000', 'TLSA');
  await resolver.ask('s000', 'MX');
  assert.equal(asked.length, 7);
  await resolver.ask('s000', 'MX');
  assert.equal(asked.length, 7, 'an answer that is known is not asked for');
});

test('with warm keys a typical answer costs one signature check, and the same again none (S-DANE-23)', async () => {
  const { world, clock } = setting();
  const validator = createValidator({ ...world, clock, ask: askWorld(world).ask });
  const cost = async (name: string, type: RecordType): Promise<number> => {
    const validated = await validator.validate(name, type);
    assert.ok('signatureChecks' in validated && validated.verdict.security === 'secure');
    return validated.signatureChecks;
  };
  assert.equal(await cost('www.s000', 'A'), 4, 'the keys of the root, the DS, the keys, and what was asked');
  assert.equal(await cost('mx.s000', 'A'), 1);
  assert.equal(await cost('mx.s000', 'A'), 0);
  assert.equal(await cost('www.s000', 'TLSA'), 1, 'one denial');
  assert.equal(await cost('s000', 'MX'), 1);
});

test('many who ask at once learn the keys together', async () => {
  const { resolver, asked } = setting();
  const names = ['www', 'mx', 'alias', 'nix', 'a.wild', 'x.tree', 'deep.ent'];
  await Promise.all(names.map((name) => resolver.ask(`${name}.s000`, 'A')));
  assert.equal(asked.filter((question) => question === 'DNSKEY ').length, 1);
  assert.equal(asked.filter((question) => question === 'DNSKEY s000').length, 1);
});

test('keys are asked for again when their time is over', async () => {
  const { resolver, asked, clock } = setting();
  await resolver.ask('www.s000', 'A');
  clock.wind(3_599_000);
  await resolver.ask('mx.s000', 'A');
  assert.equal(asked.length, 5);
  clock.wind(2000);
  await resolver.ask('www.s000', 'A');
  assert.equal(asked.filter((question) => question === 'DNSKEY s000').length, 2);
});

test('nothing is believed longer than its signature lasts (S-DANE-3)', async () => {
  const { resolver, clock } = setting((apex, times) => ({
    zones: [zone(apex, { ...times, expiration: times.inception + 86_400 + 100 })],
    ds: [ds(apex)],
  }));
  const answer = await resolver.ask('www.s000', 'A');
  assert.ok(answer.kind === 'records');
  assert.deepEqual([answer.ttl, answer.records[0]?.ttl], [100, 100], 'though 600 were sent');
  clock.wind(99_000);
  assert.equal((await resolver.ask('www.s000', 'A')).security, 'secure');
  clock.wind(2000);
  assert.equal((await resolver.ask('www.s000', 'A')).security, 'bogus');
});

test('a TTL raised on the way is cut down to the signed one', async () => {
  const raise: Alter = (parts) => ({ ...parts, answers: parts.answers.map((record) => ({ ...record, ttl: 80_000 })) });
  const { resolver } = setting(undefined, { alter: raise });
  const answer = await resolver.ask('www.s000', 'A');
  assert.ok(answer.kind === 'records' && answer.security === 'secure');
  assert.equal(answer.ttl, 600);
});

test('a resolver that strips signatures is named, and no domain is called bogus for it (S-DANE-1)', async () => {
  const { resolver } = setting(undefined, { alter: without(ofType(RRSIG)) });
  const answer = await resolver.ask('www.s000', 'A');
  assert.equal(answer.kind, 'records');
  assert.equal(answer.security, 'indeterminate');
  assert.equal(answer.securityFrom, null);
  assert.equal(
    answer.securityDetail,
    'the resolver 192.0.2.53 strips the DNSSEC signatures from its answers, so nothing can be validated through it',
  );
});

test('a resolver that does not know DNSSEC is named (S-DANE-1)', async () => {
  const empty: Alter = (parts, question) =>
    [DNSKEY, DS].includes(question.type)
      ? { rcode: 0, answers: [], authorities: [] }
      : without(ofType(RRSIG))(parts, question);
  const { resolver } = setting(undefined, { alter: empty });
  const answer = await resolver.ask('www.s000', 'A');
  assert.equal(answer.security, 'indeterminate');
  assert.match(answer.securityDetail ?? '', /^the resolver 192\.0\.2\.53 does not know DNSSEC/);
  assert.equal(answer.resolverFault, 'no-dnssec');
});

for (const [what, alter, sentence] of [
  ['proofs of absence', without(either(ofType(NSEC), signatureOver(NSEC))), /strips the proofs of absence/],
  [
    'signatures but those of the keys',
    (parts, question) => (question.type === DNSKEY ? parts : without(ofType(RRSIG))(parts, question)),
    /strips the DNSSEC signatures/,
  ],
] as const satisfies readonly (readonly [string, Alter, RegExp])[]) {
  test(`a resolver that strips ${what} is named (S-DANE-1)`, async () => {
    const { resolver, asked } = setting(undefined, { alter });
    const answer = await resolver.ask('nix.s000', 'A');
    assert.equal(answer.kind, 'no-such-name');
    assert.equal(answer.security, 'indeterminate');
    assert.match(answer.securityDetail ?? '', sentence);
    assert.match(answer.resolverFault ?? '', /-stripped$/);
    await resolver.ask('nil.s000', 'A');
    assert.equal(asked.filter((question) => question === 'A _dnssec-check').length, 1, 'it is found out once');
  });
}

test('a single domain whose signatures are gone is bogus: the resolver passes those of others on (S-DANE-3)', async () => {
  const alter: Alter = (parts, question) =>
    question.name === 'www.s000' && question.type !== DS ? without(ofType(RRSIG))(parts, question) : parts;
  const { resolver } = setting(undefined, { alter });
  const answer = await resolver.ask('www.s000', 'A');
  assert.ok(answer.kind === 'failed' && answer.failure.kind === 'bogus');
  assert.equal(answer.failure.detail, 'a set in a signed zone has no signature: A of www.s000, zone s000');
});

test('no answer about the DS is no answer, and never "insecure" (S-DANE-3)', async () => {
  for (const type of [DS, DNSKEY]) {
    const fails: Alter = (parts, question) =>
      question.type === type && question.name === 's000' ? { rcode: 2, answers: [], authorities: [] } : parts;
    const { resolver } = setting(undefined, { alter: fails });
    const answer = await resolver.ask('www.s000', 'A');
    assert.ok(answer.kind === 'failed');
    assert.equal(answer.failure.kind, 'servfail');
    assert.equal(answer.security, 'indeterminate');
  }
});

test('a root with other keys than the anchors is bogus, and is said to be (S-DANE-1)', async () => {
  const { resolver } = setting(undefined, { anchors: anchorsOf(key(13, KEY_FLAGS.entry, 'another root')) });
  const answer = await resolver.ask('www.s000', 'A');
  assert.ok(answer.kind === 'failed' && answer.failure.kind === 'bogus');
  assert.equal(answer.failure.detail, 'no DNSKEY fits the trust anchor: DNSKEY of ., zone .');
});

test('without an anchor above it nothing can be said of a name', async () => {
  const { resolver } = setting(undefined, { anchors: [] });
  const answer = await resolver.ask('www.s000', 'A');
  assert.deepEqual([answer.kind, answer.security], ['records', 'indeterminate']);
  assert.equal(answer.securityDetail, 'no trust anchor stands above the name');
});

test('an anchor of an unknown algorithm makes everything insecure (RFC 4035 5.2)', async () => {
  const { resolver } = setting(undefined, { anchors: anchorsOf(createSigningKey(200)) });
  assert.equal((await resolver.ask('www.s000', 'A')).security, 'insecure');
});

test('an anchor can stand below the root', async () => {
  const signer = key(15);
  const anchors = anchorsOf(signer).map((anchor) => ({ ...anchor, zone: 's000' }));
  const build: Scenario['build'] = (apex, times) => ({ zones: [zone(apex, times, { keys: [signer] })], ds: [] });
  const { resolver, asked } = setting(build, { anchors });
  assert.equal((await resolver.ask('www.s000', 'A')).security, 'secure');
  assert.equal((await resolver.ask('ns1', 'A')).security, 'indeterminate');
  assert.equal(asked.includes('DNSKEY '), false);
});

test('whoever gives up gets an answer at once, and so do the others', async () => {
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { resolver } = setting(undefined, {
    ask: (ask) => async (question, signal) => {
      if (question.type === DNSKEY) await gate;
      return ask(question, signal);
    },
  });
  const controller = new AbortController();
  const impatient = resolver.ask('www.s000', 'A', { signal: controller.signal });
  const patient = resolver.ask('mx.s000', 'A');
  controller.abort();
  const answer = await impatient;
  assert.ok(answer.kind === 'failed' && answer.failure.kind === 'cancelled');
  release();
  assert.equal((await patient).security, 'secure');
});

test('a text that is no name is not asked for', async () => {
  const { resolver, asked } = setting();
  const answer = await resolver.ask('a..b', 'A');
  assert.ok(answer.kind === 'failed' && answer.failure.kind === 'malformed');
  assert.deepEqual(asked, []);
});

test('absence keeps its proof in the cache no longer than its zone said', async () => {
  const { resolver, asked, clock } = setting((apex, times) => ({
    zones: [zone(apex, times, { denial: NSEC3 })],
    ds: [ds(apex)],
  }));
  assert.equal((await resolver.ask('nix.s000', 'TLSA')).security, 'secure');
  const before = asked.length;
  clock.wind(299_000);
  await resolver.ask('nix.s000', 'TLSA');
  assert.equal(asked.length, before);
  clock.wind(2000);
  await resolver.ask('nix.s000', 'TLSA');
  assert.equal(asked.length, before + 1);
});

test('over real sockets every question carries DO and CD, and large answers come over TCP (S-DANE-24)', async (t) => {
  const big = Array.from({ length: 40 }, (_, index) =>
    toWire({ name: 'big.s000', type: 'TXT', ttl: 600, data: [Buffer.alloc(200, 65 + (index % 26))] }),
  ).map((record, index) => ({ ...record, data: Buffer.concat([record.data, Buffer.from([1, index])]) }));
  const { world } = setting((apex, times) => ({ zones: [zone(apex, times, { more: big })], ds: [ds(apex)] }));
  const queries: DnsMessage[] = [];
  const server = await startSignedServer((question, query): SignedAnswerParts => {
    queries.push(query);
    return answerAsResolver(world.zones, question);
  });
  const resolver = createValidatingResolver({
    servers: [specOf(`127.0.0.1:${server.port}`)],
    clock: { ...systemClock, now: () => Date.UTC(2026, 10, 23) },
    random: unpredictableRandom,
    timeoutMs: 2000,
    anchors: world.anchors,
  });
  t.after(async () => {
    await resolver.close();
    await server.stop();
  });
  const answer = await resolver.ask('big.s000', 'TXT');
  assert.ok(answer.kind === 'records', JSON.stringify(answer));
  assert.deepEqual([answer.security, answer.records.length], ['secure', 40]);
  assert.ok(queries.every((query) => query.checkingDisabled && query.edns?.dnssecOk === true));
});

test('a resolver that strips signatures is passed over for one that does not (S-DANE-1)', async (t) => {
  const { world } = setting();
  const counts = { stripping: 0, honest: 0 };
  const stripping = await startSignedServer((question) => {
    counts.stripping += 1;
    return without(ofType(RRSIG))(answerAsResolver(world.zones, question), question);
  });
  const honest = await startSignedServer((question) => {
    counts.honest += 1;
    return answerAsResolver(world.zones, question);
  });
  const shared = {
    clock: { ...systemClock, now: () => Date.UTC(2026, 10, 23) },
    random: unpredictableRandom,
    timeoutMs: 2000,
    anchors: world.anchors,
  };
  const both = createValidatingResolver({
    ...shared,
    servers: [specOf(`127.0.0.1:${stripping.port}`), specOf(`127.0.0.1:${honest.port}`)],
  });
  const alone = createValidatingResolver({ ...shared, servers: [specOf(`127.0.0.1:${stripping.port}`)] });
  t.after(async () => {
    await Promise.all([both.close(), alone.close()]);
    await Promise.all([stripping.stop(), honest.stop()]);
  });
  assert.equal((await both.ask('www.s000', 'A')).security, 'secure');
  const before = counts.stripping;
  assert.equal((await both.ask('mx.s000', 'A')).security, 'secure');
  assert.equal(counts.stripping, before, 'it is not asked first again');
  const answer = await alone.ask('www.s000', 'A');
  assert.equal(answer.security, 'indeterminate');
  assert.ok(answer.securityDetail?.startsWith(`the resolver 127.0.0.1:${stripping.port} strips`));
});

test('a chain that nobody answers for fails the answer and names what was asked for, at the root and below (S-DANE-3)', async () => {
  const silentFor =
    (silent: string, type: number) =>
    (ask: AskSigned): AskSigned =>
    async (question, signal) =>
      question.name === silent && question.type === type
        ? failed({ kind: 'timed-out', afterMs: 5000 })
        : await ask(question, signal);
  for (const [silent, type, named] of [
    ['', DNSKEY, 'DNSKEY of the root'],
    ['s000', DS, 'DS of s000'],
  ] as const) {
    const { resolver } = setting(undefined, { ask: silentFor(silent, type) });
    const answer = await resolver.ask('alias.s000', 'A');
    // To go on without would be the wish of whoever drops the question.
    assert.ok(answer.kind === 'failed', named);
    assert.deepEqual(answer.failure, { kind: 'timed-out', afterMs: 5000, behind: named });
    assert.equal(
      describeDnsFailure(answer.failure),
      `no resolver answered within 5 s (asked for ${named}, without which the answer cannot be validated)`,
    );
  }
});

test('one lost question of the chain is not the end: the next asker asks again', async () => {
  let lost = 0;
  const { resolver } = setting(undefined, {
    ask: (ask) => async (question, signal) => {
      if (question.type !== DNSKEY || question.name !== '' || lost > 0) return await ask(question, signal);
      lost += 1;
      return failed({ kind: 'timed-out', afterMs: 5000 });
    },
  });
  assert.equal((await resolver.ask('alias.s000', 'A')).kind, 'failed');
  const again = await resolver.ask('alias.s000', 'A');
  assert.ok(again.kind === 'records' && again.security === 'secure');
});
