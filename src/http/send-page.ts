/** A message by hand: to see how a destination takes it, from the queue to the log. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { parseMailbox } from '../base/mailbox.ts';
import { printable } from '../base/printable.ts';
import { plainMail } from '../delivery/plain-mail.ts';
import { describeSubmissionFault } from '../delivery/submission.ts';
import { type Desk, type FormFault, queryOf, textIn } from './desk.ts';
import { sentence } from './operator.ts';

/** Recipients of one message by hand. */
const MAX_RECIPIENTS = 20;
const MAX_SUBJECT = 500;
const MAX_TEXT = 64 * 1024;

interface Typed {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly requireTls: boolean;
}

export function sendPage(desk: Desk): void {
  const { appliance, house } = desk;

  const form = (request: FastifyRequest, reply: FastifyReply, typed: Typed, fault: FormFault | null) => {
    const page = { typed, fault, most: { subject: MAX_SUBJECT, text: MAX_TEXT, recipients: MAX_RECIPIENTS } };
    return desk.page(request, reply, 'send', page, {
      title: desk.say(request)('sdTitle'),
      status: fault === null ? 200 : 400,
    });
  };

  desk.get(
    '/queue/new',
    async (request, reply) => {
      const say = desk.say(request);
      const { to = '' } = queryOf(request);
      const from = `postmaster@${appliance.hostname}`;
      const typed = { from: parseMailbox(from).ok ? from : '', to, subject: say('sdSubject'), text: say('sdText') };
      return form(request, reply, { ...typed, requireTls: false }, null);
    },
    'operator',
  );

  desk.post('/queue/new', async (request, reply) => {
    const { body } = request;
    const typed: Typed = {
      from: textIn(body, 'from').trim(),
      to: textIn(body, 'to').trim(),
      subject: textIn(body, 'subject').slice(0, MAX_SUBJECT),
      text: textIn(body, 'text').slice(0, MAX_TEXT).replace(/\r\n?/g, '\n'),
      requireTls: textIn(body, 'requireTls') === 'on',
    };
    const refuse = (field: string, why: string) =>
      form(request, reply, typed, { text: [why], fields: { [field]: why } });
    const to = typed.to.split(/[,;\s]+/).filter((each) => each !== '');
    if (to.length === 0 || to.length > MAX_RECIPIENTS) return refuse('to', `Name 1 to ${MAX_RECIPIENTS} recipients.`);
    const sender = parseMailbox(typed.from);
    if (!sender.ok) return refuse('from', 'This is no mail address.');
    const wrong = to.find((each) => !parseMailbox(each).ok);
    if (wrong !== undefined) return refuse('to', `"${printable(wrong, 120)}" is no mail address.`);
    const now = house.clock.now();
    const bytes = plainMail({
      from: { name: '', address: sender.value.text },
      to,
      subject: printable(typed.subject, MAX_SUBJECT),
      date: now,
      messageId: `web.${now}.${Math.floor(house.random() * 2 ** 48).toString(36)}@${appliance.hostname}`,
      lines: typed.text.split('\n'),
    });
    const accepted = await appliance.submit({
      bytes,
      sender: sender.value.text,
      recipients: to.map((address) => ({ address })),
      origin: 'web',
      requireTls: typed.requireTls,
      begins: null,
    });
    if (!accepted.ok) return refuse('to', sentence(describeSubmissionFault(accepted.failure)));
    const { mid } = accepted.value;
    await desk.record(request, 'message.sent', `message ${mid} to ${to.join(', ')}`);
    return reply.redirect(`/queue/messages/${mid}?done=sent`, 303);
  });
}
