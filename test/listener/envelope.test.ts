import assert from 'node:assert/strict';
import test from 'node:test';
import { failed } from '../../src/base/outcome.ts';
import { taggedSender } from '../../src/delivery/bounce-verification.ts';
import { StoreTrouble } from '../../src/store/trouble.ts';
import { handWoundClock } from '../support/hand-wound-clock.ts';
import { until } from '../support/installation.ts';
import { stage } from './stage.ts';

const TEXT = 'Subject: x\r\n\r\nx';

test('a public listener is no open relay: mail for others is refused, however it is written', async (context) => {
  const scene = await stage(context, {
    listener: { recipientDomains: ['ours.example', '.sub.example', '[192.0.2.1]'] },
  });
  const client = await scene.open();
  await client.hello();
  await client.ask('MAIL FROM:<a@ours.example>');
  for (const stranger of [
    'x@other.example',
    'x@ours.example.other.example',
    'x@notours.example',
    'x@sub.example',
    'x@[192.0.2.2]',
    'x@[127.0.0.1]',
    '@ours.example:x@other.example',
    'x%ours.example@other.example',
    '"x@ours.example"@other.example',
  ]) {
    assert.equal(
      await client.ask(`RCPT TO:<${stranger}>`),
      '550 5.7.1 relaying denied: no mail is taken for this domain',
      stranger,
    );
  }
  for (const ours of ['x@ours.example', 'X@OURS.Example', 'x@deep.sub.example', 'x@[192.0.2.1]', 'Postmaster']) {
    assert.match(await client.ask(`RCPT TO:<${ours}>`), /^250/, ours);
  }
  await client.ask('DATA');
  assert.match(await client.ask(`${TEXT}\r\n.`), /^250/);
  assert.deepEqual(
    (await scene.queued()).map(({ recipient }) => recipient),
    ['x@ours.example', 'X@ours.example', 'x@deep.sub.example', 'x@[192.0.2.1]', 'Postmaster@ours.example'].map(
      (each) => (each === 'Postmaster@ours.example' ? 'postmaster@ours.example' : each),
    ),
  );
});

test('who may relay sends to everybody, and a message that begins here gets what its header lacks', async (context) => {
  const scene = await stage(context, {
    listener: { kind: 'private', recipientDomains: [] },
    policy: { action: 'relay' },
  });
  const client = await scene.open();
  await client.hello();
  assert.match(await client.mail('a@b.example', ['x@other.example', 'y@[192.0.2.9]'], TEXT), /^250/);
  const body = await scene.body(1);
  assert.match(body, /^Message-ID: <[^>]+@mx\.ours\.example>\r$/m);
  assert.match(body, /^Date: .* \+0000\r$/m);
  assert.doesNotMatch(body, /\tfor /, 'two recipients do not learn of each other');
  assert.ok((await scene.log()).includes('ICID 1 RELAY SG ALL match ALL'));
});

test('DSN parameters, ENVID decoded, go with the message; those that cannot be are refused (S-DSN-2)', async (context) => {
  const scene = await stage(context);
  const client = await scene.open();
  await client.hello();
  for (const [command, answer] of [
    ['MAIL FROM:<a@b.example> RET=SOME', /^501 5\.5\.4/],
    ['MAIL FROM:<a@b.example> ENVID=a+', /^501/],
    ['MAIL FROM:<a@b.example> ENVID=x+0Ay', /^501/],
    ['MAIL FROM:<a@b.example> RET=HDRS RET=FULL', /^501/],
    ['MAIL FROM:<a@b.example> FOO=1', /^555 5\.5\.4/],
    ['MAIL FROM:<a@b.example> SIZE=x', /^501/],
    ['MAIL FROM:<a@b.example> BODY=BINARYMIME', /^501/],
    ['MAIL FROM:<a@b.example> RET=hdrs ENVID=QQ+2B1 BODY=8BITMIME SIZE=100', /^250/],
    ['RCPT TO:<ann@ours.example> NOTIFY=NEVER,DELAY', /^501/],
    ['RCPT TO:<ann@ours.example> ORCPT=ann@ours.example', /^501/],
    ['RCPT TO:<ann@ours.example> NOTIFY=success,FAILURE ORCPT=rfc822;ann+2Bx@ours.example', /^250/],
  ] as const) {
    assert.match(await client.ask(command), answer, command);
  }
  await client.ask('DATA');
  await client.ask(`${TEXT}\r\n.`);
  const [claimed] = await scene.installation.queue.claim({
    destination: 'ours.example',
    most: 1,
    mostRecipients: 1,
    owner: 'test',
    now: Date.now(),
    leaseMs: 1000,
  });
  assert.deepEqual([claimed?.options.ret, claimed?.options.envid], ['HDRS', 'QQ+1']);
  assert.deepEqual(
    claimed?.recipients.map(({ notify, orcpt }) => [notify, orcpt]),
    [[['SUCCESS', 'FAILURE'], 'rfc822;ann+2Bx@ours.example']],
  );
});

test('addresses beyond ASCII need SMTPUTF8, and the trace says so (S-EXT-3)', async (context) => {
  const scene = await stage(context);
  const client = await scene.open();
  await client.hello();
  assert.match(await client.ask('MAIL FROM:<jürgen@b.example>'), /^553 5\.6\.7/);
  assert.match(await client.ask('MAIL FROM:<jürgen@b.example> SMTPUTF8'), /^250/);
  assert.match(await client.ask('RCPT TO:<añño@ours.example>'), /^250/);
  await client.ask('DATA');
  assert.match(await client.ask(`${TEXT}\r\n.`), /^250/);
  assert.match(await scene.body(1), /with UTF8SMTP id/);
});

test('what is no address is refused with its reason', async (context) => {
  const scene = await stage(context);
  const client = await scene.open();
  await client.hello();
  assert.match(await client.ask('MAIL FROM:<a..b@c.example>'), /^553 5\.1\.7 .*two in a row/);
  await client.ask('MAIL FROM:<>');
  assert.match(await client.ask('RCPT TO:<ours.example>'), /^553 5\.1\.3 .*no @/);
  assert.match(await client.ask('RCPT TO:<x@1.2.3.4>'), /^553 5\.1\.3/);
});

test('a bounce needs a tag of ours, which is taken off; other mail loses its tag whatever it is (R112)', async (context) => {
  const keys = [{ id: 1, secret: 'of a test', addedAt: '2026-01-01T00:00:00Z' }];
  const tagged = taggedSender('joe@ours.example', keys, Date.now());
  const old = taggedSender('joe@ours.example', keys, Date.now() - 30 * 86_400_000);
  const forged = tagged.replace(/.@/, (end) => (end === 'A@' ? 'B@' : 'A@'));
  const scene = await stage(context, {
    document: (document) => ({ ...document, bounceVerification: { keys, untaggedBounces: 'reject' } }),
  });
  const client = await scene.open();
  await client.hello();
  assert.match(await client.mail('', [tagged], TEXT), /^250/);
  assert.match(await client.mail('a@b.example', [old], TEXT), /^250/);
  assert.deepEqual(
    (await scene.queued()).map(({ recipient }) => recipient),
    ['joe@ours.example', 'joe@ours.example'],
  );
  for (const address of ['joe@ours.example', old, forged]) {
    await client.ask('RSET');
    assert.equal(
      await client.mail('', [address], TEXT),
      '550 5.7.1 this answers a message that was not sent from here',
    );
  }
  await client.ask('RSET');
  const refused = 'MID 0 ICID 1 invalid bounce, rcpt address <joe@ours.example> rejected by bounce verification.';
  const log = await scene.log();
  const at = log.indexOf(refused);
  assert.ok(at > 0, log.join('\n'));
  assert.equal(log[at + 1], 'Message aborted MID 0 Receiving aborted');
  await scene.commit((document) => ({ ...document, bounceVerification: { keys, untaggedBounces: 'add-header' } }));
  const isTaken = async (): Promise<boolean> => {
    const again = await scene.open();
    await again.hello();
    return (await again.mail('', ['joe@ours.example'], TEXT)).startsWith('250');
  };
  assert.ok(await until(isTaken, 10_000));
  assert.match(await scene.body(3), /\r\nX-Tlsreach-Bounce: not verified\r\nSubject: x\r\n/);
});

test('a message that went through too many servers goes round in circles, and is refused', async (context) => {
  const scene = await stage(context);
  const client = await scene.open();
  await client.hello();
  const hops = (count: number): string => 'Received: from a by b;\r\n\tdate\r\n'.repeat(count);
  assert.match(await client.mail('a@b.example', ['ann@ours.example'], `${hops(50)}${TEXT}`), /^250/);
  assert.match(await client.mail('a@b.example', ['ann@ours.example'], `${hops(51)}${TEXT}`), /^554 5\.4\.6/);
  assert.match(await client.mail('a@b.example', ['ann@ours.example'], `${TEXT}\r\n\r\n${hops(51)}`), /^250/);
});

test('limits: size as announced and as sent, recipients, messages, recipients in an hour', async (context) => {
  const clock = handWoundClock(Date.now());
  const scene = await stage(context, {
    policy: { maxMessageBytes: 1_024, maxRecipients: 2, maxMessages: 3, recipientsPerHour: 6 },
    clock,
  });
  const client = await scene.open();
  await client.hello();
  assert.match(await client.ask('MAIL FROM:<a@b.example> SIZE=1025'), /^552 5\.3\.4/);
  assert.match(
    await client.mail('a@b.example', ['ann@ours.example'], `S: x\r\n\r\n${'x'.repeat(80)}\r\n`.repeat(20)),
    /^552 5\.3\.4/,
  );
  const two = ['ann@ours.example', 'bob@ours.example'];
  assert.equal(
    await client.mail('a@b.example', [...two, 'eve@ours.example'], TEXT),
    '452 4.5.3 too many recipients for one message',
  );
  assert.match(await client.ask('DATA'), /^354/, 'those before it stay');
  assert.match(await client.ask(`${TEXT}\r\n.`), /^250/);
  assert.match(await client.mail('a@b.example', two, TEXT), /^250/);
  assert.equal(
    await client.mail('a@b.example', two, TEXT),
    '452 4.7.28 too many recipients from this address within an hour',
  );
  clock.wind(3_600_000);
  const later = await scene.open();
  await later.hello();
  assert.match(await later.mail('a@b.example', two, TEXT), /^250/, 'another hour');
  assert.match(await later.mail('a@b.example', two, TEXT), /^250/);
  assert.match(await later.mail('a@b.example', two, TEXT), /^250/);
  assert.match(await later.ask('MAIL FROM:<a@b.example>'), /^421 4\.7\.0/);
  await later.closed;
});

test('nothing is acknowledged that is not in the queue: trouble of the store is 4xx, and a full disk is said as such', async (context) => {
  const troubles = [
    new StoreTrouble('full', 'no room', true),
    new StoreTrouble('unavailable', 'away', true),
    new Error('a bug'),
  ];
  let accepted = 0;
  const scene = await stage(context, {
    submit: async () => {
      const trouble = troubles.shift();
      if (trouble !== undefined) throw trouble;
      accepted += 1;
      return failed({ kind: 'message', fault: { kind: 'line-too-long', line: 3, limit: 998 } });
    },
  });
  const client = await scene.open();
  await client.hello();
  const mail = (): Promise<string> => client.mail('a@b.example', ['ann@ours.example'], TEXT);
  assert.match(await mail(), /^452 4\.3\.1/);
  assert.match(await mail(), /^451 4\.3\.0/);
  assert.match(await mail(), /^451 4\.3\.0/);
  assert.match(await mail(), /^554 5\.6\.0 line 3 of the message has more than 998 octets/);
  assert.equal(accepted, 1);
  assert.equal((await scene.queued()).length, 0);
});
