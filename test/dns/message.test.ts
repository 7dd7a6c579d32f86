import assert from 'node:assert/strict';
import { test } from 'node:test';
import dnsPacket from 'dns-packet';
import fc from 'fast-check';
import { encodeAnswer, encodeQuery } from '../../src/dns/encode.ts';
import {
  answersQuestion,
  type DnsMessage,
  decodeMessage,
  MAX_MESSAGE_QUESTIONS,
  MAX_MESSAGE_RECORDS,
  type Question,
} from '../../src/dns/message.ts';
import type { KnownRecord } from '../../src/dns/record.ts';
import { recordsOf } from '../../src/dns/record.ts';
import { cpuMsOf } from '../support/cpu-time.ts';

const QUESTION: Question = { name: 'example.test', type: 15, class: 1 };

function decoded(bytes: Buffer): DnsMessage {
  const message = decodeMessage(bytes);
  assert.ok(message.ok, message.ok ? '' : message.failure);
  return message.value;
}

function answerWith(answers: readonly KnownRecord[]): Buffer {
  return encodeAnswer({ id: 7, flags: 0, rcode: 0, question: QUESTION, answers, authorities: [], edns: null });
}

const owner = { name: 'example.test', ttl: 60 };
const RECORDS: readonly KnownRecord[] = [
  { ...owner, type: 'A', data: '192.0.2.1' },
  { ...owner, type: 'AAAA', data: '2001:db8::1' },
  { ...owner, type: 'CNAME', data: 'alias.test' },
  { ...owner, type: 'NS', data: 'ns.test' },
  { ...owner, type: 'PTR', data: '' },
  { ...owner, type: 'MX', data: { preference: 10, exchange: 'mx.test' } },
  { ...owner, type: 'TXT', data: [Buffer.from('v=1'), Buffer.from([0, 255]), Buffer.alloc(0)] },
  { ...owner, type: 'TLSA', data: { usage: 3, selector: 1, matchingType: 1, data: Buffer.alloc(32, 7) } },
  { ...owner, type: 'CAA', data: { critical: true, tag: 'issue', value: 'ca.test' } },
  { ...owner, type: 'SOA', data: { mname: 'ns.test', rname: 'root\\.me.test', serial: 2 ** 32 - 1, minimum: 9 } },
  { ...owner, type: 'DS', data: { keyTag: 1, algorithm: 13, digestType: 2, digest: Buffer.alloc(32, 1) } },
  { ...owner, type: 'DNSKEY', data: { flags: 257, protocol: 3, algorithm: 13, key: Buffer.alloc(64, 2) } },
  {
    ...owner,
    type: 'RRSIG',
    data: {
      typeCovered: 'MX',
      algorithm: 13,
      labels: 2,
      originalTtl: 60,
      expiration: 2_000_000_000,
      inception: 1_900_000_000,
      keyTag: 9,
      signersName: 'test',
      signature: Buffer.alloc(64, 3),
    },
  },
  { ...owner, type: 'NSEC', data: { nextDomain: 'next.test', types: ['A', 'MX', 'RRSIG', 'NSEC', 'TYPE1234'] } },
  {
    ...owner,
    type: 'NSEC3',
    data: {
      algorithm: 1,
      flags: 1,
      iterations: 0,
      salt: Buffer.from('ab', 'hex'),
      nextHashed: Buffer.alloc(20, 4),
      types: ['A', 'CAA'],
    },
  },
];

for (const record of RECORDS) {
  // The library knows no names for type numbers beyond its own list.
  const written =
    record.type === 'NSEC' ? { ...record, data: { ...record.data, types: ['A', 'MX', 'RRSIG'] } } : record;
  test(`a record of type ${record.type} is read as it was written`, () => {
    const [read] = decoded(answerWith([written])).answers;
    assert.ok(read !== undefined && read.type !== 'opaque');
    assert.deepEqual({ name: read.name, type: read.type, ttl: read.ttl, data: read.data }, written);
  });
}

test('an independent encoder is understood, and understands us', () => {
  const bytes = dnsPacket.encode({
    type: 'response',
    id: 7,
    flags: dnsPacket.AUTHENTIC_DATA,
    questions: [{ type: 'MX', name: 'Example.TEST' }],
    answers: [{ type: 'MX', name: 'example.test', ttl: 5, data: { preference: 1, exchange: 'MX.example.test' } }],
  });
  const message = decoded(bytes);
  assert.equal(message.authenticData, true);
  assert.deepEqual(recordsOf(message.answers, 'example.test', 'MX')[0]?.data, {
    preference: 1,
    exchange: 'mx.example.test',
  });
  const query = encodeQuery(QUESTION, { id: 513, edns: 'offered', dnssecOk: true });
  assert.ok(query !== null);
  const theirs = dnsPacket.decode(query);
  assert.equal(theirs.id, 513);
  assert.equal(theirs.flag_rd, true);
  assert.equal(theirs.flag_ad, true);
  assert.deepEqual(theirs.questions, [{ name: 'example.test', type: 'MX', class: 'IN' }]);
  const opt = theirs.additionals?.[0];
  assert.ok(opt?.type === 'OPT');
  assert.equal(opt.udpPayloadSize, 1232);
  assert.equal(opt.flag_do, true);
});

test('only the right id, response bit, name, type and class make an answer to a question', () => {
  const right = answerWith([]);
  assert.equal(answersQuestion(right, 7, { ...QUESTION }), true);
  assert.equal(answersQuestion(right, 8, QUESTION), false);
  assert.equal(answersQuestion(right, 7, { ...QUESTION, name: 'other.test' }), false);
  assert.equal(answersQuestion(right, 7, { ...QUESTION, type: 1 }), false);
  assert.equal(answersQuestion(right, 7, { ...QUESTION, class: 3 }), false);
  const query = Buffer.from(right);
  query.writeUInt8(query.readUInt8(2) & 0x7f, 2);
  assert.equal(answersQuestion(query, 7, QUESTION), false);
  const upperCase = Buffer.from(right);
  upperCase.write('EXAMPLE', 13);
  assert.equal(answersQuestion(upperCase, 7, QUESTION), true);
});

test('a failure may leave its question out, an answer may not', () => {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(7, 0);
  header.writeUInt16BE(0x8002, 2);
  assert.equal(answersQuestion(header, 7, QUESTION), true);
  header.writeUInt16BE(0x8003, 2);
  assert.equal(answersQuestion(header, 7, QUESTION), false, 'NXDOMAIN of nothing');
  header.writeUInt16BE(0x8000, 2);
  assert.equal(answersQuestion(header, 7, QUESTION), false, 'NODATA of nothing');
});

test('the extended rcode and flags of EDNS are read', () => {
  const bytes = encodeAnswer({
    id: 1,
    flags: 0,
    rcode: 16,
    question: QUESTION,
    answers: [],
    authorities: [],
    edns: { udpPayloadSize: 1400, dnssecOk: true },
  });
  const message = decoded(bytes);
  assert.equal(message.rcode, 16);
  assert.equal(message.headerRcode, 0);
  assert.deepEqual(
    { size: message.edns?.udpPayloadSize, dnssecOk: message.edns?.dnssecOk },
    { size: 1400, dnssecOk: true },
  );
});

function refused(bytes: Buffer, why: RegExp): void {
  const message = decodeMessage(bytes);
  assert.ok(!message.ok, 'was read');
  assert.match(message.failure, why);
}

const header = (answers: number): Buffer => Buffer.from([0, 7, 0x80, 0, 0, 0, answers >> 8, answers & 255, 0, 0, 0, 0]);
const pad = (bytes: readonly Buffer[], zeros = 0): Buffer => Buffer.concat([...bytes, Buffer.alloc(zeros)]);

test('what is malformed is refused with a reason', () => {
  refused(Buffer.alloc(11), /shorter than a header/);
  const manyQuestions = pad([header(0)], 5 * (MAX_MESSAGE_QUESTIONS + 1));
  manyQuestions.writeUInt16BE(MAX_MESSAGE_QUESTIONS + 1, 4);
  refused(manyQuestions, /too many questions/);
  refused(pad([header(2)], 11), /more records than it can hold/);
  refused(pad([header(MAX_MESSAGE_RECORDS + 1)], 65_000), /more records than it can hold/);
  refused(Buffer.alloc(65_536), /longer than 65,535/);
  refused(pad([header(1), Buffer.from('c00c', 'hex')], 10), /does not lead backwards/);
  refused(pad([header(1), Buffer.from('80', 'hex')], 10), /unknown type/);
  refused(pad([header(1), Buffer.from('3f61', 'hex')], 10), /over the end/);
  refused(Buffer.concat([answerWith([]), Buffer.from([0])]), /left over/);
  const cut = answerWith([{ ...owner, type: 'MX', data: { preference: 1, exchange: 'mx.test' } }]);
  refused(cut.subarray(0, cut.length - 3), /longer than/);
  const longData = Buffer.from(answerWith([{ ...owner, type: 'A', data: '192.0.2.1' }]));
  refused(
    Buffer.concat([longData.subarray(0, -6), Buffer.from([0, 5]), longData.subarray(-4), Buffer.from([9])]),
    /octets left over/,
  );
});

test('thousands of names that each begin a chain of thousands of pointers are refused at once', () => {
  const first = Buffer.from([0, 0, 99, 0, 1, 0, 0, 0, 0, 0x1f, 0x40]);
  const chain = Buffer.alloc(8000);
  const chainAt = 12 + first.length;
  for (let at = 2; at < chain.length; at += 2) chain.writeUInt16BE(0xc000 | (chainAt + at - 2), at);
  const name = Buffer.alloc(2);
  name.writeUInt16BE(0xc000 | (chainAt + chain.length - 2));
  const record = Buffer.concat([name, Buffer.from([0, 99, 0, 1, 0, 0, 0, 0, 0, 0])]);
  const count = 4000;
  const message = pad([header(count + 1), first, chain, ...Array<Buffer>(count).fill(record)]);
  assert.ok(cpuMsOf(() => refused(message, /too many compression pointers/)) < 50);
});

test('random octets are read or refused, and never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (octets) => {
      const message = decodeMessage(Buffer.from(octets));
      if (!message.ok) assert.notEqual(message.failure, '');
    }),
    { numRuns: 2000 },
  );
});

test('messages with a few octets changed are read or refused, and never throw', () => {
  const whole = answerWith(RECORDS.filter((record) => record.type !== 'NSEC'));
  const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), fc.nat(whole.length), (changes, length) => {
      const bytes = Buffer.from(whole);
      for (const [at, octet] of changes) bytes[at] = octet;
      decodeMessage(bytes);
      decodeMessage(bytes.subarray(0, length));
    }),
    { numRuns: 2000 },
  );
});
