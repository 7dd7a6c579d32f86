/**
 * What one session says about a host, on two axes that are never mixed: what was found, and whether we could look.
 * A host that does not answer is `unreachable`; one that answered but put us off before TLS could be judged is
 * `inconclusive`, and nobody's score suffers for it.
 */
import type { ConnectFailure } from '../net/net.ts';
import type { DialogueFailure, Evidence } from '../policy/evidence.ts';
import type { SmtpReply } from '../smtp/reply.ts';
import { meaningOf } from '../smtp/reply-meaning.ts';
import type { FindingCode } from './finding-catalogue.ts';
import type { Blame, HostVerdict } from './result.ts';

export interface SessionVerdict {
  readonly verdict: HostVerdict;
  readonly blame: Blame;
  /** The finding that explains it; null when encrypted. */
  readonly code: FindingCode | null;
}

export function verdictOf(evidence: Evidence): SessionVerdict {
  const { connect, greeting, ehlo, starttls, handshake, ehloUnderTls } = evidence;
  if (connect.kind === 'failed') return ofConnectFailure(connect.failure);
  if (handshake.kind === 'failed') {
    if (handshake.failure.kind === 'cancelled') return STOPPED;
    const behind220 = starttls.kind === 'seen';
    return { verdict: 'broken-tls', blame: 'them', code: behind220 ? 'broken-after-220' : 'handshake-failed' };
  }
  if (greeting.kind === 'failed') return ofGreetingFailure(greeting.failure);
  if (ehlo.kind === 'failed') return ofEhloFailure(ehlo.failure);
  if (starttls.kind === 'failed') return ofStarttlsFailure(starttls.failure);
  if (starttls.kind === 'not-tried' && starttls.why !== 'implicit-tls') {
    const onGreeting = ehlo.kind === 'seen' && ehlo.value.starttlsOnGreetingLine;
    const code =
      starttls.why === 'helo-only' ? 'helo-only' : onGreeting ? 'starttls-on-greeting-line' : 'starttls-not-offered';
    return { verdict: 'clear', blame: 'them', code };
  }
  if (ehloUnderTls.kind === 'failed') {
    if (ehloUnderTls.failure.kind === 'cancelled') return STOPPED;
    return { verdict: 'broken-tls', blame: 'them', code: 'second-ehlo-refused' };
  }
  if (handshake.kind === 'seen') return { verdict: 'encrypted', blame: null, code: null };
  return STOPPED;
}

/** The run ended before this could be seen: our doing, and no word about the host. */
const STOPPED: SessionVerdict = { verdict: 'inconclusive', blame: 'us', code: 'run-stopped' };

function ofConnectFailure(failure: ConnectFailure): SessionVerdict {
  switch (failure.kind) {
    case 'refused':
      return { verdict: 'unreachable', blame: 'them', code: 'not-reachable' };
    case 'timed-out':
    case 'reset':
    case 'other':
      return { verdict: 'unreachable', blame: 'path', code: 'not-reachable' };
    case 'unreachable':
      // No route from here says something about this machine's network, not about the host.
      if (failure.code === 'ENETUNREACH' || failure.code === 'ENETDOWN') {
        return { verdict: 'skipped', blame: 'us', code: 'family-unusable' };
      }
      if (failure.code === 'EACCES' || failure.code === 'EPERM') {
        return { verdict: 'unreachable', blame: 'us', code: 'not-reachable' };
      }
      return { verdict: 'unreachable', blame: 'path', code: 'not-reachable' };
    case 'no-local-address':
    case 'out-of-resources':
      return { verdict: 'skipped', blame: 'us', code: 'family-unusable' };
    case 'not-permitted':
      return { verdict: 'skipped', blame: 'us', code: 'mx-not-public' };
    case 'cancelled':
      return STOPPED;
  }
}

function ofGreetingFailure(failure: DialogueFailure): SessionVerdict {
  switch (failure.kind) {
    case 'refused':
      return isTransient(failure)
        ? { verdict: 'inconclusive', blame: 'them', code: 'throttled' }
        : { verdict: 'unreachable', blame: blameOf(failure.reply), code: 'greeting-refused' };
    case 'timed-out':
    case 'closed':
      return failure.begun
        ? { verdict: 'inconclusive', blame: 'them', code: 'slow-greeting' }
        : { verdict: 'unreachable', blame: failure.kind === 'closed' ? 'them' : 'path', code: 'no-greeting' };
    case 'malformed':
    case 'too-much':
    case 'injected':
      return { verdict: 'unreachable', blame: 'them', code: 'no-greeting' };
    case 'cancelled':
      return STOPPED;
  }
}

function ofEhloFailure(failure: DialogueFailure): SessionVerdict {
  if (failure.kind === 'cancelled') return STOPPED;
  const putOff = isTransient(failure) || ((failure.kind === 'timed-out' || failure.kind === 'closed') && failure.begun);
  return putOff
    ? { verdict: 'inconclusive', blame: 'them', code: 'throttled' }
    : {
        verdict: 'unreachable',
        blame: failure.kind === 'refused' ? blameOf(failure.reply) : 'them',
        code: 'ehlo-refused',
      };
}

function ofStarttlsFailure(failure: DialogueFailure): SessionVerdict {
  switch (failure.kind) {
    case 'injected':
      return { verdict: 'broken-tls', blame: 'them', code: 'injected-after-starttls' };
    case 'refused':
      return isTransient(failure)
        ? { verdict: 'inconclusive', blame: 'them', code: 'starttls-temporarily-refused' }
        : { verdict: 'clear', blame: 'them', code: 'starttls-refused' };
    case 'timed-out':
    case 'closed':
      return failure.begun
        ? { verdict: 'inconclusive', blame: 'them', code: 'throttled' }
        : { verdict: 'clear', blame: 'them', code: 'starttls-refused' };
    case 'malformed':
    case 'too-much':
      return { verdict: 'clear', blame: 'them', code: 'starttls-refused' };
    case 'cancelled':
      return STOPPED;
  }
}

/** A refusal of our address or name is ours to mend; any other is theirs. */
function blameOf(reply: SmtpReply): Blame {
  return meaningOf(reply)?.act === 'us' ? 'us' : 'them';
}

function isTransient(failure: DialogueFailure): boolean {
  return failure.kind === 'refused' && failure.reply.code >= 400 && failure.reply.code < 500;
}
