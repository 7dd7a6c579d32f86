/**
 * A connection on its first steps: who it is, as the DNS says, which policy holds for it, and whether there is a place for
 * it. What comes out is let in, sent away with a word, or hung up on.
 */
import type { Socket } from 'node:net';
import { startDeadline } from '../base/deadline.ts';
import { addressScope, type IpAddress, parseIpAddress } from '../base/ip-address.ts';
import type { ReceptionEvent } from '../delivery/reception-events.ts';
import { confirmedNames } from '../dns/pointer.ts';
import { reply, type ServerReply } from '../smtp/server-reply.ts';
import type { ListenerHouse, ListenerInForce } from './house.ts';
import type { SenderVerdict } from './sender-policy.ts';

/** For the names of an address, ms: the greeting waits for them. */
export const NAMES_MS = 5_000;

export interface Guest {
  readonly icid: number;
  readonly address: IpAddress;
  /** The name that leads back to the address; null where there is none. */
  readonly reverseName: string | null;
  readonly verdict: SenderVerdict;
  readonly tell: Tell;
}

/** An event without what is the same in all of one connection. */
export type Told = ReceptionEvent extends infer Event
  ? Event extends ReceptionEvent
    ? Omit<Event, 'at' | 'icid'>
    : never
  : never;
export type Tell = (event: Told) => void;

export type Arrival =
  | { readonly kind: 'guest'; readonly guest: Guest }
  /** Nothing was told of it yet. */
  | { readonly kind: 'sent-away'; readonly reply: ServerReply }
  | { readonly kind: 'hung-up-on'; readonly tell: Tell | null };

/** Never rejects: a store in trouble sends clients away for now. */
export async function arrive(
  socket: Socket,
  house: ListenerHouse,
  inForce: ListenerInForce,
  signal: AbortSignal,
): Promise<Arrival> {
  const { queue, sinks, world, settings } = house.installation;
  const address = peerAddress(socket);
  if (address === null) return { kind: 'hung-up-on', tell: null };
  let icid: number;
  try {
    icid = await queue.nextNumber('icid');
  } catch (error) {
    settings.log('error', 'a connection could not be taken: the store gives no number', { why: String(error) });
    return { kind: 'sent-away', reply: reply(421, '4.3.0', 'not available now; try again later') };
  }
  const tell: Tell = (event) => sinks.onReception({ ...event, at: world.clock.now(), icid } as ReceptionEvent);
  const names = await namesOf(address, house, inForce, signal);
  const { listener, policies } = inForce;
  tell({
    kind: 'connection-received',
    interface: listener.name,
    localAddress: withoutMapping(socket.localAddress ?? listener.address),
    address: address.text,
    reverseName: names.shown,
    reverseVerified: names.confirmed.length > 0,
  });
  const verdict = policies.judge(listener, address, names.confirmed);
  const { senderGroup, match, policy } = verdict;
  tell({ kind: 'sender-judged', action: ACTION_WORDS[policy.action], senderGroup, match });
  if (policy.action === 'tcp-refuse') return { kind: 'hung-up-on', tell };
  return { kind: 'guest', guest: { icid, address, reverseName: names.confirmed[0] ?? null, verdict, tell } };
}

const ACTION_WORDS = { accept: 'ACCEPT', relay: 'RELAY', reject: 'REJECT', 'tcp-refuse': 'TCPREFUSE' } as const;

interface Names {
  /** Those that lead back to the address. */
  readonly confirmed: readonly string[];
  /** For the log, whether it leads back or not. */
  readonly shown: string | null;
}

/** Nobody asks the DNS about this machine itself, unless a sender group has names. */
async function namesOf(
  address: IpAddress,
  { installation }: ListenerHouse,
  { listener, policies }: ListenerInForce,
  parent: AbortSignal,
): Promise<Names> {
  if (addressScope(address) === 'loopback' && !policies.needsNames(listener)) return NO_NAMES;
  const deadline = startDeadline(installation.world.clock, NAMES_MS, parent);
  try {
    const found = await confirmedNames(installation.house.resolver, address, deadline.signal);
    if (found.kind === 'failed') return NO_NAMES;
    const confirmed = found.kind === 'confirmed' ? found.names : [];
    return { confirmed, shown: confirmed[0] ?? found.unconfirmed[0] ?? null };
  } finally {
    deadline.dispose();
  }
}

const NO_NAMES: Names = { confirmed: [], shown: null };

export function peerAddress(socket: Socket): IpAddress | null {
  return parseIpAddress(withoutMapping(socket.remoteAddress ?? ''));
}

/** An IPv4 client of a socket for both families is one of IPv4; a zone is of this machine alone. */
function withoutMapping(text: string): string {
  return text.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
}
