/**
 * What a refusal means, and who can do something about it: greylisting, rate limits, block lists and their like, told
 * from the code, the enhanced status (RFC 3463, RFC 7372, RFC 7505) and the words of well-known servers. Pure. A reply
 * that says nothing we know has no meaning: it is never guessed at.
 */
import { isPositive, type SmtpReply } from './reply.ts';

export type ReplyMeaningKind =
  | 'greylisted'
  | 'rate-limited'
  /** The address of the sender stands on a block list, or has a bad name with the receiver. */
  | 'blocklisted'
  /** The address of the sender has no reverse name, or one that does not lead back. */
  | 'reverse-dns-wanted'
  | 'helo-refused'
  /** The envelope sender could not be verified, by a call back, SPF or the like. */
  | 'sender-not-verified'
  | 'mailbox-full'
  | 'tls-wanted';

export interface ReplyMeaning {
  readonly kind: ReplyMeaningKind;
  /** Who has to act: `them` the receiver, `us` whoever runs the sending address; `nobody` where waiting is enough. */
  readonly act: 'them' | 'us' | 'nobody';
  /** Seconds to wait, where the text says so. */
  readonly retryAfter: number | null;
  /** The block list that is named: its zone, or the host of the page about it. */
  readonly list: string | null;
}

/** Characters of a reply that are read: what matters stands at its beginning. */
export const MAX_JUDGED_CHARACTERS = 2_000;
/** A wait longer than this is not believed, s. */
export const MAX_RETRY_AFTER_S = 86_400;

/** Null for a reply that is no refusal, and for one whose words are not known. */
export function meaningOf(reply: SmtpReply): ReplyMeaning | null {
  if (isPositive(reply) || reply.code < 400) return null;
  const read: Read = { code: reply.code, status: statusOf(reply), text: textOf(reply) };
  const rule = RULES.find(({ holds }) => holds(read));
  if (rule === undefined) return null;
  const { kind, act } = rule;
  return {
    kind,
    act,
    retryAfter: act === 'nobody' ? retryAfterOf(read.text) : null,
    list: kind === 'blocklisted' ? listOf(read.text) : null,
  };
}

interface Read {
  readonly code: number;
  /** `7.25`: subject and detail of the enhanced status; empty where there is none. */
  readonly status: string;
  /** Lower case, lines joined, without the statuses that servers repeat on each line. */
  readonly text: string;
}

interface Rule {
  readonly kind: ReplyMeaningKind;
  readonly act: ReplyMeaning['act'];
  readonly holds: (read: Read) => boolean;
}

const isTransient = ({ code }: Read): boolean => code < 500;

/** The first that holds counts: what is said outright stands before what only sounds like it. */
const RULES: readonly Rule[] = [
  { kind: 'tls-wanted', act: 'us', holds: wantsTls },
  {
    kind: 'greylisted',
    act: 'nobody',
    holds: (read) => isTransient(read) && (/\bgr[ae]y-? ?list/.test(read.text) || soundsLikeGreylisting(read)),
  },
  { kind: 'mailbox-full', act: 'them', holds: isMailboxFull },
  { kind: 'helo-refused', act: 'us', holds: ({ text }) => HELO_REFUSED.test(text) },
  { kind: 'sender-not-verified', act: 'us', holds: isSenderNotVerified },
  { kind: 'blocklisted', act: 'us', holds: ({ text }) => BLOCKLISTED.some((words) => words.test(text)) },
  { kind: 'reverse-dns-wanted', act: 'us', holds: ({ status, text }) => status === '7.25' || REVERSE_DNS.test(text) },
  {
    kind: 'rate-limited',
    act: 'nobody',
    holds: (read) => read.status === '7.28' || (isTransient(read) && RATE_LIMITED.test(read.text)),
  },
];

/** RFC 3207 4 and RFC 8689: 530 in clear, X.7.10 for encryption that is needed. */
function wantsTls({ code, status, text }: Read): boolean {
  if (status === '7.10') return true;
  return (
    (code === 530 || status === '7.0' || status === '7.1') &&
    /\bstarttls\b|(tls|ssl|encrypt\w*) (is )?(required|needed)|requires? (tls|encrypt)/.test(text)
  );
}

/**
 * Servers that greylist without saying so: spamd of OpenBSD, rspamd, and postscreen, which puts a client off after its
 * tests. Only the whole text counts, since others say more when they mean something else.
 */
function soundsLikeGreylisting({ status, text }: Read): boolean {
  if (/^temporary failure, please try again later\.?$/.test(text)) return true;
  if (status === '3.2' && /^(<[^>]*>: )?service currently unavailable/.test(text)) return true;
  return status === '7.1' && /^(please )?try again later\.?$/.test(text);
}

function isMailboxFull({ status, text }: Read): boolean {
  return (
    status === '2.2' ||
    /mailbox (is )?(full|over)|over ?quota|quota (is )?exceeded|exceeded (his|her|its|their|the)? ?(storage )?quota|out of storage|mailbox size limit/.test(
      text,
    )
  );
}

const HELO_REFUSED =
  /\b(helo|ehlo)( command)? rejected|(invalid|bogus|bad|forged) (helo|ehlo)|(helo|ehlo) (name|argument|hostname)[^.]{0,60}(invalid|bogus|reject|not allowed|must|syntax)|invalid helo argument|need fully-qualified hostname/;

/** RFC 7372: X.7.20 to X.7.24 and X.7.26 are DKIM, SPF and several of them; X.7.27 is RFC 7505; X.1.7 and X.1.8 RFC 3463. */
function isSenderNotVerified({ status, text }: Read): boolean {
  return /^(7\.2[0-4]|7\.2[67]|1\.[78])$/.test(status) || SENDER_NOT_VERIFIED.test(text);
}

const SENDER_NOT_VERIFIED =
  /sender address rejected|sender verif\w+ (has )?fail|sender verify|verify callout|domain of sender|sender domain (not found|must|does not)|purported responsible|\bspf\b|\bdmarc\b|mismatches client ip|sender is un(authenticated|validated)/;

const BLOCKLISTED: readonly RegExp[] = [
  /blocked (using|by) |blocked - see/,
  /(black|block|deny)-? ?list|\b(dns)?[rb]bl\b|\bdnsbl\b/,
  /\blisted (in|on|at|by) [a-z0-9.-]+\.[a-z]{2,}/,
  /spamhaus\.|spamcop\.|barracudacentral\.|barracudanetworks\.com\/reputation|sorbs\.net|ipcheck\.proofpoint|uceprotect/,
  /(poor|bad|low) reputation|banned (sending|sender) ip|access denied, banned send/,
];

const REVERSE_DNS =
  /reverse[ -](dns|host ?name|lookup|look name)|\brdns\b|\bptr\b|cannot find your (reverse )?host ?name|ip name lookup failed|possibly forged|fix reverse/;

const RATE_LIMITED =
  /too (many|much|fast)|rate[ -]?limit|(connection|sending|message)s? rate|rate (that|of|exceeded)|limit (has been )?(exceeded|reached)|maximum number of connections|ports are busy|server (is )?(too )?busy|throttl|temporarily deferred|unexpected volume|retrying too fast|unusual rate|slow down/;

const KNOWN_WORD_LIST =
  /(?:blocked (?:using|by)|listed (?:in|on|at|by)) (?:the )?<?((?:[a-z0-9_-]{1,63}\.){1,8}[a-z]{2,63})/;
const PAGE = /https?:\/\/((?:[a-z0-9_-]{1,63}\.){1,8}[a-z]{2,63})/;

/** The zone behind "blocked using", else the host of the page that tells more. */
function listOf(text: string): string | null {
  return KNOWN_WORD_LIST.exec(text)?.[1] ?? PAGE.exec(text)?.[1] ?? null;
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** `in 00:05:00`, `for 300 seconds`, `5 minutes`, `in an hour`. */
function retryAfterOf(text: string): number | null {
  const clock = /\b(\d{1,2}):(\d\d):(\d\d)\b/.exec(text);
  const words = /\b(\d{1,6}|an?|one|a few) ?(s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?)\b/.exec(text);
  const [, hours = '0', minutes = '0', seconds = '0'] = clock ?? [];
  const [, count = '', unit = ''] = words ?? [];
  if (clock === null && (words === null || count === 'a few')) return null;
  const wait =
    clock !== null
      ? Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
      : (/\d/.test(count) ? Number(count) : 1) * (UNIT_SECONDS[unit.charAt(0)] ?? 0);
  return wait > 0 && wait <= MAX_RETRY_AFTER_S ? wait : null;
}

function statusOf({ enhancedStatus, lines }: SmtpReply): string {
  if (enhancedStatus !== null) return `${enhancedStatus.subject}.${enhancedStatus.detail}`;
  // Some write a `#` before it, or wrap it in other words; only the beginning is believed.
  const [, subject, detail] = /^[#(]?[245]\.(\d{1,3})\.(\d{1,3})\b/.exec(lines[0] ?? '') ?? [];
  return subject === undefined || detail === undefined ? '' : `${subject}.${detail}`;
}

function textOf({ lines }: SmtpReply): string {
  return lines
    .map((line) => line.replace(/^[#(]?[245]\.\d{1,3}\.\d{1,3}\)?[ \t]*/, ''))
    .join(' ')
    .slice(0, MAX_JUDGED_CHARACTERS)
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .trim();
}
