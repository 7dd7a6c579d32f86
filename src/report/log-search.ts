/**
 * Finding in the log for programs: by message, by connection, by time and text. A message's story has its own lines and
 * those of the connections that carried it. Two passes over the log: `learn` from every event, then ask `matches` of each;
 * an event that comes later is learned from first. Numbers alone are kept, within a bound.
 */

export interface LogQuery {
  readonly mids: readonly number[];
  readonly icids: readonly number[];
  readonly dcids: readonly number[];
  /** Parts of addresses and names, lower case. */
  readonly sender: string | null;
  readonly recipient: string | null;
  readonly destination: string | null;
  readonly host: string | null;
  readonly tls: TlsOutcome | null;
  /** ms since the epoch. */
  readonly since: number | null;
  readonly until: number | null;
  /** Part of a line, lower case. */
  readonly text: string | null;
}

/** `failed`: TLS was wanted and no mail went over the connection for it. */
export const TLS_OUTCOMES = ['encrypted', 'verified', 'unverified', 'clear', 'failed'] as const;
export type TlsOutcome = (typeof TLS_OUTCOMES)[number];

export const EVERYTHING: LogQuery = {
  mids: [],
  icids: [],
  dcids: [],
  sender: null,
  recipient: null,
  destination: null,
  host: null,
  tls: null,
  since: null,
  until: null,
  text: null,
};

/** One line of the log, read. */
export interface LoggedEvent {
  /** ms since the epoch. */
  readonly at: number;
  readonly kind: string;
  readonly lines: readonly string[];
  readonly mid: number | null;
  readonly dcid: number | null;
  readonly icid: number | null;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Messages and connections that are kept in mind; more are not found any longer. */
export const MAX_FOUND = 500_000;

/** Null where the line is none of ours. */
export function readLogged(line: string): LoggedEvent | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const fields: Readonly<Record<string, unknown>> = { ...value };
  const at = Date.parse(textOf(fields['time']) ?? '');
  const kind = textOf(fields['event']);
  const { lines } = fields;
  if (kind === null || Number.isNaN(at) || !Array.isArray(lines)) return null;
  const shown = lines.filter((each) => typeof each === 'string');
  const number = (name: string): number | null => (typeof fields[name] === 'number' ? fields[name] : null);
  return { at, kind, lines: shown, mid: number('mid'), dcid: number('dcid'), icid: number('icid'), fields };
}

export class LogFinder {
  readonly #query: LogQuery;
  /** Something asks for messages, or for connections: only then one has to look twice. */
  readonly #byMessage: boolean;
  readonly #byConnection: boolean;
  readonly #mids = new Set<number>();
  /** Connections of the messages found. */
  readonly #carriers = new Set<number>();
  readonly #icids = new Set<number>();
  /** Connections that are asked for. */
  readonly #dcids: Set<number>;
  /** Of the messages found, those that went over such a connection. */
  readonly #carried = new Set<number>();

  constructor(query: LogQuery) {
    this.#query = query;
    const { mids, icids, sender, recipient, dcids, destination, host, tls } = query;
    this.#byMessage = mids.length > 0 || icids.length > 0 || sender !== null || recipient !== null;
    this.#byConnection = dcids.length > 0 || destination !== null || host !== null || tls !== null;
    this.#dcids = new Set(destination === null && host === null && tls === null ? dcids : []);
  }

  get looksTwice(): boolean {
    return this.#byMessage || this.#byConnection;
  }

  /** More was found than is kept in mind. */
  get full(): boolean {
    return [this.#mids, this.#carriers, this.#dcids].some(({ size }) => size >= MAX_FOUND);
  }

  learn(event: LoggedEvent): void {
    const { mid, dcid, icid } = event;
    if (this.#byConnection && dcid !== null && this.#isWantedConnection(event)) keep(this.#dcids, dcid);
    if (!this.#byMessage || mid === null) return;
    if (this.#isWantedMessage(event)) keep(this.#mids, mid);
    if (!this.#mids.has(mid)) return;
    if (dcid !== null && dcid !== 0) {
      keep(this.#carriers, dcid);
      if (this.#dcids.has(dcid)) keep(this.#carried, mid);
    }
    if (icid !== null && icid !== 0) keep(this.#icids, icid);
  }

  matches(event: LoggedEvent): boolean {
    const { since, until, text } = this.#query;
    if ((since !== null && event.at < since) || (until !== null && event.at >= until)) return false;
    if (text !== null && !event.lines.some((line) => line.toLowerCase().includes(text))) return false;
    if (this.#byMessage) return this.#belongsToMessage(event);
    return !this.#byConnection || this.#belongsToConnection(event);
  }

  #belongsToMessage({ mid, dcid, icid }: LoggedEvent): boolean {
    if (this.#byConnection) {
      if (mid !== null) return this.#carried.has(mid) && (dcid === null || this.#dcids.has(dcid));
      return dcid !== null && this.#carriers.has(dcid) && this.#dcids.has(dcid);
    }
    if (mid !== null) return this.#mids.has(mid);
    return (dcid !== null && this.#carriers.has(dcid)) || (icid !== null && this.#icids.has(icid));
  }

  #belongsToConnection({ dcid, fields }: LoggedEvent): boolean {
    if (dcid === null) return false;
    if (dcid !== 0) return this.#dcids.has(dcid);
    // No connection was made: only the destination can be asked for.
    const { destination, dcids, host, tls } = this.#query;
    return (
      destination !== null &&
      dcids.length === 0 &&
      host === null &&
      tls === null &&
      has(fields, 'destination', destination)
    );
  }

  #isWantedMessage({ kind, mid, icid, fields }: LoggedEvent): boolean {
    const { mids, icids, sender, recipient } = this.#query;
    if (mids.length > 0 && !(mid !== null && mids.includes(mid))) return false;
    if (icids.length > 0 && !(icid !== null && icids.includes(icid))) return false;
    if (sender !== null && !has(fields, 'sender', sender)) return false;
    if (recipient === null) return true;
    if (kind !== 'message-queued') return has(fields, 'recipient', recipient);
    const { recipients } = fields;
    return Array.isArray(recipients) && recipients.some((each) => has(each, 'address', recipient));
  }

  #isWantedConnection({ kind, dcid, fields }: LoggedEvent): boolean {
    if (kind !== 'session-judged' || dcid === null) return false;
    const { dcids, destination, host, tls } = this.#query;
    if (dcids.length > 0 && !dcids.includes(dcid)) return false;
    if (destination !== null && !has(fields, 'destination', destination)) return false;
    if (host !== null && !has(fields, 'host', host) && !has(fields, 'address', host)) return false;
    return tls === null || cameOut(fields, tls);
  }
}

/** Rows of the state table in which TLS, or what it has to prove, is the reason that no mail went. */
const TLS_FAILURES: readonly unknown[] = ['E1', 'E2', 'E3', 'E4', 'E5', 'E6', 'E7', 'E11', 'E13'];

function cameOut({ channel, verified, stateEvent }: Readonly<Record<string, unknown>>, tls: TlsOutcome): boolean {
  switch (tls) {
    case 'encrypted':
    case 'clear':
      return channel === tls;
    case 'verified':
      return channel === 'encrypted' && verified === true;
    case 'unverified':
      return channel === 'encrypted' && verified === false;
    case 'failed':
      return channel === 'none' && TLS_FAILURES.includes(stateEvent);
  }
}

function has(value: unknown, name: string, part: string): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const text = textOf(Object.entries(value).find(([key]) => key === name)?.[1]);
  return text?.toLowerCase().includes(part) === true;
}

function keep(numbers: Set<number>, number: number): void {
  if (numbers.size < MAX_FOUND) numbers.add(number);
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
