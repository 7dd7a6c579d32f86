import assert from 'node:assert/strict';
import test from 'node:test';
import { headerRecipients, untilDot, withFrom, withoutBcc } from '../../src/cli/sendmail-header.ts';

const recipientsOf = (text: string): readonly string[] => headerRecipients(Buffer.from(text));

test('recipients of To, Cc and Bcc: folded, quoted, commented and in groups', () => {
  assert.deepEqual(
    recipientsOf(
      'To: "Doe, Ann" <ann@a.example>,\n\tbob@b.example (Bob)\nCC: friends: eve@e.example, zoe@z.example;\nbcc:x@x.example\nReply-To: no@no.example\n\nTo: body@no.example\n',
    ),
    ['ann@a.example', 'bob@b.example', 'eve@e.example', 'zoe@z.example', 'x@x.example'],
  );
});

test('of a message that was resent, only whom it was resent to', () => {
  assert.deepEqual(recipientsOf('To: a@a.example\r\nResent-To: b@b.example\r\nResent-Bcc: c@c.example\r\n\r\n'), [
    'b@b.example',
    'c@c.example',
  ]);
});

test('nobody where no field says somebody', () => {
  assert.deepEqual(recipientsOf('Subject: x\n\nTo: a@a.example\n'), []);
  assert.deepEqual(recipientsOf('To: undisclosed-recipients:;\n\n'), []);
  assert.deepEqual(recipientsOf(''), []);
});

test('Bcc goes with its continuation lines, everything else stays octet for octet', () => {
  const message = Buffer.from(
    'To: a@a.example\r\nBcc: b@b.example,\r\n c@c.example\r\nX: 1\nresent-bcc: d\n\nBcc: body\n',
  );
  assert.equal(withoutBcc(message).toString(), 'To: a@a.example\r\nX: 1\n\nBcc: body\n');
  const plain = Buffer.from([0x58, 0x3a, 0xff, 0x0a, 0x0a, 0xfe]);
  assert.deepEqual(withoutBcc(plain), plain);
});

test('a From only where there is none, with the name a person gave', () => {
  const message = Buffer.from('Subject: x\n\n');
  assert.equal(withFrom(message, 'a@a.example', '').toString(), 'From: a@a.example\nSubject: x\n\n');
  assert.equal(
    withFrom(message, 'a@a.example', 'Ann "A" Doe').toString(),
    'From: "Ann \\"A\\" Doe" <a@a.example>\nSubject: x\n\n',
  );
  assert.match(withFrom(message, 'a@a.example', 'Jörg').toString(), /^From: =\?utf-8\?B\?SsO2cmc=\?= <a@a\.example>\n/);
  assert.doesNotMatch(withFrom(message, 'a@a.example', 'a\nBcc: evil@x.example').toString(), /\nBcc/);
  const told = Buffer.from('from: me@a.example\n\n');
  assert.equal(withFrom(told, 'a@a.example', 'x'), told);
  assert.equal(withFrom(message, '', 'x'), message);
});

test('a line with a dot alone ends the message, and no other line', () => {
  assert.equal(untilDot(Buffer.from('a\n.\nb\n')).toString(), 'a\n');
  assert.equal(untilDot(Buffer.from('a\r\n.\r\nb')).toString(), 'a\r\n');
  assert.equal(untilDot(Buffer.from('a\n..\n.b\nc\n')).toString(), 'a\n..\n.b\nc\n');
  assert.equal(untilDot(Buffer.from('a\n.')).toString(), 'a\n');
  assert.equal(untilDot(Buffer.from('.\nb')).toString(), '');
});
