/**
 * The listeners of an installation at work: opened as the configuration in force says, and opened, closed and given other
 * certificates as it changes, without a restart. One that cannot be opened is tried again and again: a process that
 * replaces another one gets its place when that has drained.
 */
import type { Socket } from 'node:net';
import type { Installation } from '../app/installation.ts';
import { addressAndPort, parseIpAddress } from '../base/ip-address.ts';
import { describeConfigurationFailure } from '../config/configuration.ts';
import type { ConfigurationDocument } from '../config/document.ts';
import type { Listener } from '../config/listener-schema.ts';
import { describeListenFailure, listenAt, type OpenPort } from '../net/listen.ts';
import { reply, writeServerReply } from '../smtp/server-reply.ts';
import { Admission } from './admission.ts';
import { arrive, peerAddress } from './arrival.ts';
import { Conversation, hangUp } from './conversation.ts';
import { type ListenerHouse, type ListenerInForce, MAX_RECEIVING_BYTES, Room } from './house.ts';
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
        const fresh = { inForce, port: null, cancelRetry: () => {}, drain: new AbortController(), guests: new Set() };
        places.set(key, fresh as Place);
        lines.push(await open(fresh as Place));
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
  const sendAway = (words: string): Promise<void> => hangUp(socket, listener.implicitTls ? null : words, house);
  // Whoever is sent away stays for a moment; so many at a time, and no more.
  if (place.guests.size >= 2 * listener.maxConnections || address === null) {
    socket.destroy();
    return;
  }
  if (place.guests.size >= listener.maxConnections) {
    return sendAway(writeServerReply(reply(421, '4.3.2', `${hostname} has too many connections; come again`)));
  }
  const arrival = await arrive(socket, house, inForce, kill);
  if (arrival.kind === 'hung-up-on') {
    socket.destroy();
    arrival.tell?.({ kind: 'connection-ended' });
    return;
  }
  if (arrival.kind === 'sent-away') return sendAway(writeServerReply(arrival.reply));
  const { guest } = arrival;
  const { maxConnectionsPerAddress } = guest.verdict.policy;
  const goOut = house.admission.enter(listener.name, guest.address, maxConnectionsPerAddress);
  if (goOut === null) {
    await sendAway(writeServerReply(reply(421, '4.7.0', 'too many connections from your address; come again')));
    guest.tell({ kind: 'connection-ended' });
    return;
  }
  try {
    await new Conversation(socket, guest, house, inForce, { drain: place.drain.signal, kill }).run();
  } finally {
    goOut();
  }
}
