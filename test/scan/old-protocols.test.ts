/** Protocols and suites that no TLS library speaks any more are seen all the same: the answers are written by hand. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import type { Finding, ScanReport } from '../../src/policy/scan-evidence.ts';
import { scanAddress } from '../../src/scan/scan.ts';
import {
  alertRecord,
  certificateMessage,
  type HelloAnswer,
  type HelloPeerOptions,
  message,
  readHello,
  record,
  SERVER_HELLO_DONE,
  type SeenHello,
  serverHelloMessage,
  startHelloPeer,
  u16,
  u24,
} from '../support/hello-peer.ts';
import { scanDependencies, scanRequest } from '../support/scan.ts';

const CERTIFICATE = certificateMessage(Buffer.from('not looked at here'));

async function scan(
  answer: (hello: SeenHello | null, bytes: Buffer) => HelloAnswer,
  changes: Parameters<typeof scanRequest>[1] = {},
  options: HelloPeerOptions = {},
): Promise<ScanReport> {
  const peer = await startHelloPeer((bytes) => answer(readHello(bytes), bytes), options);
  try {
    const report = await scanAddress(
      scanRequest(peer.port, { stageTimeoutMs: 300, budget: 200, ...changes }),
      scanDependencies(),
    );
    assert.equal(peer.accepted(), report.connections);
    return report;
  } finally {
    await peer.stop();
  }
}

function known<Value>(finding: Finding<Value>): Value | string {
  return finding.kind === 'known' ? finding.value : finding.why;
}

/** Speaks exactly one version, with these suites in its own order. */
function speaking(version: number, suites: readonly number[]) {
  return (hello: SeenHello | null): HelloAnswer => {
    const suite = suites.find((code) => hello?.suites.includes(code));
    if (hello === null || hello.version < version) return alertRecord(70);
    if (suite === undefined) return alertRecord(40);
    return record(version, serverHelloMessage({ version, suite }), CERTIFICATE, SERVER_HELLO_DONE);
  };
}

test('SSLv3 alone, with RC4 and export suites, is found, in the order of the server', async () => {
  const suites = [0x0004, 0x000a, 0x0003, 0x0008];
  const report = await scan(speaking(0x0300, suites));
  assert.equal(known(report.versions.SSLv3), 'accepted');
  for (const version of ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3', 'SSLv2'] as const) {
    assert.equal(known(report.versions[version]), 'refused', version);
  }
  assert.deepEqual(
    report.suites[0]?.accepted.map(({ code }) => code),
    suites,
  );
  assert.equal(known(report.suites[0]?.order ?? { kind: 'unknown', why: 'not-asked' }), 'server');
  for (const name of ['rc4', 'export', '3des', 'des'] as const) assert.equal(known(report.classes[name]), true, name);
  for (const name of ['anonymous', 'null', 'forward-secret', 'aead'] as const) {
    assert.equal(known(report.classes[name]), false, name);
  }
  assert.equal(report.complete, true);
});

test('a version spoken only with suites that nobody should have is not called refused', async () => {
  const report = await scan(speaking(0x0303, [0x0019, 0x0017]));
  assert.equal(known(report.versions['TLSv1.2']), 'accepted');
  assert.equal(known(report.classes.anonymous), true);
  assert.equal(known(report.classes.export), true);
});

test('SSLv2 is found with its ciphers', async () => {
  const ciphers = [0x020080, 0x0700c0];
  const report = await scan((hello, bytes) => {
    if (hello !== null) return alertRecord(70);
    assert.equal(bytes.readUInt16BE(0), 0x8000 | (bytes.length - 2), 'a record of SSLv2');
    assert.deepEqual([...bytes.subarray(2, 5)], [1, 0, 2], 'CLIENT-HELLO, version 2');
    const body = Buffer.concat([
      Buffer.from([4, 0, 1]),
      u16(2),
      u16(3),
      u16(6),
      u16(16),
      Buffer.from('der'),
      ...ciphers.map(u24),
      Buffer.alloc(16),
    ]);
    return Buffer.concat([u16(0x8000 | body.length), body]);
  });
  assert.equal(known(report.versions.SSLv2), 'accepted');
  assert.deepEqual(
    report.suites.find(({ version }) => version === 'SSLv2')?.accepted.map(({ name, bits }) => [name, bits]),
    [
      ['SSL_CK_RC4_128_EXPORT40_WITH_MD5', 40],
      ['SSL_CK_DES_192_EDE3_CBC_WITH_MD5', 112],
    ],
  );
});

test('a HelloRetryRequest names one group after the other, without any cryptography', async () => {
  const groups = [0x11ed, 0x0018, 0x0104];
  let emptyShares = 0;
  const RETRY = createHash('sha256').update('HelloRetryRequest').digest();
  const report = await scan((hello) => {
    const versions = hello?.extensions.get(43);
    if (hello === null || versions === undefined) return alertRecord(70);
    emptyShares += hello.extensions.get(51)?.equals(Buffer.from([0, 0])) === true ? 1 : 0;
    const offered = hello.extensions.get(10) ?? Buffer.alloc(2);
    const asked = Array.from({ length: (offered.length - 2) / 2 }, (_, index) => offered.readUInt16BE(2 + 2 * index));
    const group = groups.find((code) => asked.includes(code));
    const suite = hello.suites.includes(0x1302) ? 0x1302 : undefined;
    if (group === undefined || suite === undefined) return alertRecord(40);
    const extensions = [
      [43, u16(0x0304)],
      [51, u16(group)],
    ] as const;
    return record(0x0303, serverHelloMessage({ version: 0x0303, suite, random: RETRY, extensions }));
  });
  assert.deepEqual(
    report.groups.accepted.map(({ name }) => name),
    ['SecP384r1MLKEM1024', 'P-384', 'ffdhe8192'],
  );
  assert.equal(known(report.groups.postQuantum), true);
  assert.equal(report.groups.refused.includes('X25519'), true);
  assert.ok(emptyShares >= groups.length, 'the key share is empty');
});

test('compression, no extended master secret and no secure renegotiation are seen in the ServerHello', async () => {
  const report = await scan((hello) => {
    if (hello === null || hello.version < 0x0303) return alertRecord(70);
    const compression = hello.compressions.includes(1) ? 1 : 0;
    return hello.suites.includes(0x002f)
      ? record(
          0x0303,
          serverHelloMessage({ version: 0x0303, suite: 0x002f, compression }),
          CERTIFICATE,
          SERVER_HELLO_DONE,
        )
      : alertRecord(40);
  });
  assert.equal(known(report.compression), true);
  assert.equal(known(report.extendedMasterSecret), false);
  assert.equal(known(report.secureRenegotiation), false);
});

test('a server that chokes on a ClientHello of several segments is told from one that lacks a group (S-PKI-12)', async () => {
  const speak = speaking(0x0303, [0xc02f, 0x002f]);
  const report = await scan((hello, bytes) => (bytes.length > 1000 ? null : speak(hello)), {}, { settleMs: 60 });
  assert.equal(known(report.largeHello), 'not-answered');
  assert.equal(known(report.versions['TLSv1.2']), 'accepted');
  const sound = await scan(speak, {}, { settleMs: 60 });
  assert.equal(known(sound.largeHello), 'answered');
});

test('the large hello goes out in pieces, and is the usual one but for its size (S-PKI-12)', async () => {
  const speak = speaking(0x0303, [0x002f]);
  const sizes: number[] = [];
  const report = await scan(
    (hello) => {
      // Type 21 pads, which nobody else does here.
      if (hello?.extensions.has(21) === true && hello.messageBytes > 1000) sizes.push(hello.messageBytes);
      return speak(hello);
    },
    {},
    { settleMs: 60 },
  );
  assert.deepEqual(sizes, [3200]);
  assert.equal(known(report.largeHello), 'answered');
});

test('a server that hangs up in place of an alert is understood, at the price of one repetition', async () => {
  const speak = speaking(0x0303, [0x002f, 0x0035]);
  const report = await scan((hello, bytes) => {
    const answer = speak(hello);
    return Buffer.isBuffer(answer) && answer[0] === 21 ? null : answer === null ? bytes : answer;
  });
  assert.equal(known(report.versions['TLSv1.2']), 'accepted');
  assert.equal(known(report.versions['TLSv1.1']), 'refused');
  assert.equal(known(report.versions['TLSv1.3']), 'refused');
  const repeated = report.trail.filter(({ asked }, index) => report.trail[index - 1]?.asked === asked);
  assert.equal(repeated.length, 1);
});

test('a server that says nothing at all leaves its TLS unknown, not refused', async () => {
  const report = await scan(() => 'silence', { budget: 12, stageTimeoutMs: 60 });
  assert.deepEqual(report.versions['TLSv1.3'], { kind: 'unknown', why: 'no-answer' });
  assert.equal(report.suites.length, 0);
});

test('a flight that begins and stalls is proof of what it began with, and a remark about large segments', async () => {
  const report = await scan(
    (hello) =>
      hello === null || hello.version < 0x0303
        ? alertRecord(70)
        : record(0x0303, serverHelloMessage({ version: 0x0303, suite: 0x002f })),
    { budget: 6, stageTimeoutMs: 60 },
  );
  assert.equal(known(report.versions['TLSv1.2']), 'accepted');
  assert.match(report.remarks.join(), /stalled/);
});

test('a suite that was not on offer proves nothing but that the server breaks the rules', async () => {
  const report = await scan(
    (hello) =>
      hello === null
        ? alertRecord(70)
        : record(0x0303, serverHelloMessage({ version: 0x0303, suite: 0x1337 }), SERVER_HELLO_DONE),
    { budget: 10 },
  );
  assert.equal(report.suites.length, 0);
  assert.match(report.remarks.join(), /not on offer/);
});

test('a server that obeys inside TLS what came in clear is told from one that answers it in clear (S-TLS-5)', async () => {
  const inClear = await scan(
    speaking(0x0303, [0x002f]),
    { injectionTest: true },
    {
      starttls: (rest) => (rest.startsWith('NOOP') ? '220 go ahead\r\n250 done' : '220 go ahead'),
    },
  );
  assert.equal(known(inClear.commandInjection), 'answered-in-clear');
  const refusing = await scan(
    speaking(0x0303, [0x002f]),
    { injectionTest: true },
    {
      starttls: (rest) => (rest === '' ? '220 go ahead' : '554 synchronization error'),
    },
  );
  assert.equal(known(refusing.commandInjection), 'refused');
});

test('a certificate status is a staple', async () => {
  const report = await scan((hello) => {
    if (hello === null || hello.version < 0x0303 || !hello.suites.includes(0x002f)) return alertRecord(70);
    const status = message(22, Buffer.concat([Buffer.from([1]), u24(3), Buffer.from('ocs')]));
    return record(
      0x0303,
      serverHelloMessage({ version: 0x0303, suite: 0x002f }),
      CERTIFICATE,
      status,
      SERVER_HELLO_DONE,
    );
  });
  assert.equal(known(report.ocspStaple), true);
});
