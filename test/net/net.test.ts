import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '../../src/app/world.ts';
import { parseIpAddress } from '../../src/base/ip-address.ts';
import { AddressLimiter } from '../../src/net/address-limiter.ts';
import { connectFailureOf, createNet, describeConnectFailure } from '../../src/net/net.ts';

function address(text: string) {
  const parsed = parseIpAddress(text);
  assert.ok(parsed !== null);
  return parsed;
}

describe('the one way out', () => {
  let server: Server;
  let port: number;
  let accepted = 0;
  before(async () => {
    server = createServer((socket) => {
      accepted += 1;
      socket.on('error', () => {});
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const bound = server.address();
    port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  });
  after(() => server.close());

  it('opens a connection and gives its place back when it is closed', async () => {
    const net = createNet({ clock: systemClock, privateAddresses: 'allowed', connectionsPerAddress: 1 });
    for (let round = 0; round < 3; round += 1) {
      const opened = await net.connect({ address: address('127.0.0.1'), port, timeoutMs: 30_000 });
      assert.ok(opened.ok);
      assert.equal(opened.value.localAddress, '127.0.0.1');
      opened.value.socket.destroy();
    }
  });

  it('sends nothing to a private address where that is not allowed (R6) (S-MX-7)', async () => {
    const net = createNet({ clock: systemClock, privateAddresses: 'denied' });
    const before = accepted;
    for (const text of ['127.0.0.1', '::ffff:127.0.0.1', '10.0.0.1', '64:ff9b::7f00:1']) {
      const opened = await net.connect({ address: address(text), port, timeoutMs: 30_000 });
      assert.equal(!opened.ok && opened.failure.kind, 'not-permitted', text);
    }
    assert.equal(accepted, before);
  });

  it('tells a refused connection from a stopped one', async () => {
    const net = createNet({ clock: systemClock, privateAddresses: 'allowed' });
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const bound = closed.address();
    const nobody = typeof bound === 'object' && bound !== null ? bound.port : 0;
    await new Promise((resolve) => closed.close(resolve));
    const refused = await net.connect({ address: address('127.0.0.1'), port: nobody, timeoutMs: 30_000 });
    assert.equal(!refused.ok && refused.failure.kind, 'refused');
    const stopped = await net.connect({
      address: address('127.0.0.1'),
      port,
      timeoutMs: 30_000,
      signal: AbortSignal.abort(),
    });
    assert.equal(!stopped.ok && stopped.failure.kind, 'cancelled');
  });

  it('waits in line at a busy address, and leaves the line when stopped (R57)', async () => {
    const limiter = new AddressLimiter(2);
    const first = await limiter.acquire('a');
    await limiter.acquire('a');
    const controller = new AbortController();
    const third = limiter.acquire('a');
    const fourth = limiter.acquire('a', controller.signal);
    controller.abort();
    assert.equal(await fourth, null);
    assert.notEqual(await limiter.acquire('b'), null, 'another address is not busy');
    let granted = false;
    void third.then(() => {
      granted = true;
    });
    await Promise.resolve();
    assert.equal(granted, false);
    first?.();
    first?.();
    assert.notEqual(await third, null);
  });

  it('has a name and a clause for every code of the system', () => {
    for (const [code, kind] of [
      ['ECONNREFUSED', 'refused'],
      ['ETIMEDOUT', 'timed-out'],
      ['ECONNRESET', 'reset'],
      ['EHOSTUNREACH', 'unreachable'],
      ['ENETUNREACH', 'unreachable'],
      ['EADDRNOTAVAIL', 'no-local-address'],
      ['EMFILE', 'out-of-resources'],
      ['EWHATEVER', 'other'],
    ] as const) {
      const failure = connectFailureOf(Object.assign(new Error('x'), { code }));
      assert.equal(failure.kind, kind);
      assert.ok(describeConnectFailure(failure).length > 10);
    }
  });
});
