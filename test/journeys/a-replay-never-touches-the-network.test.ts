import assert from 'node:assert/strict';
import { Socket as UdpSocket } from 'node:dgram';
import { Socket } from 'node:net';
import { it, mock } from 'node:test';
import { replay } from '../../src/app/replay.ts';
import { captureText } from '../../src/probe/capture.ts';
import { readCapture } from '../../src/probe/read-capture.ts';
import { openStage } from '../support/lab.ts';

const TARGETS = ['you@best.lab.test', 'you@sts-broken.lab.test', 'you@dane-mismatch.lab.test', 'you@several.lab.test'];

it('a replay opens no socket, and sends nothing, though the probe before it did both', async () => {
  const attempts: string[] = [];
  const real = Socket.prototype.connect;
  const stage = await openStage({ only: ['best', 'sts-broken', 'dane-mismatch', 'several'] });
  const watched = mock.method(Socket.prototype, 'connect', function (this: Socket, ...words: unknown[]) {
    attempts.push('connect');
    return Reflect.apply(real, this, words);
  });
  const captures: [string, string][] = [];
  for (const target of TARGETS) {
    let file = '';
    const result = await stage.probe(target, {}, undefined, (capture) => {
      file = captureText(capture);
    });
    captures.push([JSON.stringify(result), file]);
  }
  await stage.stop();
  assert.ok(attempts.length >= TARGETS.length, 'the probe itself is seen to connect');
  watched.mock.restore();
  const forbidden = (): never => {
    attempts.push('forbidden');
    throw new Error('a replay has no way to the network');
  };
  attempts.length = 0;
  mock.method(Socket.prototype, 'connect', forbidden);
  mock.method(UdpSocket.prototype, 'bind', forbidden);
  mock.method(UdpSocket.prototype, 'connect', forbidden);
  mock.method(UdpSocket.prototype, 'send', forbidden);
  for (const [json, file] of captures) {
    const read = readCapture(Buffer.from(file));
    assert.ok(read.ok);
    const replayed = await replay(read.value, { at: null, anchors: null });
    assert.ok(replayed.ok);
    assert.equal(JSON.stringify(replayed.value), json);
  }
  assert.deepEqual(attempts, []);
});
