/**
 * `tlsreach submit`: a message from standard input into the queue, as sendmail takes it. It is durable when the command
 * ends with 0. Exit 1: the queue cannot take it, try again; 2: what was said or piped in cannot be sent.
 */
import { hostname as machineName } from 'node:os';
import { MAX_FILE_BYTES } from '../app/files.ts';
import type { World } from '../app/world.ts';
import { describeDomainFault, parseDomain } from '../base/domain.ts';
import { printable } from '../base/printable.ts';
import type { EnvelopeOptions, EnvelopeRecipient } from '../delivery/message.ts';
import { MAX_MESSAGE_BYTES } from '../delivery/prepare-message.ts';
import { describeSubmissionFault } from '../delivery/submission.ts';
import { toJson } from '../report/json.ts';
import { xtext } from '../smtp/command.ts';
import { placeOf } from './config-session.ts';
import type { GivenOptions } from './given-options.ts';
import { inQueue, type QueueCommand } from './in-queue.ts';
import { UsageError } from './usage-error.ts';
import { choiceOf } from './world-options.ts';

/** RFC 3461 4.4. */
const MAX_ENVID = 100;

export async function submitCommand(command: QueueCommand): Promise<number> {
  const { given, world, words } = command;
  const json = choiceOf(given, 'format', ['text', 'json']) === 'json';
  const options = given.list('option');
  const mode = given.text('mode');
  if (mode !== undefined && mode !== 'm')
    given.refuse('mode', 'only m is known here: take a message from standard input');
  const whole = await readInput(world);
  const { headerRecipients, untilDot, withFrom, withoutBcc } = await import('./sendmail-header.ts');
  const ignoreDots = given.flag('ignoreDots') === true || options.includes('i');
  const input = ignoreDots ? whole : untilDot(whole);
  const readHeader = given.flag('readRecipients') === true;
  const here = defaultDomain(given);
  const sender = senderOf(given, world, here);
  const notify = notifyOf(given);
  const addresses = [...words, ...(readHeader ? headerRecipients(input) : [])].map((word) => qualified(word, here));
  if (addresses.length === 0)
    throw new UsageError(
      readHeader
        ? 'the message names no recipient in To, Cc or Bcc'
        : 'nobody was given to send to; name them, or say -t',
    );
  const text = withFrom(readHeader ? withoutBcc(input) : input, sender, given.text('fullName') ?? '');
  const gateway = given.text('gateway') ?? null;
  return inQueue(command, async ({ submit }) => {
    if (gateway !== null) await expectGateway(gateway, command);
    const accepted = await submit({
      bytes: text,
      sender,
      recipients: addresses.map((address) => ({ address, notify, orcpt: null })),
      origin: 'submit',
      requireTls: given.flag('requireTls') ?? false,
      ret: retOf(given),
      envid: envidOf(given),
      gateway,
      idempotencyKey: given.text('key') === undefined ? null : `submit:${given.text('key')}`,
      begins: { now: world.clock.now(), domain: here ?? 'localhost', random: world.random },
    });
    if (!accepted.ok) throw new UsageError(describeSubmissionFault(accepted.failure));
    const { mid } = accepted.value;
    if (json) await world.stdout.write(`${toJson({ id: mid })}\n`);
    else if (given.flag('verbose') === true) await world.stdout.write(`MID ${mid}\n`);
    return 0;
  });
}

/** A name that nobody has configured would be passed over at the delivery, and the message leave by another way. */
async function expectGateway(name: string, { given, world, services }: QueueCommand): Promise<void> {
  const { configuration, close } = await services.openConfiguration(placeOf(given, world.env));
  try {
    const committed = await configuration.committed();
    const names = committed.ok ? committed.value.document.delivery.gateways.map((gateway) => gateway.name) : [];
    if (names.includes(name)) return;
    const known = names.length === 0 ? 'there is none' : `choose one of ${names.join(', ')}`;
    given.refuse('gateway', `no virtual gateway of this name is in force; ${known}`);
  } finally {
    await close();
  }
}

async function readInput(world: World): Promise<Buffer> {
  const most = Math.min(MAX_MESSAGE_BYTES, MAX_FILE_BYTES);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of world.stdin()) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > most) throw new UsageError(`the message is larger than ${most} octets`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** What stands behind a name alone; null where nobody said it and this machine has no name that others could look up. */
function defaultDomain(given: GivenOptions): string | null {
  const said = given.text('defaultDomain');
  if (said !== undefined) {
    const domain = parseDomain(said);
    return domain.ok ? domain.value : given.refuse('defaultDomain', describeDomainFault(domain.failure));
  }
  const name = parseDomain(machineName());
  return name.ok && name.value.includes('.') ? name.value : null;
}

function senderOf(given: GivenOptions, { env }: World, here: string | null): string {
  const said = given.text('from');
  if (said === '' || said === '<>') return '';
  return qualified(said ?? env['LOGNAME'] ?? env['USER'] ?? 'postmaster', here ?? 'localhost.localdomain');
}

/** A name alone is somebody at this machine. */
function qualified(word: string, here: string | null): string {
  const address = word.trim().replace(/^<(.*)>$/s, '$1');
  if (address.includes('@') || address === '') return address;
  if (here === null)
    throw new UsageError(
      `"${printable(address, 120)}" has no domain, and this machine has no full name to put there; say --default-domain example.com, or set TLSREACH_DEFAULT_DOMAIN`,
    );
  return `${address}@${here}`;
}

const NOTIFY = { success: 'SUCCESS', failure: 'FAILURE', delay: 'DELAY' } as const;

function notifyOf(given: GivenOptions): EnvelopeRecipient['notify'] {
  const text = given.text('dsn');
  if (text === undefined) return null;
  const words = text.toLowerCase().split(',');
  if (words.length === 1 && words[0] === 'never') return ['NEVER'];
  return words.map(
    (word) =>
      NOTIFY[word as keyof typeof NOTIFY] ??
      given.refuse('dsn', 'never stands alone; else success, failure and delay with commas between are expected'),
  );
}

function retOf(given: GivenOptions): EnvelopeOptions['ret'] {
  const what = choiceOf(given, 'return', ['full', 'hdrs']);
  return what === undefined ? null : what === 'full' ? 'FULL' : 'HDRS';
}

function envidOf(given: GivenOptions): string | null {
  const text = given.text('envid');
  if (text === undefined) return null;
  const encoded = xtext(text);
  if (text === '' || encoded.length > MAX_ENVID || !/^[\x20-\x7e]*$/.test(text))
    return given.refuse('envid', `1 to ${MAX_ENVID} printable characters of ASCII are expected`);
  return text;
}
