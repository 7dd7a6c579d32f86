import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  describeResolverSpecFault,
  MAX_RESOLV_ATTEMPTS,
  MAX_RESOLV_TIMEOUT_MS,
  MAX_SYSTEM_RESOLVERS,
  parseResolvConf,
  parseResolverSpec,
} from '../../src/dns/resolver-spec.ts';

const read = (text: string): unknown => {
  const spec = parseResolverSpec(text);
  assert.ok(spec.ok, text);
  return spec.value;
};

test('a resolver is an address, tls://host or a URL, each with optional trust-ad', () => {
  const four = { family: 4, text: '192.0.2.1' };
  const six = { family: 6, text: '::1' };
  assert.deepEqual(read('192.0.2.1'), { kind: 'plain', address: four, port: 53, text: '192.0.2.1', trustAd: false });
  assert.deepEqual(read('192.0.2.1:5353?trust-ad'), {
    kind: 'plain',
    address: four,
    port: 5353,
    text: '192.0.2.1:5353',
    trustAd: true,
  });
  assert.deepEqual(read('[::1]:53'), { kind: 'plain', address: six, port: 53, text: '[::1]:53', trustAd: false });
  assert.deepEqual(read('::1'), { kind: 'plain', address: six, port: 53, text: '::1', trustAd: false });
  assert.deepEqual(read('tls://Dns.Example'), {
    kind: 'tls',
    host: 'dns.example',
    port: 853,
    text: 'tls://Dns.Example',
    trustAd: false,
  });
  assert.deepEqual(read('tls://[::1]:8853?trust-ad'), {
    kind: 'tls',
    host: six,
    port: 8853,
    text: 'tls://[::1]:8853',
    trustAd: true,
  });
  assert.deepEqual(read('https://dns.example/dns-query?trust-ad'), {
    kind: 'https',
    url: 'https://dns.example/dns-query',
    text: 'https://dns.example/dns-query',
    trustAd: true,
  });
});

test('what is no resolver is refused in a sentence', () => {
  const faults: readonly (readonly [string, string, RegExp])[] = [
    ['', 'empty', /empty/],
    ['192.0.2.1?trust', 'bad-option', /only \?trust-ad/],
    ['https://dns.example/q?a=b', 'bad-option', /only \?trust-ad/],
    ['udp://192.0.2.1', 'bad-scheme', /tls:\/\/host/],
    ['http://dns.example/dns-query', 'bad-scheme', /no way to ask/],
    ['dns.example', 'name-without-scheme', /not an IP address/],
    ['192.0.2.256', 'bad-host', /neither an IP address nor a host name/],
    ['[192.0.2.1]:53', 'bad-host', /neither/],
    ['tls://', 'bad-host', /neither/],
    ['tls://bad host', 'bad-host', /neither/],
    ['192.0.2.1:0', 'bad-port', /1 to 65535/],
    ['192.0.2.1:65536', 'bad-port', /1 to 65535/],
    ['tls://dns.example:', 'bad-port', /1 to 65535/],
    ['https://user:pw@dns.example/', 'bad-url', /not a URL/],
    ['https://', 'bad-url', /not a URL/],
  ];
  for (const [text, kind, sentence] of faults) {
    const spec = parseResolverSpec(text);
    assert.ok(!spec.ok, text);
    assert.equal(spec.failure.kind, kind, text);
    assert.match(describeResolverSpecFault(spec.failure), sentence);
  }
});

test('the system file names resolvers, believes them where it says so, and is bounded', () => {
  const conf = parseResolvConf(
    '# comment\nsearch example.test\nnameserver 192.0.2.1\nnameserver fe80::1%eth0\nnameserver ::1 ; local\n' +
      'nameserver 192.0.2.3\nnameserver 192.0.2.4\noptions edns0 trust-ad timeout:2 attempts:3\n',
  );
  assert.deepEqual(
    conf.servers.map(({ text, trustAd }) => [text, trustAd]),
    [
      ['192.0.2.1', true],
      ['::1', true],
      ['192.0.2.3', true],
    ],
  );
  assert.equal(conf.servers.length, MAX_SYSTEM_RESOLVERS);
  assert.deepEqual([conf.timeoutMs, conf.attempts], [2000, 3]);
  assert.deepEqual(conf.ignored, ['nameserver fe80::1%eth0']);
  const wild = parseResolvConf('options timeout:9999 attempts:9999');
  assert.deepEqual([wild.timeoutMs, wild.attempts], [MAX_RESOLV_TIMEOUT_MS, MAX_RESOLV_ATTEMPTS]);
});

test('without a name server in the file the one on loopback is asked, and loopback alone proves nothing', () => {
  const conf = parseResolvConf('');
  assert.deepEqual(
    conf.servers.map(({ text, trustAd }) => [text, trustAd]),
    [['127.0.0.1', false]],
  );
});
