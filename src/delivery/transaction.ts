/**
 * One mail transaction over an open connection (RFC 5321 section 3.3), for some recipients of one message:
 *
 *   1. MAIL and RCPT, together with DATA where the server offers PIPELINING (RFC 2920, S-EXT-1)
 *   2. the text: behind the 354, dots stuffed, or in BDAT chunks where the server offers CHUNKING (RFC 3030, S-EXT-2)
 *   3. the final reply
 *
 * Each reply is taken for itself. What a reply to MAIL or RCPT means for a recipient is for `decide`; what stands here is
 * what was said. Every wait has its deadline (RFC 5321 4.5.3.2), and every recipient comes out in exactly one way.
 */
import type { Clock } from '../base/clock.ts';
import type { DialogueFailure } from '../policy/evidence.ts';
import type { OpenConnection } from '../session/open.ts';
import type { SmtpCommand } from '../smtp/command.ts';
import { DataEncoder, END_OF_DATA } from '../smtp/data.ts';
import { offers } from '../smtp/ehlo.ts';
import { isPositive, type SmtpReply } from '../smtp/reply.ts';
import { mailCommand, rcptCommand } from './envelope-commands.ts';
import type { OutgoingMessage } from './hand-over.ts';
import type { DeliverySettings } from './settings.ts';

/** Octets of text handed to the connection at one time; the next wait until there is room (RFC 5321 4.5.3.2.5). */
export const DATA_BLOCK_BYTES = 64 * 1024;
/** Octets of one BDAT chunk, each of which is answered. */
export const BDAT_CHUNK_BYTES = 1024 * 1024;

export type Recipient = OutgoingMessage['recipients'][number];

/** A reply, or why there was none. */
export type Answer =
  | { readonly ok: true; readonly value: SmtpReply }
  | { readonly ok: false; readonly failure: DialogueFailure };

export type TextOutcome =
  /** Nobody was left to send it to. */
  | { readonly kind: 'not-sent' }
  /** The server's word on the message, or on DATA. */
  | { readonly kind: 'answered'; readonly at: 'data' | 'message'; readonly reply: SmtpReply }
  /** The connection was lost before the end of the text had been sent: nobody has the message. */
  | { readonly kind: 'broken'; readonly failure: DialogueFailure }
  /** The end had been sent, and no reply came: perhaps somebody has it. */
  | { readonly kind: 'possible'; readonly failure: DialogueFailure };

export interface TransactionResult {
  readonly mail: Answer;
  /** In the order of the recipients. */
  readonly rcpts: readonly Answer[];
  readonly text: TextOutcome;
}

export interface TransactionOptions {
  readonly connection: OpenConnection;
  readonly clock: Clock;
  readonly timeouts: DeliverySettings['timeouts'];
}

/** Never throws for what the peer does. Whether the connection is still good says `connection.ready`. */
export async function transact(
  message: OutgoingMessage,
  recipients: readonly Recipient[],
  options: TransactionOptions,
): Promise<TransactionResult> {
  const { connection, timeouts } = options;
  const { ehlo } = connection;
  connection.renew();
  const commandMs = timeouts.command * 1000;
  const mail = mailCommand(message, ehlo);
  const rcpts = recipients.map((recipient) => rcptCommand(recipient, ehlo));
  const chunked = offers(ehlo, 'CHUNKING');
  if (!offers(ehlo, 'PIPELINING')) {
    const answer = await connection.command(mail, commandMs);
    if (!accepted(answer)) return { mail: answer, rcpts: rcpts.map(() => answer), text: NOT_SENT };
    const answers: Answer[] = [];
    let gone: Answer | null = null;
    for (const rcpt of rcpts) {
      const said: Answer = gone ?? (await connection.command(rcpt, commandMs));
      answers.push(said);
      if (endsSession(said)) gone = said;
    }
    if (gone !== null || !answers.some(accepted)) return { mail: answer, rcpts: answers, text: NOT_SENT };
    const text = chunked
      ? await sendChunks(message, options)
      : await sendData(message, options, await connection.command({ verb: 'DATA' }, timeouts.data * 1000));
    return { mail: answer, rcpts: answers, text };
  }
  connection.post([mail, ...rcpts, ...(chunked ? [] : [{ verb: 'DATA' } as const])]);
  const answer = await connection.reply(commandMs);
  let gone: Answer | null = endsSession(answer) ? answer : null;
  const answers: Answer[] = [];
  for (const _ of rcpts) {
    const said: Answer = gone ?? (await connection.reply(commandMs));
    answers.push(said);
    if (endsSession(said)) gone = said;
  }
  const wanted = accepted(answer) && answers.some(accepted);
  if (gone !== null) return { mail: answer, rcpts: answers, text: NOT_SENT };
  if (chunked) {
    return { mail: answer, rcpts: answers, text: wanted ? await sendChunks(message, options) : NOT_SENT };
  }
  const data = await connection.reply(timeouts.data * 1000);
  const text = wanted ? await sendData(message, options, data) : await sendNothing(options, data);
  return { mail: answer, rcpts: answers, text };
}

const NOT_SENT: TextOutcome = { kind: 'not-sent' };

function accepted(answer: Answer): boolean {
  return answer.ok && isPositive(answer.value);
}

/** No further reply will come: the connection is lost, or the server has said so. */
function endsSession(answer: Answer): boolean {
  return !answer.ok || answer.value.code === 421;
}

/** RFC 2920 3.1: where nobody was accepted and the server says 354 all the same, a lone dot ends it. */
async function sendNothing({ connection, timeouts }: TransactionOptions, data: Answer): Promise<TextOutcome> {
  if (data.ok && data.value.code === 354) {
    await connection.sendBytes(END_OF_DATA);
    await connection.reply(timeouts.finalDot * 1000);
  }
  return NOT_SENT;
}

async function sendData(message: OutgoingMessage, options: TransactionOptions, data: Answer): Promise<TextOutcome> {
  if (!data.ok) return { kind: 'broken', failure: data.failure };
  if (data.value.code !== 354) {
    // A 2yz here is out of step: whoever says it does not wait for a text.
    if (isPositive(data.value)) options.connection.close();
    return { kind: 'answered', at: 'data', reply: data.value };
  }
  const text = Buffer.from(message.bytes.buffer, message.bytes.byteOffset, message.bytes.byteLength);
  const encoder = new DataEncoder();
  for (let at = 0; at < text.length; at += DATA_BLOCK_BYTES) {
    const sent = await sendBlock(options, encoder.push(text.subarray(at, at + DATA_BLOCK_BYTES)));
    if (!sent) return lostBeforeTheEnd(options);
  }
  if (!(await sendBlock(options, encoder.end()))) return lostBeforeTheEnd(options);
  return finalReply(options);
}

/** A text in chunks, as it is: nothing is stuffed, and the first chunk that is refused ends it. */
async function sendChunks(message: OutgoingMessage, options: TransactionOptions): Promise<TextOutcome> {
  const { connection, timeouts } = options;
  const { bytes } = message;
  for (let at = 0; ; at += BDAT_CHUNK_BYTES) {
    const chunk = bytes.subarray(at, at + BDAT_CHUNK_BYTES);
    const last = at + BDAT_CHUNK_BYTES >= bytes.length;
    // The command goes out with the first octets behind it: one record of TLS, and one waking of the peer.
    let command: SmtpCommand | null = { verb: 'BDAT', octets: chunk.length, last };
    for (let from = 0; from === 0 || from < chunk.length; from += DATA_BLOCK_BYTES) {
      const block = chunk.subarray(from, from + DATA_BLOCK_BYTES);
      if (!(await sendBlock(options, block, command))) return lostBeforeTheEnd(options);
      command = null;
    }
    if (last) return finalReply(options);
    const answer = await connection.reply(timeouts.dataBlock * 1000);
    if (!answer.ok) return { kind: 'broken', failure: answer.failure };
    if (!isPositive(answer.value)) return { kind: 'answered', at: 'message', reply: answer.value };
  }
}

/** False where the connection is gone, or was ended by us because the peer has taken nothing for too long. */
async function sendBlock(
  { connection, clock, timeouts }: TransactionOptions,
  block: Uint8Array,
  command: SmtpCommand | null = null,
): Promise<boolean> {
  let late = false;
  const cancel = clock.setTimer(timeouts.dataBlock * 1000, () => {
    late = true;
    connection.close();
  });
  try {
    return (await connection.sendBytes(block, command)) && !late;
  } finally {
    cancel();
  }
}

/** A server that ends the connection in the middle may have said why. */
async function lostBeforeTheEnd({ connection, timeouts }: TransactionOptions): Promise<TextOutcome> {
  const answer = await connection.reply(timeouts.command * 1000);
  connection.close();
  if (answer.ok && !isPositive(answer.value)) return { kind: 'answered', at: 'message', reply: answer.value };
  return { kind: 'broken', failure: answer.ok ? { kind: 'closed', how: 'end', begun: false } : answer.failure };
}

async function finalReply({ connection, timeouts }: TransactionOptions): Promise<TextOutcome> {
  const answer = await connection.reply(timeouts.finalDot * 1000);
  if (answer.ok) return { kind: 'answered', at: 'message', reply: answer.value };
  connection.close();
  return { kind: 'possible', failure: answer.failure };
}
