import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import type { DaneLookup } from '../../src/dane/lookup.ts';
import { type DaneVerdict, type JudgedRecord, matchDane } from '../../src/dane/match.ts';
import type { DnsAnswer, RecordData, RecordType } from '../../src/dns/answer.ts';
import { createAnswerCache } from '../../src/dns/answer-cache.ts';
import type { Resolver } from '../../src/dns/resolver.ts';
import { createMemoryPolicyCache } from '../../src/mtasts/cache.ts';
import { createStsDiscovery, type StsDiscovery } from '../../src/mtasts/discover.ts';
import type { StsPolicy } from '../../src/mtasts/policy.ts';
import type { Evidence } from '../../src/policy/evidence.ts';
import { GOOD_EVIDENCE } from '../../src/policy/example-evidence.ts';
import { stsCoverage } from '../../src/policy/published.ts';
import type { ClockEntry } from '../../src/probe/result.ts';
import type { FoundRoute } from '../../src/probe/result-of.ts';
import { LATE_SIGNATURE_MS, rolloverClock } from '../../src/probe/rollover-clock.ts';
import { certificate } from '../report/results.ts';
import { handWoundClock } from '../support/hand-wound-clock.ts';

const AT = Date.UTC(2026, 9, 1);
const DAY = 86_400_000;
const HOST = 'mx.example.com';
/** Of the example certificate. */
const NOT_AFTER = Date.UTC(2026, 11, 24);
const WEEK = 7 * 86_400;

interface Scene {
  readonly at?: number;
  /** `3 1 1 live`, `3 1 1 next`: what begins with "live" matches. */
  readonly records?: readonly string[];
  readonly ttl?: number;
  readonly signedUntil?: number;
  readonly issuerEnds?: number;
  readonly mx?: Partial<Extract<DnsAnswer<'MX'>, { kind: 'records' }>>;
  readonly policy?: StsPolicy;
  readonly orphan?: boolean;
}

function clock(scene: Scene): readonly ClockEntry[] {
  const { at = AT, records = [], ttl = 3600, policy } = scene;
  const judged = records.map((text): JudgedRecord => {
    const [usage, selector, matchingType, data = ''] = text.split(' ');
    const numbers = { usage: Number(usage), selector: Number(selector), matchingType: Number(matchingType) };
    const matched = data.startsWith('live');
    return { ...numbers, data, state: 'counts', why: null, digestOfNothing: false, matched, detail: '' };
  });
  const verdict: DaneVerdict = { status: 'match', usage: 3, records: judged, notes: [], detail: '' };
  const leaf = certificate(HOST, 'An Issuer', [HOST]);
  const issuer = certificate('An Issuer', 'A Root');
  const ends = scene.issuerEnds ?? NOT_AFTER + DAY;
  const path = [leaf, { ...issuer, notAfter: new Date(ends).toISOString() }];
  const evidence: Evidence = {
    ...GOOD_EVIDENCE,
    exchange: HOST,
    path: {
      kind: 'seen',
      ms: 1,
      value: {
        sent: path,
        trusted: true,
        problem: null,
        detail: null,
        path,
        anchor: null,
        remarks: [],
        revocation: 'good',
      },
    },
    dane: { kind: 'seen', ms: 1, value: { status: 'match', usage: 3, detail: '', verdict } },
  };
  const lookup: DaneLookup = {
    kind: 'records',
    baseDomain: HOST,
    tlsaName: `_25._tcp.${HOST}`,
    records: judged,
    ttl,
    ...(scene.signedUntil === undefined ? {} : { signedUntil: scene.signedUntil }),
    securityFrom: null,
    nameSecure: true,
    steps: [],
  };
  const found: StsDiscovery | null =
    policy === undefined
      ? null
      : {
          kind: 'policy',
          policy,
          id: '1',
          from: 'cache',
          fetchedAt: at,
          expiresAt: at + policy.maxAge * 1000,
          record: { kind: 'absent', ignored: [], name: '', security: 'insecure', securityFrom: null },
          warnings: scene.orphan === true ? [{ kind: 'kept-without-record' }] : [],
          fetch: null,
        };
  // Two addresses of one host say everything twice.
  return rolloverClock({
    at,
    route: routeWith(scene.mx),
    sessions: [evidence, { ...evidence, address: '192.0.2.2' }],
    published: {
      domain: { mtaSts: found, tlsRpt: null },
      dane: new Map(records.length === 0 ? [] : [[HOST, lookup]]),
    },
  });
}

function routeWith(mx: Scene['mx']): FoundRoute {
  const answer: DnsAnswer = {
    ...{ kind: 'records', name: 'example.com', type: 'MX', canonicalName: 'example.com', aliases: [] },
    ...{ security: 'secure', securityFrom: null, resolver: '', ms: 1, ttl: 300 },
    records: [{ name: 'example.com', type: 'MX', ttl: 300, data: { preference: 10, exchange: HOST } }],
    ...mx,
  };
  const rest = { security: 'secure', securityFrom: null, remarks: [], hosts: [] } as const;
  return { kind: 'route', source: 'mx', ...rest, answers: mx === undefined ? [] : [answer] };
}

/** `what severity` and the date, of entries about these. */
function told(entries: readonly ClockEntry[], ...topics: readonly ClockEntry['what'][]): readonly string[] {
  for (const { sentence } of entries) assert.match(sentence, /\.$/);
  return entries
    .filter(({ what }) => topics.includes(what))
    .map(({ what, severity, at }) => `${what} ${severity} ${at}`);
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

describe('the roll-over clock', () => {
  it('counts a certificate down against its own lifetime', () => {
    const at = (time: number) => told(clock({ at: time }), 'certificate-ends');
    assert.deepEqual(at(AT), [`certificate-ends info ${iso(NOT_AFTER)}`]);
    assert.deepEqual(at(NOT_AFTER - 10 * DAY), [`certificate-ends warning ${iso(NOT_AFTER)}`]);
    assert.deepEqual(at(NOT_AFTER + DAY), [`certificate-ends error ${iso(NOT_AFTER)}`]);
    const early = NOT_AFTER - 30 * DAY;
    assert.deepEqual(told(clock({ issuerEnds: early }), 'issuer-ends'), [`issuer-ends info ${iso(early)}`]);
    assert.deepEqual(told(clock({}), 'issuer-ends'), []);
  });

  it('says when a key may change, and until when a pinned certificate needs the record of the next (S-DANE-20)', () => {
    const safe = `key-switch-safe info ${iso(AT + 2 * 3_600_000)}`;
    const topics = ['key-switch-safe', 'tlsa-publish-next'] as const;
    assert.deepEqual(told(clock({ records: ['3 1 1 live'] }), ...topics), [safe]);
    assert.deepEqual(told(clock({ records: ['3 1 1 live', '3 1 1 next'] }), ...topics), [safe]);
    assert.deepEqual(told(clock({ records: ['2 1 1 live'] }), ...topics), [], 'the authority vouches for any key');
    const before = iso(NOT_AFTER - 2 * 3_600_000);
    assert.deepEqual(told(clock({ records: ['3 0 1 live'] }), ...topics), [safe, `tlsa-publish-next info ${before}`]);
    assert.deepEqual(told(clock({ records: ['3 0 1 live', '3 0 1 next'] }), ...topics), [safe]);
    assert.deepEqual(told(clock({ records: ['3 1 1 other'] }), ...topics), [], 'there is nothing that could be kept');
    const sentences = clock({ records: ['3 1 1 live', '3 1 1 next'] }).map(({ sentence }) => sentence);
    assert.ok(sentences.some((sentence) => /another key .* from then on the key may change/.test(sentence)));
  });

  it('says when MTA-STS can be withdrawn, and when a new MX host may take mail alone (S-STS-17)', () => {
    const gone = iso(AT + WEEK * 1000);
    const enforce = { mode: 'enforce', mx: [HOST], maxAge: WEEK } as const;
    assert.deepEqual(told(clock({ policy: enforce }), 'mx-switch-safe', 'policy-removable', 'policy-kept-ends'), [
      `mx-switch-safe info ${gone}`,
      `policy-removable info ${gone}`,
    ]);
    assert.deepEqual(told(clock({ policy: enforce, orphan: true }), 'policy-kept-ends'), [
      `policy-kept-ends warning ${gone}`,
    ]);
    const none = { mode: 'none', mx: [], maxAge: WEEK } as const;
    assert.deepEqual(told(clock({ policy: none }), 'mx-switch-safe', 'policy-removable'), []);
  });

  it('watches signatures, and warns before caches outlive them', () => {
    const signed = (left: number, ttl: number) =>
      told(clock({ mx: { signedUntil: AT + left, ttl } }), 'signature-ends').map((line) => line.split(' ')[1]);
    assert.deepEqual(signed(10 * DAY, 3600), ['info']);
    assert.deepEqual(signed(LATE_SIGNATURE_MS - 1, 60), ['warning']);
    assert.deepEqual(signed(DAY, 86_400), ['warning']);
    assert.deepEqual(signed(-1, 60), ['error']);
    const tlsa = clock({ records: ['3 1 1 live'], signedUntil: AT + DAY });
    assert.deepEqual(told(tlsa, 'signature-ends'), [`signature-ends info ${iso(AT + DAY)}`]);
  });

  it('counts with the TTL that was signed, not with what a cache has left of it', () => {
    const until = (mx: NonNullable<Scene['mx']>) => told(clock({ mx }), 'old-mx-needed');
    assert.deepEqual(until({ ttl: 300 }), [`old-mx-needed info ${iso(AT + 600_000)}`]);
    assert.deepEqual(until({ ttl: 17, signedTtl: 300 }), [`old-mx-needed info ${iso(AT + 600_000)}`]);
  });

  it('is in order, and says nothing twice for the addresses of one host', () => {
    const entries = clock({ records: ['3 0 1 live'], mx: {}, policy: { mode: 'testing', mx: [HOST], maxAge: 60 } });
    const dates = entries.map(({ at }) => at);
    assert.deepEqual(dates, [...dates].sort());
    assert.equal(new Set(entries.map((entry) => JSON.stringify(entry))).size, entries.length);
    assert.ok(entries.length >= 6);
  });
});

/** The clock's own word on a plan that begins at `AT`. */
function promised(scene: Scene, what: ClockEntry['what']): number {
  const entry = clock(scene).find((each) => each.what === what);
  return entry === undefined ? assert.fail(`the clock says nothing of ${what}`) : Date.parse(entry.at);
}

const MINUTE = 60_000;
const TTL_MINUTES = 10;

/**
 * Instants at which senders deliver: every minute, and a moment before, so that somebody has always just asked when
 * something changes. Minutes count from the beginning of the plan and may be negative.
 */
function instants(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, index) => AT + (from + index) * MINUTE).flatMap((at) => [at - 1, at]);
}

/**
 * A record set that changes at `AT`, seen through the caches of senders: each begins at another minute, asks a name server
 * that lags behind by nothing or by a TTL, and keeps what it heard for the TTL. What a sender holds at each instant.
 */
function heldBySenders(times: readonly number[]): readonly (readonly ('old' | 'new')[])[] {
  const ttl = TTL_MINUTES * MINUTE;
  return [0, ttl].flatMap((lag) =>
    Array.from({ length: TTL_MINUTES }, (_, phase) => {
      const time = handWoundClock(times[0]);
      const cache = createAnswerCache(time, 10);
      return times.slice(2 * phase).map((at): 'old' | 'new' => {
        time.wind(at - time.now());
        const cached = cache.get('set');
        if (cached !== null) return cached.name === 'new' ? 'new' : 'old';
        const name = at < AT + lag ? 'old' : 'new';
        const said = { type: 'TLSA', security: 'secure', securityFrom: null, resolver: '', ms: 0 } as const;
        cache.put('set', { kind: 'no-data', canonicalName: '', aliases: [], name, ...said }, TTL_MINUTES * 60);
        return name;
      });
    }),
  );
}

/** For every minute at which the switch could be made: is no mail lost? It has to be the clock's word exactly. */
function holds(name: string, safeAt: number, minutes: number, lost: (switchAt: number) => number): void {
  const wrong: string[] = [];
  let safe = 0;
  for (let minute = 0; minute <= minutes; minute++) {
    const switchAt = AT + minute * MINUTE;
    const mails = lost(switchAt);
    if (mails === 0) safe++;
    if ((mails === 0) !== switchAt >= safeAt) wrong.push(`${name}: at minute ${minute} ${mails} mails are lost`);
  }
  assert.deepEqual(wrong, []);
  assert.ok(safe > 0 && safe <= minutes, 'some minutes are safe and some are not');
}

describe('senders with caches, delivering every minute of a roll-over, lose no mail if and only if the clock said it was safe:', () => {
  const times = instants(-TTL_MINUTES - 2, 50);
  const held = heldBySenders(times);

  /** Deliveries that fail with what the senders hold. */
  const failures = (fails: (holding: 'old' | 'new', at: number) => boolean): number =>
    held.reduce((sum, sets) => {
      const skipped = times.length - sets.length;
      return sum + sets.filter((holding, index) => fails(holding, times[index + skipped] ?? 0)).length;
    }, 0);

  it('a change of key under DANE (S-DANE-20)', () => {
    const keys = { old: Buffer.from('the old key'), next: Buffer.from('the next key') };
    const record = (spki: Buffer) => ({ usage: 3, selector: 1, matchingType: 1, data: digest(spki) });
    const sets = { old: [record(keys.old)], new: [record(keys.old), record(keys.next)] };
    const matches = (set: 'old' | 'new', key: 'old' | 'next'): boolean => {
      const presented = { kind: 'raw-public-key', spki: keys[key] } as const;
      return matchDane({ records: sets[set], presented, referenceNames: [], at: AT }).status === 'match';
    };
    const known = new Map(
      (['old', 'new'] as const).flatMap((set) =>
        (['old', 'next'] as const).map((key) => [`${set} ${key}`, matches(set, key)] as const),
      ),
    );
    const safeAt = promised({ records: ['3 1 1 live', '3 1 1 next'], ttl: TTL_MINUTES * 60 }, 'key-switch-safe');
    holds('key', safeAt, 40, (switchAt) =>
      failures((set, at) => known.get(`${set} ${at < switchAt ? 'old' : 'next'}`) !== true),
    );
  });

  it('the old MX host switched off after the MX records changed', () => {
    const safeAt = promised({ mx: { ttl: TTL_MINUTES * 60 } }, 'old-mx-needed');
    holds('host', safeAt, 40, (offAt) => failures((set, at) => set === 'old' && at >= offAt));
  });

  it('a change of MX host under MTA-STS, with senders who cannot fetch the new policy (S-STS-12)', async () => {
    const maxAge = 30 * 60;
    const before: StsPolicy = { mode: 'enforce', mx: ['old.example.com'], maxAge };
    const after: StsPolicy = { mode: 'enforce', mx: ['old.example.com', 'new.example.com'], maxAge };
    const safeAt = promised({ policy: before }, 'mx-switch-safe');
    const minutes = instants(-35, 70);
    const policies = await Promise.all(
      (['none', 'fetch', 'record'] as const).flatMap((fault) =>
        Array.from({ length: 35 }, (_, phase) => policiesHeld(minutes.slice(2 * phase), { fault, before, after })),
      ),
    );
    holds('mx', safeAt, 60, (switchAt) =>
      policies.reduce((sum, held) => {
        const skipped = minutes.length - held.length;
        return (
          sum +
          held.filter((policy, index) => {
            const exchange = (minutes[index + skipped] ?? 0) < switchAt ? 'old.example.com' : 'new.example.com';
            return policy !== null && stsCoverage(policy, exchange) === 'not-covered';
          }).length
        );
      }, 0),
    );
  });

  it('a policy that is withdrawn and taken away: nobody is left who holds the old one (S-STS-17)', async () => {
    const before: StsPolicy = { mode: 'enforce', mx: ['old.example.com'], maxAge: 30 * 60 };
    const after: StsPolicy = { mode: 'none', mx: [], maxAge: 60 };
    const safeAt = promised({ policy: before }, 'policy-removable');
    const minutes = instants(-35, 70);
    const held = await Promise.all(
      (['none', 'fetch', 'record'] as const).flatMap((fault) =>
        Array.from({ length: 35 }, (_, phase) => policiesHeld(minutes.slice(2 * phase), { fault, before, after })),
      ),
    );
    // Once it is away, hosts may do as they like: whoever still enforces the old policy loses mail.
    holds('policy', safeAt, 60, (goneAt) =>
      held.reduce((sum, policies) => {
        const skipped = minutes.length - policies.length;
        return (
          sum +
          policies.filter((policy, index) => policy?.mode === 'enforce' && (minutes[index + skipped] ?? 0) >= goneAt)
            .length
        );
      }, 0),
    );
  });
});

interface Change {
  /** What this sender cannot do from the change on. */
  readonly fault: 'none' | 'fetch' | 'record';
  readonly before: StsPolicy;
  readonly after: StsPolicy;
}

/** What a sender with a cache of policies applies at each instant, when the policy changes at `AT`. */
async function policiesHeld(times: readonly number[], { fault, before, after }: Change) {
  const time = handWoundClock(times[0]);
  const changed = (): boolean => time.now() >= AT;
  const resolver: Resolver = {
    async ask<T extends RecordType>(name: string, type: T): Promise<DnsAnswer<T>> {
      const said = { name, type, security: 'insecure', securityFrom: null, resolver: '', ms: 0 } as const;
      if (changed() && fault === 'record') return { kind: 'failed', ...said, failure: { kind: 'servfail' } };
      const data = [Buffer.from(`v=STSv1; id=${changed() ? 2 : 1};`)] as unknown as RecordData[T];
      return {
        kind: 'records',
        ...said,
        canonicalName: name,
        aliases: [],
        ttl: 0,
        records: [{ name, type, ttl: 0, data }],
      };
    },
  };
  const discover = createStsDiscovery({
    resolver,
    clock: time,
    cache: createMemoryPolicyCache(),
    fetch: async () => ({
      url: '',
      trail: { tried: [], chain: null },
      ms: 0,
      outcome:
        changed() && fault === 'fetch'
          ? { ok: false, failure: { kind: 'status', status: 503 } }
          : { ok: true, value: { policy: changed() ? after : before, remarks: [] } },
    }),
  });
  const held: (StsPolicy | null)[] = [];
  for (const at of times) {
    time.wind(at - time.now());
    const found = await discover('example.com');
    held.push(found.kind === 'policy' ? found.policy : null);
  }
  return held;
}

function digest(octets: Buffer): string {
  return createHash('sha256').update(octets).digest('hex');
}
