/**
 * The one place where a requirement meets evidence. Nobody else branches on a TLS mode: the probe asks `decide` with
 * the whole evidence of a session, the delivery path asks it while the session is still being opened, and both get the
 * same answer for the same facts. `docs/tls-policy.md` is printed from this function.
 *
 * The rows of the state table (specification 2.b.3):
 *
 *   E1   EHLO refused, HELO accepted          E7   encrypted, chain fine, name does not match
 *   E2   STARTTLS not offered                 E8   encrypted, verified
 *   E3   STARTTLS answered 4xx                E9   no connection, or no 220 greeting
 *   E4   STARTTLS answered 5xx or other       E10  connection lost, 421 or gibberish where a reply was due
 *   E5   failure after the 220                E11  second EHLO refused, or lost after the handshake
 *   E6   encrypted, chain not trusted         E12  MAIL or RCPT refused: ordinary SMTP
 *   E13  published policy rules the host out
 */

import { describeConnectFailure } from '../net/net.ts';
import type { SmtpReply } from '../smtp/reply.ts';
import { describeDialogueFailure, describeHandshakeFailure, describeReply } from './describe.ts';
import type { DialogueFailure, Evidence } from './evidence.ts';
import { CHECKS, type Check, isAtLeast, type Requirement } from './requirement.ts';

export type PolicyEvent = 'E1' | 'E2' | 'E3' | 'E4' | 'E5' | 'E6' | 'E7' | 'E8' | 'E9' | 'E10' | 'E11' | 'E12' | 'E13';

export type Decision =
  /** EHLO was answered; STARTTLS is what comes next. Only while a session is being opened. */
  | { readonly kind: 'start-tls'; readonly because: readonly string[] }
  /** Deliver unencrypted on this same connection. */
  | { readonly kind: 'clear'; readonly event: PolicyEvent | null; readonly because: readonly string[] }
  /** Deliver encrypted. `verified` is null where nobody had to be authenticated. */
  | {
      readonly kind: 'encrypted';
      readonly event: PolicyEvent;
      readonly verified: boolean | null;
      readonly because: readonly string[];
    }
  /** Drop this connection with no mail on it; try the next address, then the next MX host. */
  | {
      readonly kind: 'next';
      readonly event: PolicyEvent;
      /** The operator asked for TLS and this is why it could not be had (E1 to E7). */
      readonly alert: boolean;
      readonly because: readonly string[];
    }
  /** The server answered MAIL or RCPT with a refusal: 4xx defers, 5xx fails the recipient. */
  | {
      readonly kind: 'refused';
      readonly event: 'E12';
      readonly at: 'mail' | 'rcpt';
      readonly reply: SmtpReply;
      readonly channel: 'clear' | 'encrypted';
      readonly because: readonly string[];
    };

/** What happened earlier in the same delivery attempt at the same MX name. */
export interface HostHistory {
  /** After a failure behind a 220, none of its addresses gets the message in clear in this attempt. */
  readonly brokenAfter220: boolean;
}

export const NO_HISTORY: HostHistory = { brokenAfter220: false };

/** Decides what becomes of a message under `requirement`, given what the session has shown so far. Pure and total. */
export function decide(requirement: Requirement, evidence: Evidence, history: HostHistory = NO_HISTORY): Decision {
  if (requirement.host === 'avoid') return next('E13', requirement.because);
  const opening = beforeTls(evidence);
  if (opening !== null) return opening;
  if (evidence.starttls.kind === 'not-tried' && evidence.starttls.why === 'implicit-tls') {
    return insideTls(requirement, evidence);
  }
  if (requirement.starttls === 'never') return inClear(requirement, evidence, history, null, ['STARTTLS is not used']);
  if (evidence.ehlo.kind === 'seen' && evidence.ehlo.value.verb === 'HELO') {
    return inClear(requirement, evidence, history, 'E1', [
      'the server understands HELO only, so it cannot do STARTTLS',
    ]);
  }
  if (!offersStarttls(evidence)) {
    return inClear(requirement, evidence, history, 'E2', ['the server does not offer STARTTLS']);
  }
  switch (evidence.starttls.kind) {
    case 'not-reached':
    case 'not-tried':
      return { kind: 'start-tls', because: ['the server offers STARTTLS'] };
    case 'failed':
      return afterStarttlsFailure(requirement, evidence, history, evidence.starttls.failure);
    case 'seen':
      return insideTls(requirement, evidence);
  }
}

/** Whether the server advertised STARTTLS where it counts (R11). */
export function offersStarttls(evidence: Evidence): boolean {
  return evidence.ehlo.kind === 'seen' && evidence.ehlo.value.keywords.some(({ keyword }) => keyword === 'STARTTLS');
}

/** True for the events after which clear text is out of the question for that MX name in this attempt. */
export function breaksAfter220(decision: Decision): boolean {
  return decision.kind === 'next' && (decision.event === 'E5' || decision.event === 'E11');
}

function beforeTls(evidence: Evidence): Decision | null {
  if (evidence.connect.kind === 'failed') return next('E9', [describeConnectFailure(evidence.connect.failure)]);
  if (evidence.handshake.kind === 'failed' && evidence.greeting.kind === 'not-reached') return null;
  if (evidence.greeting.kind === 'failed')
    return next('E9', [describeDialogueFailure('the greeting', evidence.greeting.failure)]);
  if (evidence.ehlo.kind === 'failed') return next('E10', [describeDialogueFailure('EHLO', evidence.ehlo.failure)]);
  return null;
}

/** E1 and E2, and mode No: the connection is good, TLS is not to be had or not wanted on it. */
function inClear(
  requirement: Requirement,
  evidence: Evidence,
  history: HostHistory,
  event: PolicyEvent | null,
  because: readonly string[],
): Decision {
  if (requirement.clear === 'never') return next(event ?? 'E2', because, true);
  if (history.brokenAfter220 && requirement.clear === 'before-220') {
    return next(event ?? 'E2', [
      ...because,
      'TLS with this host broke after the 220 in this attempt, so clear text is not used',
    ]);
  }
  if (wasSentInClear(evidence)) {
    const refused = refusal(evidence, 'clear', because);
    if (refused !== null) return refused;
  }
  return { kind: 'clear', event, because };
}

/** MAIL in the evidence was sent on an unencrypted connection. */
export function wasSentInClear(evidence: Evidence): boolean {
  return evidence.handshake.kind !== 'seen';
}

function afterStarttlsFailure(
  requirement: Requirement,
  evidence: Evidence,
  history: HostHistory,
  failure: DialogueFailure,
): Decision {
  const because = [describeDialogueFailure('STARTTLS', failure)];
  const tlsWanted = requirement.starttls === 'always';
  switch (failure.kind) {
    case 'refused':
      // 421 announces that the connection is being closed (RFC 5321 3.8): there is nothing left to go on with.
      if (failure.reply.code === 421) return next('E10', because, tlsWanted);
      return inClear(
        requirement,
        evidence,
        history,
        failure.reply.code < 500 && failure.reply.code >= 400 ? 'E3' : 'E4',
        because,
      );
    case 'injected':
      return next('E5', because, tlsWanted);
    case 'closed':
    case 'timed-out':
    case 'malformed':
    case 'too-much':
    case 'cancelled':
      return next('E10', because, tlsWanted);
  }
}

function insideTls(requirement: Requirement, evidence: Evidence): Decision {
  const tlsWanted = requirement.starttls === 'always';
  if (evidence.handshake.kind === 'failed') {
    return next('E5', [describeHandshakeFailure(evidence.handshake.failure)], tlsWanted);
  }
  if (evidence.handshake.kind !== 'seen') return { kind: 'start-tls', because: ['the handshake is still to come'] };
  const { protocol, cipher } = evidence.handshake.value;
  if (!isAtLeast(protocol, requirement.minTlsVersion)) {
    return next('E5', [`${protocol} is below ${requirement.minTlsVersion}, the least that is asked for`], tlsWanted);
  }
  const because = [`encrypted with ${protocol}, ${cipher}`];
  const checked = CHECKS.filter((check) => requirement.checks[check] !== 'off').map((check) => ({
    force: requirement.checks[check],
    ...authenticates(check, evidence),
  }));
  const missing = checked.find(({ force, holds }) => force === 'must' && !holds);
  if (missing !== undefined) return next(missing.event, [missing.reason], tlsWanted);
  because.push(...checked.map(({ reason }) => reason));
  const unverified = checked.find(({ holds }) => !holds);
  const lost = lostAfterHandshake(evidence);
  if (lost !== null) return next('E11', [lost], tlsWanted);
  const refused = refusal(evidence, 'encrypted', because);
  if (refused !== null) return refused;
  return {
    kind: 'encrypted',
    event: unverified?.event ?? (checked.length === 0 ? seenEvent(evidence) : 'E8'),
    verified: checked.length === 0 ? null : unverified === undefined,
    because,
  };
}

/** The row of the table an encrypted session stands in when nobody asked who the peer is. */
function seenEvent(evidence: Evidence): PolicyEvent {
  if (evidence.path.kind === 'seen' && !evidence.path.value.trusted) return 'E6';
  if (evidence.identity.kind === 'seen' && !evidence.identity.value.verify.matched) return 'E7';
  return 'E8';
}

function lostAfterHandshake(evidence: Evidence): string | null {
  if (evidence.ehloUnderTls.kind !== 'failed') return null;
  return describeDialogueFailure('EHLO inside TLS', evidence.ehloUnderTls.failure);
}

interface Authentication {
  readonly holds: boolean;
  readonly event: PolicyEvent;
  readonly reason: string;
}

function authenticates(check: Check, evidence: Evidence): Authentication {
  if (check === 'pinned')
    return { holds: true, event: 'E8', reason: 'the certificate presented today is the pinned one' };
  if (check === 'dane') {
    const status = evidence.dane.kind === 'seen' ? evidence.dane.value.status : 'not-tested';
    return status === 'match'
      ? { holds: true, event: 'E8', reason: 'a TLSA record matches the certificate' }
      : { holds: false, event: 'E7', reason: `DANE does not authenticate the host (${status})` };
  }
  if (evidence.path.kind !== 'seen' || !evidence.path.value.trusted) {
    const detail = evidence.path.kind === 'seen' ? evidence.path.value.detail : null;
    return {
      holds: false,
      event: 'E6',
      reason: `the certificate chain is not trusted: ${detail ?? 'it was not seen'}`,
    };
  }
  if (check === 'chain') return { holds: true, event: 'E8', reason: 'the certificate chain is trusted' };
  if (evidence.identity.kind !== 'seen') return { holds: false, event: 'E7', reason: 'the identity was not looked at' };
  const identity = evidence.identity.value;
  if (check === 'mta-sts') {
    return identity.matched
      ? { holds: true, event: 'E8', reason: `the certificate names ${identity.mx.expected}` }
      : { holds: false, event: 'E7', reason: `the certificate does not name ${identity.mx.expected}` };
  }
  const verdict = check === 'verify' ? identity.verify : identity.hosted;
  return verdict.matched
    ? { holds: true, event: 'E8', reason: verdict.trail.at(-1) ?? `${verdict.step} matched` }
    : { holds: false, event: 'E7', reason: verdict.trail.join('; ') };
}

/** E12, where the evidence holds answers to MAIL and RCPT on the channel in question. */
function refusal(evidence: Evidence, channel: 'clear' | 'encrypted', because: readonly string[]): Decision | null {
  const { auth } = evidence;
  // Refused credentials are for MAIL to be judged by; a connection that was lost over them is lost.
  if (auth.kind === 'failed' && !isRefusal(auth.failure)) {
    return next('E10', [describeDialogueFailure('AUTH', auth.failure)]);
  }
  // RFC 6531 3.2: such an address goes to nobody who does not offer SMTPUTF8, so that no MAIL was said.
  if (evidence.mail.kind === 'not-tried' && evidence.mail.why === 'not-offered') {
    return next('E12', ['the server does not offer SMTPUTF8, which the addresses need']);
  }
  for (const at of ['mail', 'rcpt'] as const) {
    const phase = evidence[at];
    if (phase.kind !== 'failed') continue;
    const { failure } = phase;
    const command = at === 'mail' ? 'MAIL' : 'RCPT';
    if (isRefusal(failure)) {
      const answer = `${command} was answered ${describeReply(failure.reply)}`;
      return { kind: 'refused', event: 'E12', at, reply: failure.reply, channel, because: [...because, answer] };
    }
    return next('E10', [describeDialogueFailure(command, failure)]);
  }
  return null;
}

/** A reply that refuses what was asked for and lets the dialogue go on; 421 ends it (RFC 5321 3.8). */
function isRefusal(failure: DialogueFailure): failure is Extract<DialogueFailure, { kind: 'refused' }> {
  return failure.kind === 'refused' && failure.reply.code !== 421;
}

function next(event: PolicyEvent, because: readonly string[], alert = false): Decision {
  return { kind: 'next', event, alert: alert && ALERTING.has(event), because };
}

/** The state table alerts on what makes required TLS impossible; E9 to E12 are ordinary SMTP trouble. */
const ALERTING: ReadonlySet<PolicyEvent> = new Set(['E1', 'E2', 'E3', 'E4', 'E5', 'E6', 'E7']);
