import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  addressOctets,
  isPresentedName,
  isReferenceName,
  matchesDnsName,
  matchesIpAddress,
} from '../../src/pki/dns-name.ts';

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/);
const host = fc.array(label, { minLength: 2, maxLength: 5 }).map((labels) => [...labels, 'example'].join('.'));

describe('a presented DNS name', () => {
  it('with a wildcard covers exactly one left-most label (R18)', () => {
    assert.equal(matchesDnsName('*.smtproutes.com', 'rolfebenson.com.pri-mx.na0107.smtproutes.com'), false);
    assert.equal(matchesDnsName('*.smtproutes.com', 'mx.smtproutes.com'), true);
    assert.equal(matchesDnsName('*.smtproutes.com', 'smtproutes.com'), false);
    assert.equal(matchesDnsName('*.smtproutes.com', '.smtproutes.com'), false);
    assert.equal(matchesDnsName('*.smtproutes.com', 'a.mx.smtproutes.com'), false);
  });

  it('with anything but a whole left-most wildcard label matches nothing (R18, S-PKI-2)', () => {
    for (const name of ['m*.example.com', '*x.example.com', 'mx.*.com', '*.*.example.com', '*', '*.com', '*.']) {
      assert.equal(matchesDnsName(name, 'mx.example.com'), false, name);
    }
  });

  it('is compared without regard to case, and the trailing dot of a reference does not count (R97)', () => {
    assert.equal(matchesDnsName('MX.Example.COM', 'mx.example.com.'), true);
    assert.equal(matchesDnsName('xn--bcher-kva.example', 'XN--BCHER-KVA.example'), true);
  });

  it('with a NUL, a control, a space, a UTF-8 byte or an empty label matches nothing (R97)', () => {
    for (const name of [
      'mx.example.com\0',
      'mx.example.com\0.evil.example',
      'mx example.com',
      'b\xc3\xbccher.example',
      'mx..example.com',
      '',
      '.',
    ]) {
      assert.equal(isPresentedName(name), false, JSON.stringify(name));
      assert.equal(matchesDnsName(name, 'mx.example.com'), false);
      assert.equal(matchesDnsName(name, name), false);
    }
  });

  it('matches itself whenever it is well-formed, and with one more label in front never', () => {
    fc.assert(
      fc.property(host, label, (name, extra) => {
        assert.equal(matchesDnsName(name, name.toUpperCase()), true);
        assert.equal(matchesDnsName(name, `${extra}.${name}`), false);
        assert.equal(matchesDnsName(`*.${name}`, `${extra}.${name}`), true);
        assert.equal(matchesDnsName(`*.${name}`, `${extra}.${name}`, false), false);
        assert.equal(matchesDnsName(`*.${name}`, `${extra}.${extra}.${name}`), false);
      }),
    );
  });

  it('never throws and never matches a text that is no host name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (presented, reference) => {
        if (matchesDnsName(presented, reference)) assert.ok(isPresentedName(presented) && isReferenceName(reference));
      }),
    );
  });
});

describe('a presented address', () => {
  it('matches octet for octet, whatever the spelling of the reference', () => {
    const presented = addressOctets('2001:db8::1');
    assert.ok(presented !== null);
    assert.equal(matchesIpAddress(presented, '2001:0DB8:0:0::1'), true);
    assert.equal(matchesIpAddress(presented, '2001:db8::2'), false);
  });

  it('of IPv4 is another one than its IPv6 mapping', () => {
    const presented = Buffer.from([192, 0, 2, 1]);
    assert.equal(matchesIpAddress(presented, '192.0.2.1'), true);
    assert.equal(matchesIpAddress(presented, '::ffff:192.0.2.1'), false);
    assert.equal(matchesIpAddress(presented, '192.0.2.01'), false);
  });
});
