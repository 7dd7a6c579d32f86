/**
 * Everybody who listens to delivery, as one listener: log files, alerts, TLS reports, and whom the caller adds (counters,
 * pages). None of them holds delivery up, and a fault in one does not reach the others.
 */
import type { Log } from '../base/log.ts';
import type { DeliveryEvent, OnDeliveryEvent } from '../delivery/events.ts';
import type { OnReceptionEvent } from '../delivery/reception-events.ts';
import { type AlertMail, type AlertMailOptions, createAlertMail } from './alert-mail.ts';
import { type MailLogOptions, openMailLogFiles } from './mail-log-files.ts';
import { createTlsReports, type TlsReportOptions } from './tls-report-sender.ts';

export interface DeliverySinkOptions {
  readonly log: Log;
  /** Null: no log files. */
  readonly mailLog: MailLogOptions | null;
  /** Null: no alerts. */
  readonly alerts: AlertMailOptions | null;
  /** Null: nothing is counted or reported. */
  readonly tlsReports: TlsReportOptions | null;
  readonly others?: readonly OnDeliveryEvent[] | undefined;
}

export interface DeliverySinkParts {
  /** What a listener sees goes into the same log files. */
  readonly onReception: OnReceptionEvent;
  /** For alerts that are not about delivery; null where there are none. */
  readonly alerts: AlertMail | null;
  /** Everything told so far is written, sent or kept. */
  flush(): Promise<void>;
  /** Flushes and ends; what is told later is dropped. */
  close(): Promise<void>;
}

export type DeliverySinks = OnDeliveryEvent & DeliverySinkParts;

export async function createDeliverySinks(options: DeliverySinkOptions): Promise<DeliverySinks> {
  const { log, others = [] } = options;
  const files = options.mailLog === null ? null : openMailLogFiles(options.mailLog);
  const alerts = options.alerts === null ? null : createAlertMail(options.alerts);
  const reports = options.tlsReports === null ? null : createTlsReports(options.tlsReports);
  await reports?.start();
  const parts = [alerts, reports, files].filter((part) => part !== null);
  const listeners = [...parts.map(({ onDelivery }) => onDelivery), ...others];
  let closed = false;
  const tell = (event: DeliveryEvent): void => {
    if (closed) return;
    if (event.kind === 'trouble') tellTrouble(event, log);
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        log('error', 'a listener of delivery failed', { event: event.kind, error: String(error) });
      }
    }
  };
  return Object.assign(tell, {
    onReception: files?.onReception ?? (() => {}),
    alerts,
    flush: async () => {
      for (const part of parts) await part.flush();
    },
    close: async () => {
      // The log files last: they still tell what sending an alert came to.
      for (const part of parts) await part.close();
      closed = true;
    },
  });
}

/** The files of the mail log may be on the disk that is full: whoever looks at the console is told, too. */
function tellTrouble({ what, recovered }: Extract<DeliveryEvent, { kind: 'trouble' }>, log: Log): void {
  if (recovered) log('warn', what);
  else log('error', `no mail is being delivered, none is lost: ${what}`);
}
