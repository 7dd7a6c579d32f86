/**
 * The last step of a message on its way in: looked at, given its trace, and put into the queue. `250` is said when it is
 * durable there, and never before; while the queue cannot take it, the client is asked to come again.
 */
import type { Installation } from '../app/installation.ts';
import type { Log } from '../base/log.ts';
import { describeSubmissionFault, type SubmissionFault } from '../delivery/submission.ts';
import type { DataReader } from '../smtp/data-reader.ts';
import { reply, type ServerReply } from '../smtp/server-reply.ts';
import type { Transaction } from '../smtp/server-session.ts';
import { StoreTrouble } from '../store/trouble.ts';
import { type Hop, hopsOf, MAX_HOPS, receivedField } from './received.ts';

/** Marks a bounce that carries no valid tag, where the settings say that it may come in. */
export const DOUBTED_BOUNCE_FIELD = 'X-Tlsreach-Bounce: not verified\r\n';

export interface TakeIn {
  readonly transaction: Transaction;
  readonly data: DataReader;
  readonly hop: Omit<Hop, 'recipient' | 'smtpUtf8'>;
  readonly icid: number;
  /** It begins its way here: what it lacks of a header is added. */
  readonly begins: boolean;
  readonly isDoubtedBounce: boolean;
  readonly installation: Pick<Installation, 'submit' | 'world'>;
  readonly log: Log;
  readonly onAccepted: (mid: number) => void;
}

/** Never rejects. */
export async function takeIn(message: TakeIn): Promise<ServerReply> {
  const { transaction, data, hop, icid, begins, isDoubtedBounce, installation, log, onAccepted } = message;
  if (data.isTooLarge) return reply(552, '5.3.4', 'the message is too large');
  if (data.hasBareBreak) return reply(550, '5.5.2', 'a line of the message does not end in CR LF');
  if (data.isDropped) return reply(452, '4.3.1', 'there is no room for the message now; try again later');
  const text = data.text();
  if (hopsOf(text) > MAX_HOPS) return reply(554, '5.4.6', `the message has gone through more than ${MAX_HOPS} servers`);
  const { sender, recipients, smtpUtf8, requireTls, ret, envid } = transaction;
  const [only] = recipients;
  const recipient = recipients.length === 1 && only !== undefined ? only.address : null;
  const trace = receivedField({ ...hop, recipient, smtpUtf8 });
  const { clock, random } = installation.world;
  try {
    const accepted = await installation.submit(
      {
        bytes: Buffer.concat([Buffer.from(`${trace}${isDoubtedBounce ? DOUBTED_BOUNCE_FIELD : ''}`), text]),
        sender,
        recipients,
        origin: 'listener',
        requireTls,
        ret,
        envid,
        begins: begins ? { now: clock.now(), domain: hop.hostname, random } : null,
      },
      { icid, onAccepted },
    );
    return accepted.ok ? reply(250, '2.0.0', `queued as MID ${accepted.value.mid}`) : refusalOf(accepted.failure);
  } catch (error) {
    if (!(error instanceof StoreTrouble)) {
      log('error', 'an internal error at a message that came in; its sender is asked to come again', {
        icid,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
      return reply(451, '4.3.0', 'something went wrong here; try again later');
    }
    log('error', 'a message could not be queued; its sender is asked to come again', { icid, why: error.message });
    return error.kind === 'full'
      ? reply(452, '4.3.1', 'there is no room for the message; try again later')
      : reply(451, '4.3.0', 'the queue cannot be used now; try again later');
  }
}

function refusalOf(fault: SubmissionFault): ServerReply {
  const sentence = describeSubmissionFault(fault);
  switch (fault.kind) {
    case 'sender':
      return reply(553, '5.1.7', sentence);
    case 'recipient':
      return reply(553, '5.1.3', sentence);
    case 'too-many-recipients':
      return reply(552, '5.5.3', sentence);
    case 'message':
      return fault.fault.kind === 'too-large' ? reply(552, '5.3.4', sentence) : reply(554, '5.6.0', sentence);
    case 'option':
    case 'no-recipients':
      return reply(501, '5.5.4', sentence);
  }
}
