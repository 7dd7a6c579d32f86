/**
 * `tlsreach deliver`: one delivery attempt in the foreground, without queue, store or configuration. Everything is read
 * and checked before anything is sent. Exit 0 every recipient delivered, 1 some deferred or failed, 3 no connection was
 * attempted, or none could be made and nobody answered.
 */
import type { World } from '../app/world.ts';
import { describeMailboxFault, type Mailbox, parseMailbox } from '../base/mailbox.ts';
import { printable } from '../base/printable.ts';
import type { ForegroundOrder, ForegroundReport } from '../delivery/foreground.ts';
import type { OutgoingMessage } from '../delivery/hand-over.ts';
import { describeMessageFault, MAX_MESSAGE_BYTES, prepareMessage } from '../delivery/prepare-message.ts';
import type { SmtpRoute } from '../delivery/settings.ts';
import { DEFAULT_DESTINATION, type DestinationControls } from '../policy/destination.ts';
import { TLS_MODES } from '../policy/mode.ts';
import { describeTargetFault, type GivenServer, parseTarget, showTargetDomain } from '../probe/target.ts';
import { deliveryJson, deliveryResult, deliveryText } from '../report/delivery.ts';
import { placeOf } from './config-session.ts';
import type { GivenOptions } from './given-options.ts';
import type { Services } from './services.ts';
import { openSink } from './sink.ts';
import { describeFileFault, UsageError } from './usage-error.ts';
import { choiceOf, wholeOf, worldSettings } from './world-options.ts';

/** Recipients of one command. */
export const MAX_RECIPIENTS = 1000;

export interface DeliverCommand {
  /** File with the message; `-`, and undefined, is standard input. */
  readonly file: string | undefined;
  readonly given: GivenOptions;
  readonly world: World;
  readonly services: Services;
}

export async function deliverCommand({ file, given, world, services }: DeliverCommand): Promise<number> {
  const format = given.flag('json') === true ? 'json' : (choiceOf(given, 'format', ['text', 'json']) ?? 'text');
  const own = { ...(await worldSettings(given, world)), mailFrom: null };
  const order = await orderOf(file, given, world, services);
  const sink = await openSink(given.text('output'), world);
  const stop = new AbortController();
  const release = world.onInterrupt(() => {
    if (stop.signal.aborted) world.exit(130);
    stop.abort();
  });
  const domains = [...new Set(order.message.recipients.map(({ rid }) => order.wayOf(rid).destination))];
  let committed = false;
  const bed = given.flag('lab') === true ? await services.openLab({ domains }) : null;
  try {
    const deliverer = await services.createDeliverer({ ...own, ...bed?.settings });
    try {
      const { report, events } = await deliverer.deliver({ ...order, signal: stop.signal });
      const result = deliveryResult(report, events);
      await sink.write(format === 'json' ? deliveryJson(result) : deliveryText(result));
      await sink.commit();
      committed = true;
      return exitCodeOf(report);
    } finally {
      await deliverer.close();
    }
  } finally {
    release();
    if (!committed) await sink.discard();
    await bed?.close();
  }
}

/** Where nobody answered at TCP, it may be our own port that is blocked: nothing was tested. */
export function exitCodeOf({ recipients, attempts, contacted }: ForegroundReport): 0 | 1 | 3 {
  if (recipients.every(({ result }) => result === 'delivered')) return 0;
  const answered =
    contacted || attempts.some(({ unconnected }) => unconnected === 'refused' || unconnected === 'reset');
  return answered || recipients.some(({ result }) => result !== 'deferred') ? 1 : 3;
}

async function orderOf(
  file: string | undefined,
  given: GivenOptions,
  world: World,
  services: Services,
): Promise<Omit<ForegroundOrder, 'signal'>> {
  const sender = senderOf(given);
  const recipients = recipientsOf(given);
  const controls = await controlsOf(given, services, world.env);
  const seed = wholeOf(given, 'seed', 0, 2 ** 32 - 1) ?? null;
  const helo = given.text('helo') ?? (sender === '' ? 'localhost' : sender.slice(sender.lastIndexOf('@') + 1));
  const prepared = prepareMessage(await readMessage(file, world), {
    sender,
    recipients: recipients.map(({ mailbox }) => mailbox.text),
    requireTls: given.flag('requireTls') ?? false,
    submission: { now: world.clock.now(), domain: helo.replace(/^\[|\]$/g, ''), random: world.random },
  });
  const name = file === undefined || file === '-' ? 'standard input' : printable(file, 200);
  if (!prepared.ok) throw new UsageError(`${name}: ${describeMessageFault(prepared.failure)}`);
  const message: OutgoingMessage = {
    ...prepared.value,
    mid: 1,
    recipients: recipients.map(({ mailbox }, rid) => ({ rid, address: mailbox.text, notify: null, orcpt: null })),
  };
  const ways = recipients.map(wayTo);
  return {
    message,
    wayOf: (rid) => ways[rid] ?? { destination: '', route: null },
    controlsFor: controls,
    seed,
  };
}

interface GivenRecipient {
  readonly mailbox: Mailbox;
  /** In place of the MX hosts. */
  readonly server: GivenServer | null;
}

/** `user@domain`, or `user@domain[host:port]` for a server of one's own choice. */
function recipientsOf(given: GivenOptions): readonly GivenRecipient[] {
  const texts = given.list('to');
  if (texts.length === 0) throw new UsageError('nobody was given to deliver to; say --to user@example.com');
  if (texts.length > MAX_RECIPIENTS) throw new UsageError(`more than ${MAX_RECIPIENTS} recipients were given`);
  const recipients = new Map<string, GivenRecipient>();
  for (const text of texts) {
    const shown = `${given.nameOf('to')} "${printable(text, 120)}"`;
    const target = parseTarget(text);
    if (!target.ok) throw new UsageError(`${shown}: ${describeTargetFault(target.failure)}`);
    const { mailbox, server } = target.value;
    if (mailbox === null) throw new UsageError(`${shown}: a full address is needed, as user@example.com`);
    if (!recipients.has(mailbox.text)) recipients.set(mailbox.text, { mailbox, server });
  }
  return [...recipients.values()];
}

/** A server that was named is connected to itself: its name in brackets asks for no MX. */
function wayTo({ mailbox, server }: GivenRecipient): {
  readonly destination: string;
  readonly route: SmtpRoute | null;
} {
  const destination = showTargetDomain(mailbox.domain);
  if (server === null) return { destination, route: null };
  const host = typeof server.host === 'string' ? `[${server.host}]` : server.host.text;
  return {
    destination,
    route: { domain: destination, targets: [{ kind: 'host', host, port: server.port, priority: 0 }] },
  };
}

/** Empty, and `<>`, is the null reverse-path of a bounce. */
function senderOf(given: GivenOptions): string {
  const text = given.text('from');
  if (text === undefined) throw new UsageError('the sender is missing; say --from you@example.com, or --from "<>"');
  if (text === '' || text === '<>') return '';
  const mailbox = parseMailbox(text);
  return mailbox.ok ? mailbox.value.text : given.refuse('from', describeMailboxFault(mailbox.failure));
}

/** What stands on the command line, over the destination's entry where there is a configuration; else `preferred`. */
async function controlsOf(
  given: GivenOptions,
  services: Services,
  env: World['env'],
): Promise<(destination: string) => DestinationControls> {
  const tls = choiceOf(given, 'tls', TLS_MODES);
  const dane = choiceOf(given, 'dane', ['off', 'opportunistic', 'mandatory'] as const);
  const mtaSts = choiceOf(given, 'mtaSts', ['on', 'off'] as const);
  const strictCn = given.flag('strictCn');
  const minTlsVersion = minTlsVersionOf(given);
  const said: Partial<DestinationControls> = {
    ...(tls === undefined ? {} : { tls }),
    ...(dane === undefined ? {} : { dane }),
    ...(mtaSts === undefined ? {} : { mtaSts }),
    ...(strictCn === undefined ? {} : { strictCn }),
    ...(minTlsVersion === undefined ? {} : { minTlsVersion }),
  };
  const configured = await services.configuredControls?.(placeOf(given, env));
  return (destination) => ({ ...(configured?.(destination) ?? UNCONFIGURED), ...said });
}

const UNCONFIGURED: DestinationControls = { ...DEFAULT_DESTINATION, tls: 'preferred' };

const VERSIONS = { 'tlsv1.0': 'TLSv1', 'tlsv1.1': 'TLSv1.1', 'tlsv1.2': 'TLSv1.2', 'tlsv1.3': 'TLSv1.3' } as const;

function minTlsVersionOf(given: GivenOptions): DestinationControls['minTlsVersion'] | undefined {
  const choice = choiceOf(given, 'minTlsVersion', ['tlsv1.0', 'tlsv1.1', 'tlsv1.2', 'tlsv1.3'] as const);
  return choice === undefined ? undefined : VERSIONS[choice];
}

async function readMessage(file: string | undefined, world: World): Promise<Buffer> {
  if (file !== undefined && file !== '-') {
    try {
      return await world.readFile(file);
    } catch (error) {
      throw new UsageError(`${printable(file, 200)}: ${describeFileFault(error)}`);
    }
  }
  if (world.stdinIsTerminal && file === undefined) {
    throw new UsageError('there is no message; give a file, or pipe one in (- reads it from the terminal)');
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of world.stdin()) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    // Enough to be refused for its size.
    if (size > MAX_MESSAGE_BYTES + 1) break;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
