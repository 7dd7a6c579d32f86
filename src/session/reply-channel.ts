/**
 * Commands out, replies in, over one socket: clear or TLS, the caller knows. Whatever the peer sends is bounded, and
 * every wait ends with the reply, the end of the connection, the stage's absolute deadline or the caller's signal.
 */
import type { Socket } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { startDeadline } from '../base/deadline.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import type { DialogueFailure } from '../policy/evidence.ts';
import { LineSplitter } from '../smtp/lines.ts';
import { MAX_REPLY_LINE_BYTES, ReplyReader, type SmtpReply } from '../smtp/reply.ts';

/** Bytes of all replies of one session together, before TLS and inside it. */
export const MAX_SESSION_BYTES = 512 * 1024;

export interface ReplyChannelOptions {
  readonly socket: Socket;
  readonly clock: Clock;
  /** Bytes already received in this session. */
  readonly received: number;
  /** ms for one reply, absolute from the moment it is waited for. */
  readonly stageTimeoutMs: number;
  readonly signal: AbortSignal;
}

export class ReplyChannel {
  readonly #options: ReplyChannelOptions;
  readonly #splitter = new LineSplitter(MAX_REPLY_LINE_BYTES);
  readonly #reader = new ReplyReader(this.#splitter);
  /** What came while nobody waited: read first by whoever waits next. */
  #unread: Buffer[] = [];
  #received: number;
  #ended: 'end' | 'reset' | null = null;
  #wake: (() => void) | null = null;
  readonly #onData = (chunk: Buffer): void => {
    this.#received += chunk.length;
    this.#unread.push(chunk);
    if (this.#received > MAX_SESSION_BYTES) this.#options.socket.pause();
    this.#wake?.();
  };
  readonly #onEnd = (): void => {
    this.#ended ??= 'end';
    this.#wake?.();
  };
  readonly #onError = (): void => {
    this.#ended ??= 'reset';
    this.#wake?.();
  };

  constructor(options: ReplyChannelOptions) {
    this.#options = options;
    this.#received = options.received;
    options.socket.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onEnd).on('error', this.#onError);
  }

  /** Bytes received in this session so far. */
  get received(): number {
    return this.#received;
  }

  send(line: string): void {
    if (this.#ended === null && this.#options.socket.writable) this.#options.socket.write(`${line}\r\n`);
  }

  /** The next complete reply, within `timeoutMs` (the stage's where nothing else is said). */
  async read(timeoutMs = this.#options.stageTimeoutMs): Promise<Outcome<SmtpReply, DialogueFailure>> {
    const { clock, signal } = this.#options;
    const ready = this.#progress();
    if (ready !== null) return ready;
    const deadline = startDeadline(clock, timeoutMs, signal);
    return await new Promise((resolve) => {
      const settle = (outcome: Outcome<SmtpReply, DialogueFailure>): void => {
        this.#wake = null;
        deadline.signal.removeEventListener('abort', onAbort);
        deadline.dispose();
        resolve(outcome);
      };
      const onAbort = (): void =>
        settle(
          failed(
            deadline.expired()
              ? { kind: 'timed-out', afterMs: timeoutMs, begun: this.#reader.begun }
              : { kind: 'cancelled' },
          ),
        );
      if (deadline.signal.aborted) return onAbort();
      deadline.signal.addEventListener('abort', onAbort, { once: true });
      this.#wake = () => {
        const outcome = this.#progress();
        if (outcome !== null) settle(outcome);
      };
    });
  }

  /** What has arrived behind the last reply; the channel forgets it. */
  takeUnread(): Buffer {
    const rest = Buffer.concat([this.#splitter.takePending(), ...this.#unread]);
    this.#unread = [];
    return rest;
  }

  /** Leaves the socket to somebody else: TLS, or the one who closes it. */
  detach(): void {
    const { socket } = this.#options;
    socket.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onEnd).off('error', this.#onError);
  }

  /** Null while there is nothing to tell yet. */
  #progress(): Outcome<SmtpReply, DialogueFailure> | null {
    // What the splitter kept behind the last reply is fed again, in front of what came since.
    for (let chunk: Buffer | undefined = EMPTY; chunk !== undefined; chunk = this.#unread.shift()) {
      const progress = this.#reader.feed(chunk);
      if (progress.kind === 'reply') return succeeded(progress.reply);
      if (progress.kind === 'fault') return failed({ kind: 'malformed', fault: progress.fault });
    }
    if (this.#received > MAX_SESSION_BYTES) return failed({ kind: 'too-much', limit: MAX_SESSION_BYTES });
    if (this.#ended !== null) return failed({ kind: 'closed', how: this.#ended, begun: this.#reader.begun });
    return null;
  }
}

const EMPTY = Buffer.alloc(0);
