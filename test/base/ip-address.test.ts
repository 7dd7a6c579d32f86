import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addressAndPort, addressScope, parseIpAddress, reverseName } from '../../src/base/ip-address.ts';

describe('an IP address', () => {
  for (const [text, scope] of [
    ['198.41.0.4', 'global'],
    ['2001:503:ba3e::2:30', 'global'],
    ['127.0.0.1', 'loopback'],
    ['::1', 'loopback'],
    ['10.1.2.3', 'private'],
    ['100.64.0.1', 'private'],
    ['fd00::1', 'private'],
    ['169.254.1.1', 'link-local'],
    ['fe80::1', 'link-local'],
    ['192.0.2.1', 'documentation'],
    ['2001:db8::1', 'documentation'],
    ['3fff::1', 'documentation'],
    ['0.0.0.0', 'unspecified'],
    ['224.0.0.1', 'multicast'],
    ['198.18.0.1', 'reserved'],
    ['240.0.0.1', 'reserved'],
    ['::ffff:10.0.0.1', 'private'],
    ['::ffff:7f00:1', 'loopback'],
    ['64:ff9b::7f00:1', 'loopback'],
    ['2002:7f00:1::', 'loopback'],
    ['2002:c000:201::', 'documentation'],
    ['::a00:1', 'reserved'],
    ['::c633:6401', 'reserved'],
    ['64:ff9b:1::a00:1', 'reserved'],
    ['1::1', 'reserved'],
    ['4000::1', 'reserved'],
    ['e000::1', 'reserved'],
    ['3ffe::1', 'global'],
  ] as const) {
    it(`${text} is ${scope}, also when wrapped in another family (R6)`, () => {
      const address = parseIpAddress(text);
      assert.ok(address !== null);
      assert.equal(addressScope(address), scope);
    });
  }

  for (const text of [
    '',
    '1.2.3',
    '01.2.3.4',
    '1.2.3.256',
    '1.2.3.4.5',
    '::1%eth0',
    '1::2::3',
    'example.com',
    '0x7f.1',
    '[::1]',
  ]) {
    it(`${JSON.stringify(text)} is none`, () => assert.equal(parseIpAddress(text), null));
  }

  it('has one canonical form, and the right name to ask for its reverse', () => {
    assert.equal(parseIpAddress('2001:DB8:0:0:0:0:0:1')?.text, '2001:db8::1');
    assert.equal(reverseName({ family: 4, text: '192.0.2.1' }), '1.2.0.192.in-addr.arpa');
    assert.equal(
      reverseName({ family: 6, text: '2001:db8::1' }),
      '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa',
    );
    assert.equal(addressAndPort({ family: 6, text: '2001:db8::1' }, 25), '[2001:db8::1]:25');
  });
});
