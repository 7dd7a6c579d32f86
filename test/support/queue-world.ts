/**
 * A queue at work in a test: the real store in a file, the real dispatcher, a clock wound by hand, and servers that answer
 * as the test says. Nothing here sends anything.
 */
import type { TestContext } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createDispatcher, type Dispatcher, type DispatcherOptions } from '../../src/delivery/dispatcher.ts';
import type { DeliveryEvent } from '../../src/delivery/events.ts';
import type {
  DeliveryLine,
  HandOver,
  HandOverOrder,
  HandOverReport,
  OutgoingMessage,
  RecipientOutcome,
} from '../../src/delivery/hand-over.ts';
import type { NewMessage, QueueStore } from '../../src/delivery/queue-store.ts';
import {
  type BounceProfile,
  DEFAULT_BOUNCE_SETTINGS,
  DEFAULT_DELIVERY_SETTINGS,
  type DeliveryConfiguration,
  type DeliverySettings,
  type SmtpRoute,
} from '../../src/delivery/settings.ts';
import { DEFAULT_DESTINATION, type DestinationControls } from '../../src/policy/destination.ts';
import { openDatabase } from '../../src/store/database.ts';
import { createQueueStore } from '../../src/store/queue-store.ts';
import { type Flush, flushToDisk } from '../../src/store/write-ahead-log.ts';
import { type HandWoundClock, handWoundClock } from './hand-wound-clock.ts';
import { messageTo, newFolder } from './store-world.ts';

export type Answer = Partial<RecipientOutcome>;

export const DELIVERED: Answer = {};
export const REFUSED: Answer = {
  result: 'failed',
  channel: 'none',
  verified: null,
  status: '5.1.1',
  reason: 'Bad destination mailbox address',
  reply: { code: '550', lines: ['5.1.1 no such user'] },
  category: '5xx',
};
export const LATER: Answer = {
  result: 'deferred',
  channel: 'none',
  verified: null,
  status: '4.2.2',
  reason: 'Mailbox full',
  reply: { code: '452', lines: ['4.2.2 full'] },
  category: '4xx',
};
export const UNREACHABLE: Answer = {
  result: 'deferred',
  channel: 'none',
  verified: null,
  host: null,
  ip: null,
  dcid: 0,
  status: '4.4.1',
  reason: 'No answer from host',
  reply: { code: '000', lines: [] },
  category: 'connection',
  because: ['nobody answered'],
};

export interface Handed {
  readonly at: number;
  readonly destination: string;
  readonly mid: number;
  readonly sender: string;
  readonly addresses: readonly string[];
  /** A number for each connection. */
  readonly connection: number;
}

export interface QueueScene {
  /** What a server says to a recipient; delivered where left out. */
  readonly answer?: (address: string, handed: Handed) => Answer;
  /** Runs while the message is on its way. */
  readonly during?: (handed: Handed, order: HandOverOrder) => Promise<void>;
  /** Addresses of a destination that are tried, each admitted before. */
  readonly addressesOf?: (destination: string) => readonly string[];
  readonly controls?: (destination: string) => Partial<DestinationControls>;
  readonly route?: () => SmtpRoute | null;
  readonly profile?: Partial<BounceProfile>;
  readonly delivery?: Partial<DeliverySettings>;
  readonly notify?: DispatcherOptions['notify'];
  readonly dress?: DispatcherOptions['dress'];
  /** The store as the dispatcher sees it. */
  readonly through?: (store: QueueStore) => QueueStore;
  readonly maxWorkers?: number;
  readonly leaseMs?: number;
}

export interface QueueWorld {
  readonly clock: HandWoundClock;
  readonly store: QueueStore;
  readonly events: readonly DeliveryEvent[];
  readonly handed: readonly Handed[];
  readonly faults: readonly unknown[];
  readonly dispatcher: Dispatcher;
  /** Connections that stand now, and the most that ever stood together. */
  readonly open: { now: number; most: number; total: number };
  accept(addresses: readonly string[], told?: Partial<NewMessage>): Promise<number>;
  /** Until nothing moves any more. */
  calm(): Promise<void>;
  /** Moves the time on in steps, with all that happens in between. */
  pass(seconds: number, stepSeconds?: number): Promise<void>;
  /** Another dispatcher over the same store, as another process would be. */
  another(owner: string): Dispatcher;
}

export async function queueWorld(context: TestContext, scene: QueueScene = {}): Promise<QueueWorld> {
  const clock = handWoundClock();
  const path = `${newFolder(context)}/queue.sqlite`;
  // Whoever waits until nothing moves any more must wait for the disk, too, which no turn of the event loop hastens.
  let flushing: Promise<void> | null = null;
  const flush: Flush = (file) => {
    const under = flushToDisk(file).finally(() => {
      if (flushing === under) flushing = null;
    });
    flushing = under;
    return under;
  };
  const database = await openDatabase({ kind: 'file', path }, { clock, flush });
  const store = createQueueStore(database);
  const events: DeliveryEvent[] = [];
  const handed: Handed[] = [];
  const faults: unknown[] = [];
  const open = { now: 0, most: 0, total: 0 };
  const handOver = scriptedHandOver(scene, { clock, handed, open });
  const make = (owner: string): Dispatcher =>
    createDispatcher({
      store: scene.through?.(store) ?? store,
      handOver,
      configuration: configurationOf(scene),
      clock,
      emit: (event) => events.push(event),
      owner,
      dress: scene.dress ?? ((message) => message),
      notify: scene.notify ?? (async () => null),
      onFault: (error) => faults.push(error),
      maxWorkers: scene.maxWorkers,
      leaseMs: scene.leaseMs,
    });
  const dispatchers: Dispatcher[] = [];
  const another = (owner: string): Dispatcher => {
    const made = make(owner);
    dispatchers.push(made);
    return made;
  };
  const dispatcher = another('one');
  const calm = async (): Promise<void> => {
    let quiet = 0;
    let seen = '';
    for (let turn = 0; quiet < CALM_TURNS && turn < MOST_TURNS; turn++) {
      await (flushing ?? nextTurn());
      const now = `${handed.length} ${events.length} ${open.now} ${dispatchers.map(({ active }) => active)}`;
      quiet = now === seen && flushing === null ? quiet + 1 : 0;
      seen = now;
    }
  };
  context.after(async () => {
    const stopping = Promise.all(dispatchers.map((each) => each.stop(0)));
    clock.wind(1);
    await stopping;
    await store.close();
  });
  return {
    clock,
    store,
    events,
    handed,
    faults,
    dispatcher,
    open,
    another,
    calm,
    accept: async (addresses, told) => (await store.accept(messageTo(addresses, told), clock.now())).mid,
    pass: async (seconds, stepSeconds = seconds) => {
      for (let passed = 0; passed < seconds; passed += stepSeconds) {
        clock.wind(Math.min(stepSeconds, seconds - passed) * 1000);
        await calm();
      }
    },
  };
}

/** Turns of the event loop without any change after which nothing moves any more. */
const CALM_TURNS = 25;
const MOST_TURNS = 20_000;

export function configurationOf({ controls, route, profile, delivery }: QueueScene): DeliveryConfiguration {
  return {
    controlsFor: (domain) => ({ ...DEFAULT_DESTINATION, ...controls?.(domain) }),
    bounceProfile: () => ({ ...DEFAULT_BOUNCE_SETTINGS, ...profile }),
    routeFor: () => route?.() ?? null,
    delivery: { ...DEFAULT_DELIVERY_SETTINGS, ...delivery },
    bounceVerification: { keys: [], untaggedBounces: 'accept' },
    dkim: [],
    clientCertificate: null,
    requiredTlsAlert: false,
  };
}

interface Telling {
  readonly clock: HandWoundClock;
  readonly handed: Handed[];
  readonly open: QueueWorld['open'];
}

/** A hand-over as the real one goes: admitted at an address, numbered, one connection that may carry more. */
function scriptedHandOver(scene: QueueScene, { clock, handed, open }: Telling): HandOver {
  return async (order, message) => {
    const addresses = scene.addressesOf?.(order.destination) ?? ['192.0.2.1'];
    let release: (() => void) | null = null;
    let ip = '';
    let allowed = 0;
    for (ip of addresses) {
      release = await order.admit(ip);
      if (release === null) continue;
      allowed = (await order.allow?.(ip, message.recipients.length)) ?? message.recipients.length;
      if (allowed > 0) break;
      release();
      release = null;
    }
    if (release === null) {
      const recipients = message.recipients.map((each) => outcomeOf(each, UNREACHABLE));
      return { report: { recipients, attempts: [], contacted: false, busy: true }, line: null };
    }
    const dcid = await order.nextDcid();
    open.now += 1;
    open.total += 1;
    open.most = Math.max(open.most, open.now);
    let carried = 0;
    const end = (): void => {
      open.now -= 1;
      release?.();
    };
    const carry = async (next: OutgoingMessage): Promise<HandOverReport> => {
      carried += 1;
      const addressees = next.recipients.map(({ address }) => address);
      const { destination } = order;
      const told = { at: clock.now(), destination, mid: next.mid, sender: next.sender, addresses: addressees };
      const one: Handed = { ...told, connection: dcid };
      handed.push(one);
      await scene.during?.(one, order);
      const recipients = next.recipients.map((each) =>
        outcomeOf(each, order.signal.aborted ? UNREACHABLE : (scene.answer?.(each.address, one) ?? DELIVERED)),
      );
      return { recipients, attempts: [], contacted: true, busy: false };
    };
    let report: HandOverReport;
    try {
      const carriedNow = await carry({ ...message, recipients: message.recipients.slice(0, allowed) });
      const waiting = message.recipients
        .slice(allowed)
        .map((each) => ({ ...outcomeOf(each, UNREACHABLE), waits: true }));
      report = { ...carriedNow, recipients: [...carriedNow.recipients, ...waiting] };
    } catch (error) {
      end();
      throw error;
    }
    if (report.recipients.every(({ category }) => category === 'connection')) {
      end();
      return { report, line: null };
    }
    const line: DeliveryLine = {
      dcid,
      host: 'mx.example',
      ip,
      encrypted: true,
      get carried() {
        return carried;
      },
      takes: () => carried < order.controls.maxMessagesPerConnection,
      send: carry,
      close: async () => end(),
    };
    return { report, line };
  };
}

function outcomeOf({ rid, address }: OutgoingMessage['recipients'][number], answer: Answer): RecipientOutcome {
  return {
    rid,
    address,
    result: 'delivered',
    channel: 'encrypted',
    verified: true,
    host: 'mx.example',
    ip: '192.0.2.1',
    dcid: 1,
    status: '2.0.0',
    reason: '',
    reply: { code: '250', lines: ['2.0.0 ok'] },
    category: 'none',
    possible: false,
    because: [],
    ...answer,
  };
}
