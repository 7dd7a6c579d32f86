import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { startMailService } from '../../src/app/mail-service.ts';
import { systemClock } from '../../src/app/world.ts';
import { startZoneServer } from '../../src/lab/zone-server.ts';
import { until } from '../support/installation.ts';
import { stage } from './stage.ts';

async function resolver(context: TestContext): Promise<string> {
  const dns = await startZoneServer({
    clock: systemClock,
    zones: {
      '2.0.0.127.in-addr.arpa': { PTR: ['mx.partner.example'] },
      '3.0.0.127.in-addr.arpa': { PTR: ['mx.partner.example'] },
      '4.0.0.127.in-addr.arpa': { fault: 'drop' },
      'mx.partner.example': { A: ['127.0.0.2'] },
      'loop.example': { MX: [[10, 'mx.ours.example']] },
      'mx.ours.example': { A: ['127.0.0.1'] },
    },
  });
  context.after(() => dns.stop());
  return `${dns.spec}?trust-ad`;
}

test('a sender group of names counts for those whose name leads back, and the log says whose does (R128, R119)', async (context) => {
  const scene = await stage(context, {
    settings: { resolvers: [await resolver(context)], timeoutMs: 1_000 },
    document: (document) => ({
      ...document,
      senderGroups: [{ name: 'PARTNER', listener: null, senders: ['.partner.example'], policy: 'Relayed' }],
    }),
  });
  const relays = async (address: string): Promise<string> => {
    const client = await scene.open(address);
    await client.hello();
    await client.ask('MAIL FROM:<a@b.example>');
    return (await client.ask('RCPT TO:<x@elsewhere.example>')).slice(0, 3);
  };
  assert.equal(await relays('127.0.0.2'), '250');
  assert.equal(await relays('127.0.0.3'), '550', 'anybody can claim a name');
  assert.equal(await relays('127.0.0.4'), '550', 'no answer is no name');
  const seen = (await scene.log()).filter((line) => /^New SMTP|ICID \d+ (ACCEPT|RELAY)/.test(line));
  assert.deepEqual(seen, [
    'New SMTP ICID 1 interface Public (127.0.0.1) address 127.0.0.2 reverse dns host mx.partner.example verified yes',
    'ICID 1 RELAY SG PARTNER match .partner.example',
    'New SMTP ICID 2 interface Public (127.0.0.1) address 127.0.0.3 reverse dns host mx.partner.example verified no',
    'ICID 2 ACCEPT SG ALL match ALL',
    'New SMTP ICID 3 interface Public (127.0.0.1) address 127.0.0.4 reverse dns host unknown verified no',
    'ICID 3 ACCEPT SG ALL match ALL',
  ]);
});

test('mail whose first host is a public listener of ours does not come back to us (S-MX-8)', async (context) => {
  const scene = await stage(context, {
    listener: { kind: 'public' },
    policy: { action: 'relay' },
    settings: { resolvers: [await resolver(context)] },
    document: (document) => ({
      ...document,
      listeners: document.listeners.map((each) => ({ ...each, defaultPolicy: 'Blocked' })),
      senderGroups: [{ name: 'HERE', listener: null, senders: ['127.0.0.1'], policy: 'Tested' }],
    }),
  });
  const service = await startMailService(scene.installation);
  context.after(() => service.close(0));
  const client = await scene.open();
  await client.hello();
  assert.match(await client.mail('', ['x@loop.example'], 'Subject: x\r\n\r\nx'), /^250/);
  const bounced = async (): Promise<boolean> => (await scene.queued())[0]?.state === 'bounced';
  assert.ok(await until(bounced, 5_000), JSON.stringify(await scene.queued()));
  assert.equal((await scene.queued())[0]?.last?.status, '5.4.6');
});
