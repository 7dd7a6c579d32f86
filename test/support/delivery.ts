/**
 * A sender and the world it delivers into: a name server, scripted mail servers behind addresses of one's own choice, and
 * the real hand-over over them. A test says what is different from one good host.
 */
import { createDelivery } from '../../src/app/delivery.ts';
import { createHouse } from '../../src/app/house.ts';
import { type AppSettings, DEFAULT_SETTINGS } from '../../src/app/settings.ts';
import { ESSENTIALS, systemClock } from '../../src/app/world.ts';
import { silentLog } from '../../src/base/log.ts';
import type { DeliveryEvent } from '../../src/delivery/events.ts';
import type { HandedOver, HandOver, HandOverOrder, OutgoingMessage } from '../../src/delivery/hand-over.ts';
import { DEFAULT_DELIVERY_SETTINGS, type DeliverySettings } from '../../src/delivery/settings.ts';
import type { PeerScript } from '../../src/lab/peer-script.ts';
import type { SmtpPeer } from '../../src/lab/smtp-peer.ts';
import type { ZoneData } from '../../src/lab/zone.ts';
import { DEFAULT_DESTINATION, type DestinationControls } from '../../src/policy/destination.ts';
import type { ClientCertificate } from '../../src/session/open.ts';
import { type Ending, startZoneServer } from './dns.ts';
import { NO_OPTIONS } from './options.ts';
import { startSmtpPeer, testRoot } from './smtp-peer.ts';

export interface SenderScene {
  /** By address; null: nobody listens there. Left out: one good host at 192.0.2.1. */
  readonly hosts?: Readonly<Record<string, Partial<PeerScript> | null>>;
  /** Left out: an MX record of example.com for `mx.example.com`, at the first address. */
  readonly zones?: ZoneData;
  readonly settings?: Partial<AppSettings>;
  readonly delivery?: Partial<DeliverySettings>;
  readonly client?: ClientCertificate;
  readonly own?: { readonly names: readonly string[]; readonly addresses: readonly string[] };
  readonly resumeTls?: boolean;
}

export interface Sender {
  readonly handOver: HandOver;
  readonly events: readonly DeliveryEvent[];
  readonly settings: AppSettings;
  /** The server at an address. */
  peer(address: string): SmtpPeer;
  /** One message to user@example.com, with `required` unless said otherwise. */
  deliver(changes?: DeliveryChanges): Promise<HandedOver>;
}

export interface DeliveryChanges {
  readonly controls?: Partial<DestinationControls>;
  readonly order?: Partial<HandOverOrder>;
  readonly message?: Partial<OutgoingMessage>;
  /** The line stays open. */
  readonly keep?: boolean;
}

/** ms that a stage may take here. */
const SECONDS = 15;

export const QUICK_TIMEOUTS = {
  connect: SECONDS,
  greeting: SECONDS,
  command: SECONDS,
  data: SECONDS,
  dataBlock: SECONDS,
  finalDot: SECONDS,
} as const;

export async function senderIn(test: Ending, scene: SenderScene = {}): Promise<Sender> {
  const hosts = scene.hosts ?? { '192.0.2.1': {} };
  const addresses = Object.keys(hosts);
  const peers = new Map<string, SmtpPeer>();
  for (const [address, script] of Object.entries(hosts)) {
    if (script !== null) peers.set(address, await startSmtpPeer(script));
  }
  const zones: ZoneData = scene.zones ?? {
    'example.com': { MX: [[10, 'mx.example.com']] },
    'mx.example.com': { A: addresses },
  };
  const dns = await startZoneServer({ zones, clock: systemClock });
  const settings: AppSettings = {
    ...DEFAULT_SETTINGS,
    log: silentLog,
    resolvers: [`${dns.spec}?trust-ad`],
    caFile: { name: 'the tests', pem: testRoot.certificate },
    systemCa: false,
    helo: 'sender.example.net',
    timeoutMs: SECONDS * 1000,
    redirect: ({ address, port }) => ({
      address: LOOPBACK,
      port: peers.get(address.text)?.port ?? (port === 443 ? 443 : NOBODY),
    }),
    ...scene.settings,
  };
  const house = createHouse(settings, ESSENTIALS);
  const events: DeliveryEvent[] = [];
  const delivery = { ...DEFAULT_DELIVERY_SETTINGS, timeouts: QUICK_TIMEOUTS, ...scene.delivery };
  const handOver = createDelivery({
    house,
    delivery: () => delivery,
    clientCertificate: () => scene.client ?? null,
    emit: (event) => events.push(event),
    ...(scene.own === undefined ? {} : { own: scene.own }),
    resumeTls: scene.resumeTls,
  });
  let dcid = 0;
  test.after(async () => {
    await Promise.all([house.close(), dns.stop(), ...[...peers.values()].map((peer) => peer.stop())]);
  });
  return {
    handOver,
    events,
    settings,
    peer: (address) => peers.get(address) ?? fail(`nobody listens at ${address}`),
    deliver: async ({ controls = {}, order = {}, message = {}, keep = false } = {}) => {
      const handed = await handOver(
        {
          destination: 'example.com',
          controls: { ...DEFAULT_DESTINATION, tls: 'required', ...controls },
          route: null,
          gateway: null,
          seed: 1,
          admit: async () => () => {},
          nextDcid: async () => ++dcid,
          signal: new AbortController().signal,
          ...order,
        },
        outgoing(message),
      );
      if (!keep) await handed.line?.close();
      return handed;
    },
  };
}

const LOOPBACK = { family: 4, text: '127.0.0.1' } as const;
/** A port at which nobody listens: the kernel gives it to nobody. */
const NOBODY = 1;

function fail(message: string): never {
  throw new Error(message);
}

/** A small message to user@example.com. */
export function outgoing(changes: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return {
    mid: 1,
    sender: 'ann@example.net',
    options: NO_OPTIONS,
    bytes: Buffer.from('Subject: hello\r\n\r\nHello.\r\n'),
    recipients: recipients('user@example.com'),
    ...changes,
  };
}

export function recipients(...addresses: readonly string[]): OutgoingMessage['recipients'] {
  return addresses.map((address, rid) => ({ rid, address, notify: null, orcpt: null }));
}
