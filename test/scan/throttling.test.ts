/** Hosts that put us off: the scan waits, keeps its distance, stays within its budget and takes nothing back. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Clock } from '../../src/base/clock.ts';
import type { Net } from '../../src/net/net.ts';
import type { Finding, ScanReport } from '../../src/policy/scan-evidence.ts';
import { FIRST_SPACING_MS, letIn, MAX_SPACING_MS, putOff, UNHINDERED, WAITS_MS } from '../../src/scan/pace.ts';
import { type ScanRequest, scanAddress } from '../../src/scan/scan.ts';
import { type HandWoundClock, handWoundClock } from '../support/hand-wound-clock.ts';
import { alertRecord, type HelloPeerOptions, startHelloPeer } from '../support/hello-peer.ts';
import { scanDependencies, scanRequest } from '../support/scan.ts';
import { net } from '../support/session.ts';
import { mint, type PeerScript, startSmtpPeer, tlsOf } from '../support/smtp-peer.ts';

const RSA = tlsOf(mint({ key: 'rsa2048' }));
const MINUTE_MS = 60_000;

function known<Value>(finding: Finding<Value>): Value | string {
  return finding.kind === 'known' ? finding.value : finding.why;
}

/** Winds the clock on: by seconds between connections, by milliseconds within one, so that no stage runs out of time. */
async function wound(
  clock: HandWoundClock,
  run: (net: Net, onStep: () => void) => Promise<ScanReport>,
): Promise<ScanReport> {
  let underWay = 0;
  const counting: Net = {
    ...net,
    connect: (request) => {
      underWay += 1;
      return net.connect(request);
    },
  };
  let report: ScanReport | null = null;
  const done = run(counting, () => {
    underWay -= 1;
  }).then((value) => {
    report = value;
    return value;
  });
  while (report === null) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.wind(underWay > 0 ? 1 : 1_000);
  }
  return done;
}

function throttledScan(port: number, clock: HandWoundClock, changes: Partial<ScanRequest> = {}): Promise<ScanReport> {
  return wound(clock, (counting, onStep) =>
    scanAddress(
      // Within a connection a turn of the loop is a millisecond: nobody shall be cut off for the speed of this machine.
      scanRequest(port, { stageTimeoutMs: 3_600_000, timeLimitMs: 3 * 3_600_000, onStep, ...changes }),
      scanDependencies({ net: counting, clock }),
    ),
  );
}

async function withPeer<Value>(
  script: Partial<PeerScript>,
  clock: Clock,
  use: (peer: Awaited<ReturnType<typeof startSmtpPeer>>) => Promise<Value>,
): Promise<Value> {
  const peer = await startSmtpPeer({ tls: RSA, ...script }, { clock });
  try {
    return await use(peer);
  } finally {
    await peer.stop();
  }
}

test('a host that allows two connections a minute is still found out, within the budget, and said to be slow', async () => {
  const clock = handWoundClock();
  const free = await withPeer({}, clock, ({ port }) => throttledScan(port, handWoundClock()));
  await withPeer(
    { perMinute: { connections: 2, answer: '421 4.7.0 too many connections, come back later' } },
    clock,
    async (peer) => {
      const report = await throttledScan(peer.port, clock);
      assert.ok(peer.accepted() <= report.budget, `${peer.accepted()} connections`);
      assert.equal(report.connections, peer.accepted());
      assert.equal(report.inconclusive, false);
      assert.deepEqual(report.versions, withSteps(report, free.versions));
      assert.equal(known(report.classes.anonymous), known(free.classes.anonymous));
      assert.equal(known(report.groups.postQuantum), true);
      assert.ok(report.throttled !== null && report.throttled.times <= 3, `put off ${report.throttled?.times} times`);
      assert.match(report.throttled.said, /421 4\.7\.0 too many/);
      assert.equal(report.throttled.gaveUp, false);
      assert.ok(report.elapsedMs >= 10 * MINUTE_MS, 'it takes its time');
    },
  );
});

/** The same values: the steps that show them differ by those that were put off. */
function withSteps(report: ScanReport, versions: ScanReport['versions']): ScanReport['versions'] {
  const entries = Object.entries(versions).map(([version, finding]) => {
    const own = report.versions[version as keyof ScanReport['versions']];
    return [version, finding.kind === 'known' && own.kind === 'known' ? { ...finding, steps: own.steps } : finding];
  });
  return Object.fromEntries(entries) as ScanReport['versions'];
}

test('a host that always puts us off is inconclusive: a few tries, far apart, and no word about its TLS', async () => {
  const clock = handWoundClock();
  await withPeer({ greeting: '421 4.3.2 not now' }, clock, async (peer) => {
    const report = await throttledScan(peer.port, clock);
    assert.equal(peer.accepted(), WAITS_MS.length + 1);
    assert.equal(report.inconclusive, true);
    assert.equal(report.problem, null);
    assert.equal(report.throttled?.gaveUp, true);
    assert.deepEqual(report.versions['TLSv1.3'], { kind: 'unknown', why: 'put-off' });
    assert.equal(
      report.throttled?.waitedMs,
      WAITS_MS.reduce((sum, ms) => sum + ms, 0),
    );
  });
});

test('waits that would pass the time limit are not begun', async () => {
  const clock = handWoundClock();
  await withPeer({ greeting: '450 4.7.1 greylisted' }, clock, async (peer) => {
    const report = await throttledScan(peer.port, clock, { timeLimitMs: 100_000 });
    assert.equal(peer.accepted(), 3, 'after 0, 30 and 90 seconds');
    assert.equal(report.inconclusive, true);
  });
});

for (const [what, options] of [
  ['a greeting that refuses', { greeting: (count) => (count > 4 ? '554 5.7.1 too many connections' : '220 hello') }],
  ['a 421 to EHLO', { ehlo: (count) => (count > 4 ? '421 4.7.0 slow down' : '250-x\r\n250 STARTTLS') }],
  ['STARTTLS that is offered no more', { ehlo: (count) => (count > 4 ? '250 x' : '250-x\r\n250 STARTTLS') }],
  ['a 454 to STARTTLS', { starttls: seldom('454 4.7.0 TLS not available due to local problem') }],
] as const satisfies readonly (readonly [string, HelloPeerOptions])[]) {
  test(`${what}, after TLS was spoken, is our being put off and takes nothing back`, async () => {
    const clock = handWoundClock();
    const peer = await startHelloPeer(() => alertRecord(70), options);
    try {
      const report = await throttledScan(peer.port, clock);
      assert.equal(report.problem, null);
      assert.equal(report.throttled?.gaveUp, true);
      assert.equal(report.inconclusive, true);
      assert.equal(known(report.versions['TLSv1.3']), 'refused', 'as the first four connections showed');
      assert.equal(report.trail.filter(({ putOff }) => putOff).length, report.throttled.times);
    } finally {
      await peer.stop();
    }
  });
}

/** Good for four connections. */
function seldom(refusal: string): (rest: string) => string {
  let count = 0;
  return () => {
    count += 1;
    return count > 4 ? refusal : '220 go ahead';
  };
}

test('a host without STARTTLS has nothing to scan, and one that cannot be reached neither: one connection each', async () => {
  const clock = handWoundClock();
  await withPeer({ keywords: ['SIZE'] }, clock, async (peer) => {
    const report = await throttledScan(peer.port, clock);
    assert.equal(report.problem?.kind, 'no-starttls');
    assert.equal(peer.accepted(), 1);
    assert.equal(report.inconclusive, false);
    assert.equal(report.complete, false);
  });
  const gone = await startSmtpPeer({ tls: RSA });
  await gone.stop();
  const report = await throttledScan(gone.port, clock);
  assert.equal(report.problem?.kind, 'unreachable');
  assert.equal(report.connections, 1);
});

test('a signal ends the scan in the middle of a wait, with what is known by then', async () => {
  const clock = handWoundClock();
  await withPeer({ perMinute: { connections: 3, answer: '421 later' } }, clock, async (peer) => {
    const controller = new AbortController();
    const report = await wound(clock, (counting, onStep) =>
      scanAddress(
        scanRequest(peer.port, {
          stageTimeoutMs: 3_600_000,
          signal: controller.signal,
          onStep: (step) => {
            onStep();
            if (step.putOff) controller.abort();
          },
        }),
        scanDependencies({ net: counting, clock }),
      ),
    );
    assert.equal(report.problem?.kind, 'cancelled');
    assert.equal(known(report.versions['TLSv1.3']), 'accepted');
    assert.equal(peer.accepted(), 4);
  });
});

test('the pace: longer waits in a row, then an end; a distance from the first time on, which doubles up to its bound', () => {
  let pace = UNHINDERED;
  const waits = WAITS_MS.map(() => {
    const next = putOff(pace);
    pace = next.pace;
    return next.waitMs;
  });
  assert.deepEqual(waits, WAITS_MS);
  assert.equal(putOff(pace).waitMs, null);
  assert.equal(pace.spacingMs, FIRST_SPACING_MS, 'a row counts once');
  const spacings: number[] = [];
  for (let time = 0; time < 4; time++) {
    pace = putOff(letIn(pace)).pace;
    spacings.push(pace.spacingMs);
  }
  assert.deepEqual(spacings, [60_000, MAX_SPACING_MS, MAX_SPACING_MS, MAX_SPACING_MS]);
});
