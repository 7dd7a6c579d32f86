/**
 * Reads delivery status notifications of others (RFC 3464, RFC 6533): what became of which recipients. Real ones bend the
 * rules, so that this reads generously: comments behind statuses, missing empty lines, types left out.
 */
import { failed, type Outcome, succeeded } from '../base/outcome.ts';

/** Octets of a message that are looked at. */
export const MAX_DSN_OCTETS = 30 * 1024 * 1024;
/** Octets of the part with the facts, recipients and characters of a field that are read; the rest is passed over. */
export const MAX_STATUS_OCTETS = 1024 * 1024;
export const MAX_READ_RECIPIENTS = 1_000;
export const MAX_FIELD_LENGTH = 4_096;

/** `type; text`; the type in lower case, null where there was none. */
export interface TypedText {
  readonly type: string | null;
  readonly text: string;
}

export interface ReadDsnRecipient {
  readonly originalRecipient: TypedText | null;
  /** Its `text` is the address, with the escapes of RFC 6533 undone. */
  readonly finalRecipient: TypedText | null;
  /** In lower case: `failed`, `delayed`, `delivered`, `relayed`, `expanded`, or what else was said. */
  readonly action: string | null;
  readonly status: string | null;
  readonly diagnosticCode: TypedText | null;
  readonly remoteMta: TypedText | null;
  /** Wall-clock ms. */
  readonly lastAttemptAt: number | null;
  readonly retryUntil: number | null;
}

export interface ReadDsn {
  readonly reportingMta: TypedText | null;
  readonly envelopeId: string | null;
  readonly arrivedAt: number | null;
  readonly recipients: readonly ReadDsnRecipient[];
  /** The message it is about, or its header, as far as it came along; its lines end in LF. */
  readonly original: { readonly isWhole: boolean; readonly bytes: Uint8Array } | null;
}

export type DsnFault =
  | { readonly kind: 'too-large'; readonly limit: number }
  | { readonly kind: 'not-a-message' }
  /** No part with facts, or none about a recipient: it is no DSN. */
  | { readonly kind: 'no-status' };

const STATUS_TYPE = /^message\/(global-)?delivery-status$/i;
const ORIGINAL_TYPE = /^(message\/(rfc822|global|global-headers)|text\/rfc822-headers)$/i;

export async function readDsn(message: Uint8Array): Promise<Outcome<ReadDsn, DsnFault>> {
  if (message.length > MAX_DSN_OCTETS) return failed({ kind: 'too-large', limit: MAX_DSN_OCTETS });
  const { default: PostalMime } = await import('postal-mime');
  // What came back is a message of its own, perhaps a DSN, too: it must not be mistaken for this one.
  const parts = await PostalMime.parse(message, { forceRfc822Attachments: true }).then(
    ({ attachments }) => attachments,
    () => null,
  );
  if (parts === null) return failed({ kind: 'not-a-message' });
  const status = parts.find(({ mimeType }) => STATUS_TYPE.test(mimeType));
  if (status === undefined) return failed({ kind: 'no-status' });
  const read = readDeliveryStatus(octetsOf(status.content));
  if (read.recipients.length === 0) return failed({ kind: 'no-status' });
  const original = parts.find(({ mimeType }) => ORIGINAL_TYPE.test(mimeType));
  const isWhole = original !== undefined && !/headers$/i.test(original.mimeType);
  return succeeded({
    ...read,
    original: original === undefined ? null : { isWhole, bytes: octetsOf(original.content) },
  });
}

function octetsOf(content: ArrayBuffer | Uint8Array | string): Uint8Array {
  return typeof content === 'string' ? Buffer.from(content) : new Uint8Array(content);
}

/** The part with the facts alone. */
export function readDeliveryStatus(octets: Uint8Array): Omit<ReadDsn, 'original'> {
  const fields = new Map<string, string>();
  const recipients: Map<string, string>[] = [];
  for (const group of groupsOf(Buffer.from(octets.subarray(0, MAX_STATUS_OCTETS)).toString('utf8'))) {
    let recipient: Map<string, string> | null = null;
    for (const [name, value] of group) {
      if (!RECIPIENT_FIELDS.has(name)) {
        if (!fields.has(name)) fields.set(name, value);
        continue;
      }
      // Some leave out the empty line: the next one begins where a field that names a recipient comes again.
      if (recipient === null || (name === 'final-recipient' && recipient.has(name))) {
        recipient = new Map();
        if (recipients.length < MAX_READ_RECIPIENTS) recipients.push(recipient);
      }
      if (!recipient.has(name)) recipient.set(name, value);
    }
  }
  return {
    reportingMta: typed(fields.get('reporting-mta')),
    envelopeId: fields.get('original-envelope-id') ?? null,
    arrivedAt: timeOf(fields.get('arrival-date')),
    recipients: recipients
      .filter((each) => each.has('final-recipient') || each.has('original-recipient'))
      .map(recipientOf),
  };
}

const RECIPIENT_FIELDS: ReadonlySet<string> = new Set([
  'original-recipient',
  'final-recipient',
  'action',
  'status',
  'remote-mta',
  'diagnostic-code',
  'last-attempt-date',
  'will-retry-until',
]);

/** Fields in order, in groups that empty lines part; folded lines joined by one space. */
function groupsOf(text: string): readonly (readonly (readonly [string, string])[])[] {
  const groups: [string, string][][] = [[]];
  for (const line of text.split(/\r\n|\n|\r/)) {
    const group = groups.at(-1) ?? [];
    const last = group.at(-1);
    if (line.trim() === '') {
      if (group.length > 0) groups.push([]);
    } else if (/^[ \t]/.test(line)) {
      if (last !== undefined && last[1].length < MAX_FIELD_LENGTH) last[1] = clipped(`${last[1]} ${line.trim()}`);
    } else {
      const colon = line.indexOf(':');
      const name = line.slice(0, Math.max(0, colon)).trim().toLowerCase();
      if (/^[!-9;-~]{1,100}$/.test(name)) group.push([name, clipped(line.slice(colon + 1).trim())]);
    }
  }
  return groups;
}

function clipped(text: string): string {
  return text.slice(0, MAX_FIELD_LENGTH).trim();
}

function recipientOf(fields: ReadonlyMap<string, string>): ReadDsnRecipient {
  const status = /(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])/.exec(fields.get('status') ?? '');
  const action = /^[a-z-]+/i.exec(fields.get('action') ?? '');
  return {
    originalRecipient: addressIn(fields.get('original-recipient')),
    finalRecipient: addressIn(fields.get('final-recipient')),
    action: action === null ? null : action[0].toLowerCase(),
    status: status === null ? null : status[0],
    diagnosticCode: typed(fields.get('diagnostic-code')),
    remoteMta: typed(fields.get('remote-mta')),
    lastAttemptAt: timeOf(fields.get('last-attempt-date')),
    retryUntil: timeOf(fields.get('will-retry-until')),
  };
}

/** A type is one atom before the first semicolon; a text that has a semicolon further on has no type. */
function typed(value: string | undefined): TypedText | null {
  if (value === undefined) return null;
  const semicolon = value.indexOf(';');
  const type = semicolon < 0 ? '' : value.slice(0, semicolon).trim();
  if (!/^[a-z\d][a-z\d_-]{0,60}$/i.test(type)) return { type: null, text: value };
  return { type: type.toLowerCase(), text: value.slice(semicolon + 1).trim() };
}

function addressIn(value: string | undefined): TypedText | null {
  const read = typed(value);
  if (read === null) return null;
  const bare = /^<(.*)>$/s.exec(read.text)?.[1] ?? read.text;
  return { ...read, text: read.type === 'utf-8' ? unescaped(bare) : bare };
}

/** RFC 6533 section 3: `\x{E9}`, for what an ASCII part cannot hold. */
function unescaped(text: string): string {
  return text.replace(/\\x\{([\dA-F]{1,6})\}/gi, (whole, digits: string) => {
    const code = Number.parseInt(digits, 16);
    return code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? whole : String.fromCodePoint(code);
  });
}

function timeOf(value: string | undefined): number | null {
  const time = Date.parse(value ?? '');
  return Number.isNaN(time) ? null : time;
}
