/** The shapes of sessions in a capture: evidence phase by phase, and the transcript. */

import { type AddressScope, parseIpAddress } from '../base/ip-address.ts';
import {
  byField,
  byKind,
  exactly,
  list,
  maybe,
  nothing,
  octets,
  orNull,
  record,
  type Shape,
  text,
  truth,
  where,
  whole,
  word,
} from '../base/shape.ts';
import type { ConnectFailure } from '../net/net.ts';
import { MAX_CRL_OCTETS } from '../pki/crl.ts';
import type {
  DialogueFailure,
  EhloSeen,
  HandshakeFailure,
  NotTried,
  Phase,
  TlsSession,
  TranscriptLine,
} from '../policy/evidence.ts';
import type { ScanReport } from '../policy/scan-evidence.ts';
import type { StatusAnswer } from '../revocation/status.ts';
import type { EhloKeyword } from '../smtp/ehlo.ts';
import type { EnhancedStatus, ReplyFault, SmtpReply } from '../smtp/reply.ts';
import type { CapturedEvidence, CapturedSession, CapturedStatus } from './capture.ts';
import {
  MAX_DER_OCTETS,
  MAX_SHORT_LIST,
  MAX_TEXT,
  MAX_TRANSCRIPT_LINES,
  milliseconds,
  time,
} from './capture-limits.ts';

/** Certificates of one chain: as many as a session looks at. */
export const MAX_CHAIN = 101;

const line = text(MAX_TEXT);
const count = whole(0, Number.MAX_SAFE_INTEGER);
const code = whole(200, 599);

export const scopeShape: Shape<AddressScope> = word<AddressScope>({
  global: true,
  loopback: true,
  private: true,
  'link-local': true,
  documentation: true,
  multicast: true,
  unspecified: true,
  reserved: true,
});

export const connectFailureShape: Shape<ConnectFailure> = byKind<ConnectFailure>({
  refused: {},
  'timed-out': { afterMs: milliseconds },
  unreachable: { code: line },
  'no-local-address': { code: line },
  reset: {},
  'not-permitted': { scope: scopeShape },
  'out-of-resources': { code: line },
  cancelled: {},
  other: { code: line },
});

const enhancedStatus = record<EnhancedStatus>({
  class: where(whole(2, 5), (digit) => digit !== 3, 'is none of 2, 4, 5') as Shape<2 | 4 | 5>,
  subject: whole(0, 999),
  detail: whole(0, 999),
});

const reply: Shape<SmtpReply> = record<SmtpReply>({
  code,
  lines: where(list(line, MAX_SHORT_LIST), ({ length }) => length > 0, 'has no line'),
  enhancedStatus: orNull(enhancedStatus),
});

const replyFault = byKind<ReplyFault>({
  'not-a-reply': { line },
  'mixed-codes': { first: code, second: code },
  'line-too-long': { limit: count },
  'too-many-lines': { limit: count },
  'reply-too-large': { limit: count },
});

const ended = word<'end' | 'reset'>({ end: true, reset: true });

const dialogueFailure = byKind<DialogueFailure>({
  refused: { reply },
  'timed-out': { afterMs: milliseconds, begun: truth },
  closed: { how: ended, begun: truth },
  malformed: { fault: replyFault },
  'too-much': { limit: count },
  injected: { bytes: count, sample: line },
  cancelled: {},
});

const handshakeFailure = byKind<HandshakeFailure>({
  'timed-out': {
    afterMs: milliseconds,
    bytes: maybe(record<{ readonly sent: number; readonly received: number }>({ sent: count, received: count })),
  },
  closed: { how: ended },
  'not-tls': { code: line },
  alert: { alert: line, code: line },
  'nothing-in-common': { code: line },
  'too-much': { limit: count },
  cancelled: {},
  other: { code: line, detail: line },
});

const ehlo = record<EhloSeen>({
  greetingDomain: line,
  keywords: list(record<EhloKeyword>({ keyword: line, parameters: list(line, MAX_SHORT_LIST) }), MAX_SHORT_LIST),
  verb: word<'EHLO' | 'HELO'>({ EHLO: true, HELO: true }),
  reply,
  starttlsOnGreetingLine: truth,
  ehloRefusal: orNull(reply),
});

/** Kept as text, as evidence has them. */
const der: Shape<string> = (value, place) => {
  octets(MAX_DER_OCTETS)(value, place);
  return String(value);
};

/** Certificates in wire order. */
export const chainShape: Shape<readonly string[]> = list(der, MAX_CHAIN);

const tlsSession = record<TlsSession>({
  protocol: line,
  cipher: line,
  cipherStandardName: line,
  bits: count,
  group: orNull(line),
  serverName: orNull(line),
  chainAsSent: chainShape,
  ocspStaple: maybe(der),
  resumed: truth,
});

const notTried = word<NotTried>({
  'not-asked': true,
  'not-offered': true,
  'helo-only': true,
  'implicit-tls': true,
  'no-session': true,
  'not-verified': true,
});

/** Without `failure`: of that phase nothing can fail. */
function phase<Seen, Failure>(value: Shape<Seen>, failure: Shape<Failure> | null): Shape<Phase<Seen, Failure>> {
  const fields: Readonly<Record<Phase<Seen, Failure>['kind'], Shape<object>>> = {
    seen: record<object>({ kind: exactly('seen'), ms: milliseconds, value }),
    failed: record<object>({ kind: exactly('failed'), ms: milliseconds, failure: failure ?? nothing }),
    'not-reached': record<object>({ kind: exactly('not-reached') }),
    'not-tried': record<object>({ kind: exactly('not-tried'), why: notTried }),
  };
  return byField('kind', fields) as Shape<Phase<Seen, Failure>>;
}

const verdict = phase<null, never>(exactly(null), null);

const evidence = record<CapturedEvidence>({
  exchange: line,
  preference: whole(0, 65_535),
  address: where(line, (shown) => parseIpAddress(shown)?.text === shown, 'is no IP address in its usual form'),
  port: whole(1, 65_535),
  startedAt: time,
  connect: phase(record<{ readonly localAddress: string }>({ localAddress: line }), connectFailureShape),
  greeting: phase(reply, dialogueFailure),
  ehlo: phase(ehlo, dialogueFailure),
  starttls: phase(reply, dialogueFailure),
  handshake: phase(tlsSession, handshakeFailure),
  path: verdict,
  identity: verdict,
  dane: verdict,
  ehloUnderTls: phase(ehlo, dialogueFailure),
  auth: phase(reply, dialogueFailure),
  mail: phase(reply, dialogueFailure),
  rcpt: phase(reply, dialogueFailure),
});

const transcriptLine = record<TranscriptLine>({
  at: whole(-(2 ** 40), 2 ** 40),
  kind: word<TranscriptLine['kind']>({
    sent: true,
    received: true,
    continued: true,
    note: true,
    detail: true,
    warning: true,
  }),
  tls: truth,
  text: line,
});

/** Two places of each kind, and some room. */
const MAX_STATUSES = 8;

const status = record<CapturedStatus>({
  kind: word<CapturedStatus['kind']>({ ocsp: true, crl: true }),
  url: line,
  answer: byKind<StatusAnswer>({ octets: { octets: octets(MAX_CRL_OCTETS) }, failed: { why: line } }),
});

export function sessionShape(scan: Shape<ScanReport>): Shape<CapturedSession> {
  return record<CapturedSession>({
    tls: word<CapturedSession['tls']>({ observe: true, 'in-clear': true }),
    judgedAt: time,
    evidence: where(
      evidence,
      ({ handshake, path, identity, dane }) =>
        handshake.kind === 'seen' || [path, identity, dane].every(({ kind }) => kind !== 'seen'),
      'has a verdict on a certificate without a handshake',
    ),
    transcript: list(transcriptLine, MAX_TRANSCRIPT_LINES),
    scan: maybe(scan),
    statuses: maybe(list(status, MAX_STATUSES)),
  });
}
