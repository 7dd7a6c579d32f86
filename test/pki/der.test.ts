import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  content,
  DerFault,
  type DerValue,
  MAX_DER_DEPTH,
  MAX_DER_MEMBERS,
  members,
  readBits,
  readBoolean,
  readCount,
  readDer,
  readInteger,
  readOid,
  readTime,
} from '../../src/pki/der.ts';

const from = (hex: string): DerValue => readDer(Buffer.from(hex.replace(/\s/g, ''), 'hex'));
const time = (tag: string, text: string): DerValue =>
  from(`${tag}${text.length.toString(16).padStart(2, '0')}${Buffer.from(text).toString('hex')}`);

describe('the DER reader', () => {
  it('reads what is in order', () => {
    const [number, oid] = members(from('3008 020101 06032a0304'));
    assert.equal(number === undefined ? null : readCount(number), 1);
    assert.equal(oid === undefined ? null : readOid(oid), '1.2.3.4');
    assert.equal(readBoolean(from('0101ff')), true);
    assert.equal(readOid(from('0603883703')), '2.999.3');
    assert.deepEqual(readBits(from('03020780')), { bytes: Buffer.from([0x80]), unused: 7 });
    assert.equal(content(from('0400')).length, 0);
  });

  for (const [what, hex] of [
    ['an indefinite length', '30800000'],
    ['a length in more bytes than needed', '0481 01 00'],
    ['a length with leading zeros', '0482 0080 00'],
    ['a length beyond the end', '0405 0102'],
    ['a length of five bytes', '04850000000001 00'],
    ['a tag of several bytes', '1f8101 00'],
    ['bytes behind the end', '0400 00'],
    ['nothing', ''],
    ['a tag alone', '30'],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => from(hex), DerFault);
    });
  }

  for (const [what, read] of [
    ['a member that reaches beyond its list', () => members(from('3003 0402ff'))],
    ['an INTEGER with a leading zero too many', () => readInteger(from('02020001'))],
    ['an empty INTEGER', () => readInteger(from('0200'))],
    ['a negative count', () => readCount(from('0201ff'))],
    ['a BOOLEAN that is neither 0 nor 255', () => readBoolean(from('010101'))],
    ['a BIT STRING with eight unused bits', () => readBits(from('03020800'))],
    ['an OBJECT IDENTIFIER that ends in the middle', () => readOid(from('06022a83'))],
    ['an OBJECT IDENTIFIER with a padded number', () => readOid(from('06032a8001'))],
    ['another tag than was asked for', () => readInteger(from('0401 01'))],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(read, DerFault);
    });
  }

  it('reads dates as RFC 5280 writes them, and no others (S-PKI-1)', () => {
    assert.equal(readTime(time('17', '500101000000Z')), Date.UTC(1950, 0, 1));
    assert.equal(readTime(time('17', '491231235959Z')), Date.UTC(2049, 11, 31, 23, 59, 59));
    assert.equal(readTime(time('18', '20500101000000Z')), Date.UTC(2050, 0, 1));
    for (const [tag, text] of [
      ['17', '2601010000Z'],
      ['17', '260230000000Z'],
      ['17', '261301000000Z'],
      ['17', '260101240000Z'],
      ['17', '260101006000Z'],
      ['17', '260101000000+0100'],
      ['18', '20260101000000.5Z'],
      ['18', '20260101000000'],
    ] as const) {
      assert.throws(() => readTime(time(tag, text)), DerFault, text);
    }
  });

  it('follows no nesting deeper than its limit', () => {
    let der = Buffer.from('0400', 'hex');
    for (let depth = 0; depth <= MAX_DER_DEPTH; depth += 1) der = Buffer.concat([Buffer.of(0x30, der.length), der]);
    let value = readDer(der);
    assert.throws(() => {
      for (;;) {
        const [inner] = members(value);
        assert.ok(inner !== undefined);
        value = inner;
      }
    }, DerFault);
  });

  it('lists no more members than its limit', () => {
    const body = Buffer.alloc(2 * (MAX_DER_MEMBERS + 1));
    for (let offset = 0; offset < body.length; offset += 2) body[offset] = 0x04;
    const header = Buffer.from([0x30, 0x82, 0, 0]);
    header.writeUInt16BE(body.length, 2);
    assert.throws(() => members(readDer(Buffer.concat([header, body]))), DerFault);
  });

  it('answers any bytes with a value inside them or with a fault', () => {
    const walk = (value: DerValue, bytes: Buffer): void => {
      assert.ok(value.start >= 0 && value.contentStart <= value.end && value.end <= bytes.length);
      if ((value.tag & 0x20) !== 0) for (const member of members(value, value.tag)) walk(member, bytes);
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (random) => {
        const bytes = Buffer.from(random);
        try {
          walk(readDer(bytes), bytes);
        } catch (error) {
          assert.ok(error instanceof DerFault, String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });
});
