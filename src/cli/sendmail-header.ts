/**
 * What `submit` reads and changes in the header of a message that a program pipes in, as sendmail does: recipients for
 * `-t`, Bcc that nobody else may see, a From where there is none. Everything else stays octet for octet.
 */
import { addressParser } from 'postal-mime';

/** Octets of a header that are looked at. */
const MAX_HEADER_OCTETS = 1024 * 1024;

interface Field {
  /** In lower case. */
  readonly name: string;
  /** Unfolded. */
  readonly value: string;
  /** Where it stands, octets. */
  readonly start: number;
  readonly end: number;
}

/**
 * The addresses of To, Cc and Bcc; of a message that was resent those of the last sender alone (RFC 5322 3.6.6). What is
 * no address comes along as it stands, to be refused by name.
 */
export function headerRecipients(message: Buffer): readonly string[] {
  const fields = fieldsOf(message);
  const resent = fields.filter(({ name }) => /^resent-(to|cc|bcc)$/.test(name));
  const told = resent.length > 0 ? resent : fields.filter(({ name }) => /^(to|cc|bcc)$/.test(name));
  return told.flatMap(({ value }) => addressesIn(value));
}

export function withoutBcc(message: Buffer): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  for (const { name, start, end } of fieldsOf(message)) {
    if (name !== 'bcc' && name !== 'resent-bcc') continue;
    parts.push(message.subarray(at, start));
    at = end;
  }
  return at === 0 ? message : Buffer.concat([...parts, message.subarray(at)]);
}

/** RFC 5322 3.6 asks for a From; `fullName` may be empty. */
export function withFrom(message: Buffer, sender: string, fullName: string): Buffer {
  if (sender === '' || fieldsOf(message).some(({ name }) => name === 'from')) return message;
  const phrase = /^[\x20-\x7e]*$/.test(fullName)
    ? `"${fullName.replaceAll(/["\\]/g, '\\$&')}"`
    : `=?utf-8?B?${Buffer.from(fullName.replaceAll(/\p{Cc}/gu, ' ')).toString('base64')}?=`;
  return Buffer.concat([Buffer.from(fullName === '' ? `From: ${sender}\n` : `From: ${phrase} <${sender}>\n`), message]);
}

/** Up to a line that holds a dot alone (sendmail without `-i`). */
export function untilDot(input: Buffer): Buffer {
  if (/^\.\r?\n/.test(input.toString('latin1', 0, 3))) return input.subarray(0, 0);
  for (let at = input.indexOf('\n.'); at >= 0; at = input.indexOf('\n.', at + 1)) {
    const rest = input.toString('latin1', at + 2, at + 4);
    if (rest === '' || rest.startsWith('\n') || rest === '\r\n') return input.subarray(0, at + 1);
  }
  return input;
}

function addressesIn(value: string): readonly string[] {
  return addressParser(value)
    .flatMap((entry) => {
      const members = entry.group ?? [entry];
      return members.map(({ address, name }) => (address === undefined || address === '' ? name : address));
    })
    .filter((address) => address !== '');
}

/** The fields up to the first line that belongs to none. */
function fieldsOf(message: Buffer): readonly Field[] {
  const text = message.toString('latin1', 0, MAX_HEADER_OCTETS);
  const fields: { name: string; value: string; start: number; end: number }[] = [];
  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline + 1;
    const line = Buffer.from(text.slice(at, end).replace(/\r?\n$/, ''), 'latin1').toString('utf8');
    const [, name, value] = /^([!-9;-~]+)[ \t]*:(.*)$/s.exec(line) ?? [];
    const last = fields.at(-1);
    if (name !== undefined && value !== undefined)
      fields.push({ name: name.toLowerCase(), value: value.trim(), start: at, end });
    else if (/^[ \t]/.test(line) && last !== undefined) {
      last.value += ` ${line.trim()}`;
      last.end = end;
    } else break;
    at = end;
  }
  return fields;
}
