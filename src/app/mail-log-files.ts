/**
 * The log files of a data folder: `mail.log` for people, `mail.json.log` for programs, `bounce.log` for what came to
 * nothing or has to wait. Writing them never holds delivery up and never fails it (log-file.ts).
 */
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { DeliveryEvent, OnDeliveryEvent } from '../delivery/events.ts';
import type { OnReceptionEvent } from '../delivery/reception-events.ts';
import { bounceLogLines, mailLogLines, receptionLines } from '../report/mail-log.ts';
import { mailLogJson, receptionJson } from '../report/mail-log-json.ts';
import { jsonLossLine, type LogFile, type LogTrouble, openLogFile, plainLossLine } from './log-file.ts';

export const MAIL_LOG = 'mail.log';
export const MAIL_JSON_LOG = 'mail.json.log';
export const BOUNCE_LOG = 'bounce.log';

export interface MailLogOptions {
  /** The data folder; it exists. */
  readonly folder: string;
  readonly clock: Clock;
  /** Where it is said once that a log cannot be written. */
  readonly log: Log;
  /** Octets of one file; 10 MiB unless said otherwise. */
  readonly rotateAt?: number | undefined;
  /** Old files kept of each log; 10. */
  readonly keep?: number | undefined;
}

export interface MailLogFiles {
  readonly onDelivery: OnDeliveryEvent;
  readonly onReception: OnReceptionEvent;
  flush(): Promise<void>;
  close(): Promise<void>;
}

export function openMailLogFiles({ folder, clock, log, rotateAt, keep }: MailLogOptions): MailLogFiles {
  const onTrouble = (trouble: LogTrouble): void => {
    if (trouble.kind === 'cannot-write') {
      log('error', 'a log cannot be written; delivery goes on', { path: trouble.path, code: trouble.code });
    } else {
      log('warn', 'a log is written again', { path: trouble.path, lost: trouble.lost });
    }
  };
  const file = (name: string, lossLine: (lost: number, at: number) => string): LogFile =>
    openLogFile({ path: join(folder, name), clock, rotateAt, keep, onTrouble, lossLine });
  const people = file(MAIL_LOG, plainLossLine);
  const programs = file(MAIL_JSON_LOG, jsonLossLine);
  const bounces = file(BOUNCE_LOG, plainLossLine);
  const all = [people, programs, bounces];
  return {
    onDelivery: (event: DeliveryEvent) => {
      people.append(mailLogLines(event));
      programs.append([mailLogJson(event)]);
      bounces.append(bounceLogLines(event));
    },
    onReception: (event) => {
      people.append(receptionLines(event));
      programs.append([receptionJson(event)]);
    },
    flush: async () => {
      await Promise.all(all.map((each) => each.flush()));
    },
    close: async () => {
      await Promise.all(all.map((each) => each.close()));
    },
  };
}
