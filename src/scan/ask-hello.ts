/** A hand-made hello over a socket, and what the server sends in clear before it waits for more. */
import type { Socket } from 'node:net';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { closeNotify, writeClientHello, writeSslv2ClientHello } from './client-hello.ts';
import { type FirstFlight, FirstFlightReader } from './first-flight.ts';
import type { Answer, Question } from './question.ts';

/** Between the pieces of a split hello, ms: long enough for a segment of its own. */
export const PIECE_PAUSE_MS = 10;

export interface AskHelloOptions {
  readonly socket: Socket;
  readonly clock: Clock;
  readonly random: Random;
  /** ms, absolute. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Leaves the socket open; a goodbye has been said where the server waits for more. */
export function askHello(
  question: Extract<Question, { readonly kind: 'hello' | 'sslv2' }>,
  { socket, clock, random, timeoutMs, signal }: AskHelloOptions,
): Promise<Answer> {
  const reader = new FirstFlightReader({ sslv2Asked: question.kind === 'sslv2' });
  const bytes = question.kind === 'sslv2' ? writeSslv2ClientHello(random) : writeClientHello(question.hello, random);
  const pieceBytes = question.kind === 'hello' ? question.pieceBytes : null;
  return new Promise((resolve) => {
    let over = false;
    const settle = (ended: Ended): void => {
      if (over) return;
      over = true;
      cancelTimer();
      cancelPieces();
      signal.removeEventListener('abort', onAbort);
      socket.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', onError);
      socket.on('error', () => {});
      const { flight } = reader;
      if (flight.alert === null && question.kind === 'hello' && socket.writable) socket.write(closeNotify());
      resolve(answerOf(flight, ended));
    };
    const onData = (chunk: Buffer): void => {
      if (reader.push(chunk).state !== 'more') settle({ kind: 'read' });
    };
    const onEnd = (): void => settle({ kind: 'closed', how: 'end' });
    const onError = (): void => settle({ kind: 'closed', how: 'reset' });
    const onAbort = (): void => settle({ kind: 'closed', how: 'end' });
    const cancelTimer = clock.setTimer(timeoutMs, () => settle({ kind: 'silent', afterMs: timeoutMs }));
    let cancelPieces = (): void => {};
    const send = (rest: Buffer): void => {
      if (over || rest.length === 0) return;
      const piece = pieceBytes === null ? rest : rest.subarray(0, pieceBytes);
      socket.write(piece);
      if (piece.length < rest.length) {
        cancelPieces = clock.setTimer(PIECE_PAUSE_MS, () => send(rest.subarray(piece.length)));
      }
    };
    socket.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', onError);
    signal.addEventListener('abort', onAbort);
    if (socket.destroyed || socket.readableEnded) onEnd();
    else send(bytes);
  });
}

type Ended =
  | { readonly kind: 'read' }
  | { readonly kind: 'closed'; readonly how: 'end' | 'reset' }
  | { readonly kind: 'silent'; readonly afterMs: number };

/** What was proven stands, however the flight ended. */
function answerOf(flight: FirstFlight, ended: Ended): Answer {
  if (flight.sslv2 !== null) return { kind: 'sslv2', ciphers: flight.sslv2.ciphers };
  if (flight.hello !== null) {
    return {
      kind: 'hello',
      hello: flight.hello,
      keyExchange: flight.keyExchange,
      chainAsSent: flight.chainAsSent.map((der) => der.toString('base64')),
      stapled: flight.stapled,
      stalled: flight.state === 'more' && ended.kind === 'silent',
    };
  }
  if (flight.alert !== null) return { kind: 'alert', code: flight.alert.code };
  if (flight.state === 'nonsense') return { kind: 'not-tls' };
  return ended.kind === 'read' ? { kind: 'not-tls' } : ended;
}
