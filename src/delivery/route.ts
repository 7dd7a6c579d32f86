/**
 * Where a message to one destination goes: the mail hosts the DNS names, or the targets of an explicit SMTP route (R113).
 * A route is not looked up again in the table of routes, and when all its targets are down the message waits: the MX
 * hosts of the destination are asked for only where the route says USEDNS.
 */
import { type Domain, parseDomain } from '../base/domain.ts';
import { type IpAddress, parseIpAddress } from '../base/ip-address.ts';
import { type Random, seededRandom, shuffled } from '../base/random.ts';
import { type DnsSecurity, describeDnsFailure } from '../dns/answer.ts';
import type { IpPreference } from '../dns/host-addresses.ts';
import type { MailHost, MailRoute } from '../dns/mail-route.ts';
import { dropSelf, type TargetOrder, targetsOf } from '../dns/targets.ts';
import type { Setback } from './setback.ts';
import type { SmtpRoute, SmtpRouteTarget } from './settings.ts';
import { reasonOf } from './status.ts';

/** What all targets that were found in one way have in common. */
export interface Leg {
  /** Whose MTA-STS policy applies (S-STS-15); null: nobody's, the host was named by an operator. */
  readonly policyDomain: Domain | null;
  /** How sure the names of its hosts are, for DANE. */
  readonly nameSecurity: DnsSecurity;
  /** DNSSEC vouches for the MX names. */
  readonly mxNameSecure: boolean;
  /** The name an operator wrote down, which no DNS can forge; null where the DNS said it. */
  readonly routeName: string | null;
  /** An operator's own word: private addresses are followed. */
  readonly explicit: boolean;
  /** Null: the port of SMTP. */
  readonly port: number | null;
}

export type RouteStop =
  | { readonly kind: 'target'; readonly host: MailHost; readonly address: IpAddress; readonly leg: Leg }
  /** `/dev/null`: dropped, and counts as delivered. */
  | { readonly kind: 'discard' };

export interface DeliveryRoute {
  /** In the order they are tried. */
  readonly stops: readonly RouteStop[];
  /** Parts of the route that led nowhere, and why. */
  readonly setbacks: readonly Setback[];
}

export interface RouteQuestion {
  readonly destination: string;
  readonly route: SmtpRoute | null;
  readonly ipPreference: IpPreference;
  readonly seed: number | null;
  readonly signal: AbortSignal;
}

export interface RouteDependencies {
  /** MX, then addresses (RFC 5321 5.1). */
  readonly mailRoute: (domain: Domain | IpAddress, question: RouteQuestion) => Promise<MailRoute>;
  /** A host that was named: its addresses, without MX. */
  readonly hostRoute: (host: Domain | IpAddress, question: RouteQuestion) => Promise<MailRoute>;
  /** One of our own names or addresses (S-MX-8). */
  readonly isSelf: (host: MailHost) => boolean;
  readonly random: Random;
  /** Counts on for each connection, so that equal targets of a route take turns. */
  readonly turn: (route: SmtpRoute) => number;
}

export async function findRoute(question: RouteQuestion, dependencies: RouteDependencies): Promise<DeliveryRoute> {
  const { route } = question;
  if (route === null) return throughDns(question, dependencies);
  const stops: RouteStop[] = [];
  const setbacks: Setback[] = [];
  for (const target of inTurn(route, question, dependencies)) {
    const found = await stopsOf(target, question, dependencies);
    stops.push(...found.stops);
    setbacks.push(...found.setbacks);
  }
  return { stops, setbacks };
}

/** By priority, 0 first; equals take turns, or stand as a seed has it. */
function inTurn(route: SmtpRoute, { seed }: RouteQuestion, { turn }: RouteDependencies): readonly SmtpRouteTarget[] {
  const groups = [...Map.groupBy(route.targets, ({ priority }) => priority).entries()].sort(([a], [b]) => a - b);
  const at = seed === null ? turn(route) : 0;
  return groups.flatMap(([, equals]) => {
    if (seed !== null) return shuffled(equals, seededRandom(seed));
    const first = at % equals.length;
    return [...equals.slice(first), ...equals.slice(0, first)];
  });
}

async function stopsOf(
  target: SmtpRouteTarget,
  question: RouteQuestion,
  dependencies: RouteDependencies,
): Promise<DeliveryRoute> {
  switch (target.kind) {
    case 'discard':
      return { stops: [{ kind: 'discard' }], setbacks: [] };
    case 'use-dns':
      return throughDns(question, dependencies);
    case 'host':
      return throughHost(target, question, dependencies);
  }
}

/** The destination's own route. What is wrong with it for good ends the message (RFC 7505, S-MX-3, S-MX-4). */
async function throughDns(question: RouteQuestion, dependencies: RouteDependencies): Promise<DeliveryRoute> {
  const destination = parseDestination(question.destination);
  if (destination === null) return nowhere('5.1.2', `${question.destination} is no domain`, true);
  const route = await dependencies.mailRoute(destination, question);
  if (route.kind !== 'route') return withoutRoute(question.destination, route);
  const domain = typeof destination === 'string' ? destination : null;
  // An address somebody wrote down is no name that could be forged.
  const own =
    domain === null ? { kind: 'kept' as const, hosts: route.hosts } : dropSelf(route.hosts, dependencies.isSelf);
  if (own.kind === 'loop') {
    return nowhere('5.4.6', `the mail for ${question.destination} would come back to us: we are its first host`, true);
  }
  const leg: Leg = {
    policyDomain: domain,
    nameSecurity: route.security,
    mxNameSecure: route.security === 'secure',
    routeName: null,
    explicit: false,
    port: null,
  };
  return { stops: stopsAt(own.hosts, leg, question, dependencies), setbacks: [] };
}

/**
 * `host` is a name, whose MX is looked up and then its addresses, an address, or a name in brackets, whose addresses are
 * looked up alone. Whatever goes wrong with an operator's own route can be mended: the message waits.
 */
async function throughHost(
  { host, port }: Extract<SmtpRouteTarget, { kind: 'host' }>,
  question: RouteQuestion,
  dependencies: RouteDependencies,
): Promise<DeliveryRoute> {
  const bare = host.replace(/^\[(?:IPv6:)?(.*)\]$/i, '$1');
  const address = parseIpAddress(bare);
  const name = address === null ? parseDomain(bare) : null;
  if (name !== null && !name.ok) return nowhere('4.4.4', `the SMTP route names ${host}, which is no host`, false);
  const exchange = address ?? (name as { readonly value: Domain }).value;
  const byMx = typeof exchange === 'string' && bare === host;
  const route = byMx
    ? await dependencies.mailRoute(exchange, question)
    : await dependencies.hostRoute(exchange, question);
  if (route.kind !== 'route') {
    const { setbacks } = withoutRoute(host, route);
    return { stops: [], setbacks: setbacks.map((each) => ({ ...each, permanent: false, status: '4.4.4' })) };
  }
  const viaMx = byMx && route.source === 'mx';
  const leg: Leg = {
    policyDomain: byMx ? exchange : null,
    // A name an operator wrote down needs nobody to vouch for it; what an MX record says of it does.
    nameSecurity: viaMx ? route.security : 'secure',
    mxNameSecure: viaMx && route.security === 'secure',
    routeName: typeof exchange === 'string' ? exchange : null,
    explicit: true,
    port,
  };
  return { stops: stopsAt(route.hosts, leg, question, dependencies), setbacks: [] };
}

/** The order of the probe: listed by preference, equals in the order of the seed; without one at random (S-MX-2). */
function stopsAt(
  hosts: readonly MailHost[],
  leg: Leg,
  { seed }: RouteQuestion,
  { random }: RouteDependencies,
): readonly RouteStop[] {
  const order: TargetOrder = { kind: 'shuffled', random: seed === null ? random : seededRandom(seed) };
  return [...targetsOf({ hosts }, order)].map(({ host, address }) => ({ kind: 'target', host, address, leg }));
}

function withoutRoute(name: string, route: Exclude<MailRoute, { kind: 'route' }>): DeliveryRoute {
  switch (route.kind) {
    case 'null-mx':
      return nowhere('5.1.10', `${name} takes no mail (null MX)`, true, {
        code: 556,
        lines: [`5.1.10 ${name} takes no mail`],
        enhancedStatus: { class: 5, subject: 1, detail: 10 },
      });
    case 'no-such-domain':
      return nowhere('5.1.2', `there is no domain ${name}`, true);
    case 'no-address':
      return nowhere('5.1.2', `no mail host of ${name} has an address`, true);
    case 'dns-failure':
      return nowhere(
        '4.4.3',
        `the mail hosts of ${name} cannot be looked up: ${describeDnsFailure(route.failure)}`,
        false,
      );
  }
}

function nowhere(status: string, detail: string, permanent: boolean, reply: Setback['reply'] = null): DeliveryRoute {
  const setback: Setback = {
    place: null,
    event: null,
    status,
    category: 'dns',
    reply,
    because: [`${reasonOf(status)}: ${detail}`],
    permanent,
  };
  return { stops: [], setbacks: [setback] };
}

/** A domain, or an address literal with brackets. */
function parseDestination(destination: string): Domain | IpAddress | null {
  const literal = /^\[(?:IPv6:)?(.*)\]$/i.exec(destination);
  if (literal !== null) return parseIpAddress(literal[1] ?? '');
  const domain = parseDomain(destination);
  return domain.ok ? domain.value : null;
}
