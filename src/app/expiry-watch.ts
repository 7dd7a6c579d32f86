/**
 * Certificates that run out are told of in time (R104): once for each of the published numbers of days, whichever process
 * looks first, and not again after a restart. Looked at daily, at the start, and after each commit.
 */
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { printable } from '../base/printable.ts';
import { certificatesIn } from '../config/certificate-edits.ts';
import type { ConfigurationDocument } from '../config/document.ts';
import { type Alert, type AlertSettings, alertRecipients } from '../delivery/alerts.ts';
import type { Certificate } from '../pki/certificate.ts';
import type { CertificateStore } from '../store/certificate-store.ts';

/** Days before the end at which it is told, and the end itself. */
export const EXPIRY_DAYS = [90, 60, 30, 15, 5, 4, 3, 2, 1, 0] as const;
export const LOOK_EVERY_MS = 86_400_000;
const DAY_MS = 86_400_000;
/** From here on a warning is more than that. */
const CRITICAL_DAYS = 5;
/** Notices of certificates that are long gone, ms. */
const FORGET_MS = 3 * 365 * DAY_MS;

export interface ExpiryWatchOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly document: () => ConfigurationDocument;
  readonly notices: Pick<CertificateStore, 'firstNotice' | 'forgetNotices'>;
  readonly alerts: () => AlertSettings;
  readonly raise: (alert: Alert) => void;
}

export interface ExpiryWatch {
  /** Now, too: after a commit. Never rejects. */
  look(): Promise<void>;
  close(): void;
}

export function startExpiryWatch(options: ExpiryWatchOptions): ExpiryWatch {
  const { clock, log } = options;
  let cancel = (): void => {};
  let closed = false;
  const look = async (): Promise<void> => {
    try {
      await tellOfThoseThatRunOut(options);
    } catch (error) {
      log('error', 'the certificates could not be looked through', { error: String(error) });
    }
  };
  const again = (): void => {
    if (closed) return;
    cancel = clock.setTimer(LOOK_EVERY_MS, () => void look().finally(again));
  };
  again();
  return {
    look,
    close: () => {
      closed = true;
      cancel();
    },
  };
}

interface Watched {
  readonly certificate: Certificate;
  /** `the certificate “mx”`, `an intermediate of …`. */
  readonly title: string;
  readonly advice: string;
}

async function tellOfThoseThatRunOut(options: ExpiryWatchOptions): Promise<void> {
  const { clock, log, notices, raise } = options;
  const now = clock.now();
  for (const { certificate, title, advice } of watched(options.document())) {
    const days = thresholdOf(certificate.notAfter - now);
    if (days === null) continue;
    const alert = expiryAlert({ certificate, title, advice, days, now });
    // Nobody would hear of it: whoever is entered tomorrow still does.
    const isHeard = alertRecipients(alert, options.alerts()).length > 0;
    if (isHeard && !(await notices.firstNotice(certificate.fingerprint, days, now))) continue;
    log('warn', alert.message, { notAfter: new Date(certificate.notAfter).toISOString() });
    if (isHeard) raise(alert);
  }
  await notices.forgetNotices(now - FORGET_MS);
}

/** The smallest number of days that is not over yet; null while there are more than the first one. */
export function thresholdOf(leftMs: number): number | null {
  return EXPIRY_DAYS.findLast((days) => leftMs <= days * DAY_MS) ?? null;
}

function watched({ certificates, certificateAuthorities }: ConfigurationDocument): readonly Watched[] {
  const entries = certificates.flatMap((entry) => {
    const name = `“${printable(entry.name, 120)}”`;
    const renew = `Sign the request of ${name} again (certconfig csr, certconfig sign), or choose another certificate.`;
    return [
      ...certificatesIn(entry.certificate).map((certificate) => ({
        certificate,
        title: `The certificate ${name}`,
        advice: renew,
      })),
      ...certificatesIn(entry.chain).map((certificate) => ({
        certificate,
        title: `An intermediate of the certificate ${name}`,
        advice: `Ask the authority for its present intermediates and upload them with the certificate ${name}.`,
      })),
    ];
  });
  const authorities = certificateAuthorities.list.flatMap(({ name, certificate }) =>
    certificatesIn(certificate).map((each) => ({
      certificate: each,
      title: `The authority “${printable(name, 120)}” of the custom list`,
      advice:
        'Import its successor (certconfig authority import): certificates below it are not believed after that day.',
    })),
  );
  // The first that has a certificate speaks for it.
  const once = new Map([...entries, ...authorities].reverse().map((each) => [each.certificate.fingerprint, each]));
  return [...once.values()].reverse();
}

function expiryAlert({
  certificate,
  title,
  advice,
  days,
  now,
}: Watched & { readonly days: number; readonly now: number }): Alert {
  const end = new Date(certificate.notAfter).toISOString();
  const isOver = days === 0;
  const when = isOver ? 'has expired' : `expires in ${days === 1 ? 'less than a day' : `less than ${days} days`}`;
  return {
    at: now,
    severity: days <= CRITICAL_DAYS ? 'critical' : 'warning',
    class: 'certificate',
    key: `expiry ${certificate.fingerprint} ${days}`,
    message: `${title} ${when}`,
    lines: [
      `${title} ${when}.`,
      '',
      `Subject:     ${printable(certificate.subject.text, 400)}`,
      `Issuer:      ${printable(certificate.issuer.text, 400)}`,
      `Serial:      ${certificate.serial}`,
      `Valid until: ${end}`,
      '',
      'What to do:',
      `- ${advice}`,
    ],
  };
}
