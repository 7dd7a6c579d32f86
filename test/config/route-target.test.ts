import assert from 'node:assert/strict';
import test from 'node:test';
import { parseRouteTargets, showRouteTargets } from '../../src/config/route-target.ts';

for (const { text, shown } of [
  { text: 'Relay.Example', shown: 'relay.example' },
  { text: 'relay.example:26', shown: 'relay.example:26' },
  { text: '192.0.2.1:26/pri=10', shown: '192.0.2.1:26/pri=10' },
  { text: '[192.0.2.1]', shown: '192.0.2.1' },
  { text: '2001:DB8::1', shown: '[2001:db8::1]' },
  { text: '[IPv6:2001:db8::1]:2525/PRI=65535', shown: '[2001:db8::1]:2525/pri=65535' },
  { text: 'usedns', shown: 'USEDNS' },
  { text: '/dev/null', shown: '/dev/null' },
  { text: 'a.example/pri=0, b.example/pri=5,USEDNS/pri=9', shown: 'a.example, b.example/pri=5, USEDNS/pri=9' },
]) {
  test(`the target ${text} is read, and written as ${shown} (R113)`, () => {
    const read = parseRouteTargets(text);
    assert.ok(read.ok, JSON.stringify(read));
    assert.equal(showRouteTargets(read.value), shown);
    assert.deepEqual(parseRouteTargets(shown), read);
  });
}

for (const text of [
  '',
  'a b',
  'a.example:0',
  'a.example:65536',
  'a.example:x',
  'a.example/pri=65536',
  'a.example/pri=',
  '/dev/nul',
  'a.example,,b.example',
  '1.2.3',
]) {
  test(`"${text}" is no target, and the sentence quotes it (R113)`, () => {
    const read = parseRouteTargets(text);
    assert.equal(read.ok, false);
    assert.ok(!read.ok && read.failure.startsWith('"'), JSON.stringify(read));
  });
}
