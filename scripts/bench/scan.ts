/**
 * What a deep scan costs: flights read a second (whole ones of TLS 1.2, and mangled ones), questions planned a second for a
 * server with a long list of suites, and one scan of a real server on loopback with the default budget.
 *
 * node scripts/bench/scan.ts [flights]; prints one line of JSON.
 */
import { systemClock } from '../../src/app/world.ts';
import { seededRandom } from '../../src/base/random.ts';
import { startSmtpPeer } from '../../src/lab/smtp-peer.ts';
import { createNet } from '../../src/net/net.ts';
import { issueCertificate } from '../../src/pki/issue.ts';
import { LEGACY_SUITES } from '../../src/scan/cipher-suites.ts';
import { FirstFlightReader } from '../../src/scan/first-flight.ts';
import type { Answer, Asked, Question } from '../../src/scan/question.ts';
import { DEFAULT_BUDGET, FULL_BUDGET, scanAddress } from '../../src/scan/scan.ts';
import { nextQuestion } from '../../src/scan/strategy.ts';

const flights = Number(process.argv[2] ?? 100_000);
const random = seededRandom(5);

const leaf = issueCertificate({
  subject: { CN: 'mx.example.com' },
  dnsNames: ['mx.example.com'],
  key: 'rsa2048',
  notBefore: new Date(systemClock.now() - 86_400_000),
  notAfter: new Date(systemClock.now() + 86_400_000),
});

const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
const u24 = (value: number): Buffer => Buffer.from([value >> 16, (value >> 8) & 255, value & 255]);
const message = (type: number, body: Buffer): Buffer => Buffer.concat([Buffer.from([type]), u24(body.length), body]);
const certificate = Buffer.concat([u24(leaf.der.length), leaf.der]);
const body = Buffer.concat([
  message(2, Buffer.concat([u16(0x0303), Buffer.alloc(32), Buffer.from([0]), u16(0xc02f), Buffer.from([0]), u16(0)])),
  message(11, Buffer.concat([u24(certificate.length), certificate])),
  message(
    12,
    Buffer.concat([
      Buffer.from([3]),
      u16(29),
      Buffer.from([32]),
      Buffer.alloc(32),
      u16(0x0804),
      u16(256),
      Buffer.alloc(256),
    ]),
  ),
  message(14, Buffer.alloc(0)),
]);
const flight = Buffer.concat([Buffer.from([22, 3, 3]), u16(body.length), body]);

/** `mangled`: one byte in a hundred is another one, and the whole comes in three chunks. */
function readPerSecond(mangled: boolean): number {
  const started = systemClock.monotonic();
  for (let round = 0; round < flights; round += 1) {
    const bytes = mangled ? Buffer.from(flight) : flight;
    if (mangled)
      for (let hit = 0; hit < 10; hit += 1) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    const reader = new FirstFlightReader();
    const third = Math.ceil(bytes.length / 3);
    for (let at = 0; at < bytes.length; at += third) reader.push(bytes.subarray(at, at + third));
  }
  return Math.round((1000 * flights) / (systemClock.monotonic() - started));
}

/** A server of TLS 1.2 that takes every suite, in the client's order. */
function answer(question: Question): Answer {
  if (question.kind !== 'hello' || question.hello.version !== 'TLSv1.2') return { kind: 'alert', code: 70 };
  const suite = question.hello.suites.find((code) => LEGACY_SUITES.some((each) => each.code === code));
  if (suite === undefined) return { kind: 'alert', code: 40 };
  return {
    kind: 'hello',
    hello: { version: 'TLSv1.2', suite, compression: 0, retry: false, group: null, sessionIdBytes: 0, extensions: [] },
    keyExchange: null,
    chainAsSent: [],
    stapled: false,
    stalled: false,
  };
}

function planned(): { readonly questions: number; readonly ms: number } {
  const started = systemClock.monotonic();
  const history: Asked[] = [];
  while (history.length < FULL_BUDGET) {
    const question = nextQuestion(history, { serverName: 'mx.example.com', injectionTest: false });
    if (question === null) break;
    history.push({ question, answer: answer(question), step: history.length + 1 });
  }
  return { questions: history.length, ms: Math.round(systemClock.monotonic() - started) };
}

async function scanned(): Promise<{ readonly connections: number; readonly ms: number }> {
  const peer = await startSmtpPeer(
    { tls: { key: leaf.keyPem, certificates: leaf.certificate, minVersion: 'TLSv1.2' } },
    { clock: systemClock },
  );
  const report = await scanAddress(
    {
      address: { family: 4, text: peer.host },
      port: peer.port,
      serverName: 'mx.example.com',
      heloName: 'bench.example.net',
      implicitTls: false,
      budget: DEFAULT_BUDGET,
      injectionTest: false,
      stageTimeoutMs: 10_000,
      timeLimitMs: 60_000,
      signal: new AbortController().signal,
    },
    { net: createNet({ clock: systemClock, privateAddresses: 'allowed' }), clock: systemClock, random },
  );
  await peer.stop();
  return { connections: report.connections, ms: report.elapsedMs };
}

readPerSecond(false);
console.log(
  JSON.stringify({
    bench: 'scan',
    flights,
    flightsPerSecond: readPerSecond(false),
    mangledPerSecond: readPerSecond(true),
    planning: planned(),
    scan: await scanned(),
  }),
);
