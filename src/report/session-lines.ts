/**
 * What the mail log says of one session that was opened and judged: whether it is encrypted, and if not, in words that tell
 * one cause from another (specification 2.b.2 and 2.f, R83, R121). Pure.
 */
import type { DeliveryEvent } from '../delivery/events.ts';
import { describeConnectFailure } from '../net/net.ts';
import type { Decision } from '../policy/decide.ts';
import { describeDialogueFailure, describeHandshakeFailure } from '../policy/describe.ts';
import type { DialogueFailure, Evidence } from '../policy/evidence.ts';
import type { SmtpReply } from '../smtp/reply.ts';
import { foreign, MAX_LOGGED_REPLY_LINES, quoted } from './log-text.ts';

export type SessionJudged = Extract<DeliveryEvent, { kind: 'session-judged' }>;

/** Texts without time and level, in order. */
export function sessionTexts(event: SessionJudged): readonly string[] {
  return [...channelTexts(event), ...overrideTexts(event)];
}

function channelTexts(event: SessionJudged): readonly string[] {
  const { evidence, decision } = event;
  const dcid = `DCID ${event.dcid}`;
  if (decision.kind === 'next' && decision.event === 'E13') {
    return [`${dcid} host not used: published policy (${foreign(lastOf(decision.because))})`];
  }
  const { connect, greeting, ehlo, starttls, handshake } = evidence;
  if (connect.kind === 'failed') {
    return [connectionError(event, describeConnectFailure(connect.failure), 'network error')];
  }
  if (greeting.kind === 'failed') return [dialogueError(event, 'the greeting', greeting.failure)];
  if (ehlo.kind === 'failed') return [dialogueError(event, 'EHLO', ehlo.failure)];
  if (handshake.kind === 'seen') return insideTls(event);
  if (handshake.kind === 'failed') {
    return [`${dcid} TLS failed: ${foreign(describeHandshakeFailure(handshake.failure))}`];
  }
  if (starttls.kind === 'failed') return starttlsTexts(event, starttls.failure);
  const withheld = clearWithheld(event);
  if (decision.kind === 'start-tls') return [];
  // Without an event nobody wanted TLS here.
  if (decision.event === 'E1') return [`${dcid} EHLO command not supported.`, ...withheld];
  if (decision.event === 'E2') return [`${dcid} STARTTLS command not supported.`, ...withheld];
  if (decision.event === 'E12') return unencryptedRefusal(event);
  return [];
}

/** `454` and the like: what was answered, then what it means for TLS (R121). */
function starttlsTexts(event: SessionJudged, failure: DialogueFailure): readonly string[] {
  const dcid = `DCID ${event.dcid}`;
  if (failure.kind === 'injected')
    return [`${dcid} TLS failed: ${foreign(describeDialogueFailure('STARTTLS', failure))}`];
  const what = failure.kind === 'refused' ? 'STARTTLS unexpected response' : 'STARTTLS no response';
  return [dialogueError(event, 'STARTTLS', failure), `${dcid} TLS failed: ${what}`, ...clearWithheld(event)];
}

/** In a mode that wants TLS a refusal of MAIL in clear hides why it is in clear; it is said all the same. */
function unencryptedRefusal(event: SessionJudged): readonly string[] {
  const { ehlo } = event.evidence;
  if (event.evidence.starttls.kind !== 'not-tried' || event.evidence.starttls.why === 'not-asked') return [];
  const helo = ehlo.kind === 'seen' && ehlo.value.verb === 'HELO';
  return [`DCID ${event.dcid} ${helo ? 'EHLO' : 'STARTTLS'} command not supported.`];
}

function insideTls(event: SessionJudged): readonly string[] {
  const { evidence, decision } = event;
  if (evidence.handshake.kind !== 'seen') return [];
  const dcid = `DCID ${event.dcid}`;
  const { protocol, cipher } = evidence.handshake.value;
  const success = `${dcid} TLS success protocol ${foreign(protocol)} cipher ${foreign(cipher)}`;
  if (decision.kind === 'next') {
    if (decision.event === 'E6' || decision.event === 'E7') {
      return [`${dcid} TLS failed: certificate verify failed (${foreign(lastOf(decision.because))})`];
    }
    if (decision.event === 'E5') return [`${dcid} TLS failed: ${foreign(lastOf(decision.because))}`];
    if (evidence.ehloUnderTls.kind === 'failed') {
      return [success, dialogueError(event, 'EHLO inside TLS', evidence.ehloUnderTls.failure)];
    }
    for (const at of ['mail', 'rcpt'] as const) {
      const phase = evidence[at];
      if (phase.kind === 'failed') return [success, dialogueError(event, at.toUpperCase(), phase.failure)];
    }
  }
  const unverified = isUnverified(event, decision);
  return [unverified ? `${success} unverified (${foreign(whyUnverified(evidence))})` : success];
}

/** The mode asks who the peer is, and its certificate does not say so (R80). */
function isUnverified(event: SessionJudged, decision: Decision): boolean {
  if (decision.kind === 'encrypted') return decision.verified === false;
  if (decision.kind !== 'refused' || event.controls.tls !== 'preferred-verify') return false;
  const { path, identity } = event.evidence;
  return !(path.kind === 'seen' && path.value.trusted && identity.kind === 'seen' && identity.value.verify.matched);
}

function whyUnverified({ path, identity }: Evidence): string {
  if (path.kind === 'seen' && !path.value.trusted) return path.value.detail ?? path.value.problem ?? 'not trusted';
  if (identity.kind === 'seen' && !identity.value.verify.matched) return identity.value.verify.trail.join('; ');
  return 'the peer is not authenticated';
}

/** TLS broke at this host a moment ago, so that clear text is not used either: more than one reason is given then. */
function clearWithheld({ dcid, decision, evidence }: SessionJudged): readonly string[] {
  if (decision.kind !== 'next' || decision.because.length < 2 || evidence.handshake.kind === 'seen') return [];
  return [`DCID ${dcid} not used in clear: ${foreign(lastOf(decision.because))}`];
}

/** Decision 8: whoever asks for no TLS against what the domain publishes reads so at every delivery. */
function overrideTexts({ dcid, destination, overridden, published, decision }: SessionJudged): readonly string[] {
  if (!overridden || decision.kind === 'next') return [];
  const what: string[] = [];
  if (published.mtaSts?.kind === 'policy') what.push(`MTA-STS ${published.mtaSts.policy.mode}`);
  if (published.dane?.kind === 'records') what.push(`TLSA records at ${published.dane.tlsaName}`);
  const policy = what.length === 0 ? 'a policy' : what.join(', ');
  return [`DCID ${dcid} TLS policy overridden: ${foreign(destination)} publishes ${foreign(policy)}, TLS is set to no`];
}

function dialogueError(event: SessionJudged, what: string, failure: DialogueFailure): string {
  if (failure.kind === 'refused') {
    return connectionError(event, replyDetails(failure.reply), 'unexpected SMTP response');
  }
  const reason =
    failure.kind === 'malformed' || failure.kind === 'too-much' ? 'unexpected SMTP response' : 'network error';
  return connectionError(event, foreign(describeDialogueFailure(what, failure)), reason);
}

/** `454-'TLS not available due to temporary reason'`; the lines of a longer reply stand side by side. */
function replyDetails({ code, lines }: SmtpReply): string {
  return `${code}-${quoted(lines.slice(0, MAX_LOGGED_REPLY_LINES).join(' / '))}`;
}

function connectionError(event: SessionJudged, details: string, reason: string): string {
  const { dcid, destination, address, port, localAddress } = event;
  return `Connection Error: DCID ${dcid} domain: ${foreign(destination)} IP:${foreign(address)} port: ${port} details: ${details} interface: ${foreign(localAddress)} reason: ${reason}`;
}

function lastOf(because: readonly string[]): string {
  return because.at(-1) ?? 'no reason is given';
}
