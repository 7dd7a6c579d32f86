/** The options of `tlsreach monitor`, as plain data. */
import { NOTICE_KINDS } from '../monitor/monitor.ts';
import { EXPECTATIONS } from '../probe/gates.ts';
import { PLACE_OPTIONS } from './config-options.ts';
import type { OptionSpec } from './option-specs.ts';

const FORMAT: OptionSpec = { flags: '--format <name>', help: 'text or json (text)' };

export const MONITOR_LIST_OPTIONS: readonly OptionSpec[] = [FORMAT, ...PLACE_OPTIONS];
export const MONITOR_STATUS_OPTIONS: readonly OptionSpec[] = [
  { flags: '--max-age <minutes>', help: 'NOK where the last run that could tell is older' },
  { flags: '--min <n>', help: 'NOK where the mean of its targets was lower' },
  { flags: '--format <name>', help: 'text, json, nagios or xml (text)' },
  ...PLACE_OPTIONS,
];
export const MONITOR_HISTORY_OPTIONS: readonly OptionSpec[] = [
  { flags: '--limit <n>', help: 'runs at most, the newest first (20)' },
  FORMAT,
  ...PLACE_OPTIONS,
];
export const MONITOR_RUN_OPTIONS: readonly OptionSpec[] = [
  { flags: '--wait <seconds>', help: 'how long to wait for what comes of it (60)' },
  ...MONITOR_STATUS_OPTIONS.filter(({ flags }) => flags.startsWith('--format')),
  ...PLACE_OPTIONS,
];

/** What `add` and `edit` take; what is left out stays, or is as usual. */
export const MONITOR_FIELDS: readonly OptionSpec[] = [
  { flags: '--targets <list>', help: 'user@domain, domain, …, with commas or blanks between them' },
  { flags: '--schedule <text>', help: 'PT15M, or "cron 0 6 * * 1-5 Europe/Amsterdam" (PT15M)' },
  { flags: '--description <text>', help: 'for people' },
  { flags: '--min <n>', help: 'gate: the confidence is no lower (90)' },
  { flags: '--expect <list>', help: `gates, with commas; none: ${EXPECTATIONS.join(', ')}` },
  { flags: '--mail <list>', help: 'mailboxes that are told, with commas; none' },
  { flags: '--webhook <url>', help: 'https: URL that is told; none' },
  { flags: '--webhook-secret-file <file>', help: 'what its posts are signed with; - is standard input' },
  { flags: '--webhook-private <on|off>', help: 'it may lead to an address that is not public (off)' },
  { flags: '--tell <list>', help: `what is told, with commas: ${NOTICE_KINDS.join(', ')} (all but change)` },
  { flags: '--confirm-runs <n>', help: 'runs in a row that have to say the same (2)' },
  { flags: '--stale-minutes <n>', help: 'stale without a word for so long; none: three times the schedule' },
  { flags: '--warn-days <list>', help: 'days before a date at which it is told (14,7,3,1)' },
  { flags: '--paused <on|off>', help: 'it rests (off)' },
  {
    flags: '--set <option=value>',
    help: 'option of the test, as quick=on, port=587, timeout=20 (repeatable)',
    list: true,
  },
];
