/** What the schema of monitors cannot say: targets and schedules that can be read, mailboxes, URLs, secrets that are real. */
import { describeMailboxFault, parseMailbox } from '../base/mailbox.ts';
import type { Channel, Monitor } from '../monitor/monitor.ts';
import { parseSchedule } from '../monitor/schedule.ts';
import { describeTargetFault, parseTarget } from '../probe/target.ts';
import { showGiven } from './fault.ts';
import { MASK } from './secrets.ts';

type Tell = (place: string, subject: string | null, why: string) => void;

export function checkMonitors(monitors: readonly Monitor[], tell: Tell): void {
  for (const [index, monitor] of monitors.entries()) {
    const { name, targets, schedule, channels } = monitor;
    const place = `monitors[${index}]`;
    const read = parseSchedule(schedule);
    if (!read.ok) tell(`${place}.schedule`, name, `${showGiven(schedule)}: ${read.failure}`);
    const seen = new Set<string>();
    for (const [at, text] of targets.entries()) {
      const target = parseTarget(text);
      const spot = `${place}.targets[${at}]`;
      if (!target.ok) tell(spot, name, `${showGiven(text)}: ${describeTargetFault(target.failure)}`);
      else if (target.value.text !== text) tell(spot, name, `${showGiven(text)}: blanks around it`);
      if (seen.has(text)) tell(spot, name, `${showGiven(text)} stands there already`);
      seen.add(text);
    }
    const addresses = new Set<string>();
    for (const [at, channel] of channels.entries()) {
      checkChannel(channel, `${place}.channels[${at}]`, name, tell);
      const address = channel.kind === 'mail' ? channel.to.join(', ') : channel.url;
      if (addresses.has(address)) tell(`${place}.channels[${at}]`, name, `${showGiven(address)} is told already`);
      addresses.add(address);
    }
  }
}

function checkChannel(channel: Channel, place: string, name: string, tell: Tell): void {
  if (channel.kind === 'mail') {
    for (const [index, address] of channel.to.entries()) {
      const mailbox = parseMailbox(address);
      if (mailbox.ok) continue;
      tell(`${place}.to[${index}]`, name, `${showGiven(address)}: ${describeMailboxFault(mailbox.failure)}`);
    }
    return;
  }
  const why = urlFault(channel.url);
  if (why !== null) tell(`${place}.url`, name, `${showGiven(channel.url)}: ${why}`);
  if (channel.secret === MASK) tell(`${place}.secret`, name, 'is masked; only the secret itself can be kept');
}

/** The end of a sentence; null for a URL that can be posted to. */
export function urlFault(text: string): string | null {
  const url = URL.parse(text);
  if (url === null) return 'is no URL';
  if (url.protocol !== 'https:') return 'has to begin with https:';
  if (url.username !== '' || url.password !== '') return 'holds a user or a password; the signature says who posts';
  if (/^\[|^[\d.]+$/.test(url.hostname)) return 'names an address; a certificate is for a name';
  return null;
}
