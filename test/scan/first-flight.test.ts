/** What a server sends before it waits: read as it comes, whatever comes, within bounds. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../../src/base/random.ts';
import { writeClientHello } from '../../src/scan/client-hello.ts';
import {
  type FirstFlight,
  FirstFlightReader,
  MAX_FLIGHT_BYTES,
  MAX_FLIGHT_RECORDS,
} from '../../src/scan/first-flight.ts';
import { MAX_EXTENSIONS, readServerHello, readSslv2ServerHello } from '../../src/scan/server-messages.ts';
import {
  alertRecord,
  certificateMessage,
  message,
  record,
  SERVER_HELLO_DONE,
  serverHelloMessage,
  u16,
  u24,
} from '../support/hello-peer.ts';

const EXTENSIONS = [
  [0xff01, Buffer.from([0])],
  [23, Buffer.alloc(0)],
  [5, Buffer.alloc(0)],
] as const;
const HELLO = serverHelloMessage({ version: 0x0303, suite: 0xc02f, extensions: EXTENSIONS });
const KEY_EXCHANGE = message(
  12,
  Buffer.concat([
    Buffer.from([3]),
    u16(0x001d),
    Buffer.from([4]),
    Buffer.alloc(4),
    u16(0x0804),
    u16(8),
    Buffer.alloc(8),
  ]),
);
const STATUS = message(22, Buffer.concat([Buffer.from([1]), u24(4), Buffer.alloc(4)]));
const CERTIFICATE = certificateMessage(Buffer.alloc(700, 0x30));
const FLIGHT = Buffer.concat([
  record(0x0303, HELLO),
  record(0x0303, CERTIFICATE, STATUS),
  record(0x0303, KEY_EXCHANGE, SERVER_HELLO_DONE),
]);
const TLS13 = record(
  0x0303,
  serverHelloMessage({
    version: 0x0303,
    suite: 0x1301,
    extensions: [
      [43, u16(0x0304)],
      [51, Buffer.concat([u16(0x001d), u16(32), Buffer.alloc(32)])],
    ],
  }),
);
const DHE = record(
  0x0302,
  serverHelloMessage({ version: 0x0302, suite: 0x0033 }),
  message(
    12,
    Buffer.concat([
      u16(4),
      Buffer.from([0, 0x5f, 1, 1]),
      u16(1),
      Buffer.from([2]),
      u16(2),
      Buffer.alloc(2),
      u16(3),
      Buffer.alloc(3),
    ]),
  ),
  SERVER_HELLO_DONE,
);

function read(bytes: Buffer, chunk = bytes.length, sslv2Asked = false): FirstFlight {
  const reader = new FirstFlightReader({ sslv2Asked });
  for (let at = 0; at < bytes.length; at += chunk) reader.push(bytes.subarray(at, at + chunk));
  return reader.flight;
}

test('a whole flight of TLS 1.2 shows hello, chain, staple, group and signature, however it is cut', () => {
  const whole = read(FLIGHT);
  assert.equal(whole.state, 'whole');
  assert.equal(whole.hello?.suite, 0xc02f);
  assert.deepEqual(whole.hello?.extensions, [0xff01, 23, 5]);
  assert.deepEqual(whole.keyExchange, { group: 0x001d, dhBits: null, signature: 0x0804 });
  assert.equal(whole.chainAsSent[0]?.length, 700);
  assert.equal(whole.stapled, true);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: FLIGHT.length }), (chunk) => assert.deepEqual(read(FLIGHT, chunk), whole)),
  );
});

test('messages may lie across records in any way', () => {
  const messages = Buffer.concat([HELLO, CERTIFICATE, KEY_EXCHANGE, SERVER_HELLO_DONE]);
  fc.assert(
    fc.property(fc.integer({ min: 4, max: 900 }), (length) => {
      const records: Buffer[] = [];
      for (let at = 0; at < messages.length; at += length)
        records.push(record(0x0303, messages.subarray(at, at + length)));
      const flight = read(Buffer.concat(records));
      assert.equal(flight.state, 'whole');
      assert.equal(flight.keyExchange?.group, 0x001d);
    }),
  );
});

test('with TLS 1.3 the ServerHello is all there is in clear', () => {
  const flight = read(Buffer.concat([TLS13, Buffer.from([20, 3, 3, 0, 1, 1])]));
  assert.equal(flight.state, 'whole');
  assert.deepEqual([flight.hello?.version, flight.hello?.group, flight.hello?.retry], ['TLSv1.3', 0x001d, false]);
});

test('the size of a finite-field group counts from its first bit', () => {
  assert.deepEqual(read(DHE).keyExchange, { group: null, dhBits: 23, signature: null });
});

test('an alert ends the flight, a warning that is no goodbye does not', () => {
  assert.deepEqual(read(alertRecord(70)).alert, { level: 2, code: 70 });
  const warned = read(Buffer.concat([alertRecord(112, 1), FLIGHT]));
  assert.equal(warned.state, 'whole');
  assert.equal(warned.alert, null);
  assert.equal(warned.hello?.suite, 0xc02f);
  assert.deepEqual(read(alertRecord(0, 1)).alert, { level: 1, code: 0 });
});

test('an alert behind a ServerHello does not undo it', () => {
  const flight = read(Buffer.concat([record(0x0303, HELLO), alertRecord(80)]));
  assert.equal(flight.hello?.suite, 0xc02f);
  assert.equal(flight.alert?.code, 80);
});

for (const [what, bytes] of [
  ['a reply in clear', Buffer.from('554 5.7.1 no\r\n')],
  ['one letter', Buffer.from('5')],
  ['application data', Buffer.from([23, 3, 3, 0, 1, 0])],
  ['a record of another protocol', Buffer.from([22, 9, 0, 0, 1, 0])],
  ['a record that is too long', Buffer.from([22, 3, 3, 0xff, 0xff, 0])],
  ['another message before the ServerHello', record(0x0303, CERTIFICATE)],
  ['two ServerHellos', record(0x0303, HELLO, HELLO)],
  ['an alert of three bytes', Buffer.from([21, 3, 3, 0, 3, 2, 40, 0])],
  ['a message longer than all that is taken', Buffer.from([22, 3, 3, 0, 4, 11, 0xff, 0xff, 0xff])],
] as const) {
  test(`${what} is no TLS`, () => assert.equal(read(bytes).state, 'nonsense'));
}

test('an endless flight comes to an end at its bound, and so do endless empty records', () => {
  const padding = record(0x0303, message(23, Buffer.alloc(4_000)));
  const endless = Buffer.concat([record(0x0303, HELLO), ...new Array<Buffer>(60).fill(padding)]);
  assert.ok(endless.length > MAX_FLIGHT_BYTES);
  const flight = read(endless, 1000);
  assert.equal(flight.state, 'nonsense');
  assert.equal(flight.hello?.suite, 0xc02f, 'what was proven stands');
  const empty = Buffer.concat(new Array<Buffer>(MAX_FLIGHT_RECORDS + 1).fill(record(0x0303)));
  assert.equal(read(empty).state, 'nonsense');
});

test('single bytes cost no more than linear time', () => {
  const long = record(0x0303, HELLO, certificateMessage(Buffer.alloc(12_000)));
  const started = process.hrtime.bigint();
  for (let round = 0; round < 10; round++) read(long, 1);
  assert.ok(process.hrtime.bigint() - started < 2_000_000_000n);
});

test('a ServerHello is read strictly: no byte too many, no extension twice, no version that was never given', () => {
  const body = HELLO.subarray(4);
  assert.notEqual(readServerHello(body), null);
  assert.equal(readServerHello(Buffer.concat([body, Buffer.from([0])])), null);
  assert.equal(readServerHello(body.subarray(0, -1)), null);
  const twice = [EXTENSIONS[0], EXTENSIONS[0]] as const;
  const of = (parts: Parameters<typeof serverHelloMessage>[0]) =>
    readServerHello(serverHelloMessage(parts).subarray(4));
  assert.equal(of({ version: 0x0303, suite: 1, extensions: twice }), null);
  assert.equal(of({ version: 0x0305, suite: 1 }), null);
  assert.equal(of({ version: 0x0304, suite: 0x1301 }), null, 'TLS 1.3 is told by its extension alone');
  const many = Array.from({ length: MAX_EXTENSIONS + 1 }, (_, index) => [index, Buffer.alloc(0)] as const);
  assert.equal(of({ version: 0x0303, suite: 1, extensions: many }), null);
});

test('ten thousand mangled flights neither throw nor hang, and none grows beyond its bounds', () => {
  const whole = [FLIGHT, TLS13, DHE, Buffer.concat([u16(0x8010), Buffer.alloc(16, 4)])] as const;
  const mutations = fc.record({
    flight: fc.constantFrom(...whole),
    flips: fc.array(fc.tuple(fc.nat(900), fc.nat(255)), { maxLength: 12 }),
    cut: fc.nat(900),
    insert: fc.uint8Array({ maxLength: 40 }),
    at: fc.nat(900),
    chunk: fc.integer({ min: 1, max: 400 }),
    sslv2: fc.boolean(),
  });
  fc.assert(
    fc.property(mutations, ({ flight, flips, cut, insert, at, chunk, sslv2 }) => {
      const bytes = Buffer.from(Buffer.concat([flight.subarray(0, at), insert, flight.subarray(at)]));
      for (const [place, value] of flips) if (place < bytes.length) bytes[place] = value;
      const found = read(bytes.subarray(0, Math.max(1, bytes.length - cut)), chunk, sslv2);
      assert.ok(found.chainAsSent.length <= 100);
      assert.ok(['more', 'whole', 'nonsense'].includes(found.state));
      if (found.hello !== null) assert.ok(found.hello.suite <= 0xffff);
    }),
    { numRuns: 10_000 },
  );
});

test('random bytes are never taken for an SSLv2 server', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const found = readSslv2ServerHello(Buffer.from(bytes));
      if (found !== null) assert.equal(bytes[0], 4);
    }),
    { numRuns: 2_000 },
  );
});

test('a client that is answered by its own hello sees that this is no server', () => {
  const mirrored = writeClientHello(
    {
      version: 'TLSv1.2',
      onlyThisVersion: false,
      suites: [0xc02f],
      groups: [0x001d],
      signatures: [0x0804],
      serverName: null,
      compression: false,
      fallback: false,
      padTo: 0,
    },
    seededRandom(1),
  );
  assert.equal(read(mirrored).state, 'nonsense');
});
