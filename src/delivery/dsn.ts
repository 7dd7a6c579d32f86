/**
 * What a sender is told about a message (RFC 3464, RFC 6522, RFC 6533 for addresses beyond ASCII): a text for people, the
 * facts for programs, and the message itself or its header (R109, R110). Pure: time, names and numbers are handed in.
 *
 * Whatever came from others, replies and headers, is bounded and made harmless before it stands anywhere; the message
 * goes back in a part of its own, as it was.
 */
import { printable } from '../base/printable.ts';
import { xtext } from '../smtp/command.ts';
import { mailDate, wrapped } from './plain-mail.ts';
import type { ClaimedMessage, NewMessage } from './queue-store.ts';
import { remedyOf } from './remedy.ts';
import type { BounceProfile } from './settings.ts';
import type { Notice, NoticeKind } from './settlement.ts';

export interface DsnOptions {
  readonly kind: NoticeKind;
  readonly message: ClaimedMessage;
  readonly notices: readonly Notice[];
  readonly profile: Pick<BounceProfile, 'sendHardBounces' | 'maxBounceCopy' | 'bounceTo'>;
  /** This system's name, as others know it. */
  readonly reportingMta: string;
  /** Wall-clock ms. */
  readonly at: number;
  /** 16 characters or more that nobody can foresee: boundary and Message-ID are made of it. */
  readonly unique: string;
  /** The recipient domain of an address, as the queue names destinations. */
  readonly destinationOf: (address: string) => string;
}

/** Characters of a reply that are repeated. */
export const MAX_REPEATED_REPLY = 1_000;
/** Recipients one DSN tells of in words; programs read all of them. */
export const MAX_TOLD_RECIPIENTS = 50;

/** Ready for the queue; null where nobody is to be told: a bounce has no sender, or nobody asked (RFC 3461). */
export function composeDsn(options: DsnOptions): NewMessage | null {
  const { kind, message, profile, reportingMta, unique } = options;
  const notices = options.notices.filter(({ recipient }) => isWanted(kind, recipient.notify));
  if (message.sender === '' || notices.length === 0) return null;
  if (kind === 'failed' && !profile.sendHardBounces) return null;
  const to = kind === 'failed' ? (profile.bounceTo ?? message.sender) : message.sender;
  const international = message.options.international && /[^\0-\x7f]/.test(addressesOf(notices, to));
  const told: DsnOptions = { ...options, notices };
  const bytes = assemble(told, to, international);
  const rids = notices.map(({ recipient }) => recipient.rid).join(',');
  const attempts = kind === 'delayed' ? `:${notices[0]?.recipient.attempts ?? 0}` : '';
  return {
    sender: '',
    options: {
      eightBit: bytes.some((byte) => byte > 0x7f),
      international,
      // RFC 8689 section 5 (S-RTLS-6): what was too secret for a bad connection does not come back over one.
      requireTls: message.options.requireTls,
      tlsOptional: false,
      ret: null,
      envid: null,
    },
    // RFC 3461 section 6: nobody is told about a DSN.
    recipients: [{ address: to, notify: ['NEVER'], orcpt: null, destination: options.destinationOf(to) }],
    bytes,
    origin: 'bounce',
    messageId: `<${unique}@${reportingMta}>`,
    subject: SUBJECT[kind],
    gateway: message.gateway,
    idempotencyKey: `dsn:${kind}:${message.mid}:${rids}${attempts}`,
  };
}

const SUBJECT: Readonly<Record<NoticeKind, string>> = {
  failed: 'Delivery Status Notification (Failure)',
  delayed: 'Delivery Status Notification (Delay)',
  relayed: 'Delivery Status Notification (Relayed)',
};
/** RFC 3464 2.3.3. */
const ACTION: Readonly<Record<NoticeKind, string>> = { failed: 'failed', delayed: 'delayed', relayed: 'relayed' };

/** RFC 3461 4.1: without a word, failures and delays are told; NEVER silences all. */
function isWanted(kind: NoticeKind, notify: readonly string[] | null): boolean {
  const word = { failed: 'FAILURE', delayed: 'DELAY', relayed: 'SUCCESS' }[kind];
  return notify === null ? kind !== 'relayed' : notify.includes(word);
}

function addressesOf(notices: readonly Notice[], to: string): string {
  return [to, ...notices.map(({ recipient }) => recipient.address)].join(' ');
}

function assemble(options: DsnOptions, to: string, international: boolean): Buffer {
  const { kind, message, reportingMta, unique, at } = options;
  const boundary = `=_${unique}`;
  const original = headerOf(message.bytes);
  const references = /^message-id:[ \t]*(<[^\s<>]{1,200}>)[ \t]*$/im.exec(original.text)?.[1];
  const header = [
    `Date: ${mailDate(at)}`,
    `From: "Mail Delivery System" <MAILER-DAEMON@${reportingMta}>`,
    `To: <${to}>`,
    `Subject: ${SUBJECT[kind]}`,
    `Message-ID: <${unique}@${reportingMta}>`,
    ...(references === undefined ? [] : [`In-Reply-To: ${references}`, `References: ${references}`]),
    // RFC 3834 5: nobody answers it by himself.
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=delivery-status;\r\n boundary="${boundary}"`,
  ];
  const status = international ? 'message/global-delivery-status' : 'message/delivery-status';
  const parts = [
    textPart(wordsOf(options, original.text)),
    part(`Content-Type: ${status}`, Buffer.from(factsOf(options, international))),
    returned(options, original, international),
  ];
  return Buffer.concat([
    Buffer.from(`${header.join('\r\n')}\r\n\r\n`),
    ...parts.flatMap((each) => [Buffer.from(`--${boundary}\r\n`), each, Buffer.from('\r\n')]),
    Buffer.from(`--${boundary}--\r\n`),
  ]);
}

function part(head: string, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`), body]);
}

function textPart(text: string): Buffer {
  const plain = /^[\x20-\x7e\r\n]*$/.test(text) && !/[^\r\n]{990}/.test(text);
  return part(
    `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: ${plain ? '7bit' : 'base64'}`,
    Buffer.from(plain ? text : wrapped(Buffer.from(text).toString('base64'))),
  );
}

/** The first part: what happened, with whom, why, and what to do. */
function wordsOf({ kind, message, notices, reportingMta }: DsnOptions, header: string): string {
  const subject = /^subject:[ \t]*(.*)$/im.exec(header)?.[1]?.trim() ?? '';
  const which = subject === '' ? 'Your message' : `Your message "${printable(subject, 120)}"`;
  const of = `of ${mailDate(message.acceptedAt)}`;
  const opening: Readonly<Record<NoticeKind, string>> = {
    failed: `${which}\r\n${of}\r\ncould not be delivered to:`,
    delayed: `${which}\r\n${of}\r\nhas not been delivered yet to:`,
    relayed: `${which}\r\n${of}\r\nhas been handed to a mail server that sends no delivery notices itself, for:`,
  };
  const told = notices.slice(0, MAX_TOLD_RECIPIENTS).flatMap((notice) => recipientWords(kind, notice));
  const more = notices.length - MAX_TOLD_RECIPIENTS;
  const lines = [
    `This is the mail system at ${reportingMta}.`,
    '',
    opening[kind],
    '',
    ...told,
    ...(more > 0 ? [`... and ${more} more recipients, listed in the next part.`, ''] : []),
    ...(kind === 'delayed' ? ['You need not send it again: this system keeps trying by itself.', ''] : []),
    'The next part holds the same for programs; behind it stands your message, or its header.',
  ];
  return `${lines.join('\r\n')}\r\n`;
}

function recipientWords(kind: NoticeKind, { recipient, outcome, retryUntil }: Notice): readonly string[] {
  const { cause, advice } = remedyOf(outcome);
  const server = outcome.host === null ? null : `${outcome.host}${outcome.ip === null ? '' : ` [${outcome.ip}]`}`;
  const said = outcome.reply.code === '000' ? null : `${outcome.reply.code} ${outcome.reply.lines.join(' ')}`;
  const lines = [
    `  ${printable(recipient.address, 320)}`,
    ...(server === null ? [] : folded('With:', server)),
    ...(said === null ? [] : folded('It said:', printable(said, MAX_REPEATED_REPLY))),
    ...(kind === 'relayed'
      ? []
      : folded('We saw:', printable(outcome.because.at(-1) ?? outcome.reason, MAX_REPEATED_REPLY))),
    ...(kind === 'relayed' ? [] : folded('Meaning:', cause)),
    ...(kind === 'failed' ? folded('To do:', advice) : []),
    ...(retryUntil === null ? [] : folded('Tried until:', mailDate(retryUntil))),
  ];
  return [...lines, ''];
}

/** `    Label:      words words`, folded at 76 columns. */
function folded(label: string, text: string): readonly string[] {
  const lines: string[] = [];
  let line = `    ${label.padEnd(12)}`;
  let isEmpty = true;
  for (const word of text.split(' ')) {
    if (!isEmpty && line.length + 1 + word.length > 76) {
      lines.push(line);
      line = ' '.repeat(16);
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
}

/** The second part, field by field (RFC 3464 2.2 and 2.3). */
function factsOf(options: DsnOptions, international: boolean): string {
  const { message, notices, reportingMta } = options;
  const perMessage = [
    ...(message.options.envid === null ? [] : [`Original-Envelope-Id: ${fieldText(message.options.envid)}`]),
    `Reporting-MTA: dns; ${reportingMta}`,
    `Arrival-Date: ${mailDate(message.acceptedAt)}`,
  ];
  const groups = notices.map((notice) => recipientFacts(options, notice, international));
  return `${[perMessage, ...groups].map((group) => group.join('\r\n')).join('\r\n\r\n')}\r\n`;
}

function recipientFacts(
  { kind, at }: DsnOptions,
  { recipient, outcome, retryUntil }: Notice,
  international: boolean,
): readonly string[] {
  const { status, host, ip, reply, because } = outcome;
  const digit = { failed: '5', delayed: '4', relayed: '2' }[kind];
  const said = reply.code === '000' ? null : `${reply.code} ${reply.lines.join(' ')}`;
  const diagnostic =
    said === null
      ? `Diagnostic-Code: X-tlsreach; ${fieldText(because.at(-1) ?? outcome.reason)}`
      : `Diagnostic-Code: smtp; ${fieldText(said)}`;
  return [
    ...(recipient.orcpt === null ? [] : [`Original-Recipient: ${fieldText(recipient.orcpt.replace(';', '; '))}`]),
    `Final-Recipient: ${finalRecipient(recipient.address, international)}`,
    `Action: ${ACTION[kind]}`,
    `Status: ${/^[245]\.\d{1,3}\.\d{1,3}$/.test(status) ? `${digit}${status.slice(1)}` : `${digit}.0.0`}`,
    ...(host === null ? [] : [`Remote-MTA: dns; ${fieldText(host)}${ip === null ? '' : ` (${ip})`}`]),
    ...(kind === 'relayed' ? [] : [diagnostic]),
    `Last-Attempt-Date: ${mailDate(at)}`,
    ...(retryUntil === null ? [] : [`Will-Retry-Until: ${mailDate(retryUntil)}`]),
  ];
}

/** RFC 6533 section 3: `utf-8` where the DSN may hold such characters, else in a form of ASCII. */
function finalRecipient(address: string, international: boolean): string {
  if (/^[\x20-\x7e]*$/.test(address)) return `rfc822; ${fieldText(address)}`;
  if (international) return `utf-8; ${printable(address)}`;
  const escaped = Array.from(address, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0x7e ? `\\x{${code.toString(16).toUpperCase()}}` : xtext(character);
  });
  return `utf-8; ${escaped.join('')}`;
}

/** One line of ASCII: nothing that could begin another field, or that a 7-bit part cannot hold. */
function fieldText(text: string): string {
  const ascii = printable(text, MAX_REPEATED_REPLY).replace(
    /[^\x20-\x7e]/gu,
    (character) => `\\x{${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`,
  );
  return ascii.slice(0, MAX_FIELD_OCTETS);
}

/** RFC 5322 2.1.1: 998 octets in a line, the name of the field included. */
const MAX_FIELD_OCTETS = 950;

interface OriginalHeader {
  readonly bytes: Uint8Array;
  /** Octet for octet. */
  readonly text: string;
}

/** Everything before the first empty line. */
function headerOf(bytes: Uint8Array): OriginalHeader {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = buffer.indexOf('\r\n\r\n');
  const header = end < 0 ? buffer : buffer.subarray(0, end + 2);
  return { bytes: header, text: header.toString('latin1') };
}

/** The third part: the whole up to a size, else the header, cut at it (R110); the header alone where it is asked for. */
function returned({ message, profile }: DsnOptions, header: OriginalHeader, international: boolean): Buffer {
  const { bytes, options } = message;
  const wholesome = options.ret !== 'HDRS' && !options.requireTls && bytes.length <= profile.maxBounceCopy;
  const body = wholesome ? bytes : cutAtLine(header.bytes, profile.maxBounceCopy);
  const encoding = body.some((byte) => byte > 0x7f) ? '\r\nContent-Transfer-Encoding: 8bit' : '';
  if (wholesome) return part(`Content-Type: message/${international ? 'global' : 'rfc822'}${encoding}`, body);
  return part(`Content-Type: ${international ? 'message/global-headers' : 'text/rfc822-headers'}${encoding}`, body);
}

/** At most `most` octets, and no half line. */
function cutAtLine(header: Uint8Array, most: number): Uint8Array {
  if (header.length <= most) return header;
  const end = Buffer.from(header.subarray(0, most)).lastIndexOf('\r\n');
  return header.subarray(0, end < 0 ? 0 : end + 2);
}
