/**
 * What became of a delivery in the foreground: `tlsreach.delivery/1` for programs (docs/schemas/delivery-1.json), and
 * lines for people. Texts of strangers are made harmless for people; JSON has them as they came.
 */
import { printable } from '../base/printable.ts';
import type { DeliveryEvent } from '../delivery/events.ts';
import type { ForegroundReport } from '../delivery/foreground.ts';
import type { RecipientOutcome } from '../delivery/hand-over.ts';
import { mailLogTexts } from './mail-log.ts';

export interface DeliveryResult {
  readonly format: 'tlsreach.delivery/1';
  readonly recipients: readonly {
    readonly address: string;
    readonly result: RecipientOutcome['result'];
    readonly channel: RecipientOutcome['channel'];
    /** Null where the requirement authenticates nobody. */
    readonly verified: boolean | null;
    /** Of the host that took it; null where none did. */
    readonly host: string | null;
    readonly ip: string | null;
    readonly status: string;
    /** `250 2.0.0 ok`; empty for a reason of our own. */
    readonly reply: string;
    /** In words where it was not delivered; empty where it was. */
    readonly reason: string;
    /** The reply to the end of the message was lost: it may have arrived. */
    readonly possible: boolean;
    readonly because: readonly string[];
  }[];
  readonly attempts: readonly {
    readonly host: string;
    readonly ip: string;
    readonly event: string | null;
    readonly action: string;
    readonly detail: string;
  }[];
  /** The mail log, without times. */
  readonly log: readonly string[];
}

export function deliveryResult(
  { recipients, attempts }: Pick<ForegroundReport, 'recipients' | 'attempts'>,
  events: readonly DeliveryEvent[],
): DeliveryResult {
  return {
    format: 'tlsreach.delivery/1',
    recipients: recipients.map((outcome) => {
      const { address, result, channel, verified, status, reply, reason, possible, because } = outcome;
      const taken = channel !== 'none';
      return {
        address,
        result,
        channel,
        verified,
        host: taken ? outcome.host : null,
        ip: taken ? outcome.ip : null,
        status,
        reply: reply.code === '000' ? '' : `${reply.code} ${reply.lines.join(' ')}`.trimEnd(),
        reason,
        possible,
        because,
      };
    }),
    attempts: attempts.map(({ host, ip, event, action, detail }) => ({ host, ip, event, action, detail })),
    log: events.flatMap(mailLogTexts),
  };
}

export function deliveryJson(result: DeliveryResult): string {
  return `${JSON.stringify(result, null, 2)}\n`;
}

/** A line or two for each recipient, then the hosts that were passed by. */
export function deliveryText({ recipients, attempts }: DeliveryResult): string {
  const lines = recipients.flatMap(
    ({ address, result, channel, verified, host, ip, status, reply, reason, because }) => {
      const how =
        channel === 'none'
          ? ''
          : `, ${channel}${verified === null ? '' : verified ? ', verified' : ', unverified'}${host === null ? '' : `, ${host} [${ip}]`}`;
      const why = result === 'delivered' ? '' : ` - ${reason}`;
      const said = reply === '' ? [] : [`  reply: ${reply}`];
      return [`${address}: ${result}${how} (${status}${why})`, ...said, ...because.map((each) => `  ${each}`)];
    },
  );
  const passedBy = attempts
    .filter(({ action }) => action === 'next' || action === 'busy')
    .map(({ host, ip, event, detail }) => `passed by ${host} [${ip}]${event === null ? '' : ` ${event}`}: ${detail}`);
  return [...lines, ...passedBy].map((line) => `${printable(line, MAX_LINE)}\n`).join('');
}

const MAX_LINE = 500;
