/**
 * A session that was captured, with the verdicts made anew: chain, staple, identity and DANE from the octets that were
 * sent, in the order in which the session itself asks for them. What was said and done then stays as it was.
 */
import type { Phase, TranscriptLine } from '../policy/evidence.ts';
import type { CertificateJudge } from '../session/plan.ts';
import { certificateLines } from '../session/transcript.ts';
import type { CapturedEvidence, CapturedSession } from './capture.ts';
import type { SessionReport } from './result-of.ts';

/** What of a session is kept: everything but our own verdicts. */
export function capturedEvidence({ evidence }: SessionReport): CapturedEvidence {
  const { path, identity, dane } = evidence;
  return { ...evidence, path: withoutValue(path), identity: withoutValue(identity), dane: withoutValue(dane) };
}

export async function rejudge(
  { evidence, transcript }: CapturedSession,
  judge: CertificateJudge,
  signal: AbortSignal,
): Promise<SessionReport> {
  const { handshake, path, identity, dane } = evidence;
  if (handshake.kind !== 'seen') {
    return {
      evidence: { ...evidence, path: unseen(path), identity: unseen(identity), dane: unseen(dane) },
      transcript,
    };
  }
  const session = handshake.value;
  const chainAsSent = session.chainAsSent.map((der) => Buffer.from(der, 'base64'));
  const staple = session.ocspStaple === undefined ? null : Buffer.from(session.ocspStaple, 'base64');
  const chain = await judge.judgeChain(chainAsSent, staple, signal);
  const names = await judge.judgeIdentity(chainAsSent, signal);
  return {
    evidence: {
      ...evidence,
      path: withValue(path, chain),
      identity: withValue(identity, names),
      dane: withValue(dane, judge.judgeDane(chainAsSent)),
    },
    transcript: withCertificates(transcript, certificateLines(session, chain, names)),
  };
}

function withoutValue(phase: Phase<unknown, never>): Phase<null, never> {
  return phase.kind === 'seen' ? { ...phase, value: null } : phase;
}

function withValue<Value>(phase: Phase<null, never>, value: Value): Phase<Value, never> {
  return phase.kind === 'seen' ? { ...phase, value } : phase;
}

/** Without a handshake there is nothing to judge; the reader of captures has made sure of it. */
function unseen(phase: Phase<null, never>): Phase<never, never> {
  return phase.kind === 'seen' ? { kind: 'not-reached' } : phase;
}

/** The lines about certificates, each in its place and at its time. */
function withCertificates(transcript: readonly TranscriptLine[], lines: readonly string[]): readonly TranscriptLine[] {
  const first = transcript.findIndex(({ kind }) => kind === 'detail');
  if (first < 0) return transcript;
  const old = transcript.filter(({ kind }) => kind === 'detail');
  const at = old.at(-1)?.at ?? 0;
  const told = lines.map(
    (text, index): TranscriptLine => ({ at: old[index]?.at ?? at, kind: 'detail', tls: old[0]?.tls ?? true, text }),
  );
  const isOther = ({ kind }: TranscriptLine): boolean => kind !== 'detail';
  return [...transcript.slice(0, first), ...told, ...transcript.slice(first).filter(isOther)];
}
