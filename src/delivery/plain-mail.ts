/**
 * A short message of our own: a header and a text (RFC 5322), ready to be handed over. Alerts are made of it. Pure.
 */
import { printable } from '../base/printable.ts';

export interface PlainMail {
  /** Header addresses, without brackets. */
  readonly from: { readonly name: string; readonly address: string };
  readonly to: readonly string[];
  readonly subject: string;
  /** ms since the epoch. */
  readonly date: number;
  /** Without brackets. */
  readonly messageId: string;
  readonly lines: readonly string[];
}

/** RFC 5322 2.1.1: a line has at most 998 octets without its ending. */
const MAX_LINE_OCTETS = 998;
const BASE64_LINE = 76;

export function plainMail(mail: PlainMail): Buffer {
  const text = `${mail.lines.map((line) => printable(line, MAX_LINE_OCTETS)).join('\r\n')}\r\n`;
  const plain = /^[\x20-\x7e\r\n]*$/.test(text);
  const body = plain ? text : wrapped(Buffer.from(text).toString('base64'));
  const header = [
    `From: "${quotable(mail.from.name)}" <${mail.from.address}>`,
    `To: ${mail.to.map((address) => `<${address}>`).join(',\r\n ')}`,
    `Subject: ${encodedText(mail.subject)}`,
    `Date: ${mailDate(mail.date)}`,
    `Message-ID: <${mail.messageId}>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Transfer-Encoding: ${plain ? '7bit' : 'base64'}`,
    // RFC 3834: no holiday notice answers it.
    'Auto-Submitted: auto-generated',
  ];
  return Buffer.from(`${header.join('\r\n')}\r\n\r\n${body}`);
}

/** RFC 5322 3.3, in UTC: `Tue, 17 Apr 2018 00:57:53 +0000`. */
export function mailDate(at: number): string {
  return new Date(at).toUTCString().replace(/GMT$/, '+0000');
}

/** A header text as it stands, or as encoded words (RFC 2047) where it is not ASCII. */
export function encodedText(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  const words: string[] = [];
  let word = '';
  for (const character of text) {
    // 75 octets for a word with its frame: 45 octets of content become 60 of base64.
    if (Buffer.byteLength(word + character) > 45) {
      words.push(word);
      word = '';
    }
    word += character;
  }
  words.push(word);
  return words.map((each) => `=?utf-8?B?${Buffer.from(each).toString('base64')}?=`).join('\r\n ');
}

export function wrapped(base64: string): string {
  return (base64.match(new RegExp(`.{1,${BASE64_LINE}}`, 'g')) ?? []).map((line) => `${line}\r\n`).join('');
}

function quotable(name: string): string {
  return printable(name, 100).replace(/["\\]/g, '');
}
