/**
 * Alerts: what is told to people by mail when something needs them, in the appliance's form (specification 2.g, R122,
 * R124), and how often (R123). Pure; sending is `app/alert-mail.ts`'s business.
 */
import { printable } from '../base/printable.ts';
import type { DeliveryEvent } from './events.ts';

export const ALERT_CLASSES = ['system', 'delivery', 'monitor', 'certificate', 'configuration'] as const;
export const ALERT_SEVERITIES = ['critical', 'warning', 'information'] as const;

export type AlertClass = (typeof ALERT_CLASSES)[number];
export type AlertSeverity = (typeof ALERT_SEVERITIES)[number];

/** Who is told what. */
export interface AlertRecipient {
  readonly address: string;
  readonly classes: readonly AlertClass[];
  readonly severities: readonly AlertSeverity[];
}

/** What the configuration says of alerts. */
export interface AlertSettings {
  /** Sender of alerts; null: made of this machine's name. */
  readonly from: string | null;
  /** Seconds before the same alert is sent again; they double up to the longest. */
  readonly initialIntervalSeconds: number;
  readonly maxIntervalSeconds: number;
  readonly recipients: readonly AlertRecipient[];
}

export const DEFAULT_ALERT_SETTINGS: AlertSettings = {
  from: null,
  initialIntervalSeconds: 300,
  maxIntervalSeconds: 3600,
  recipients: [],
};

export interface Alert {
  readonly at: number;
  readonly severity: AlertSeverity;
  readonly class: AlertClass;
  /** Alerts with the same key are the same matter: of each, one per interval is sent. */
  readonly key: string;
  /** The end of the subject. */
  readonly message: string;
  /** Lines of the text. */
  readonly lines: readonly string[];
}

/** Characters of one text of a stranger in an alert. */
const MAX_TEXT = 400;

/** `Warning-mail.example.org: (System) …` (R124). */
export function alertSubject(alert: Alert, hostname: string): string {
  return `${capital(alert.severity)}-${hostname}: (${capital(alert.class)}) ${alert.message}`;
}

/** Who is to hear of it. */
export function alertRecipients(alert: Alert, settings: AlertSettings): readonly string[] {
  return settings.recipients
    .filter(({ classes, severities }) => classes.includes(alert.class) && severities.includes(alert.severity))
    .map(({ address }) => address);
}

/** TLS was required and could not be had (R122): of one domain and event, one alert per interval (R123). */
export function requiredTlsAlert(event: Extract<DeliveryEvent, { kind: 'tls-alert' }>): Alert {
  const { at, dcid, destination, mode, host, address, detail } = event;
  const shown = (text: string): string => printable(text, MAX_TEXT);
  return {
    at,
    severity: 'warning',
    class: 'system',
    key: `tls ${destination} ${event.event}`,
    message: `TLS required delivery to ${shown(destination)} failed`,
    lines: [
      `A message to ${shown(destination)} was not sent to the host below, since TLS is required and could not be had.`,
      '',
      `Domain:   ${shown(destination)}`,
      `TLS mode: ${shown(mode)}`,
      `Host:     ${shown(host)}`,
      `Address:  ${shown(address)}`,
      `Event:    ${event.event} (${MEANING[event.event] ?? 'TLS could not be had'})`,
      `Reply:    ${shown(detail)}`,
      `DCID:     ${dcid}`,
      `Time:     ${new Date(at).toISOString()}`,
      '',
      'Nothing of the message was sent over this connection. The other hosts of the domain are tried, then it is',
      'tried again later, and it goes back to its sender when the bounce profile says so.',
      '',
      'What to do:',
      `- See what a test says: tlsreach probe ${shown(destination)}`,
      `- Read the story in the log: tlsreach log --dcid ${dcid}`,
      `- ${REMEDY[event.event] ?? 'Tell the postmaster of the domain.'}`,
      '- If mail has to go all the same, set a weaker TLS mode for this destination and commit.',
    ],
  };
}

const MEANING: Readonly<Record<string, string>> = {
  E1: 'the server understands HELO only',
  E2: 'the server does not offer STARTTLS',
  E3: 'the server put STARTTLS off',
  E4: 'the server refused STARTTLS',
  E5: 'TLS failed after the server had agreed to it',
  E6: 'the certificate chain is not trusted',
  E7: 'the certificate is for another name',
};

const ASK_FOR_STARTTLS = 'Ask the postmaster of the domain to offer STARTTLS on this host.';
const REMEDY: Readonly<Record<string, string>> = {
  E1: ASK_FOR_STARTTLS,
  E2: ASK_FOR_STARTTLS,
  E3: 'The refusal is a temporary one: if it stays, tell the postmaster of the domain.',
  E4: ASK_FOR_STARTTLS,
  E5: 'Tell the postmaster of the domain: the TLS set-up of this host is broken, or nothing in it is in common with ours.',
  E6: 'If the issuer is one you trust, add its root to the trust anchors; else tell the postmaster of the domain.',
  E7: 'If the domain is hosted by others, the mode required-verify-hosted may be the right one.',
};

/** Matters that are kept apart at one time; what goes beyond shares one. */
export const MAX_ALERT_KEYS = 10_000;
const SHARED_KEY = '…';

interface Interval {
  /** ms since the epoch at which it ends. */
  readonly until: number;
  readonly lengthMs: number;
  readonly suppressed: number;
  /** The newest of the suppressed. */
  readonly held: Alert | null;
}

/** An alert that goes out, with how many like it were kept back before. */
export interface AdmittedAlert {
  readonly alert: Alert;
  readonly suppressed: number;
}

type Intervals = Pick<AlertSettings, 'initialIntervalSeconds' | 'maxIntervalSeconds'>;

/**
 * The first alert of its kind goes out at once. Those within the interval that follows are counted and the newest is kept;
 * at its end it goes out with the count, and the next interval is twice as long, up to the longest. After an interval
 * without any the kind is forgotten once another one has passed.
 */
export class AlertThrottle {
  readonly #intervals = new Map<string, Interval>();

  admit(alert: Alert, settings: Intervals): AdmittedAlert | null {
    const key = this.#intervals.has(alert.key) || this.#intervals.size < MAX_ALERT_KEYS ? alert.key : SHARED_KEY;
    const current = this.#intervals.get(key);
    if (current !== undefined && alert.at < current.until) {
      this.#intervals.set(key, { ...current, suppressed: current.suppressed + 1, held: alert });
      return null;
    }
    const lengthMs = current === undefined ? settings.initialIntervalSeconds * 1000 : doubled(current, settings);
    this.#intervals.set(key, { until: alert.at + lengthMs, lengthMs, suppressed: 0, held: null });
    return { alert, suppressed: current?.suppressed ?? 0 };
  }

  /** What was kept back in intervals that are over by `now`. */
  due(now: number, settings: Intervals): readonly AdmittedAlert[] {
    const out: AdmittedAlert[] = [];
    for (const [key, interval] of this.#intervals) {
      if (interval.until > now) continue;
      if (interval.held !== null) {
        // The newest of them is told as it stands; it is not counted among those kept back.
        out.push({ alert: interval.held, suppressed: interval.suppressed - 1 });
        const lengthMs = doubled(interval, settings);
        this.#intervals.set(key, { until: now + lengthMs, lengthMs, suppressed: 0, held: null });
      } else if (interval.until + interval.lengthMs <= now) {
        this.#intervals.delete(key);
      }
    }
    return out;
  }

  /** When `due` has something to do, ms since the epoch; null: nothing waits. */
  nextDueAt(): number | null {
    let next: number | null = null;
    for (const { until, lengthMs, held } of this.#intervals.values()) {
      const at = held === null ? until + lengthMs : until;
      if (next === null || at < next) next = at;
    }
    return next;
  }
}

function doubled({ lengthMs }: Interval, { maxIntervalSeconds }: Intervals): number {
  return Math.min(lengthMs * 2, maxIntervalSeconds * 1000);
}

function capital(word: string): string {
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
}
