/** `hoststatus` and `tophosts` in the appliance's layout (R125), and the same for programs. */
import type { HostState, TopHost } from '../delivery/queue-store.ts';
import { foreign, logTime } from './log-text.ts';

export interface HostStatus {
  readonly destination: string;
  readonly at: number;
  /** Null: nothing was ever noted about it. */
  readonly state: HostState | null;
  /** Null: nothing of it waits. */
  readonly active: TopHost | null;
  readonly connections: number;
  /** In the order in which they are tried; null where nobody asked the DNS. */
  readonly route: RouteSummary | null;
  /** The gateway that mail leaves by where its submitter names no other; null: by routing; left out where nobody asked. */
  readonly gateway?: { readonly name: string; readonly sourceAddress: string | null } | null | undefined;
}

export type RouteSummary =
  | { readonly kind: 'hosts'; readonly hosts: readonly RoutedHost[] }
  | { readonly kind: 'none'; readonly why: string };

export interface RoutedHost {
  readonly exchange: string;
  readonly preference: number;
  readonly addresses: readonly string[];
}

export type TopHostsOrder = keyof typeof ORDERS;

const ORDERS = {
  active_rcpts: (row: TopHostRow) => row.active,
  conn_out: (row: TopHostRow) => row.connections,
  deliv_rcpts: (row: TopHostRow) => row.delivered,
  soft_bounced: (row: TopHostRow) => row.softBounced,
  hard_bounced: (row: TopHostRow) => hardBounces(row),
} as const;

export const TOP_HOSTS_ORDERS = Object.keys(ORDERS) as TopHostsOrder[];

export interface TopHostRow extends TopHost {
  readonly connections: number;
}

/** Down as of the last attempt; a host that nobody has tried again since its rest ended still is. */
export function isDown({ downUntil }: Pick<HostState, 'downUntil'>): boolean {
  return downUntil !== null;
}

export function hardBounces({ hardBounced }: Pick<HostState, 'hardBounced'>): number {
  return hardBounced.dns + hardBounced.fivexx + hardBounced.expired + hardBounced.other;
}

/** The most first, by name among equals. */
export function orderedHosts(rows: readonly TopHostRow[], order: TopHostsOrder): readonly TopHostRow[] {
  const of = ORDERS[order];
  return [...rows].sort((a, b) => of(b) - of(a) || (a.destination < b.destination ? -1 : 1));
}

export function topHostsText(rows: readonly TopHostRow[], at: number): string {
  const width = Math.max(20, ...rows.map(({ destination }) => foreign(destination).length));
  const columns = (cells: readonly (string | number)[]): string => cells.map((cell) => `${cell}`.padStart(9)).join('');
  const lines = rows.map((row, index) => {
    const place = `${index + 1}${isDown(row) ? '*' : ' '}`.padStart(5);
    const { active, connections, delivered, softBounced } = row;
    const figures = columns([active, connections, delivered, softBounced, hardBounces(row)]);
    return `${place} ${foreign(row.destination).padEnd(width)} ${figures}`;
  });
  return [
    `Status as of:                 ${logTime(at)}`,
    "Hosts marked with '*' were down as of the last delivery attempt.",
    '',
    `${' '.repeat(width + 7)}${columns(['Active', 'Conn.', 'Deliv.', 'Soft', 'Hard'])}`,
    `${'#'.padStart(4)}  ${'Recipient Host'.padEnd(width)} ${columns(['Recip.', 'Out', 'Recip.', 'Bounced', 'Bounced'])}`,
    '',
    ...(lines.length === 0 ? ['      no recipients are waiting'] : lines),
    '',
  ].join('\n');
}

export function hostStatusText({ destination, at, state, active, connections, route, gateway }: HostStatus): string {
  const hard = state?.hardBounced ?? { dns: 0, fivexx: 0, expired: 0, other: 0 };
  const bounced = hard.dns + hard.fivexx + hard.expired + hard.other;
  const delivered = state?.delivered ?? 0;
  const waiting = active?.active ?? 0;
  const attempted = active?.attempted ?? 0;
  const row = (indent: number, label: string, count: number): string =>
    `${`${' '.repeat(indent)}${label}`.padEnd(40)}${String(count).padStart(12)}`;
  const upOrDown = state === null ? 'unknown' : isDown(state) ? 'down' : 'up';
  return [
    `Host mail status for: '${foreign(destination)}'`,
    `Status as of:         ${logTime(at)}`,
    `Host up/down:         ${upOrDown}`,
    ...(state?.downUntil != null && state.downUntil > at ? [`Tried again:          ${logTime(state.downUntil)}`] : []),
    ...(state !== null && isDown(state) && state.lastFailure !== null
      ? [`Last failure:         ${foreign(state.lastFailure)}`]
      : []),
    '',
    'Counters:',
    '  Queue',
    row(4, 'Soft Bounced Events', state?.softBounced ?? 0),
    '  Completion',
    row(4, 'Completed Recipients', bounced + delivered),
    row(6, 'Hard Bounced Recipients', bounced),
    row(8, 'DNS Hard Bounces', hard.dns),
    row(8, '5XX Hard Bounces', hard.fivexx),
    row(8, 'Filter Hard Bounces', 0),
    row(8, 'Expired Hard Bounces', hard.expired),
    row(8, 'Other Hard Bounces', hard.other),
    row(6, 'Delivered Recipients', delivered),
    '',
    'Gauges:',
    '  Queue',
    row(4, 'Active Recipients', waiting),
    row(6, 'Unattempted Recipients', waiting - attempted),
    row(6, 'Attempted Recipients', attempted),
    '  Connections',
    row(4, 'Current Outbound Connections', connections),
    row(4, 'Pending Outbound Connections', 0),
    '',
    `Oldest Message        ${active?.oldestAt == null ? 'No Messages' : logTime(active.oldestAt)}`,
    `Last Activity         ${state?.lastActivity == null ? '-' : logTime(state.lastActivity)}`,
    ...routeLines(route),
    ...(state?.last5xx == null ? [] : ['', 'Last 5XX Error:', '----------', foreign(state.last5xx), '----------']),
    ...(gateway === undefined ? [] : ['', `Virtual gateway:      ${gatewayWords(gateway)}`]),
    '',
  ].join('\n');
}

function gatewayWords(gateway: NonNullable<HostStatus['gateway']> | null): string {
  if (gateway === null) return 'none (by routing)';
  const { name, sourceAddress } = gateway;
  return sourceAddress === null ? foreign(name) : `${foreign(name)} (${foreign(sourceAddress)})`;
}

function routeLines(route: RouteSummary | null): readonly string[] {
  if (route === null) return [];
  if (route.kind === 'none') return [`Ordered IP addresses: ${foreign(route.why)}`];
  return [
    'Ordered IP addresses:',
    '    Preference   IPs',
    ...route.hosts.map(
      ({ exchange, preference, addresses }) =>
        `    ${String(preference).padEnd(12)} ${addresses.map(foreign).join(' ') || '-'}  (${foreign(exchange)})`,
    ),
  ];
}

/** The shape that programs get of a host. */
export function hostStatusJson({ destination, at, state, active, connections, route, gateway }: HostStatus): object {
  return {
    format: 'tlsreach.hoststatus/1',
    at: iso(at),
    host: destination,
    state: state === null ? 'unknown' : isDown(state) ? 'down' : 'up',
    downUntil: iso(state?.downUntil ?? null),
    lastFailure: state?.lastFailure ?? null,
    counters: countersOf(state),
    gauges: {
      active: active?.active ?? 0,
      attempted: active?.attempted ?? 0,
      unattempted: (active?.active ?? 0) - (active?.attempted ?? 0),
      connections,
    },
    oldestMessage: iso(active?.oldestAt ?? null),
    lastActivity: iso(state?.lastActivity ?? null),
    last5xx: state?.last5xx ?? null,
    route,
    ...(gateway === undefined ? {} : { gateway }),
  };
}

export function topHostsJson(rows: readonly TopHostRow[], at: number): object {
  return {
    format: 'tlsreach.tophosts/1',
    at: iso(at),
    hosts: rows.map((row) => ({
      host: row.destination,
      down: isDown(row),
      active: row.active,
      connections: row.connections,
      ...countersOf(row),
    })),
  };
}

function countersOf(state: HostState | null) {
  const hardBounced = state?.hardBounced ?? { dns: 0, fivexx: 0, expired: 0, other: 0 };
  return { delivered: state?.delivered ?? 0, softBounced: state?.softBounced ?? 0, hardBounced };
}

function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
