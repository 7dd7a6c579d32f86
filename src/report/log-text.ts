/**
 * The small parts log lines are made of: the time stamp, other people's text made harmless, and the way the appliance
 * writes lists and quoted text (specification 2.f). Pure.
 */
import { printable } from '../base/printable.ts';

/** Characters of one text of a stranger in a log line; what is longer is cut. */
export const MAX_LOGGED_TEXT = 400;
/** Lines of one reply that are logged. */
export const MAX_LOGGED_REPLY_LINES = 10;

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** `Tue Apr 17 00:57:53 2018`, in UTC; the day of the month is padded with a space, as `asctime` does. `at` in ms. */
export function logTime(at: number): string {
  const time = new Date(at);
  const two = (value: number): string => String(value).padStart(2, '0');
  const clock = [time.getUTCHours(), time.getUTCMinutes(), time.getUTCSeconds()].map(two).join(':');
  const day = String(time.getUTCDate()).padStart(2, ' ');
  return `${DAYS[time.getUTCDay()]} ${MONTHS[time.getUTCMonth()]} ${day} ${clock} ${time.getUTCFullYear()}`;
}

/** One stranger's text, fit for a line. */
export function foreign(text: string): string {
  return printable(text, MAX_LOGGED_TEXT);
}

/** `<user@example.com>`; no angle bracket of the address itself can end it. */
export function path(address: string): string {
  return `<${foreign(address).replace(/[<>]/g, (bracket) => (bracket === '<' ? '\\x3c' : '\\x3e'))}>`;
}

/** `'text'`: quotes and backslashes inside are escaped, so that the text cannot end early. */
export function quoted(text: string): string {
  return `'${foreign(text).replace(/['\\]/g, '\\$&')}'`;
}

/** `[0, 2, 3]`. */
export function ridList(rids: readonly number[]): string {
  return `[${rids.join(', ')}]`;
}

/** `('550', ['no such user'])`. */
export function replyTuple(reply: { readonly code: string; readonly lines: readonly string[] }): string {
  const lines = reply.lines.slice(0, MAX_LOGGED_REPLY_LINES).map(quoted);
  if (reply.lines.length > lines.length) lines.push("'…'");
  return `(${quoted(reply.code)}, [${lines.join(', ')}])`;
}
