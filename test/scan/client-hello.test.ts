/** The hellos that go out: what stands in them, how long they are, and what they must not hold. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../../src/base/random.ts';
import { LEGACY_SUITES, MAIN_SUITES, suiteParts } from '../../src/scan/cipher-suites.ts';
import {
  type ClientHello,
  closeNotify,
  MAX_HELLO_BYTES,
  MAX_RECORD_BYTES,
  MAX_SUITES_OFFERED,
  writeClientHello,
} from '../../src/scan/client-hello.ts';
import { TLS_VERSIONS, versionNumber } from '../../src/scan/registry.ts';
import { readHello, type SeenHello } from '../support/hello-peer.ts';

const BASIC: ClientHello = {
  version: 'TLSv1.2',
  onlyThisVersion: false,
  suites: [0xc02f, 0x009c],
  groups: [0x001d, 0x0017],
  signatures: [0x0804, 0x0403],
  serverName: 'mx.example.com',
  compression: true,
  fallback: false,
  padTo: 0,
};

function written(changes: Partial<ClientHello>): { readonly bytes: Buffer; readonly seen: SeenHello } {
  const bytes = writeClientHello({ ...BASIC, ...changes }, seededRandom(3));
  const seen = readHello(bytes);
  assert.ok(seen !== null);
  return { bytes, seen };
}

test('TLS 1.2: suites, compression, server name, groups and signatures stand where a server looks for them', () => {
  const { bytes, seen } = written({});
  assert.equal(bytes.readUInt16BE(1), 0x0301, 'the record says TLS 1.0, which everybody reads');
  assert.equal(seen.version, 0x0303);
  assert.deepEqual(seen.suites, [0xc02f, 0x009c, 0x00ff]);
  assert.deepEqual(seen.compressions, [1, 0]);
  assert.equal(seen.extensions.get(0)?.subarray(5).toString(), 'mx.example.com');
  assert.deepEqual(seen.extensions.get(10), Buffer.from([0, 4, 0, 0x1d, 0, 0x17]));
  assert.deepEqual(seen.extensions.get(13), Buffer.from([0, 4, 8, 4, 4, 3]));
  for (const type of [5, 11, 23, 35]) assert.ok(seen.extensions.has(type), `extension ${type}`);
  assert.ok(!seen.extensions.has(43), 'the version stands in its own field');
});

test('TLS 1.3: an empty key share asks the server to name its group, and no compression is offered', () => {
  const { seen } = written({ version: 'TLSv1.3' });
  assert.equal(seen.version, 0x0303);
  assert.deepEqual(seen.extensions.get(51), Buffer.from([0, 0]));
  assert.deepEqual(seen.extensions.get(43), Buffer.from([8, 3, 4, 3, 3, 3, 2, 3, 1]));
  assert.deepEqual(seen.compressions, [0]);
  const alone = written({ version: 'TLSv1.3', onlyThisVersion: true }).seen;
  assert.deepEqual(alone.extensions.get(43), Buffer.from([2, 3, 4]));
  assert.ok(!alone.extensions.has(35) && !alone.extensions.has(23));
});

test('SSLv3 knows no extensions, and says so on its record', () => {
  const { bytes, seen } = written({ version: 'SSLv3' });
  assert.equal(bytes.readUInt16BE(1), 0x0300);
  assert.equal(seen.version, 0x0300);
  assert.equal(seen.extensions.size, 0);
});

test('without a server name there is none, and a fallback says that it is one', () => {
  const { seen } = written({ serverName: null, fallback: true });
  assert.ok(!seen.extensions.has(0));
  assert.ok(seen.suites.includes(0x5600));
});

test('no hello has a length at which old load balancers hang (RFC 7685)', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: MAX_SUITES_OFFERED }), fc.nat(900), (count, padTo) => {
      const { seen } = written({ suites: LEGACY_SUITES.slice(0, count).map(({ code }) => code), padTo });
      assert.ok(seen.messageBytes < 256 || seen.messageBytes >= 512, `${seen.messageBytes} bytes`);
      assert.ok(seen.messageBytes >= padTo);
    }),
  );
});

test('a hello is padded to any size, over several records where one does not hold it', () => {
  assert.equal(written({ padTo: 3_200 }).seen.messageBytes, 3_200);
  const { bytes, seen } = written({ padTo: 40_000 });
  assert.equal(seen.messageBytes, 40_000);
  assert.equal(bytes.readUInt16BE(3), MAX_RECORD_BYTES);
  assert.throws(() => written({ padTo: MAX_HELLO_BYTES + 1 }));
});

test('no more suites are offered than servers read, in any part of the list', () => {
  assert.throws(() => written({ suites: new Array<number>(MAX_SUITES_OFFERED + 1).fill(1) }));
  for (const version of TLS_VERSIONS) {
    for (const part of suiteParts(version)) assert.ok(part.length <= MAX_SUITES_OFFERED, version);
    assert.equal(new Set(suiteParts(version).flat()).size, suiteParts(version).flat().length, 'each suite once');
  }
  assert.deepEqual(
    new Set(suiteParts('TLSv1.2').flat()),
    new Set(LEGACY_SUITES.map(({ code }) => code)),
    'and all of them',
  );
  assert.ok(MAIN_SUITES.length + 5 <= MAX_SUITES_OFFERED, 'with those of TLS 1.3');
});

test('every suite has a number of its own, and its name says its strength', () => {
  assert.equal(new Set(LEGACY_SUITES.map(({ code }) => code)).size, LEGACY_SUITES.length);
  for (const { name, bits, classes } of LEGACY_SUITES) {
    if (classes.includes('null')) assert.equal(bits, 0, name);
    if (classes.includes('export')) assert.ok(bits === 40 || bits === 56, name);
    if (name.includes('_256_')) assert.equal(bits, 256, name);
    if (name.includes('3DES')) assert.equal(bits, 112, name);
  }
});

test('versions have the numbers of the registry, and the goodbye is a warning', () => {
  assert.deepEqual(TLS_VERSIONS.map(versionNumber), [0x0304, 0x0303, 0x0302, 0x0301, 0x0300]);
  assert.deepEqual([...closeNotify()], [21, 3, 1, 0, 2, 1, 0]);
});
