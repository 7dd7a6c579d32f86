/**
 * One connection of a scan: the same SMTP dialogue that a session holds up to the 220 to STARTTLS, then the bytes of the
 * question in place of a handshake, and an end in order. A host that puts us off is told from one that has no TLS.
 */
import type { Socket } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { addressLiteral, type IpAddress, parseIpAddress } from '../base/ip-address.ts';
import type { Random } from '../base/random.ts';
import { describeConnectFailure, type Net } from '../net/net.ts';
import type { ScanProblem } from '../policy/scan-evidence.ts';
import { Dialogue } from '../session/dialogue.ts';
import type { ReplyResult } from '../session/reply-channel.ts';
import { offers, parseEhloReply } from '../smtp/ehlo.ts';
import { isPositive, isTransient, type SmtpReply } from '../smtp/reply.ts';
import { askHandshake, askInjection } from './ask-handshake.ts';
import { askHello } from './ask-hello.ts';
import type { Answer, Question } from './question.ts';

export interface ExchangePlan {
  readonly address: IpAddress;
  readonly port: number;
  /** Null: the literal of the address connected from (RFC 5321 4.1.4). */
  readonly heloName: string | null;
  /** TLS from the first byte: no dialogue before the question. */
  readonly implicitTls: boolean;
  /** ms for each stage, absolute. */
  readonly stageTimeoutMs: number;
  readonly signal: AbortSignal;
}

export interface ExchangeDependencies {
  readonly net: Net;
  readonly clock: Clock;
  readonly random: Random;
}

export type Contact =
  | { readonly kind: 'answered'; readonly answer: Answer; readonly session: Buffer | null }
  /** Come back later (4yz, or a greeting begun and not finished): it says nothing about TLS. */
  | { readonly kind: 'put-off'; readonly said: string }
  /** Nothing to ask here; after an earlier success this is a host that has had enough of us. */
  | { readonly kind: 'problem'; readonly problem: ScanProblem };

/** Stages of one connection: connect, greeting, EHLO, HELO, STARTTLS, the answer, the end. */
const STAGES = 7;

/** `session`: to be resumed, where the question is about that. */
export async function exchange(
  question: Question,
  plan: ExchangePlan,
  dependencies: ExchangeDependencies,
  session: Buffer | null,
): Promise<Contact> {
  const { stageTimeoutMs, signal } = plan;
  const bounds = { stageTimeoutMs, sessionTimeoutMs: STAGES * stageTimeoutMs, signal };
  const dialogue = new Dialogue(bounds, dependencies.clock);
  try {
    const contact = await converse(question, plan, dependencies, { dialogue, session });
    // What a broken-off connection seemed to answer is no answer.
    return signal.aborted ? CANCELLED : contact;
  } finally {
    dialogue.close();
  }
}

interface Course {
  readonly dialogue: Dialogue;
  readonly session: Buffer | null;
}

async function converse(
  question: Question,
  plan: ExchangePlan,
  { net, clock, random }: ExchangeDependencies,
  { dialogue, session }: Course,
): Promise<Contact> {
  const { address, port, implicitTls, signal } = plan;
  const opened = await net.connect({ address, port, timeoutMs: dialogue.stageMs(), signal });
  if (!opened.ok) {
    const kind = opened.failure.kind === 'cancelled' ? 'cancelled' : 'unreachable';
    return { kind: 'problem', problem: { kind, detail: describeConnectFailure(opened.failure) } };
  }
  const { socket, localAddress } = opened.value;
  dialogue.use(socket);
  const local = parseIpAddress(localAddress);
  const heloName = plan.heloName ?? (local === null ? 'localhost' : addressLiteral(local));
  if (!implicitTls) {
    const obstacle = await introduce(dialogue, heloName);
    if (obstacle !== null) return obstacle;
    if (question.kind === 'injection') {
      return answered(await askInjection(dialogue, { clock, serverName: question.serverName, signal }), null);
    }
    const refusal = await startTls(dialogue);
    if (refusal !== null) return refusal;
  } else if (question.kind === 'injection') return answered({ kind: 'injection', outcome: 'refused' }, null);
  if (dialogue.surplus !== null) return answered({ kind: 'not-tls' }, null);
  if (question.kind === 'handshake') {
    const { answer, ticket } = await askHandshake(question, dialogue, {
      clock,
      heloName,
      implicitTls,
      session,
      signal,
    });
    return answered(answer, ticket);
  }
  const raw = dialogue.giveUp();
  if (raw === null) return answered({ kind: 'closed', how: 'end' }, null);
  const answer = await askHello(question, { socket: raw, clock, random, timeoutMs: dialogue.stageMs(), signal });
  await endInOrder(raw, clock);
  return answered(answer, null);
}

/** Greeting and EHLO; null: the host offers STARTTLS. */
async function introduce(dialogue: Dialogue, name: string): Promise<Contact | null> {
  const greeting = await dialogue.read();
  if (!greeting.ok || !isPositive(greeting.value)) return stoppedAt('greeting', greeting, dialogue);
  const ehlo = await dialogue.command({ verb: 'EHLO', name });
  if (!ehlo.ok || !isPositive(ehlo.value)) return stoppedAt('EHLO', ehlo, dialogue);
  if (offers(parseEhloReply(ehlo.value), 'STARTTLS')) return null;
  await dialogue.quit();
  return { kind: 'problem', problem: { kind: 'no-starttls', detail: 'the server does not offer STARTTLS' } };
}

async function startTls(dialogue: Dialogue): Promise<Contact | null> {
  const reply = await dialogue.command({ verb: 'STARTTLS' });
  if (reply.ok && reply.value.code === 220) return null;
  return stoppedAt('STARTTLS', reply, dialogue);
}

/** Says goodbye where that would be understood. */
async function stoppedAt(stage: Stage, result: ReplyResult, dialogue: Dialogue): Promise<Contact> {
  await dialogue.quit();
  return obstacle(stage, result);
}

type Stage = 'greeting' | 'EHLO' | 'STARTTLS';

function obstacle(stage: Stage, result: ReplyResult): Contact {
  if (result.ok) {
    const said = `${stage}: ${textOf(result.value)}`;
    if (isTransient(result.value)) return { kind: 'put-off', said };
    return { kind: 'problem', problem: { kind: stage === 'STARTTLS' ? 'no-starttls' : 'refused', detail: said } };
  }
  const { failure } = result;
  switch (failure.kind) {
    case 'cancelled':
      return CANCELLED;
    case 'timed-out':
    case 'closed': {
      const how = failure.kind === 'closed' ? 'the connection was closed' : 'no reply in time';
      // Whoever has begun to speak is there; whoever has not may be anybody (decision on the two axes).
      if (failure.begun || stage !== 'greeting') return { kind: 'put-off', said: `${stage}: ${how}` };
      return { kind: 'problem', problem: { kind: 'unreachable', detail: `${stage}: ${how}` } };
    }
    case 'malformed':
    case 'too-much':
    case 'injected':
    case 'refused':
      return { kind: 'problem', problem: { kind: 'refused', detail: `${stage}: the reply is not SMTP` } };
  }
}

/** How long the other side may take to close, ms, before the next connection is opened beside it. */
export const END_WAIT_MS = 1_000;

/** Waits for the end: a host that counts simultaneous connections shall never see two. */
function endInOrder(socket: Socket, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    socket.on('error', () => {});
    if (socket.destroyed) return resolve();
    const cancel = clock.setTimer(END_WAIT_MS, () => socket.destroy());
    socket.once('close', () => {
      cancel();
      resolve();
    });
    socket.resume();
    socket.end();
  });
}

function answered(answer: Answer, session: Buffer | null): Contact {
  return { kind: 'answered', answer, session };
}

function textOf({ code, lines }: SmtpReply): string {
  return `${code} ${lines.at(-1) ?? ''}`.trim();
}

const CANCELLED: Contact = {
  kind: 'problem',
  problem: { kind: 'cancelled', detail: 'the scan was stopped' },
};
