/**
 * A message at the door: read once, mended where that changes nothing of what it says, refused where it would. Behind the
 * door every line ends in CRLF and nobody looks at the text again.
 *
 * - A bare CR or LF becomes CRLF (S-MX-15): no receiver sees an end of data where another sees text.
 * - A line of more than 998 octets is refused, not folded (RFC 5322 2.1.1): to fold it would change what was signed.
 * - NUL is refused (RFC 5322 2.3, RFC 6152 3), and so is what is larger than we carry.
 * - What is submitted without Date or Message-ID gets them (RFC 6409 8.1, 8.2); what has no header at all gets one.
 */
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import type { Random } from '../base/random.ts';
import type { EnvelopeOptions, Message } from './message.ts';

/** Octets of one message, as prepared. */
export const MAX_MESSAGE_BYTES = 50 * 1024 * 1024;
/** Octets of one line without its CRLF (RFC 5322 2.1.1). */
export const MAX_MESSAGE_LINE_BYTES = 998;
/** Characters of a header field that are kept for people. */
const MAX_SHOWN = 500;

export interface MessageEnvelope {
  /** Empty for a bounce. */
  readonly sender: string;
  readonly recipients: readonly string[];
  /** Asked for by REQUIRETLS. */
  readonly requireTls?: boolean | undefined;
  readonly ret?: EnvelopeOptions['ret'] | undefined;
  readonly envid?: string | null | undefined;
  /** The message begins its way here: missing Date and Message-ID are added. Null: it only passes through. */
  readonly submission: Submission | null;
}

export interface Submission {
  /** Wall-clock ms. */
  readonly now: number;
  /** To the right of the @ in a Message-ID. */
  readonly domain: string;
  readonly random: Random;
}

export interface PreparedMessage extends Message {
  /** As they stand in the header; null where there are none. */
  readonly messageId: string | null;
  readonly subject: string | null;
}

export type MessageFault =
  | { readonly kind: 'empty' }
  | { readonly kind: 'too-large'; readonly limit: number }
  /** Counted from 1. */
  | { readonly kind: 'line-too-long'; readonly line: number; readonly limit: number }
  | { readonly kind: 'nul'; readonly line: number };

export function prepareMessage(bytes: Uint8Array, envelope: MessageEnvelope): Outcome<PreparedMessage, MessageFault> {
  if (bytes.length > MAX_MESSAGE_BYTES) return failed({ kind: 'too-large', limit: MAX_MESSAGE_BYTES });
  const lined = linesOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  if (!lined.ok) return lined;
  const { text, eightBit } = lined.value;
  if (text.length === 0) return failed({ kind: 'empty' });
  const read = readHeader(text);
  const whole = completed(text, read, envelope.submission);
  if (whole.length > MAX_MESSAGE_BYTES) return failed({ kind: 'too-large', limit: MAX_MESSAGE_BYTES });
  const header = readHeader(whole);
  const { sender, recipients, requireTls = false, ret = null, envid = null } = envelope;
  const addressesNeedIt = [sender, ...recipients].some((address) => /[^\0-\x7f]/.test(address));
  return succeeded({
    sender,
    options: {
      eightBit,
      international: addressesNeedIt || header.international,
      requireTls,
      tlsOptional: !requireTls && isTlsOptional(header),
      ret,
      envid,
    },
    bytes: whole,
    messageId: fieldOf(header, 'message-id'),
    subject: fieldOf(header, 'subject'),
  });
}

export function describeMessageFault(fault: MessageFault): string {
  switch (fault.kind) {
    case 'empty':
      return 'the message is empty';
    case 'too-large':
      return `the message is larger than ${fault.limit} octets`;
    case 'line-too-long':
      return `line ${fault.line} of the message has more than ${fault.limit} octets, which SMTP does not carry`;
    case 'nul':
      return `line ${fault.line} of the message holds a NUL octet, which SMTP does not carry`;
  }
}

const LF = 0x0a;
const CR = 0x0d;

/** Every line with its CRLF; an open last line is closed. */
function linesOf(bytes: Buffer): Outcome<{ readonly text: Buffer; readonly eightBit: boolean }, MessageFault> {
  const out = Buffer.allocUnsafe(2 * bytes.length + 2);
  let length = 0;
  let line = 1;
  let lineStart = 0;
  let eightBit = false;
  const breakLine = (): boolean => {
    const fits = length - lineStart <= MAX_MESSAGE_LINE_BYTES;
    out[length++] = CR;
    out[length++] = LF;
    lineStart = length;
    line += 1;
    return fits;
  };
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === 0) return failed({ kind: 'nul', line });
    if (byte === CR || byte === LF) {
      if (byte === CR && bytes[at + 1] === LF) at += 1;
      if (!breakLine()) return failed({ kind: 'line-too-long', line: line - 1, limit: MAX_MESSAGE_LINE_BYTES });
      continue;
    }
    eightBit ||= byte > 0x7f;
    out[length++] = byte;
  }
  if (length > lineStart && !breakLine()) {
    return failed({ kind: 'line-too-long', line: line - 1, limit: MAX_MESSAGE_LINE_BYTES });
  }
  return succeeded({ text: Buffer.from(out.subarray(0, length)), eightBit });
}

interface Header {
  /** Lower-case name and unfolded value, in order. */
  readonly fields: readonly { readonly name: string; readonly value: string }[];
  /** Octets of it, without the empty line behind; 0 where the text begins with none. */
  readonly length: number;
  /** Characters beyond ASCII stand in it (RFC 6532). */
  readonly international: boolean;
}

/** The fields up to the first line that belongs to none. */
function readHeader(text: Buffer): Header {
  const fields: { name: string; value: string }[] = [];
  let at = 0;
  while (at < text.length) {
    const end = text.indexOf('\r\n', at, 'latin1');
    const line = text.toString('utf8', at, end < 0 ? text.length : end);
    const field = /^([!-9;-~]+)[ \t]*:(.*)$/s.exec(line);
    const last = fields.at(-1);
    if (field !== null) fields.push({ name: (field[1] ?? '').toLowerCase(), value: (field[2] ?? '').trim() });
    else if (/^[ \t]/.test(line) && last !== undefined) last.value = `${last.value} ${line.trim()}`.trim();
    else break;
    at = end < 0 ? text.length : end + 2;
  }
  return { fields, length: at, international: text.subarray(0, at).some((byte) => byte > 0x7f) };
}

function fieldOf({ fields }: Header, name: string): string | null {
  const value = fields.find((field) => field.name === name)?.value;
  return value === undefined || value === '' ? null : value.slice(0, MAX_SHOWN);
}

/** RFC 8689 section 5: the one value there is, and only where it stands alone. */
function isTlsOptional({ fields }: Header): boolean {
  const said = fields.filter(({ name }) => name === 'tls-required');
  return said.length === 1 && /^no$/i.test(said[0]?.value ?? '');
}

/** What a submission lacks stands in front of it; the empty line behind the header is put in where it is missing. */
function completed(text: Buffer, header: Header, submission: Submission | null): Buffer {
  const missing: string[] = [];
  if (submission !== null) {
    const has = (name: string): boolean => header.fields.some((field) => field.name === name);
    if (!has('message-id')) missing.push(`Message-ID: ${newMessageId(submission)}`);
    if (!has('date')) missing.push(`Date: ${headerDate(submission.now)}`);
  }
  const front = Buffer.from(missing.map((line) => `${line}\r\n`).join(''));
  const rest = text.subarray(header.length);
  const separated = rest.length === 0 || (rest[0] === CR && rest[1] === LF);
  return Buffer.concat([front, text.subarray(0, header.length), ...(separated ? [] : [Buffer.from('\r\n')]), rest]);
}

/** 96 random bits: never the same twice. */
function newMessageId({ now, domain, random }: Submission): string {
  const piece = (): string =>
    Math.floor(random() * 2 ** 32)
      .toString(36)
      .padStart(7, '0');
  return `<${now.toString(36)}.${piece()}${piece()}${piece()}@${domain}>`;
}

/** RFC 5322 3.3, in UTC. */
function headerDate(at: number): string {
  return new Date(at).toUTCString().replace(/GMT$/, '+0000');
}
