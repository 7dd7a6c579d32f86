/**
 * The queue as one could write it on a sheet of paper: a list of recipients and what is known of each. Random sequences
 * of what processes and people do are played on a store and on the sheet, which must tell the same after each step.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ClaimedMessage, QueueSelection, QueueStore, RecipientState } from '../../src/delivery/queue-store.ts';
import { claimOf, FACTS, messageTo, START } from './store-world.ts';

const DESTINATIONS = ['a.example', 'b.example', 'c.example'] as const;
const LEASE_MS = 100;

export type Step =
  | { readonly do: 'accept'; readonly to: readonly number[] }
  | { readonly do: 'claim'; readonly from: number; readonly most: number; readonly mostRecipients: number }
  | {
      readonly do: 'report';
      /** Which of all claims so far, late and repeated ones included. */
      readonly of: number;
      readonly outcome: 'delivered' | 'bounced' | 'deferred' | 'uncounted';
      readonly delay: number;
      /** How many of its recipients. */
      readonly share: number;
    }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'reclaim' }
  | { readonly do: 'renew'; readonly owner: number }
  | { readonly do: 'hold' | 'release' | 'remove' | 'retryNow'; readonly what: number };

export const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('accept' as const),
        to: fc.array(fc.nat(DESTINATIONS.length - 1), { minLength: 1, maxLength: 5 }),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('claim' as const),
        from: fc.nat(DESTINATIONS.length - 1),
        most: fc.integer({ min: 1, max: 3 }),
        mostRecipients: fc.integer({ min: 1, max: 6 }),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('report' as const),
        of: fc.nat(20),
        outcome: fc.constantFrom('delivered' as const, 'bounced' as const, 'deferred' as const, 'uncounted' as const),
        delay: fc.integer({ min: 0, max: 150 }),
        share: fc.integer({ min: 1, max: 5 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 150 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('reclaim' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('renew' as const), owner: fc.nat(1) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constantFrom('hold' as const, 'release' as const, 'remove' as const, 'retryNow' as const),
        what: fc.nat(8),
      }),
    },
  ),
  { minLength: 5, maxLength: 45 },
);

interface Known {
  readonly mid: number;
  readonly rid: number;
  readonly destination: string;
  state: RecipientState;
  due: number;
  attempts: number;
  attemptId: number | null;
}

/** Plays the steps on the stores in turn, which share one database, and leaves it empty. */
export async function play(stores: readonly QueueStore[], told: readonly Step[]): Promise<void> {
  const known: Known[] = [];
  const claims: { readonly claimed: ClaimedMessage; readonly owner: number; leaseUntil: number }[] = [];
  const attempts = new Set<number>();
  let now = START;

  const act = async (step: Step, index: number): Promise<void> => {
    const owner = index % stores.length;
    const store = stores[owner] as QueueStore;
    switch (step.do) {
      case 'accept': {
        const addresses = step.to.map((to, place) => `u${place}@${DESTINATIONS[to]}`);
        const { mid } = await store.accept(messageTo(addresses), now);
        assert.ok(!known.some((one) => one.mid === mid), 'a number of its own');
        step.to.forEach((to, rid) => {
          known.push({
            mid,
            rid,
            destination: DESTINATIONS[to] ?? '',
            state: 'queued',
            due: now,
            attempts: 0,
            attemptId: null,
          });
        });
        return;
      }
      case 'claim': {
        const destination = DESTINATIONS[step.from] ?? '';
        const { most, mostRecipients } = step;
        const claimed = await store.claim(
          claimOf(destination, { most, mostRecipients, owner: `o${owner}`, now, leaseMs: LEASE_MS }),
        );
        const due = known
          .filter((one) => one.destination === destination && one.state === 'queued' && one.due <= now)
          .toSorted((one, other) => one.due - other.due || one.mid - other.mid || one.rid - other.rid)
          .slice(0, mostRecipients);
        const mids = [...new Set(due.map(({ mid }) => mid))].slice(0, most);
        const expected = due.filter(({ mid }) => mids.includes(mid));
        assert.deepEqual(
          claimed.map(({ mid }) => mid),
          mids,
        );
        for (const message of claimed) {
          const mine = expected.filter(({ mid }) => mid === message.mid).sort((one, other) => one.rid - other.rid);
          assert.deepEqual(
            message.recipients.map(({ rid, attempts: before }) => [rid, before]),
            mine.map(({ rid, attempts: before }) => [rid, before]),
          );
          assert.ok(!attempts.has(message.attemptId), 'an attempt has a number of its own');
          attempts.add(message.attemptId);
          for (const one of mine) Object.assign(one, { state: 'claimed', attemptId: message.attemptId });
          claims.push({ claimed: message, owner, leaseUntil: now + LEASE_MS });
        }
        return;
      }
      case 'report': {
        const claim = claims[step.of % Math.max(1, claims.length)];
        if (claim === undefined) return;
        const { mid, attemptId, recipients } = claim.claimed;
        const nextAttemptAt = now + step.delay;
        const uncounted = step.outcome === 'uncounted';
        const outcome =
          step.outcome === 'delivered' || step.outcome === 'bounced'
            ? { kind: step.outcome }
            : { kind: 'deferred' as const, nextAttemptAt, uncounted, warned: false };
        const told = recipients.slice(0, step.share);
        const count = await store.report(
          told.map(({ rid }) => ({ mid, rid, attemptId, outcome, facts: FACTS })),
          now,
        );
        const mine = known.filter(
          (one) =>
            one.mid === mid &&
            one.attemptId === attemptId &&
            one.state === 'claimed' &&
            told.some(({ rid }) => rid === one.rid),
        );
        assert.equal(count, mine.length);
        for (const one of mine) {
          if (!uncounted) one.attempts++;
          if (outcome.kind === 'deferred') Object.assign(one, { state: 'queued', due: nextAttemptAt });
          else one.state = outcome.kind;
        }
        return;
      }
      case 'wait':
        now += step.ms;
        return;
      case 'renew':
        await store.renew(`o${step.owner}`, now, LEASE_MS);
        for (const claim of claims) if (claim.owner === step.owner) claim.leaseUntil = now + LEASE_MS;
        return;
      case 'reclaim': {
        const lapsed = new Set(
          claims.filter(({ leaseUntil }) => leaseUntil <= now).map(({ claimed }) => claimed.attemptId),
        );
        const mine = known.filter((one) => one.state === 'claimed' && lapsed.has(one.attemptId ?? -1));
        assert.equal(await store.reclaim(now), mine.length);
        for (const one of mine) Object.assign(one, { state: 'queued', due: now, attempts: one.attempts + 1 });
        return;
      }
      default: {
        const { selection, holds } = selectionOf(step.what, known);
        const mine = known.filter(holds).filter(({ state, due }) => {
          if (step.do === 'hold') return state === 'queued';
          if (step.do === 'release') return state === 'held';
          if (step.do === 'retryNow') return state === 'queued' && due > now;
          return state === 'queued' || state === 'held' || state === 'claimed';
        });
        assert.equal(await store[step.do](selection, now), mine.length);
        for (const one of mine) {
          if (step.do === 'hold') one.state = 'held';
          else if (step.do === 'remove') one.state = 'deleted';
          else Object.assign(one, { state: 'queued', due: now });
        }
      }
    }
  };

  try {
    for (const [index, step] of told.entries()) {
      await act(step, index);
      await sameAs(stores[(index + 1) % stores.length] as QueueStore, known);
    }
  } finally {
    await stores[0]?.remove({ all: true }, START);
    await stores[0]?.sweep(Number.MAX_SAFE_INTEGER);
  }
}

function selectionOf(
  what: number,
  known: readonly Known[],
): { readonly selection: QueueSelection; readonly holds: (one: Known) => boolean } {
  if (what === 0) return { selection: { all: true }, holds: () => true };
  const destination = DESTINATIONS[what - 1];
  if (destination !== undefined) return { selection: { destination }, holds: (one) => one.destination === destination };
  const mids = [...new Set(known.map(({ mid }) => mid))].filter((_, index) => index % 3 === what % 3);
  return { selection: { mids }, holds: ({ mid }) => mids.includes(mid) };
}

async function sameAs(store: QueueStore, known: readonly Known[]): Promise<void> {
  const sheet = known.toSorted((one, other) => one.mid - other.mid || one.rid - other.rid);
  assert.deepEqual(
    (await store.list({ limit: 1_000 })).map(({ mid, rid, state, attempts, nextAttemptAt }) => ({
      mid,
      rid,
      state,
      attempts,
      due: nextAttemptAt,
    })),
    sheet.map(({ mid, rid, state, attempts, due }) => ({ mid, rid, state, attempts, due })),
  );
  const waiting = sheet.filter(({ state }) => state === 'queued');
  const lanes = Map.groupBy(waiting, ({ destination }) => destination);
  assert.deepEqual(
    (await store.lanes()).toSorted((one, other) => one.destination.localeCompare(other.destination)),
    [...lanes]
      .map(([destination, ones]) => ({
        destination,
        waiting: ones.length,
        nextAttemptAt: Math.min(...ones.map(({ due }) => due)),
      }))
      .toSorted((one, other) => one.destination.localeCompare(other.destination)),
  );
  const mids = [...new Set(sheet.map(({ mid }) => mid))];
  const open = new Set(
    sheet.filter(({ state }) => ['queued', 'claimed', 'held'].includes(state)).map(({ mid }) => mid),
  );
  assert.deepEqual(
    await store.finished(mids),
    mids
      .filter((mid) => !open.has(mid))
      .map((mid) => ({ mid, delivered: sheet.some((row) => row.mid === mid && row.state === 'delivered') })),
  );
}
