/**
 * Questions over a connection: TCP (RFC 1035 4.2.2, RFC 7766) and TLS (RFC 7858). Several questions share one
 * connection and are told apart by id and question; a connection that the server closed between two questions is
 * opened anew once.
 */
import type { Socket } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { startDeadline } from '../base/deadline.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import type { Random } from '../base/random.ts';
import { AddressLimiter } from '../net/address-limiter.ts';
import { encodeQuery } from './encode.ts';
import { answersQuestion, type DnsMessage, type Question } from './message.ts';
import { type ExchangeFailure, type ExchangeOptions, readAnswer, type Upstream } from './upstream.ts';

/** Questions under way on one connection; further ones wait, and their time has not begun. */
export const MAX_PIPELINED_QUESTIONS = 100;

export interface StreamOptions {
  readonly text: string;
  readonly trustAd: boolean;
  readonly clock: Clock;
  readonly random: Random;
  /** Kept open between questions: worth it where a handshake was paid for. */
  readonly whenIdle: 'close' | 'keep';
  readonly open: (timeoutMs: number) => Promise<Outcome<Socket, ExchangeFailure>>;
}

type StreamOutcome = Outcome<DnsMessage, ExchangeFailure>;

interface Pending {
  readonly question: Question;
  readonly settle: (outcome: StreamOutcome | 'closed') => void;
}

interface Channel {
  readonly socket: Socket;
  readonly pending: Map<number, Pending>;
  /** Whether it has answered before: only then is its sudden end an idle close. */
  served: boolean;
}

export function createStreamUpstream(options: StreamOptions): Upstream {
  const places = new AddressLimiter(MAX_PIPELINED_QUESTIONS);
  let channel: Channel | null = null;
  let opening: Promise<Outcome<Channel, ExchangeFailure>> | null = null;

  const openChannel = async (timeoutMs: number): Promise<Outcome<Channel, ExchangeFailure>> => {
    const opened = await options.open(timeoutMs);
    opening = null;
    if (!opened.ok) return opened;
    const fresh: Channel = { socket: opened.value, pending: new Map(), served: false };
    channel = fresh;
    listen(fresh, () => {
      if (channel === fresh) channel = null;
    });
    return succeeded(fresh);
  };

  const askOn = (on: Channel, question: Question, exchange: ExchangeOptions): Promise<StreamOutcome | 'closed'> =>
    new Promise((resolve) => {
      const id = freeId(on.pending, options.random);
      const query = encodeQuery(question, { ...exchange, id });
      if (query === null) {
        resolve(failed({ kind: 'malformed', detail: 'the name cannot be asked for' }));
        return;
      }
      const deadline = startDeadline(options.clock, exchange.timeoutMs, exchange.signal);
      const settle = (outcome: StreamOutcome | 'closed'): void => {
        on.pending.delete(id);
        deadline.signal.removeEventListener('abort', onAbort);
        deadline.dispose();
        if (on.pending.size === 0) {
          if (options.whenIdle === 'close') on.socket.destroy();
          else on.socket.unref();
        }
        resolve(outcome);
      };
      const onAbort = (): void =>
        settle(failed(deadline.expired() ? { kind: 'timed-out', afterMs: exchange.timeoutMs } : { kind: 'cancelled' }));
      on.pending.set(id, { question, settle });
      on.socket.ref();
      if (deadline.signal.aborted) {
        onAbort();
        return;
      }
      deadline.signal.addEventListener('abort', onAbort, { once: true });
      const length = Buffer.alloc(2);
      length.writeUInt16BE(query.length);
      on.socket.write(Buffer.concat([length, query]));
    });

  const askOnce = async (question: Question, exchange: ExchangeOptions): Promise<StreamOutcome | 'closed-idle'> => {
    if (channel === null) opening ??= openChannel(exchange.timeoutMs);
    const on = channel !== null ? succeeded(channel) : await unlessAborted(opening, exchange.signal);
    if (on === null) return failed({ kind: 'cancelled' });
    if (!on.ok) return on;
    const servedBefore = on.value.served;
    const outcome = await askOn(on.value, question, exchange);
    if (outcome !== 'closed') return outcome;
    return servedBefore ? 'closed-idle' : failed({ kind: 'unreachable', code: 'ECONNRESET' });
  };

  return {
    text: options.text,
    trustAd: options.trustAd,
    async ask(question, exchange) {
      const release = await places.acquire('', exchange.signal);
      if (release === null) return failed({ kind: 'cancelled' });
      const first = await askOnce(question, exchange);
      const outcome = first === 'closed-idle' ? await askOnce(question, exchange) : first;
      release();
      return outcome === 'closed-idle' ? failed({ kind: 'unreachable', code: 'ECONNRESET' }) : outcome;
    },
    close: async () => {
      channel?.socket.destroy();
      channel = null;
    },
  };
}

/** Gives up waiting, not what is waited for: others may wait for the same connection. */
async function unlessAborted<Value>(promise: Promise<Value> | null, signal?: AbortSignal): Promise<Value | null> {
  if (signal === undefined) return promise;
  if (signal.aborted) return null;
  let onAbort = (): void => {};
  const aborted = new Promise<null>((resolve) => {
    onAbort = () => resolve(null);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Cuts what arrives into messages (a 16-bit length before each, so 64 KiB at most) and hands them to who asked. */
function listen(channel: Channel, onEnd: () => void): void {
  const { socket, pending } = channel;
  let buffered: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk]);
    while (buffered.length >= 2 && buffered.length >= 2 + buffered.readUInt16BE(0)) {
      const end = 2 + buffered.readUInt16BE(0);
      const bytes = buffered.subarray(2, end);
      buffered = buffered.subarray(end);
      const asker = bytes.length < 2 ? undefined : pending.get(bytes.readUInt16BE(0));
      if (asker !== undefined && answersQuestion(bytes, bytes.readUInt16BE(0), asker.question)) {
        channel.served = true;
        asker.settle(readAnswer(bytes));
      }
    }
  });
  const end = (): void => {
    onEnd();
    for (const { settle } of [...pending.values()]) settle('closed');
    socket.destroy();
  };
  socket.on('error', end);
  socket.on('end', end);
  socket.on('close', end);
}

/** An id nobody on this connection waits under; there are far more ids than places. */
function freeId(pending: ReadonlyMap<number, Pending>, random: Random): number {
  let id = Math.floor(random() * 0x1_0000);
  while (pending.has(id)) id = (id + 1) & 0xffff;
  return id;
}
