/** A message walks the route until a host takes it, and every recipient comes out with one outcome. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { senderIn } from '../support/delivery.ts';

describe('a message', { concurrency: 4 }, () => {
  it('goes over TLS to the host of its domain, and all of it is told in order (R76)', async (test) => {
    const sender = await senderIn(test);
    const { report, line } = await sender.deliver();
    const [outcome] = report.recipients;
    assert.deepEqual(
      [outcome?.result, outcome?.channel, outcome?.verified, outcome?.host, outcome?.ip, outcome?.status],
      ['delivered', 'encrypted', null, 'mx.example.com', '192.0.2.1', '2.0.0'],
    );
    assert.equal(report.contacted, true);
    assert.notEqual(line, null);
    const session = sender.peer('192.0.2.1').sessions[0];
    assert.equal(session?.messages[0]?.toString(), 'Subject: hello\r\n\r\nHello.\r\n');
    assert.equal(session?.serverName, 'mx.example.com');
    assert.deepEqual(
      sender.events.map(({ kind }) => kind),
      ['connection-opened', 'session-judged', 'delivery-started', 'message-done', 'connection-closed'],
    );
  });
});
