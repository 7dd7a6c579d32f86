/**
 * The few questions that take a whole handshake, with the machine's own TLS: is a session resumed, is the certificate of a
 * server with TLS 1.3 alone another one without a server name, is a command obeyed that came in clear behind STARTTLS.
 */
import type { Clock } from '../base/clock.ts';
import type { InjectionOutcome } from '../policy/scan-evidence.ts';
import type { Dialogue } from '../session/dialogue.ts';
import { type Encrypted, shakeHands } from '../session/handshake.ts';
import type { Resumption } from '../session/plan.ts';
import { isPositive } from '../smtp/reply.ts';
import type { Answer, Question } from './question.ts';

export interface AskHandshakeOptions {
  readonly clock: Clock;
  readonly heloName: string;
  readonly implicitTls: boolean;
  readonly session: Buffer | null;
  readonly signal: AbortSignal;
}

export async function askHandshake(
  question: Extract<Question, { readonly kind: 'handshake' }>,
  dialogue: Dialogue,
  { clock, heloName, implicitTls, session, signal }: AskHandshakeOptions,
): Promise<{ readonly answer: Answer; readonly ticket: Buffer | null }> {
  const { serverName, resume } = question;
  const encrypted = await encrypt(dialogue, { clock, serverName, signal, session: resume ? session : null });
  if (typeof encrypted === 'string') return { answer: { kind: 'handshake-failed', detail: encrypted }, ticket: null };
  const { socket, session: facts, chainAsSent, ocspStaple } = encrypted;
  // With TLS 1.3 tickets come behind the handshake, so that a word has to be changed before there is one (RFC 8446 4.6.1).
  let ticket: Buffer | null = null;
  socket.on('session', (given: Buffer) => {
    ticket = given;
  });
  if (implicitTls) await dialogue.read();
  await dialogue.command({ verb: 'EHLO', name: heloName });
  ticket ??= facts.protocol === 'TLSv1.3' ? null : (socket.getSession() ?? null);
  await dialogue.quit();
  const answer: Answer = {
    kind: 'encrypted',
    resumed: facts.resumed,
    protocol: facts.protocol,
    chainAsSent: chainAsSent.map((der) => der.toString('base64')),
    stapled: ocspStaple !== null,
    ticket: ticket !== null,
  };
  return { answer, ticket };
}

export interface AskInjectionOptions {
  readonly clock: Clock;
  readonly serverName: string | null;
  readonly signal: AbortSignal;
}

/**
 * STARTTLS and NOOP in one segment (S-TLS-5). Whatever came in clear has to be forgotten with the handshake (RFC 3207 4.2): a
 * server that answers the NOOP inside TLS lets anybody put commands in front of ours (CVE-2011-0411).
 */
export async function askInjection(
  dialogue: Dialogue,
  { clock, serverName, signal }: AskInjectionOptions,
): Promise<Answer> {
  await dialogue.sendBytes(Buffer.from('STARTTLS\r\nNOOP\r\n'));
  const ready = await dialogue.read();
  if (!ready.ok || ready.value.code !== 220) return injection('refused');
  if (dialogue.surplus !== null) return injection('answered-in-clear');
  const encrypted = await encrypt(dialogue, { clock, serverName, signal, session: null });
  if (typeof encrypted === 'string') return injection('refused');
  // The first reply tells: to the QUIT, or to the command that nobody sent inside TLS.
  const first = await dialogue.command({ verb: 'QUIT' });
  const obeyed = first.ok && isPositive(first.value) && first.value.code !== 221;
  return injection(obeyed ? 'executed-inside-tls' : 'discarded');
}

/** The connection inside TLS, or the reason why there is none. */
async function encrypt(
  dialogue: Dialogue,
  options: AskInjectionOptions & { readonly session: Buffer | null },
): Promise<Encrypted | string> {
  const { clock, serverName, signal, session } = options;
  const raw = dialogue.giveUp();
  if (raw === null) return 'the connection was closed';
  const outcome = await shakeHands({
    socket: raw,
    clock,
    serverName,
    minTlsVersion: 'TLSv1',
    clientCertificate: null,
    askForStaple: true,
    resumption: session === null ? undefined : offering(session),
    timeoutMs: dialogue.stageMs(),
    signal,
  });
  if (!outcome.ok) return outcome.failure.kind;
  dialogue.use(outcome.value.socket);
  return outcome.value;
}

/** Offers that one session and keeps none. */
function offering(session: Buffer): Resumption {
  return { kept: () => ({ session, chainAsSent: [], ocspStaple: null }), keep: () => {}, forget: () => {} };
}

function injection(outcome: InjectionOutcome): Answer {
  return { kind: 'injection', outcome };
}
