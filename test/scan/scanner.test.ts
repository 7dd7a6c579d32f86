/** The scans of one process: one visitor for a host, one result for all who ask the same. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Net } from '../../src/net/net.ts';
import { createScanner } from '../../src/scan/scanner.ts';
import { handWoundClock } from '../support/hand-wound-clock.ts';
import { scanDependencies, scanRequest } from '../support/scan.ts';
import { net } from '../support/session.ts';
import { mint, startSmtpPeer, tlsOf } from '../support/smtp-peer.ts';

const RSA = tlsOf(mint({ key: 'rsa2048' }));

/** Counts connections that are open at the same time. */
function watchedNet(): { readonly net: Net; readonly most: () => number } {
  let open = 0;
  let most = 0;
  return {
    net: {
      ...net,
      async connect(request) {
        const opened = await net.connect(request);
        if (opened.ok) {
          open += 1;
          most = Math.max(most, open);
          opened.value.socket.once('close', () => {
            open -= 1;
          });
        }
        return opened;
      },
    },
    most: () => most,
  };
}

test('all who ask for the same host at the same time share one scan, and those who come later its result', async () => {
  const peer = await startSmtpPeer({ tls: RSA });
  try {
    const scanner = createScanner(scanDependencies());
    const reports = await Promise.all(
      Array.from({ length: 5 }, () => scanner.scan(scanRequest(peer.port, { budget: 6 }))),
    );
    reports.push(await scanner.scan(scanRequest(peer.port, { budget: 6 })));
    assert.equal(peer.accepted(), 6);
    for (const report of reports) assert.equal(report, reports[0]);
  } finally {
    await peer.stop();
  }
});

test('a result is good for its time and no longer', async () => {
  const clock = handWoundClock();
  const peer = await startSmtpPeer({ tls: RSA });
  try {
    const scanner = createScanner(scanDependencies({ clock }), 60_000);
    const request = scanRequest(peer.port, { budget: 2 });
    await scanner.scan(request);
    clock.wind(59_000);
    await scanner.scan(request);
    assert.equal(peer.accepted(), 2);
    clock.wind(2_000);
    await scanner.scan(request);
    assert.equal(peer.accepted(), 4);
  } finally {
    await peer.stop();
  }
});

test('one connection at a time to one address, whatever names and ports are asked for', async () => {
  const [one, other] = await Promise.all([startSmtpPeer({ tls: RSA }), startSmtpPeer({ tls: RSA })]);
  const watched = watchedNet();
  try {
    const scanner = createScanner(scanDependencies({ net: watched.net }));
    const reports = await Promise.all([
      scanner.scan(scanRequest(one.port, { budget: 10 })),
      scanner.scan(scanRequest(one.port, { budget: 10, serverName: 'another.example.com' })),
      scanner.scan(scanRequest(other.port, { budget: 10 })),
    ]);
    assert.equal(watched.most(), 1);
    assert.deepEqual(
      reports.map(({ connections }) => connections),
      [10, 10, 10],
    );
  } finally {
    await Promise.all([one.stop(), other.stop()]);
  }
});

test('who stops waiting gets away; the scan goes on for the others and ends with the last of them', async () => {
  const peer = await startSmtpPeer({ tls: RSA, greeting: { reply: '220 slow', delayMs: 30 } });
  try {
    const scanner = createScanner(scanDependencies());
    const [impatient, patient] = [new AbortController(), new AbortController()];
    const first = scanner.scan(scanRequest(peer.port, { budget: 8, signal: impatient.signal }));
    const second = scanner.scan(scanRequest(peer.port, { budget: 8, signal: patient.signal }));
    impatient.abort();
    assert.equal((await first).problem?.kind, 'cancelled');
    assert.equal((await second).problem, null);
    assert.equal((await second).connections, 8);
    const alone = new AbortController();
    const third = scanner.scan(scanRequest(peer.port, { budget: 9, signal: alone.signal }));
    setTimeout(() => alone.abort(), 60);
    const report = await third;
    assert.equal(report.problem?.kind, 'cancelled');
    assert.ok(report.connections < 9);
    const again = await scanner.scan(scanRequest(peer.port, { budget: 9 }));
    assert.equal(again.problem, null, 'what was broken off is nobody else’s result');
  } finally {
    await peer.stop();
  }
});

test('a report is plain data: it survives being written down', async () => {
  const peer = await startSmtpPeer({ tls: RSA });
  try {
    const report = await createScanner(scanDependencies()).scan(scanRequest(peer.port));
    assert.deepEqual(JSON.parse(JSON.stringify(report)), report);
  } finally {
    await peer.stop();
  }
});
