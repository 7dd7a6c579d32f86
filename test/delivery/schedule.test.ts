import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { expiresAt, nextStep, plannedAt } from '../../src/delivery/schedule.ts';
import { type BounceProfile, DEFAULT_BOUNCE_SETTINGS } from '../../src/delivery/settings.ts';

/** The seconds of all attempts when each is made on time and fails, and how it ends. */
function life(profile: BounceProfile): {
  readonly attempts: readonly number[];
  readonly end: string;
  readonly at: number;
} {
  const attempts: number[] = [];
  let now = 0;
  for (;;) {
    if (now >= expiresAt(profile, 0)) return { attempts, end: 'time-in-queue', at: now / 1000 };
    attempts.push(now / 1000);
    const next = nextStep({ profile, acceptedAt: 0, attempts: attempts.length, now });
    if (next.kind === 'give-up') return { attempts, end: next.why, at: now / 1000 };
    now = next.at;
  }
}

const of = (changes: Partial<BounceProfile>): BounceProfile => ({ ...DEFAULT_BOUNCE_SETTINGS, ...changes });

test('two retries of 60 s are made at 0, 60 and 120 s, then the message bounces (R108)', () => {
  assert.deepEqual(life(of({ maxRetries: 2 })), { attempts: [0, 60, 120], end: 'retries', at: 120 });
});

test('a queue time of 100 s ends before the attempt at 120 s (R108)', () => {
  assert.deepEqual(life(of({ maxRetries: 2, maxQueueSeconds: 100 })), {
    attempts: [0, 60],
    end: 'time-in-queue',
    at: 100,
  });
});

test('waits double up to the longest one, and the defaults hold for three days (R107)', () => {
  const { attempts, end, at } = life(DEFAULT_BOUNCE_SETTINGS);
  assert.deepEqual(attempts.slice(0, 9), [0, 60, 120, 240, 480, 960, 1920, 3840, 7440]);
  assert.equal(end, 'time-in-queue');
  assert.equal(at, 259_200);
});

const profiles = fc.record({
  maxRetries: fc.integer({ min: 0, max: 200 }),
  maxQueueSeconds: fc.integer({ min: 0, max: 300_000 }),
  initialRetrySeconds: fc.integer({ min: 1, max: 4_000 }),
  maxRetrySeconds: fc.integer({ min: 1, max: 8_000 }),
});

test('whenever an attempt was made, the next one lies ahead and within the time in the queue', () => {
  fc.assert(
    fc.property(
      profiles,
      fc.integer({ min: 1, max: 150 }),
      fc.integer({ min: 0, max: 400_000_000 }),
      (given, attempts, now) => {
        const profile = of(given);
        const next = nextStep({ profile, acceptedAt: 0, attempts, now });
        if (next.kind === 'retry') {
          assert.ok(next.at > now, 'it lies ahead');
          assert.ok(next.at <= expiresAt(profile, 0), 'it lies within the time in the queue');
          assert.ok(attempts <= profile.maxRetries);
        } else if (next.why === 'retries') assert.ok(attempts > profile.maxRetries);
        else assert.ok(now >= expiresAt(profile, 0));
      },
    ),
  );
});

test('waits never shrink, also where the attempts are far apart from the plan', () => {
  fc.assert(
    fc.property(profiles, fc.integer({ min: 1, max: 100 }), (given, index) => {
      const profile = of({ ...given, maxRetrySeconds: Math.max(given.maxRetrySeconds, given.initialRetrySeconds) });
      const [a, b, c] = [index - 1, index, index + 1].map((each) => plannedAt(profile, 0, each));
      assert.ok((c ?? 0) - (b ?? 0) >= (b ?? 0) - (a ?? 0) || index === 1);
    }),
  );
});

test('after a long absence the next attempt keeps its distance', () => {
  const late = 50_000_000;
  const next = nextStep({ profile: DEFAULT_BOUNCE_SETTINGS, acceptedAt: 0, attempts: 5, now: late });
  assert.deepEqual(next, { kind: 'retry', at: late + 480_000 });
});

test('tries are close at first and half an hour apart or more from the second hour on, and five days can be asked for (S-MX-14)', () => {
  const HALF_AN_HOUR = 1_800;
  const FIVE_DAYS = 5 * 86_400;
  for (const profile of [DEFAULT_BOUNCE_SETTINGS, of({ maxQueueSeconds: FIVE_DAYS, maxRetries: 500 })]) {
    const { attempts, end, at } = life(profile);
    const gaps = attempts
      .slice(1)
      .map((time, index) => ({ from: attempts[index] ?? 0, gap: time - (attempts[index] ?? 0) }));
    assert.ok(
      gaps.slice(0, 2).every(({ gap }) => gap <= 60),
      'the first ones are quick: most trouble is short',
    );
    const later = gaps.filter(({ from }) => from >= 2 * HALF_AN_HOUR);
    assert.ok(later.length > 10);
    // The one before the end may be cut short by the end itself.
    assert.ok(later.slice(0, -1).every(({ gap }) => gap >= HALF_AN_HOUR));
    assert.deepEqual([end, at], ['time-in-queue', profile.maxQueueSeconds]);
  }
});
