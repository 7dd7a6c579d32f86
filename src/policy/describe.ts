/** Failures in words: one clause that says what we were doing and what we saw; with whom, the caller says. */
import { printable } from '../base/printable.ts';
import type { ReplyFault, SmtpReply } from '../smtp/reply.ts';
import type { DialogueFailure, HandshakeFailure } from './evidence.ts';

/** `550 5.1.1 no such user`, cleaned and bounded. */
export function describeReply(reply: SmtpReply): string {
  return printable(`${reply.code} ${reply.lines.join(' / ')}`.trimEnd(), 300);
}

/** `what` is the step waited for: `the greeting`, `EHLO`, `STARTTLS`. */
export function describeDialogueFailure(what: string, failure: DialogueFailure): string {
  switch (failure.kind) {
    case 'refused':
      return `${what}: the server said ${describeReply(failure.reply)}`;
    case 'timed-out':
      return failure.begun
        ? `${what}: the answer had begun but was not complete after ${seconds(failure.afterMs)}`
        : `${what}: no answer within ${seconds(failure.afterMs)}`;
    case 'closed':
      return `${what}: the server ${failure.how === 'reset' ? 'reset' : 'closed'} the connection${failure.begun ? ' in the middle of its answer' : ' without an answer'}`;
    case 'malformed':
      return `${what}: the answer is not SMTP (${describeReplyFault(failure.fault)})`;
    case 'too-much':
      return `${what}: the server sent more than ${failure.limit} bytes in this session`;
    case 'injected':
      return `${what}: ${failure.bytes} bytes in clear stood behind the 220, as in a command injection: "${printable(failure.sample, 80)}"`;
    case 'cancelled':
      return `${what}: the run was stopped`;
  }
}

export function describeHandshakeFailure(failure: HandshakeFailure): string {
  switch (failure.kind) {
    case 'timed-out':
      return `the TLS handshake was not finished within ${seconds(failure.afterMs)}`;
    case 'closed':
      return `the server ${failure.how === 'reset' ? 'reset' : 'closed'} the connection during the TLS handshake`;
    case 'not-tls':
      return 'the server did not answer the TLS handshake with TLS';
    case 'alert':
      return `the server ended the TLS handshake with the alert ${failure.alert}`;
    case 'nothing-in-common':
      return 'no TLS version or cipher suite in common with the server';
    case 'too-much':
      return `the server sent more than ${failure.limit} bytes during the TLS handshake`;
    case 'cancelled':
      return 'the run was stopped during the TLS handshake';
    case 'other':
      return `the TLS handshake failed (${failure.code}: ${printable(failure.detail, 200)})`;
  }
}

function describeReplyFault(fault: ReplyFault): string {
  switch (fault.kind) {
    case 'not-a-reply':
      return `"${printable(fault.line, 80)}"`;
    case 'mixed-codes':
      return `codes ${fault.first} and ${fault.second} in one reply`;
    case 'line-too-long':
      return `a line of more than ${fault.limit} bytes`;
    case 'too-many-lines':
      return `more than ${fault.limit} lines`;
    case 'reply-too-large':
      return `a reply of more than ${fault.limit} bytes`;
  }
}

function seconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(ms < 1000 ? 3 : 1))} s`;
}
