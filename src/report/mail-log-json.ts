/**
 * The structured twin of the mail log: one JSON object a line for each event of delivery and reception, with the names that
 * `docs/mail-log.md` lists, and the lines of the mail log it became. Names are only ever added. Texts of strangers are bounded, and characters that a terminal
 * would obey or a reader not see are escaped the JSON way, so that nothing is lost by it. Pure.
 */
import { assertNever } from '../base/outcome.ts';
import type { ConnectionFacts, DeliveryEvent } from '../delivery/events.ts';
import type { ReceptionEvent } from '../delivery/reception-events.ts';
import { harmlessJson } from './json.ts';
import { MAX_LOGGED_REPLY_LINES, MAX_LOGGED_TEXT } from './log-text.ts';
import { mailLogTexts, receptionTexts } from './mail-log.ts';
import type { SessionJudged } from './session-lines.ts';

/** Elements of one list; a message to more recipients tells the first of them and `recipientCount`. */
export const MAX_LOGGED_ITEMS = 1000;

/** One line without its ending. */
export function mailLogJson(event: DeliveryEvent): string {
  return objectLine(event, { ...fields(event), lines: mailLogTexts(event) });
}

/** The same for what a listener saw. */
export function receptionJson(event: ReceptionEvent): string {
  const { at: _at, kind: _kind, ...own } = event;
  return objectLine(event, { ...own, lines: receptionTexts(event) });
}

function objectLine({ at, kind }: { readonly at: number; readonly kind: string }, own: object): string {
  return harmlessJson(JSON.stringify({ time: new Date(at).toISOString(), event: kind, ...own }, bounded));
}

function bounded(_key: string, value: unknown): unknown {
  if (typeof value === 'string' && value.length > MAX_LOGGED_TEXT) return `${value.slice(0, MAX_LOGGED_TEXT)}…`;
  if (Array.isArray(value) && value.length > MAX_LOGGED_ITEMS) return value.slice(0, MAX_LOGGED_ITEMS);
  return value;
}

function fields(event: DeliveryEvent): Readonly<Record<string, unknown>> {
  switch (event.kind) {
    case 'message-queued': {
      const { mid, sender, recipients, bytes, messageId, subject, origin, icid } = event;
      const list = recipients.slice(0, MAX_LOGGED_ITEMS).map(({ rid, address }) => ({ rid, address }));
      const count = recipients.length;
      const counts = { recipients: list, recipientCount: count };
      return { mid, icid: icid ?? null, sender, ...counts, bytes, messageId, subject, origin };
    }
    case 'connection-opened':
      return connection(event);
    case 'session-judged':
      return { ...connection(event), ...session(event) };
    case 'delivery-started':
      return { dcid: event.dcid, mid: event.mid, rids: event.rids };
    case 'message-done':
      return { dcid: event.dcid, mid: event.mid, rids: event.rids, response: event.response };
    case 'delayed':
    case 'bounced': {
      const { dcid, mid, rid, sender, recipient, destination, status, reason, reply, nextAttemptAt } = event;
      const nextAttempt = nextAttemptAt === null ? null : new Date(nextAttemptAt).toISOString();
      const shown = { code: reply.code, lines: reply.lines.slice(0, MAX_LOGGED_REPLY_LINES) };
      return { dcid, mid, rid, sender, recipient, destination, status, reason, reply: shown, nextAttempt };
    }
    case 'connection-closed':
      return { dcid: event.dcid };
    case 'possible-delivery':
      return { dcid: event.dcid, mid: event.mid, rids: event.rids, counted: event.counted };
    case 'message-finished':
      return { mid: event.mid, how: event.how };
    case 'tls-alert': {
      const { dcid, destination, mode, host, address, detail } = event;
      return { dcid, destination, mode, host, address, stateEvent: event.event, detail };
    }
    case 'trouble':
      return { what: event.what, recovered: event.recovered };
    default:
      return assertNever(event);
  }
}

function connection(event: ConnectionFacts): Readonly<Record<string, unknown>> {
  const { dcid, destination, exchange, address, port, localAddress, gateway } = event;
  return { dcid, destination, host: exchange, address, port, interface: localAddress, gateway };
}

function session(event: SessionJudged): Readonly<Record<string, unknown>> {
  const { evidence, decision, controls, published, overridden } = event;
  const { handshake, path, identity, dane } = evidence;
  const tls = handshake.kind === 'seen' ? handshake.value : null;
  return {
    mode: controls.tls,
    decision: decision.kind,
    /** Row of the state table, `E1` to `E13`. */
    stateEvent: decision.kind === 'start-tls' ? null : decision.event,
    channel: channelOf(event),
    verified: decision.kind === 'encrypted' ? decision.verified : null,
    because: decision.because,
    tls: tls === null ? null : { protocol: tls.protocol, cipher: tls.cipher, bits: tls.bits, group: tls.group },
    chainTrusted: path.kind === 'seen' ? path.value.trusted : null,
    chainProblem: path.kind === 'seen' ? path.value.problem : null,
    identity:
      identity.kind === 'seen' ? { verify: identity.value.verify.step, hosted: identity.value.hosted.step } : null,
    dane: dane.kind === 'seen' ? dane.value.status : null,
    mtaSts: published.mtaSts?.kind === 'policy' ? published.mtaSts.policy.mode : (published.mtaSts?.kind ?? null),
    overridden,
  };
}

function channelOf({ decision }: SessionJudged): 'encrypted' | 'clear' | 'none' {
  if (decision.kind === 'refused') return decision.channel;
  return decision.kind === 'encrypted' || decision.kind === 'clear' ? decision.kind : 'none';
}
