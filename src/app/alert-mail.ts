/**
 * Alerts by mail (specification 2.g, R122 to R124): outside the queue and the destination controls, along the SMTP routes,
 * handed over directly. One that cannot be sent is tried a few times, logged and given up.
 */
import type { Clock } from '../base/clock.ts';
import { addressLiteral } from '../base/ip-address.ts';
import type { Log } from '../base/log.ts';
import { type Mailbox, parseMailbox } from '../base/mailbox.ts';
import type { Random } from '../base/random.ts';
import {
  type AdmittedAlert,
  type Alert,
  type AlertSettings,
  AlertThrottle,
  alertRecipients,
  alertSubject,
  requiredTlsAlert,
} from '../delivery/alerts.ts';
import type { OnDeliveryEvent } from '../delivery/events.ts';
import type { HandOver, HandOverOrder, OutgoingMessage } from '../delivery/hand-over.ts';
import { plainMail } from '../delivery/plain-mail.ts';
import type { SmtpRoute } from '../delivery/settings.ts';
import { DEFAULT_DESTINATION, type DestinationControls } from '../policy/destination.ts';

/** An alert follows no destination entry: encrypted where the host offers it, whatever the destination says. */
const ALERT_CONTROLS: DestinationControls = { ...DEFAULT_DESTINATION, tls: 'preferred', dane: 'off', mtaSts: 'off' };
/** Tries for one alert to one domain, and ms between them. */
export const ALERT_ATTEMPTS = 3;
export const ALERT_RETRY_MS = 60_000;
/** Alerts on their way at one time; more are logged and dropped. */
export const MAX_ALERTS_UNDER_WAY = 20;

export interface AlertMailOptions {
  readonly hostname: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Asked anew for each alert, so that a commit is followed. */
  readonly settings: () => AlertSettings & { readonly requiredTlsAlert: boolean };
  readonly routeFor: (domain: string) => SmtpRoute | null;
  readonly handOver: HandOver;
  readonly nextDcid: HandOverOrder['nextDcid'];
}

export interface AlertMail {
  readonly onDelivery: OnDeliveryEvent;
  /** Any other alert: the same throttle, recipients and way. */
  raise(alert: Alert): void;
  /** Resolves when nothing is on its way. */
  flush(): Promise<void>;
  /** Gives up what is on its way. */
  close(): Promise<void>;
}

export function createAlertMail(options: AlertMailOptions): AlertMail {
  const { clock, log } = options;
  const throttle = new AlertThrottle();
  const stopping = new AbortController();
  const underWay = new Set<Promise<void>>();
  let cancelTimer: (() => void) | null = null;

  const watch = (): void => {
    cancelTimer?.();
    cancelTimer = null;
    const at = throttle.nextDueAt();
    if (at === null || stopping.signal.aborted) return;
    cancelTimer = clock.setTimer(Math.max(0, at - clock.now()), () => {
      cancelTimer = null;
      for (const admitted of throttle.due(clock.now(), options.settings())) send(admitted);
      watch();
    });
  };
  const send = (admitted: AdmittedAlert): void => {
    const addresses = alertRecipients(admitted.alert, options.settings());
    for (const [domain, mailboxes] of byDomain(addresses, log)) {
      if (underWay.size >= MAX_ALERTS_UNDER_WAY) {
        log('error', 'an alert is dropped: too many are on their way', { alert: admitted.alert.message });
        return;
      }
      const sending = sendTo(options, admitted, { domain, mailboxes, signal: stopping.signal })
        .catch((error: unknown) => log('error', 'an alert could not be sent', { error: String(error) }))
        .finally(() => underWay.delete(sending));
      underWay.add(sending);
    }
  };
  const raise = (alert: Alert): void => {
    if (stopping.signal.aborted) return;
    const settings = options.settings();
    if (alertRecipients(alert, settings).length === 0) return;
    const admitted = throttle.admit(alert, settings);
    if (admitted !== null) send(admitted);
    watch();
  };
  const flush = async (): Promise<void> => {
    while (underWay.size > 0) await Promise.all(underWay);
  };
  return {
    onDelivery: (event) => {
      if (event.kind === 'tls-alert' && options.settings().requiredTlsAlert) raise(requiredTlsAlert(event));
    },
    raise,
    flush,
    close: async () => {
      stopping.abort();
      cancelTimer?.();
      await flush();
    },
  };
}

interface Addressees {
  readonly domain: string;
  readonly mailboxes: readonly Mailbox[];
  readonly signal: AbortSignal;
}

async function sendTo(options: AlertMailOptions, admitted: AdmittedAlert, addressees: Addressees): Promise<void> {
  const { clock, log } = options;
  const { domain, signal } = addressees;
  const message = alertMessage(options, admitted, addressees.mailboxes);
  const missing = new Set(message.recipients.map(({ rid }) => rid));
  let why = '';
  for (let attempt = 1; attempt <= ALERT_ATTEMPTS; attempt++) {
    if (attempt > 1) await pause(clock, ALERT_RETRY_MS, signal);
    if (signal.aborted) break;
    const recipients = message.recipients.filter(({ rid }) => missing.has(rid));
    const { report, line } = await options.handOver(
      {
        destination: domain,
        controls: ALERT_CONTROLS,
        route: options.routeFor(domain),
        gateway: null,
        seed: null,
        admit: async () => () => {},
        nextDcid: options.nextDcid,
        signal,
      },
      { ...message, recipients },
    );
    await line?.close();
    for (const { rid, result, reply, reason } of report.recipients) {
      if (result !== 'deferred') missing.delete(rid);
      if (result === 'failed') log('error', 'an alert was refused', { domain, reply: reply.lines.join(' ') });
      if (result === 'deferred') why = `${reason} ${reply.lines.join(' ')}`.trim();
    }
    if (missing.size === 0) return;
  }
  log('error', 'an alert could not be sent and is given up', { domain, alert: admitted.alert.message, why });
}

function alertMessage(
  { hostname, clock, random, settings }: AlertMailOptions,
  { alert, suppressed }: AdmittedAlert,
  mailboxes: readonly Mailbox[],
): OutgoingMessage {
  const from = settings().from ?? `alert@${hostname}`;
  const count =
    suppressed === 0
      ? []
      : ['', `${suppressed} more like this ${suppressed === 1 ? 'was' : 'were'} kept back since the last alert.`];
  const bytes = plainMail({
    from: { name: `tlsreach on ${hostname}`, address: from },
    to: mailboxes.map(({ text }) => text),
    subject: alertSubject(alert, hostname),
    date: clock.now(),
    messageId: `alert.${clock.now()}.${Math.floor(random() * 2 ** 48).toString(36)}@${hostname}`,
    lines: [...alert.lines, ...count],
  });
  const international = mailboxes.some(({ text }) => /[^\x20-\x7e]/.test(text));
  return {
    mid: 0,
    sender: from,
    bytes,
    recipients: mailboxes.map(({ text }, rid) => ({ rid, address: text, notify: ['NEVER'], orcpt: null })),
    options: { eightBit: international, international, requireTls: false, tlsOptional: true, ret: null, envid: null },
  };
}

function byDomain(addresses: readonly string[], log: Log): ReadonlyMap<string, readonly Mailbox[]> {
  const domains = new Map<string, Mailbox[]>();
  for (const address of addresses) {
    const mailbox = parseMailbox(address);
    if (!mailbox.ok) {
      log('error', 'an alert recipient is no mailbox', { address });
      continue;
    }
    const { domain } = mailbox.value;
    const key = typeof domain === 'string' ? domain : addressLiteral(domain);
    domains.set(key, [...(domains.get(key) ?? []), mailbox.value]);
  }
  return domains;
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.setTimer(ms, end);
    signal.addEventListener('abort', end, { once: true });
  });
}
