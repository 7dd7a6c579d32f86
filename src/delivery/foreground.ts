/**
 * One delivery attempt with somebody waiting for it: no queue, each destination once, and a word on every recipient.
 */
import type { Clock } from '../base/clock.ts';
import type { DestinationControls } from '../policy/destination.ts';
import type { OnDeliveryEvent } from './events.ts';
import type { HandOver, HostAttempt, OutgoingMessage, RecipientOutcome } from './hand-over.ts';
import type { SmtpRoute } from './settings.ts';

export interface ForegroundOrder {
  /** With the recipients of all destinations. */
  readonly message: OutgoingMessage;
  /** Where a recipient's mail goes: its destination, and the route of it. */
  readonly wayOf: (rid: number) => { readonly destination: string; readonly route: SmtpRoute | null };
  readonly controlsFor: (destination: string) => DestinationControls;
  readonly seed: number | null;
  readonly signal: AbortSignal;
}

export interface ForegroundReport {
  /** In the order of the recipients. */
  readonly recipients: readonly RecipientOutcome[];
  readonly attempts: readonly HostAttempt[];
  /** To some destination a TCP connection stood. */
  readonly contacted: boolean;
}

/** Destinations that are served at the same time. */
const DESTINATIONS_AT_ONCE = 8;

export async function deliverNow(
  order: ForegroundOrder,
  { handOver, clock, emit }: { readonly handOver: HandOver; readonly clock: Clock; readonly emit: OnDeliveryEvent },
): Promise<ForegroundReport> {
  const { message, wayOf, controlsFor, seed, signal } = order;
  const groups = [...Map.groupBy(message.recipients, ({ rid }) => JSON.stringify(wayOf(rid))).values()];
  const reports: ForegroundReport[] = [];
  let dcid = 0;
  const nextDcid = async (): Promise<number> => {
    dcid += 1;
    return dcid;
  };
  const queue = groups.entries();
  const work = async (): Promise<void> => {
    for (const [index, recipients] of queue) {
      const [first] = recipients;
      if (first === undefined) continue;
      const { destination, route } = wayOf(first.rid);
      const { report, line } = await handOver(
        {
          destination,
          route,
          controls: controlsFor(destination),
          gateway: null,
          seed,
          admit: async () => () => {},
          nextDcid,
          signal,
        },
        { ...message, recipients },
      );
      await line?.close();
      reports[index] = report;
      for (const outcome of report.recipients) tellOf(outcome, destination, message, clock.now(), emit);
    }
  };
  await Promise.all(Array.from({ length: Math.min(DESTINATIONS_AT_ONCE, groups.length) }, work));
  const recipients = reports.flatMap((report) => report.recipients).sort((a, b) => a.rid - b.rid);
  const how = recipients.every(({ result }) => result === 'failed') ? 'bounced' : 'done';
  if (recipients.every(({ result }) => result !== 'deferred')) {
    emit({ kind: 'message-finished', at: clock.now(), mid: message.mid, how });
  }
  return {
    recipients,
    attempts: reports.flatMap(({ attempts }) => attempts),
    contacted: reports.some(({ contacted }) => contacted),
  };
}

/** Nobody will try again by himself, so there is no time for it. */
function tellOf(
  outcome: RecipientOutcome,
  destination: string,
  { mid, sender }: OutgoingMessage,
  at: number,
  emit: OnDeliveryEvent,
): void {
  const { result, dcid, rid, address: recipient, status, reason, reply } = outcome;
  if (result === 'delivered') return;
  const kind = result === 'failed' ? 'bounced' : 'delayed';
  emit({ kind, at, dcid, mid, rid, sender, recipient, destination, status, reason, reply, nextAttemptAt: null });
}
