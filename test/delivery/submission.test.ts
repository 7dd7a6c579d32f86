/** The door of the queue: what may not stand in an envelope does not get in, whoever hands it in. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { describeSubmissionFault, readSubmission, type SubmittedMessage } from '../../src/delivery/submission.ts';

const PLAIN: SubmittedMessage = {
  bytes: Buffer.from('Subject: x\r\n\r\nx\r\n'),
  sender: 'me@here.example',
  recipients: [{ address: 'ann@a.example' }],
  origin: 'test',
  begins: null,
};

test('nothing that could begin another command or parameter of SMTP gets into the queue', () => {
  const ann = 'ann@a.example';
  const cases: readonly Partial<SubmittedMessage>[] = [
    { sender: 'me@here.example\r\nRCPT TO:<x@y.example>' },
    { sender: 'me@here.example> BODY=8BITMIME' },
    { recipients: [{ address: `${ann}\nDATA` }] },
    { recipients: [{ address: 'ann <x@a.example' }] },
    { recipients: [{ address: ann, orcpt: 'rfc822;ann@a.example NOTIFY=NEVER' }] },
    { recipients: [{ address: ann, orcpt: 'rfc822;ann\r\nDATA' }] },
    { recipients: [{ address: ann, orcpt: '' }] },
    { envid: 'x\r\nDATA' },
    { envid: 'y'.repeat(101) },
  ];
  for (const wrong of cases) {
    const read = readSubmission({ ...PLAIN, ...wrong });
    assert.equal(read.ok, false, JSON.stringify(wrong));
    assert.match(read.ok ? '' : describeSubmissionFault(read.failure), /^the (sender|recipient|ORCPT|ENVID) "[ -~]*/);
  }
  const good = { recipients: [{ address: ann, orcpt: 'rfc822;ann+2Bx@a.example' }], envid: 'my own name' };
  assert.equal(readSubmission({ ...PLAIN, ...good }).ok, true);
});
