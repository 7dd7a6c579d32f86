/** Monitors as people and monitoring systems read them: lists, one status, a history, the plugin line, the XML of R60. */
import type { MonitorRun, RunItem } from '../monitor/advance.ts';
import { addressOf, showDuration } from '../monitor/notice.ts';
import type { MonitorState } from '../monitor/state.ts';
import { type MonitorStatus, nextDates, showValue, statusOf, type Watched } from '../monitor/status.ts';
import { foreign } from './log-text.ts';
import { markup } from './markup.ts';

const SIGNS: Readonly<Record<MonitorState, string>> = {
  ok: '+',
  degraded: '!',
  failing: 'x',
  inconclusive: '?',
  stale: '?',
};

/** `2017-02-15T14:54:12+0000`, as the published answer has it (R60). */
export function offsetTime(iso: string): string {
  return iso.replace(/(\.\d+)?Z$/, '+0000');
}

/** Before the first run that could tell both elements are empty. */
export function statusXml({ description, monitor, lastRun, lastValue }: MonitorStatus): string {
  const total = lastValue === null ? '' : lastValue.toFixed(6);
  const time = lastRun === null ? '' : offsetTime(lastRun);
  const title = description === '' ? monitor : description;
  const inner = markup`<Description>${foreign(title)}</Description><LastRun>${time}</LastRun><LastTotal>${total}</LastTotal>`;
  return `${markup`<CheckTLS test="receiver">${inner}</CheckTLS>`.markup}\n`;
}

const PLUGIN_CODES: Readonly<Record<MonitorState, 0 | 1 | 2 | 3>> = {
  ok: 0,
  degraded: 1,
  failing: 2,
  inconclusive: 3,
  stale: 3,
};
const PLUGIN_WORDS = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'] as const;

/** What was asked for and is not met is critical, whatever the state. */
export function pluginCode({ state, result }: MonitorStatus): 0 | 1 | 2 | 3 {
  const code = PLUGIN_CODES[state];
  return result === 'NOK' && code < 2 ? 2 : code;
}

export function statusNagios(status: MonitorStatus, now: number): string {
  const { monitor, state, reasons, lastValue, lastRun } = status;
  const why = reasons[0] === undefined ? '' : `: ${foreign(reasons[0]).replaceAll('|', '/')}`;
  const age = lastRun === null ? '' : ` age=${Math.max(0, Math.round((now - Date.parse(lastRun)) / 1000))}s`;
  const value = lastValue === null ? '' : ` value=${lastValue}`;
  const data = `${value}${age}`;
  return `TLSREACH ${PLUGIN_WORDS[pluginCode(status)]} - ${monitor} is ${state}${why}${data === '' ? '' : ` |${data}`}\n`;
}

/** A line or a few. */
export function statusText(status: MonitorStatus, now: number): string {
  const { result, monitor, state, since, lastRun, lastValue, lastAttempt, nextRun, reasons, nextDate, paused } = status;
  const ago = (iso: string): string => `${showDuration(Math.max(0, now - Date.parse(iso)))} ago`;
  const lines = [
    `${result}  ${monitor}: ${state} since ${shortTime(since)}${paused ? ' (paused)' : ''}`,
    ...reasons.map((reason) => `     ${foreign(reason)}`),
    `     last run ${lastRun === null ? 'none yet' : `${shortTime(lastRun)}, ${ago(lastRun)}`}, value ${lastValue === null ? 'none' : showValue(lastValue)}`,
    ...(lastAttempt !== null && lastAttempt !== lastRun
      ? [`     last attempt ${shortTime(lastAttempt)}, ${ago(lastAttempt)}, which could not tell`]
      : []),
    ...(nextRun === null ? [] : [`     next run ${shortTime(nextRun)}`]),
    ...(nextDate === null ? [] : [`     ${foreign(nextDate.sentence)}`]),
  ];
  return `${lines.join('\n')}\n`;
}

export function monitorList(seen: readonly Watched[], now: number): string {
  if (seen.length === 0) return 'There is no monitor in force.\n';
  const width = Math.max(...seen.map(({ monitor }) => monitor.name.length));
  const lines = seen.map((watched) => {
    const { state, lastValue, lastRun, paused } = statusOf(watched, now);
    const value = lastValue === null ? '-' : showValue(lastValue);
    const ran = lastRun === null ? 'not run yet' : `${showDuration(now - Date.parse(lastRun))} ago`;
    const { name, schedule, targets } = watched.monitor;
    return `${SIGNS[state]} ${name.padEnd(width)}  ${state.padEnd(12)} ${value.padStart(6)}  ${ran.padEnd(14)} ${paused ? 'paused' : schedule}  ${foreign(targets.slice(0, 3).join(' '))}${targets.length > 3 ? ` and ${targets.length - 3} more` : ''}`;
  });
  return `${lines.join('\n')}\n`;
}

/** All that is known of one. */
export function monitorText(watched: Watched, now: number): string {
  const { monitor, memory } = watched;
  const { schedule, gates, channels, confirmRuns } = monitor;
  const dates = nextDates(memory, monitor).slice(0, 10);
  const targets = monitor.targets.flatMap((target) => {
    const known = memory.targets[target];
    const value = known?.value == null ? '' : `, ${known.value}`;
    const doubt = known?.pending == null ? '' : ` (the last run said ${known.pending.verdict}; to be confirmed)`;
    return [
      `  ${foreign(target)}: ${known?.known ?? 'not known yet'}${value}${doubt}`,
      ...(known?.reasons ?? []).map((reason) => `    ${foreign(reason)}`),
    ];
  });
  const lines = [
    ...(monitor.description === '' ? [] : [foreign(monitor.description)]),
    `Schedule:  ${schedule}, ${confirmRuns} runs to confirm`,
    `Gates:     at least ${gates.min}${gates.expect.length === 0 ? '' : `, ${gates.expect.join(', ')}`}`,
    'Targets:',
    ...targets,
    ...(channels.length === 0 ? [] : ['Tells:']),
    ...channels.map((channel) => `  ${channel.kind} ${foreign(addressOf(channel))}: ${channel.tell.join(', ')}`),
    ...(dates.length === 0 ? [] : ['Dates:']),
    ...dates.map(({ target, sentence }) => `  ${foreign(target)}: ${foreign(sentence)}`),
  ];
  return `${statusText(statusOf(watched, now), now)}${lines.join('\n')}\n`;
}

export function historyText(runs: readonly MonitorRun[]): string {
  if (runs.length === 0) return 'It has not run yet.\n';
  return runs.map(runText).join('');
}

function runText({ finishedAt, state, total, items }: MonitorRun): string {
  const value = total === null ? '-' : showValue(total);
  const head = `${shortTime(new Date(finishedAt).toISOString())}  ${state.padEnd(12)} ${value.padStart(6)}\n`;
  return `${head}${items.flatMap(itemLines).join('')}`;
}

function itemLines({ target, verdict, reasons, changes }: RunItem): readonly string[] {
  const said = [...reasons, ...changes.map(({ sentence }) => `changed: ${sentence}`)];
  if (verdict === 'ok' && said.length === 0) return [];
  return [`    ${foreign(target)}: ${verdict}\n`, ...said.map((sentence) => `      ${foreign(sentence)}\n`)];
}

function shortTime(iso: string): string {
  return `${iso.slice(0, 19).replace('T', ' ')} UTC`;
}

/** The form for programs. */
export function runJson({ startedAt, finishedAt, state, total, items }: MonitorRun): object {
  return {
    startedAt: new Date(startedAt).toISOString(),
    finishedAt: new Date(finishedAt).toISOString(),
    state,
    value: total,
    targets: items.map(({ resultId, ...item }) => ({
      ...item,
      links: { result: `/api/v1/probes/${resultId}`, page: `/probes/${resultId}` },
    })),
  };
}
