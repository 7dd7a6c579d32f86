/** Findings about whose doing it is that something was slow, refused or stalled, told from one session. */
import { describeReply } from '../policy/describe.ts';
import type { DialogueFailure, Evidence, Phase } from '../policy/evidence.ts';
import type { SmtpReply } from '../smtp/reply.ts';
import { meaningOf, type ReplyMeaning } from '../smtp/reply-meaning.ts';
import { makeFinding } from './findings.ts';
import type { Finding } from './result.ts';

/** A greeting this late (ms, beyond the time the connection took) is a pause where the next answer comes quickly. */
export const GREET_PAUSE_MS = 2_000;
/** An answer this late (ms, beyond the time the connection took) is slow. */
export const SLOW_ANSWER_MS = 1_000;
/** So many slow answers of one session are a tarpit; a single one may be a look-up. */
export const TARPIT_ANSWERS = 3;
/** Below this many bytes a flight fits into one packet on every path (IPv6 minimum MTU less headers, RFC 8200 5). */
export const LARGE_FLIGHT_BYTES = 1_220;

export function findingsOfBlame(evidence: Evidence): readonly Finding[] {
  return [...meaningFindings(evidence), ...paceFindings(evidence), ...stallFindings(evidence)];
}

/** Which refusals a session has met, in order. */
export function refusalsOf({
  greeting,
  ehlo,
  starttls,
  ehloUnderTls,
  auth,
  mail,
  rcpt,
}: Evidence): readonly SmtpReply[] {
  const phases: readonly Phase<unknown, DialogueFailure>[] = [greeting, ehlo, starttls, ehloUnderTls, auth, mail, rcpt];
  return phases.flatMap((phase) =>
    phase.kind === 'failed' && phase.failure.kind === 'refused' ? [phase.failure.reply] : [],
  );
}

function meaningFindings(evidence: Evidence): readonly Finding[] {
  const findings = refusalsOf(evidence).flatMap((reply) => {
    const meaning = meaningOf(reply);
    return meaning === null ? [] : [findingOf(meaning, reply, evidence)];
  });
  return findings.filter(({ code }, index) => findings.findIndex((other) => other.code === code) === index);
}

function findingOf(meaning: ReplyMeaning, reply: SmtpReply, { exchange, address }: Evidence): Finding {
  const { list, retryAfter } = meaning;
  const detail = [
    `the server said ${describeReply(reply)}`,
    ...(list === null ? [] : [`the list is ${list}`]),
    ...(retryAfter === null ? [] : [`it asks to come back after ${retryAfter} s`]),
    WHO_ACTS[meaning.act],
  ].join('; ');
  return makeFinding(meaning.kind, detail, { host: exchange, address });
}

const WHO_ACTS: Readonly<Record<ReplyMeaning['act'], string>> = {
  them: 'it is for the receiver to act',
  us: 'it is for the sender to act',
  nobody: 'nobody has to act, waiting is enough',
};

/** A pause before the greeting and a tarpit, from the times of the stages alone. */
function paceFindings(evidence: Evidence): readonly Finding[] {
  const { connect, greeting, ehlo, starttls, ehloUnderTls, mail, rcpt, exchange, address } = evidence;
  if (connect.kind !== 'seen' || greeting.kind !== 'seen') return [];
  const place = { host: exchange, address };
  const beyond = (phase: Phase<unknown, unknown>): number | null => {
    const answered = phase.kind === 'seen' || (phase.kind === 'failed' && isRefusal(phase.failure));
    return answered ? phase.ms - connect.ms : null;
  };
  const answers = [ehlo, starttls, ehloUnderTls, mail, rcpt].flatMap((phase) => beyond(phase) ?? []);
  const slow = answers.filter((ms) => ms >= SLOW_ANSWER_MS);
  if (slow.length >= TARPIT_ANSWERS) {
    const longest = (Math.max(...slow) / 1000).toFixed(1);
    return [
      makeFinding(
        'tarpit',
        `${slow.length} of ${answers.length} answers took ${SLOW_ANSWER_MS / 1000} s or more, the longest ${longest} s`,
        place,
      ),
    ];
  }
  const pause = greeting.ms - connect.ms;
  const next = beyond(ehlo);
  if (pause < GREET_PAUSE_MS || next === null || next >= SLOW_ANSWER_MS) return [];
  const seconds = (pause / 1000).toFixed(1);
  return [makeFinding('greet-pause', `the greeting came after ${seconds} s, the answer to EHLO at once`, place)];
}

function isRefusal(failure: unknown): boolean {
  return typeof failure === 'object' && failure !== null && 'kind' in failure && failure.kind === 'refused';
}

/** Silence in the handshake where a flight of more than one packet was under way. */
function stallFindings({ handshake, exchange, address }: Evidence): readonly Finding[] {
  if (handshake.kind !== 'failed' || handshake.failure.kind !== 'timed-out') return [];
  const { bytes } = handshake.failure;
  if (bytes === undefined) return [];
  const place = { host: exchange, address };
  if (bytes.received > 0) {
    return [
      makeFinding(
        'large-flights-stall',
        `the server fell silent after ${bytes.received} bytes of its certificate flight`,
        place,
      ),
    ];
  }
  if (bytes.sent < LARGE_FLIGHT_BYTES) return [];
  return [makeFinding('large-flights-stall', `nothing came back after our ClientHello of ${bytes.sent} bytes`, place)];
}
