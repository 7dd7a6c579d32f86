/**
 * Delivery put together: the same resolver, roots, judge and policies as the probe, and connections that leave from the
 * gateway of the message. An explicit SMTP route may lead to private addresses; what the DNS says may not, unless the
 * settings allow it.
 */
import { parseDomain } from '../base/domain.ts';
import { parseIpAddress } from '../base/ip-address.ts';
import { lookUpDane } from '../dane/lookup.ts';
import type { OnDeliveryEvent } from '../delivery/events.ts';
import type { HandOver } from '../delivery/hand-over.ts';
import type { DeliverySettings } from '../delivery/settings.ts';
import { createTlsSessions, type TlsSessions } from '../delivery/tls-sessions.ts';
import { createHandOver, type DeliverySession } from '../delivery/walk.ts';
import type { IpPreference } from '../dns/host-addresses.ts';
import { givenRoute, resolveMailRoute } from '../dns/resolve-mail-route.ts';
import { createNet, type Net } from '../net/net.ts';
import { type ClientCertificate, type OpenedSession, openSession } from '../session/open.ts';
import { certificateJudge } from './certificate-judge.ts';
import type { House } from './house.ts';

/** Connections are counted and limited by the queue; here only what no machine would stand. */
const CONNECTIONS_PER_ADDRESS = 10_000;

/** Under which mail would come back to us. */
export interface Ourselves {
  readonly names: readonly string[];
  readonly addresses: readonly string[];
}

export interface DeliveryOptions {
  readonly house: Pick<
    House,
    'settings' | 'world' | 'resolver' | 'senderSts' | 'anchors' | 'heloName' | 'stapleAsked' | 'statuses'
  >;
  /** Read anew for each connection, so that a commit is followed. */
  readonly delivery: () => DeliverySettings;
  /** For all outgoing TLS; null: none is presented. */
  readonly clientCertificate: () => ClientCertificate | null;
  readonly emit: OnDeliveryEvent;
  /**
   * For whoever takes mail in, too: names and addresses that are ourselves beside the EHLO names, so that nothing comes
   * back to us (S-MX-8). Left out, or null: nobody is, and a mail server on this machine is one like any other.
   */
  readonly own?: (() => Ourselves | null) | undefined;
  /** False: every connection has a handshake of its own. */
  readonly resumeTls?: boolean | undefined;
}

/** The hand-over of this house; the house is closed by whoever opened it. */
export function createDelivery(options: DeliveryOptions): HandOver {
  const { house, delivery, own } = options;
  const { settings, world, resolver } = house;
  const { clock, random } = world;
  const netWith = (privateAddresses: 'allowed' | 'denied'): Net =>
    createNet({
      clock,
      privateAddresses,
      sourceAddress: settings.sourceAddress ?? undefined,
      redirect: settings.redirect ?? undefined,
      connectionsPerAddress: CONNECTIONS_PER_ADDRESS,
    });
  const clientCertificate = steady(options.clientCertificate);
  const nets = { named: netWith('allowed'), byDns: netWith(settings.privateAddresses) };
  const tlsSessions = options.resumeTls === false ? null : createTlsSessions(clock);
  const families = settings.family === 'any' ? 'any' : settings.family === 4 ? '4' : '6';
  const asking = ({ ipPreference, signal }: { readonly ipPreference: IpPreference; readonly signal: AbortSignal }) =>
    ({ resolver, families, ipPreference, signal }) as const;
  return createHandOver({
    clock,
    random,
    port: settings.port,
    settings: delivery,
    emit: options.emit,
    mailRoute: (domain, question) => resolveMailRoute({ ...asking(question), domain }),
    hostRoute: (exchange, question) => givenRoute({ ...asking(question), exchange }),
    isSelf: ({ exchange, addresses }) => {
      const ourselves = own?.() ?? null;
      if (ourselves === null) return false;
      const names = [house.heloName, ...delivery().gateways.map(({ heloName }) => heloName), ...ourselves.names];
      return names.includes(exchange) || addresses.some(({ text }) => ourselves.addresses.includes(text));
    },
    discoverSts: house.senderSts,
    dane: (host, signal) => lookUpDane(resolver, host, { signal }),
    openSession: (session) =>
      open(
        session,
        { ...options, clientCertificate },
        session.stop.leg.explicit ? nets.named : nets.byDns,
        tlsSessions,
      ),
  });
}

function open(
  session: DeliverySession,
  { house, clientCertificate }: DeliveryOptions,
  net: Net,
  tlsSessions: TlsSessions | null,
): Promise<OpenedSession> {
  const { stop, port, order, dane, settings: delivery, steer, onConnected } = session;
  const { host, address, leg } = stop;
  const { settings, world, heloName } = house;
  const { timeouts } = delivery;
  // A literal in brackets is no domain.
  const recipient = parseDomain(order.destination);
  const target = { exchange: host.exchange, preference: host.preference, address, port };
  const serverName = dane?.kind === 'records' ? dane.baseDomain : undefined;
  const minTlsVersion = offered(session.minTlsVersion);
  const shown = clientCertificate();
  const source = order.gateway?.sourceAddress ?? null;
  const sourceAddress = (source === null ? null : parseIpAddress(source)) ?? undefined;
  const stageTimeoutMs = timeouts.command * 1000;
  // One moment for everything that is judged of a session.
  let judgedAt: number | null = null;
  const moment = (): number => {
    judgedAt ??= world.clock.now();
    return judgedAt;
  };
  return openSession(
    {
      target,
      serverName,
      heloName: order.gateway?.heloName ?? heloName,
      steer,
      implicitTls: settings.implicitTls,
      mailFrom: null,
      rcptTo: null,
      credentials:
        settings.auth === null
          ? null
          : { mechanism: settings.auth.type, user: settings.auth.user, secret: settings.auth.secret },
      clientCertificate: shown,
      minTlsVersion,
      askForStaple: settings.revocation !== 'off',
      stageTimeoutMs,
      connectTimeoutMs: timeouts.connect * 1000,
      greetingTimeoutMs: timeouts.greeting * 1000,
      sessionTimeoutMs: Math.min(
        (timeouts.connect + timeouts.greeting) * 1000 + STAGES * stageTimeoutMs,
        timeouts.handOver * 1000,
      ),
      signal: order.signal,
      keepOpen: true,
      resumption: tlsSessions?.for({
        host: host.exchange,
        address: address.text,
        port,
        serverName: serverName ?? host.exchange,
        minTlsVersion,
        clientCertificate: shown?.certificate ?? null,
      }),
      onPhase: (phase, evidence) => {
        if (phase === 'connect' && evidence.connect.kind === 'seen') onConnected(evidence);
      },
    },
    {
      net: {
        permits: (candidate) => net.permits(candidate),
        connect: (request) => net.connect({ ...request, sourceAddress }),
      },
      clock: world.clock,
      judge: certificateJudge({
        ...house,
        moment,
        target,
        mxNameSecure: leg.mxNameSecure,
        recipientDomain: recipient.ok ? recipient.value : null,
        given: leg.explicit,
        routeName: leg.routeName,
        strictCn: order.controls.strictCn,
        dane,
      }),
    },
  );
}

/** The same object for the same certificate, since TLS contexts are kept for it. */
function steady(read: DeliveryOptions['clientCertificate']): DeliveryOptions['clientCertificate'] {
  let last: ClientCertificate | null = null;
  return () => {
    const now = read();
    if (now?.certificate !== last?.certificate || now?.key !== last?.key) last = now;
    return last;
  };
}

/** EHLO, STARTTLS, handshake, names, EHLO, and AUTH with its three steps. */
const STAGES = 8;

/** What OpenSSL can be told; of older versions it knows nothing any more. */
function offered(version: DeliverySession['minTlsVersion']): 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3' {
  return version === 'SSLv2' || version === 'SSLv3' ? 'TLSv1' : version;
}
