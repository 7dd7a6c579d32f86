/**
 * The listeners of an installation at work: opened as the configuration in force says, and opened, closed and given other
 * certificates as it changes, without a restart. One that cannot be opened is tried again and again: a process that
 * replaces another one gets its place when that has drained.
 */
import type { Socket } from 'node:net';
import type { Installation } from '../app/installation.ts';
import { addressAndPort, type IpAddress, parseIpAddress } from '../base/ip-address.ts';
import { describeConfigurationFailure } from '../config/configuration.ts';
import type { ConfigurationDocument } from '../config/document.ts';
import type { Listener } from '../config/listener-schema.ts';
import { describeListenFailure, listenAt, type OpenPort } from '../net/listen.ts';
import { reply, type ServerReply, writeServerReply } from '../smtp/server-reply.ts';
import { Admission } from './admission.ts';
import { type Arrival, arrive, peerAddress } from './arrival.ts';
import { Conversation, hangUp } from './conversation.ts';
import { type Ending, type ListenerHouse, type ListenerInForce, MAX_RECEIVING_BYTES, Room } from './house.ts';
import { ListenerContexts } from './listener-tls.ts';
import { senderPolicies } from './sender-policy.ts';

/** Until a place that was taken is tried again, ms. */
export const REOPEN_MS = 5_000;
/** For connections that have to end at once, ms. */
const LAST_WORDS_MS = 3_000;

export interface Listeners {
  /** One line for each, for people. */
  readonly lines: readonly string[];
  /** No new connections; idle ones are told to go, and messages under way get so long, ms. */
  close(drainMs: number): Promise<void>;
}

/** A listener that is open, or would be. */
interface Place {
  inForce: ListenerInForce;
  port: OpenPort | null;
  cancelRetry: () => void;
  readonly drain: AbortController;
  readonly guests: Set<Promise<void>>;
  /** Of these, those that have one of the places of the listener, and those that only hear why they have none. */
  staying: number;
  leaving: number;
}

/** Rejects where the configuration cannot be read. */
export async function startListeners(installation: Installation): Promise<Listeners> {
  const { world, settings, configuration } = installation;
  const { clock } = world;
  const house: ListenerHouse = {
    installation,
    admission: new Admission(clock),
    contexts: new ListenerContexts(() => clock.now()),
    room: new Room(MAX_RECEIVING_BYTES),
  };
  const places = new Map<string, Place>();
  const kill = new AbortController();
  /** Those that still have guests, their places gone or not. */
  const guests = new Set<Promise<void>>();
  let closed = false;

  const welcome = (place: Place, socket: Socket): void => {
    const stay = receive(socket, house, place, kill.signal)
      .catch((error: unknown) => {
        socket.destroy();
        const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
        settings.log('error', 'an internal error at a connection; it was closed', { error: stack });
      })
      .finally(() => {
        place.guests.delete(stay);
        guests.delete(stay);
      });
    place.guests.add(stay);
    guests.add(stay);
  };

  const open = async (place: Place): Promise<string> => {
    const { listener } = place.inForce;
    const address = parseIpAddress(listener.address);
    const where = address === null ? listener.address : addressAndPort(address, listener.port);
    if (address === null) return `The listener ${listener.name} has no address.`;
    const opened = await listenAt({
      address,
      port: listener.port,
      onConnection: (socket) => welcome(place, socket),
      onError: (error) =>
        settings.log('error', 'a listener has trouble', { listener: listener.name, error: error.code }),
    });
    if (opened.ok) {
      place.port = opened.value;
      if (closed || place.drain.signal.aborted) opened.value.close();
      settings.log('info', 'a listener is open', { listener: listener.name, at: where });
      return `Mail is taken in at ${where} (${listener.name}).`;
    }
    const why = describeListenFailure(opened.failure);
    settings.log('error', 'a listener cannot be opened; it is tried again', {
      listener: listener.name,
      at: where,
      why,
    });
    if (!closed && !place.drain.signal.aborted) place.cancelRetry = clock.setTimer(REOPEN_MS, () => void open(place));
    return `The listener ${listener.name} waits for ${where}: ${why}.`;
  };

  const leave = (place: Place): void => {
    place.cancelRetry();
    place.port?.close();
    place.drain.abort();
  };

  const apply = async (document: ConfigurationDocument): Promise<readonly string[]> => {
    const policies = senderPolicies(document);
    const wanted = new Map(document.listeners.map((listener) => [keyOf(listener), listener]));
    for (const [key, place] of places) {
      if (wanted.has(key)) continue;
      leave(place);
      places.delete(key);
      settings.log('info', 'a listener is closed', { listener: place.inForce.listener.name });
    }
    const lines: string[] = [];
    for (const [key, listener] of wanted) {
      const hostname = listener.hostname ?? installation.hostname;
      const inForce: ListenerInForce = { listener, hostname, document, policies };
      const place = places.get(key);
      if (place !== undefined) place.inForce = inForce;
      else {
        const fresh: Place = {
          inForce,
          port: null,
          cancelRetry: () => {},
          drain: new AbortController(),
          guests: new Set(),
          staying: 0,
          leaving: 0,
        };
        places.set(key, fresh);
        lines.push(await open(fresh));
      }
    }
    return lines;
  };

  let turn: Promise<unknown> = Promise.resolve();
  const follow = await configuration.follow({
    onRevision: ({ document }) => {
      turn = turn.then(() => (closed ? null : apply(document)));
    },
    onFailure: (why) =>
      settings.log('error', 'the listeners stay as they are: a configuration cannot be read', { why }),
  });
  if (!follow.ok) throw new Error(describeConfigurationFailure(follow.failure));
  const first = turn.then(() => apply(follow.value.snapshot().document));
  turn = first;
  const lines = await first;
  return {
    lines,
    close: async (drainMs) => {
      follow.value.close();
      closed = true;
      await turn;
      for (const place of places.values()) leave(place);
      await within(Promise.all(guests), drainMs);
      kill.abort();
      await within(Promise.all(guests), LAST_WORDS_MS);
    },
  };

  async function within(work: Promise<unknown>, ms: number): Promise<void> {
    let cancel = (): void => {};
    const over = new Promise<void>((resolve) => {
      cancel = clock.setTimer(ms, resolve);
    });
    await Promise.race([work, over]);
    cancel();
  }
}

/** Where it listens; with another name it is another one, whose connections are counted apart. */
function keyOf({ name, address, port }: Listener): string {
  return `${name} ${address} ${port}`;
}

/** From the first packet to the last. */
async function receive(socket: Socket, house: ListenerHouse, place: Place, kill: AbortSignal): Promise<void> {
  socket.on('error', () => {});
  const { inForce } = place;
  const { listener, hostname } = inForce;
  const address = peerAddress(socket);
  const sendAway = async (words: string): Promise<void> => {
    // So many at a time, and no more.
    if (place.leaving >= listener.maxConnections) {
      socket.destroy();
      return;
    }
    place.leaving += 1;
    try {
      await hangUp(socket, listener.implicitTls ? null : words, house);
    } finally {
      place.leaving -= 1;
    }
  };
  if (address === null) {
    socket.destroy();
    return;
  }
  if (place.staying >= listener.maxConnections) {
    return sendAway(writeServerReply(reply(421, '4.3.2', `${hostname} has too many connections; come again`)));
  }
  place.staying += 1;
  let lastWords: ServerReply | null;
  try {
    lastWords = await stay(socket, address, house, inForce, { drain: place.drain.signal, kill });
  } finally {
    place.staying -= 1;
  }
  // Whoever is sent away does so beside the places, and takes none from those who may come in.
  if (lastWords !== null) await sendAway(writeServerReply(lastWords));
}

/** What is still to be said to a client that cannot come in; null where all is over. */
async function stay(
  socket: Socket,
  address: IpAddress,
  house: ListenerHouse,
  inForce: ListenerInForce,
  ending: Ending,
): Promise<ServerReply | null> {
  const { admission } = house;
  const { listener, policies } = inForce;
  // While the DNS is asked, which may take as long as the client's own name server likes, no policy is known yet.
  const letGo = admission.enter(`${listener.name}\narriving`, address, policies.mostPerAddress);
  if (letGo === null) return TOO_MANY_FROM_THERE;
  let arrival: Arrival;
  try {
    arrival = await arrive(socket, house, inForce, ending.kill);
  } finally {
    letGo();
  }
  if (arrival.kind === 'hung-up-on') {
    socket.destroy();
    arrival.tell?.({ kind: 'connection-ended' });
    return null;
  }
  if (arrival.kind === 'sent-away') return arrival.reply;
  const { guest } = arrival;
  const goOut = admission.enter(listener.name, guest.address, guest.verdict.policy.maxConnectionsPerAddress);
  if (goOut === null) {
    guest.tell({ kind: 'connection-ended' });
    return TOO_MANY_FROM_THERE;
  }
  try {
    await new Conversation(socket, guest, house, inForce, ending).run();
  } finally {
    goOut();
  }
  return null;
}

const TOO_MANY_FROM_THERE = reply(421, '4.7.0', 'too many connections from your address; come again');
