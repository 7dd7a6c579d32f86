import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { systemClock, unpredictableRandom } from '../../src/app/world.ts';
import type { Clock } from '../../src/base/clock.ts';
import { createResolver, type OwnedResolver } from '../../src/dns/resolver.ts';
import { parseResolverSpec } from '../../src/dns/resolver-spec.ts';
import type { ZoneName } from '../../src/lab/zone.ts';
import { startZoneServer, type ZoneServer } from '../../src/lab/zone-server.ts';
import {
  createMemoryPolicyCache,
  type PolicyCache,
  planRefresh,
  REFRESH_AFTER_MS,
  RETRY_AFTER_MS,
} from '../../src/mtasts/cache.ts';
import {
  createStsDiscovery,
  describeStsDiscovery,
  describeStsWarning,
  type StsDiscovery,
} from '../../src/mtasts/discover.ts';
import type { FetchFailure, FetchPolicy } from '../../src/mtasts/fetch.ts';
import type { StsPolicy } from '../../src/mtasts/policy.ts';

const DAY = 86_400_000;
const POLICY: StsPolicy = { mode: 'enforce', mx: ['mx.example.test'], maxAge: 30 * 86_400 };
const GONE: FetchFailure = { kind: 'status', status: 404 };

describe('discovering a policy', () => {
  let server: ZoneServer;
  let resolver: OwnedResolver;
  let cache: PolicyCache;
  let now = 0;
  let fetches = 0;
  /** What the policy host serves now. */
  let served: StsPolicy | FetchFailure = POLICY;
  const clock: Clock = { ...systemClock, now: () => now };
  const fetch: FetchPolicy = async (domain) => {
    fetches += 1;
    const outcome =
      'kind' in served
        ? ({ ok: false, failure: served } as const)
        : ({ ok: true, value: { policy: served, remarks: [] } } as const);
    return { url: `https://mta-sts.${domain}/`, outcome, trail: { tried: [], chain: null }, ms: 1 };
  };

  before(async () => {
    server = await startZoneServer({ zones: {}, clock: systemClock });
    const spec = parseResolverSpec(server.spec);
    assert.ok(spec.ok);
    resolver = createResolver({
      servers: [spec.value],
      clock: systemClock,
      random: unpredictableRandom,
      cacheEntries: 0,
      timeoutMs: 20_000,
      attempts: 1,
    });
  });
  after(async () => {
    await resolver.close();
    await server.stop();
  });
  beforeEach(() => {
    cache = createMemoryPolicyCache();
    now = Date.UTC(2026, 0, 1);
    fetches = 0;
    served = POLICY;
    publish({ TXT: ['v=STSv1; id=1'] });
  });

  function publish(records: ZoneName | null): void {
    if (records === null) server.zones.remove('_mta-sts.example.test');
    else server.zones.set('_mta-sts.example.test', records);
  }

  function discover(alsoWithoutRecord = false): Promise<StsDiscovery> {
    return createStsDiscovery({ resolver, clock, cache, fetch, alsoWithoutRecord })('example.test');
  }

  /** `policy 1 cache kept-without-record`: kind, id or failure, where from, warnings. */
  async function seen(): Promise<string> {
    const found = await discover();
    const what = found.kind === 'policy' ? [found.id, found.from] : [];
    const failure = found.kind === 'failed' ? [found.failure?.kind ?? 'dns'] : [];
    assert.match(describeStsDiscovery(found), /\.$/);
    for (const warning of found.warnings) assert.match(describeStsWarning(warning), /\.$/);
    return [found.kind, ...what, ...failure, ...found.warnings.map(({ kind }) => kind)].join(' ');
  }

  it('fetches once and keeps the policy while its record stays the same (S-STS-1, S-STS-3)', async () => {
    assert.equal(await seen(), 'policy 1 fetch');
    now += REFRESH_AFTER_MS - 1;
    assert.equal(await seen(), 'policy 1 cache');
    assert.equal(fetches, 1);
    const found = await discover();
    assert.ok(found.kind === 'policy');
    assert.equal(found.expiresAt, Date.UTC(2026, 0, 31));
    assert.equal(found.record.name, '_mta-sts.example.test');
  });

  it('tells a failed look-up from an absent record (S-STS-2)', async () => {
    publish(null);
    assert.equal(await seen(), 'absent');
    publish({});
    assert.equal(await seen(), 'absent');
    publish({ fault: 'servfail' });
    assert.equal(await seen(), 'failed dns');
    assert.equal(fetches, 0);
  });

  it('applies the kept policy whatever DNS says, until its own end (S-STS-2)', async () => {
    await discover();
    for (const records of [
      null,
      { fault: 'servfail' },
      { TXT: ['v=STSv1'] },
      { TXT: ['v=STSv1; id=1', 'v=STSv1; id=1'] },
    ] as const) {
      publish(records);
      assert.equal(await seen(), 'policy 1 cache kept-without-record');
    }
    now += POLICY.maxAge * 1000;
    publish(null);
    assert.equal(await seen(), 'absent');
    assert.equal(fetches, 1);
  });

  it('keeps the old policy when the one under a new id cannot be fetched (S-STS-12)', async () => {
    await discover();
    publish({ TXT: ['v=STSv1; id=2'] });
    served = GONE;
    assert.equal(await seen(), 'policy 1 cache kept-after-failure');
    now += POLICY.maxAge * 1000;
    assert.equal(await seen(), 'failed status');
  });

  it('fetches at once under a new id, and the new policy replaces the old (S-STS-12)', async () => {
    await discover();
    publish({ TXT: ['v=STSv1; id=2'] });
    served = { ...POLICY, mx: ['mx2.example.test'] };
    assert.equal(await seen(), 'policy 2 fetch');
    assert.equal(await seen(), 'policy 2 cache');
  });

  it('does not repeat a failed fetch of the same id within five minutes, but does for another id (S-STS-6)', async () => {
    served = GONE;
    assert.equal(await seen(), 'failed status');
    now += RETRY_AFTER_MS - 1;
    assert.equal(await seen(), 'failed status');
    assert.equal(fetches, 1);
    publish({ TXT: ['v=STSv1; id=2'] });
    assert.equal(await seen(), 'failed status');
    assert.equal(fetches, 2);
    now += RETRY_AFTER_MS;
    served = POLICY;
    assert.equal(await seen(), 'policy 2 fetch');
  });

  it('looks again daily, a short-lived policy at half its life, and stays with the old one on failure (S-STS-13)', async () => {
    await discover();
    now += REFRESH_AFTER_MS;
    served = GONE;
    assert.equal(await seen(), 'policy 1 cache kept-after-failure');
    now += RETRY_AFTER_MS;
    served = POLICY;
    assert.equal(await seen(), 'policy 1 fetch');
    const kept = { policy: { ...POLICY, maxAge: 3600 }, id: '1', fetchedAt: 0 };
    assert.equal(planRefresh({ kept, failed: null }, '1', 1_799_999).kind, 'keep');
    assert.deepEqual(planRefresh({ kept, failed: null }, '1', 1_800_000), { kind: 'fetch', why: 'due' });
  });

  it('replaces what was kept by a policy of mode none (S-STS-11)', async () => {
    await discover();
    publish({ TXT: ['v=STSv1; id=2'] });
    served = { mode: 'none', mx: [], maxAge: 86_400 };
    const found = await discover();
    assert.ok(found.kind === 'policy' && found.policy.mode === 'none');
    publish(null);
    const later = await discover();
    assert.ok(later.kind === 'policy' && later.policy.mode === 'none');
    assert.deepEqual(later.warnings, []);
  });

  it('asks for the domain of the recipient and not for what a CNAME of it leads to (S-STS-15)', async () => {
    server.zones.set('alias.test', { CNAME: 'example.test' });
    const found = await createStsDiscovery({ resolver, clock, cache, fetch })('alias.test');
    assert.equal(found.kind, 'absent');
    assert.equal(found.record.name, '_mta-sts.alias.test');
    server.zones.remove('alias.test');
  });

  it('follows a CNAME at the record itself (S-STS-1)', async () => {
    publish({ CNAME: 'policy.hoster.test' });
    server.zones.set('policy.hoster.test', { TXT: ['v=STSv1; id=hosted'] });
    assert.equal(await seen(), 'policy hosted fetch');
  });

  it('says that a policy is served without a record, and the other way round (S-STS-18)', async () => {
    publish(null);
    const found = await discover(true);
    assert.equal(found.kind, 'absent');
    assert.deepEqual(found.warnings, [{ kind: 'served-without-record', policy: POLICY }]);
    publish({ TXT: ['v=STSv1; id=1'] });
    served = GONE;
    assert.equal(await seen(), 'failed status');
  });

  it('says that the policy changed under the same id (S-STS-18)', async () => {
    await discover();
    now += DAY;
    served = { ...POLICY, mode: 'testing' };
    assert.equal(await seen(), 'policy 1 fetch changed-under-same-id');
  });

  it('shows what stands at the name of the record without being one (S-STS-1)', async () => {
    publish({ TXT: ['v=STSV1; id=1'] });
    assert.equal(await seen(), 'absent not-a-record');
  });

  it('fetches once for all who ask at the same time', async () => {
    const both = createStsDiscovery({ resolver, clock, cache, fetch });
    const found = await Promise.all([both('example.test'), both('example.test'), both('example.test')]);
    assert.deepEqual(
      found.map(({ kind }) => kind),
      ['policy', 'policy', 'policy'],
    );
    assert.equal(fetches, 1);
  });

  it('keeps as many policies as it is told, the last used ones', async () => {
    const small = createMemoryPolicyCache(2);
    const entry = { kept: null, failed: null };
    await small.put('a.test', entry);
    await small.put('b.test', entry);
    await small.get('a.test');
    await small.put('c.test', entry);
    assert.deepEqual(
      [await small.get('a.test'), await small.get('b.test'), await small.get('c.test')],
      [entry, null, entry],
    );
  });
});
