/**
 * The mail log and the bounce log: each event of delivery and of reception as the lines an operator of the appliance
 * knows (specification 2.f, R119). A line is a time stamp, a level and one text; nothing a stranger sent can begin another
 * one. Whether a message was encrypted can be told from the lines alone (R120, tls-by-message.ts). Pure: one event, zero
 * or more lines.
 */
import { assertNever } from '../base/outcome.ts';
import type { DeliveryEvent } from '../delivery/events.ts';
import type { ReceptionEvent } from '../delivery/reception-events.ts';
import { foreign, logTime, path, quoted, replyTuple, ridList } from './log-text.ts';
import { sessionTexts } from './session-lines.ts';

/** Lines of the mail log, with their time stamp. */
export function mailLogLines(event: DeliveryEvent): readonly string[] {
  return stamped(event.at, mailLogTexts(event));
}

/** The same without the time: `Info: …`. */
export function mailLogTexts(event: DeliveryEvent): readonly string[] {
  const level = event.kind === 'trouble' && !event.recovered ? 'Warning' : 'Info';
  return deliveryTexts(event).map((text) => `${level}: ${text}`);
}

/** Lines of the bounce log: `Info: Bounced: 45346670:0 From:<a@b> To:<c@d> Reason: "…" Response: "…"`. */
export function bounceLogLines(event: DeliveryEvent): readonly string[] {
  if (event.kind !== 'bounced' && event.kind !== 'delayed') return [];
  const what = `${verb(event.kind)}: ${event.mid}:${event.rid} From:${path(event.sender)} To:${path(event.recipient)}`;
  const reason = `${foreign(event.status)} - ${foreign(event.reason)}`;
  const escaped = (text: string): string => text.replaceAll('"', "''");
  const text = `Info: ${what} Reason: "${escaped(reason)}" Response: "${escaped(replyTuple(event.reply))}"`;
  return stamped(event.at, [text]);
}

/** Lines of the mail log for what a listener saw. */
export function receptionLines(event: ReceptionEvent): readonly string[] {
  return stamped(event.at, receptionTexts(event));
}

/** The same without the time: `Info: …`. */
export function receptionTexts(event: ReceptionEvent): readonly string[] {
  return [`Info: ${receptionText(event)}`];
}

function deliveryTexts(event: DeliveryEvent): readonly string[] {
  switch (event.kind) {
    case 'message-queued':
      return queuedTexts(event);
    case 'connection-opened':
      return [
        `New SMTP DCID ${event.dcid} interface ${foreign(event.localAddress)} address ${foreign(event.address)} port ${event.port}`,
      ];
    case 'session-judged':
      return sessionTexts(event);
    case 'delivery-started':
      return [`Delivery start DCID ${event.dcid} MID ${event.mid} to RID ${ridList(event.rids)}`];
    case 'message-done':
      return [
        `Message done DCID ${event.dcid} MID ${event.mid} to RID ${ridList(event.rids)}`,
        `MID ${event.mid} RID ${ridList(event.rids)} Response ${foreign(event.response)}`,
      ];
    case 'delayed':
    case 'bounced':
      return [
        `${verb(event.kind)}: DCID ${event.dcid} MID ${event.mid} to RID ${event.rid} - ${foreign(event.status)} - ${foreign(event.reason)} ${replyTuple(event.reply)} []`,
      ];
    case 'connection-closed':
      return [`DCID ${event.dcid} close`];
    case 'possible-delivery':
      return [
        `Possible delivery: DCID ${event.dcid} MID ${event.mid} to RID ${ridList(event.rids)} - no reply to the end of the message - ${event.counted === 'delivered' ? 'counted as delivered' : 'to be sent again'}`,
      ];
    case 'message-finished':
      return [
        event.how === 'aborted' ? `Message aborted MID ${event.mid}` : `Message finished MID ${event.mid} ${event.how}`,
      ];
    case 'tls-alert':
      return [
        `TLS required delivery to ${foreign(event.destination)} failed: DCID ${event.dcid} mode ${foreign(event.mode)} host ${foreign(event.host)} IP ${foreign(event.address)} event ${event.event} (${foreign(event.detail)})`,
      ];
    case 'trouble':
      return [event.recovered ? `Recovered: ${foreign(event.what)}` : `Trouble: ${foreign(event.what)}`];
    default:
      return assertNever(event);
  }
}

function queuedTexts(event: Extract<DeliveryEvent, { kind: 'message-queued' }>): readonly string[] {
  const mid = `MID ${event.mid}`;
  const both = `${mid} ICID ${event.icid ?? 0}`;
  const texts = [`${both} From: ${path(event.sender)}`];
  for (const { rid, address } of event.recipients) texts.push(`${both} RID ${rid} To: ${path(address)}`);
  // A message that came in over a connection has begun there.
  if (event.icid === undefined) texts.unshift(`Start ${both}`);
  if (event.messageId !== null) texts.push(`${mid} Message-ID ${quoted(event.messageId)}`);
  if (event.subject !== null) texts.push(`${mid} Subject ${quoted(event.subject)}`);
  texts.push(`${mid} ready ${event.bytes} bytes from ${path(event.sender)}`, `${mid} queued for delivery`);
  return texts;
}

function receptionText(event: ReceptionEvent): string {
  const icid = `ICID ${event.icid}`;
  switch (event.kind) {
    case 'connection-received': {
      const local = `interface ${foreign(event.interface)} (${foreign(event.localAddress)})`;
      const reverse = `reverse dns host ${foreign(event.reverseName ?? 'unknown')} verified ${event.reverseVerified ? 'yes' : 'no'}`;
      return `New SMTP ${icid} ${local} address ${foreign(event.address)} ${reverse}`;
    }
    case 'sender-judged':
      return `${icid} ${event.action} SG ${foreign(event.senderGroup)} match ${foreign(event.match)}`;
    case 'tls-established':
      return `${icid} TLS success protocol ${foreign(event.protocol)} cipher ${foreign(event.cipher)}`;
    case 'tls-failed':
      return `${icid} TLS failed: (${foreign(event.code)}, ${quoted(event.detail)})`;
    case 'message-started':
      return `Start MID ${event.mid} ${icid}`;
    case 'message-aborted':
      return `Message aborted MID ${event.mid} ${foreign(event.why)}`;
    case 'bounce-refused':
      return `MID ${event.mid} ${icid} invalid bounce, rcpt address ${path(event.recipient)} rejected by bounce verification.`;
    case 'connection-lost':
      return `${icid} lost`;
    case 'connection-ended':
      return `${icid} close`;
    default:
      return assertNever(event);
  }
}

function verb(kind: 'delayed' | 'bounced'): string {
  return kind === 'delayed' ? 'Delayed' : 'Bounced';
}

function stamped(at: number, texts: readonly string[]): readonly string[] {
  const time = logTime(at);
  return texts.map((text) => `${time} ${text}`);
}
